/* Kling's reports (README, section 2.9): signed by Standard Webhooks where the console has a secret; a report that is
 * not proves nothing. */
#include <string.h>

#include "core/webhook.h"
#include "port/crypto.h"
#include "provider/kling/kling.h"

/* Either shape of a task. */
static const char *external_id_of(const struct gv_json *task)
{
    const char *id = gv_json_text(task, "task_info.external_task_id");
    return id != NULL ? id : gv_json_text(task, "external_id");
}

static bool is_kling(const struct gv_callback *callback, const struct gv_sign_with *with)
{
    const char *secret = with->settings->values[KLING_AT_WEBHOOK_SECRET];
    struct gv_webhook_key key;
    struct gv_webhook webhook = {.id = callback->header(callback->ctx, "webhook-id"),
                                 .timestamp = callback->header(callback->ctx, "webhook-timestamp"),
                                 .body = callback->body,
                                 .body_bytes = callback->body_bytes};
    return secret != NULL && gv_webhook_key_read(&key, secret) &&
           gv_webhook_verify(&webhook, callback->header(callback->ctx, "webhook-signature"), &key, with->now_s,
                             with->crypto->hmac_sha256);
}

const char *kling_called_back(const struct gv_callback *callback, const struct gv_sign_with *with,
                              struct gv_arena *arena)
{
    if (!is_kling(callback, with))
        return NULL;
    const struct gv_json *task = gv_json_parse(arena, callback->body, callback->body_bytes, NULL);
    const char *id = external_id_of(task);
    size_t prefix = strlen(KLING_EXTERNAL_PREFIX);
    /* A task that somebody else's program made with the same key: proven, and no job of ours. */
    return id != NULL && strncmp(id, KLING_EXTERNAL_PREFIX, prefix) == 0 ? id + prefix : "";
}
