/* Providers that report to us: the address they are told, and what they post there. A proven report is no more than a
 * hint to look now; polling goes on as if there were none. */
#include "server/hooks/callback.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "server/hooks/hooks.h"
#include "server/http/form.h"
#include "server/parts/internal.h"

#define CALLBACK_PATH "/callbacks/"

static bool is_callback(const struct gv_provider *provider, const char *name)
{
    for (size_t i = 0; i < provider->setting_count; i++)
        if (provider->settings[i].callback && strcmp(provider->settings[i].name, name) == 0)
            return true;
    return false;
}

const char *gv_server_setting(void *ctx, const char *name)
{
    struct gv_server *server = ctx;
    const char *value = server->setting != NULL ? server->setting(server->setting_ctx, name) : getenv(name);
    const char *public_url = server->options.public_url;
    if (value != NULL || public_url == NULL)
        return value;
    size_t bytes = strlen(public_url);
    while (bytes > 0 && public_url[bytes - 1] == '/')
        bytes--;
    for (const struct gv_provider *const *provider = gv_providers; *provider != NULL; provider++)
        if (is_callback(*provider, name))
            return gv_arena_printf(&server->arena, "%.*s" CALLBACK_PATH "%s", (int)bytes, public_url,
                                   (*provider)->name);
    return NULL;
}

static const char *header_of(void *ctx, const char *name)
{
    return gv_exchange_header(ctx, name);
}

static const char *job_of(struct gv_exchange *x, const struct gv_provider *provider)
{
    struct gv_settings settings = {0};
    for (size_t i = 0; i < provider->setting_count; i++)
        settings.values[i] = gv_engine_setting(x->engine, provider->name, provider->settings[i].name);
    struct gv_callback callback = {.header = header_of, .ctx = x, .body = ""};
    if (x->form != NULL)
        callback.body = gv_form_raw(x->form, &callback.body_bytes);
    struct gv_sign_with with = {
        .settings = &settings, .now_s = gv_server_wall_ms() / 1000, .crypto = gv_engine_crypto(x->engine)};
    return provider->called_back(&callback, &with, &x->arena);
}

void gv_hooks_called_back(struct gv_exchange *x)
{
    struct gv_error err;
    const struct gv_provider *provider = gv_provider_named(x->ids[0]);
    if (provider == NULL || provider->called_back == NULL) {
        gv_answer_not_found(x, "provider", "Callback address", x->ids[0]);
        return;
    }
    const char *job_id = job_of(x, provider);
    if (job_id == NULL) {
        gv_answer_error(x, 401, "invalid_signature", NULL, "the callback's signature does not fit");
        return;
    }
    /* A job that is none of ours, or has ended, needs no look. */
    if (gv_wake(x->engine, job_id, &err) != GV_OK && err.code != GV_INVALID_INPUT) {
        gv_answer_failure(x, &err);
        return;
    }
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_bool(&out, "received", true);
    gv_json_close(&out, '}');
}
