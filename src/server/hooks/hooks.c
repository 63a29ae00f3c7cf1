/* /v1/webhook_endpoints, as OpenAI's clients call them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/id.h"
#include "server/hooks/deliver.h"
#include "server/hooks/hooks.h"
#include "server/hooks/outbox.h"
#include "server/http/form.h"
#include "server/parts/internal.h"

#define LIST_DEFAULT 20
#define LIST_MAX 100
#define HINT_CHARACTERS 4

/* ---- what comes --------------------------------------------------------------------------------------------- */

/* False after answering: a member that is not in the list. */
static bool knows_members(struct gv_exchange *x, const struct gv_json *tree, const char *const *names)
{
    for (const struct gv_json *member = tree->child; member != NULL; member = member->next) {
        bool known = false;
        for (size_t i = 0; names[i] != NULL; i++)
            known = known || strcmp(names[i], member->key) == 0;
        if (!known) {
            gv_answer_error(x, 400, "unknown_parameter", member->key, "there is no parameter %s here", member->key);
            return false;
        }
    }
    return true;
}

static const struct gv_json *tree_of(const struct gv_exchange *x)
{
    static const struct gv_json nothing = {.kind = GV_JSON_OBJECT};
    return x->form != NULL ? gv_form_tree(x->form) : &nothing;
}

static bool read_name(struct gv_exchange *x, struct gv_endpoint *endpoint, const struct gv_json *json)
{
    const char *name = gv_json_text(json, NULL);
    if (json == NULL)
        return true;
    if (name == NULL || name[0] == '\0' || strlen(name) > GV_ENDPOINT_NAME_BYTES_MAX) {
        gv_answer_error(x, 400, "invalid_request", "name", "name must be a text of 1 to %d bytes",
                        GV_ENDPOINT_NAME_BYTES_MAX);
        return false;
    }
    endpoint->name = name;
    return true;
}

static bool read_url(struct gv_exchange *x, struct gv_endpoint *endpoint, const struct gv_json *json)
{
    struct gv_error err;
    if (json == NULL)
        return true;
    if (gv_json_text(json, NULL) == NULL)
        gv_fail_field(&err, GV_INVALID_INPUT, "url", "url must be a text");
    else if (gv_engine_check_url(x->engine, json->text, "url", &err) == GV_OK)
        return (endpoint->url = json->text) != NULL;
    gv_answer_failure(x, &err);
    return false;
}

static void refuse_event(struct gv_exchange *x, const char *param, const char *type)
{
    gv_answer_error(x, 400, "invalid_request", param, "\"%s\" is no event type here; there are %s and %s",
                    type != NULL ? type : "", gv_event_types[0], gv_event_types[1]);
}

static bool read_events(struct gv_exchange *x, struct gv_endpoint *endpoint, const struct gv_json *json)
{
    if (json == NULL)
        return true;
    unsigned events = 0;
    for (const struct gv_json *item = json->kind == GV_JSON_ARRAY ? json->child : NULL; item != NULL;
         item = item->next) {
        unsigned bit = gv_event_bit(gv_json_text(item, NULL));
        if (bit == 0) {
            refuse_event(x, "event_types", gv_json_text(item, NULL));
            return false;
        }
        events |= bit;
    }
    if (events == 0)
        refuse_event(x, "event_types", NULL);
    endpoint->events = events;
    return events != 0;
}

/* Booleans of forms are texts. False after answering. */
static bool read_flag(struct gv_exchange *x, bool *out, const struct gv_json *tree, const char *name)
{
    const struct gv_json *json = gv_json_member(tree, name);
    if (json == NULL || json->kind == GV_JSON_NULL)
        return true;
    const char *text = x->form != NULL && gv_form_is_text(x->form) ? gv_json_text(json, NULL) : NULL;
    bool yes = text != NULL && strcmp(text, "true") == 0, no = text != NULL && strcmp(text, "false") == 0;
    if (json->kind != GV_JSON_BOOL && !yes && !no) {
        gv_answer_error(x, 400, "invalid_request", name, "%s must be true or false", name);
        return false;
    }
    *out = json->kind == GV_JSON_BOOL ? json->boolean : yes;
    return true;
}

/* What create and update have in common. */
static bool read_endpoint(struct gv_exchange *x, struct gv_endpoint *endpoint)
{
    static const char *const names[] = {"url", "name", "event_types", "enabled", NULL};
    const struct gv_json *tree = tree_of(x);
    return knows_members(x, tree, names) && read_url(x, endpoint, gv_json_member(tree, "url")) &&
           read_name(x, endpoint, gv_json_member(tree, "name")) &&
           read_events(x, endpoint, gv_json_member(tree, "event_types")) &&
           read_flag(x, &endpoint->enabled, tree, "enabled");
}

/* ---- what goes ---------------------------------------------------------------------------------------------- */

static void put_endpoint(struct gv_json_out *out, struct gv_exchange *x, const struct gv_endpoint *endpoint,
                         bool with_secret)
{
    struct gv_webhook_key key;
    char secret[GV_WEBHOOK_SECRET_BYTES];
    gv_endpoint_key(&key, x->server, endpoint->id, endpoint->generation);
    gv_webhook_secret(secret, &key);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", endpoint->id);
    gv_json_put_text(out, "object", "webhook_endpoint");
    gv_json_put_text(out, "url", endpoint->url);
    gv_json_put_text(out, "name", endpoint->name);
    gv_json_open(out, "event_types", '[');
    for (unsigned i = 0; gv_event_types[i] != NULL; i++)
        if ((endpoint->events & 1u << i) != 0)
            gv_json_put_text(out, NULL, gv_event_types[i]);
    gv_json_close(out, ']');
    gv_json_put_bool(out, "enabled", endpoint->enabled);
    gv_json_put_int(out, "created_at", endpoint->created_s);
    gv_json_put_int(out, "updated_at", endpoint->updated_s);
    if (with_secret)
        gv_json_put_text(out, "signing_secret", secret);
    gv_json_put_text(out, "signing_secret_hint",
                     gv_arena_printf(&x->arena, "whsec_...%s", secret + strlen(secret) - HINT_CHARACTERS));
    gv_json_close(out, '}');
}

static void answer_endpoint(struct gv_exchange *x, const struct gv_endpoint *endpoint, bool with_secret)
{
    struct gv_json_out out = gv_answer_json(x, 200);
    put_endpoint(&out, x, endpoint, with_secret);
}

/* ---- the journal -------------------------------------------------------------------------------------------- */

/* The endpoint that the path names; false after answering. */
static bool find(struct gv_exchange *x, struct gv_endpoint *out)
{
    struct gv_error err;
    bool found;
    if (gv_endpoint_get(out, &found, gv_engine_journal(x->engine), x->tenant, x->ids[0], &x->arena, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return false;
    }
    if (!found)
        gv_answer_not_found(x, "webhook_endpoint_id", "Webhook endpoint", x->ids[0]);
    return found;
}

static bool write_down(struct gv_exchange *x, struct gv_journal_op op)
{
    struct gv_error err;
    if (gv_engine_commit(x->engine, &op, 1, &x->arena, &err) == GV_OK)
        return true;
    gv_answer_failure(x, &err);
    return false;
}

static int64_t now_s(void)
{
    return gv_server_wall_ms() / 1000;
}

/* NULL after answering. */
static struct gv_endpoint *list_all(struct gv_exchange *x, size_t *count)
{
    struct gv_error err;
    struct gv_endpoint *all = GV_NEW_ARRAY(&x->arena, struct gv_endpoint, GV_ENDPOINTS_MAX);
    if (gv_endpoint_list(all, count, gv_engine_journal(x->engine), x->tenant, &x->arena, &err) == GV_OK)
        return all;
    gv_answer_failure(x, &err);
    return NULL;
}

/* ---- handlers ----------------------------------------------------------------------------------------------- */

void gv_hooks_create(struct gv_exchange *x)
{
    struct gv_job_id id;
    struct gv_endpoint endpoint = {.tenant = x->tenant, .enabled = true, .generation = 1};
    size_t count;
    if (!read_endpoint(x, &endpoint))
        return;
    if (endpoint.url == NULL || endpoint.name == NULL || endpoint.events == 0) {
        const char *missing = endpoint.url == NULL ? "url" : endpoint.name == NULL ? "name" : "event_types";
        gv_answer_error(x, 400, "missing_required_parameter", missing, "%s is missing", missing);
        return;
    }
    if (list_all(x, &count) == NULL)
        return;
    if (count >= GV_ENDPOINTS_MAX) {
        gv_answer_error(x, 400, "too_many_endpoints", NULL, "there are %d webhook endpoints already: delete one first",
                        GV_ENDPOINTS_MAX);
        return;
    }
    gv_job_id_make(&id, gv_server_wall_ms(), gv_engine_crypto(x->engine));
    endpoint.id = gv_arena_printf(&x->arena, "we_%s", id.text + strlen("gv_"));
    endpoint.created_s = endpoint.updated_s = now_s();
    if (write_down(x, gv_endpoint_put(&endpoint, &x->arena)))
        answer_endpoint(x, &endpoint, true);
}

static size_t limit_of(const struct gv_exchange *x)
{
    const char *text = gv_exchange_query(x, "limit");
    if (text == NULL)
        return LIST_DEFAULT;
    char *end;
    long limit = strtol(text, &end, 10);
    return *end == '\0' && limit >= 1 && limit <= LIST_MAX ? (size_t)limit : 0;
}

/* The newest first. */
void gv_hooks_list(struct gv_exchange *x)
{
    size_t count, limit = limit_of(x);
    const char *after = gv_exchange_query(x, "after");
    if (limit == 0) {
        gv_answer_error(x, 400, "invalid_request", "limit", "limit must be a number from 1 to %d", LIST_MAX);
        return;
    }
    const struct gv_endpoint *all = list_all(x, &count);
    if (all == NULL)
        return;
    while (count > 0 && after != NULL && strcmp(all[count - 1].id, after) >= 0)
        count--;
    size_t shown = count < limit ? count : limit;
    struct gv_json_out out = gv_answer_list(x);
    gv_json_open(&out, "data", '[');
    for (size_t i = 0; i < shown; i++)
        put_endpoint(&out, x, &all[count - 1 - i], false);
    gv_json_close(&out, ']');
    gv_answer_list_end(&out, shown > 0 ? all[count - 1].id : NULL, shown > 0 ? all[count - shown].id : NULL,
                       shown < count);
}

void gv_hooks_retrieve(struct gv_exchange *x)
{
    struct gv_endpoint endpoint;
    if (find(x, &endpoint))
        answer_endpoint(x, &endpoint, false);
}

void gv_hooks_update(struct gv_exchange *x)
{
    struct gv_endpoint endpoint, before;
    if (!find(x, &endpoint))
        return;
    before = endpoint;
    if (!read_endpoint(x, &endpoint))
        return;
    bool changed = strcmp(before.url, endpoint.url) != 0 || strcmp(before.name, endpoint.name) != 0 ||
                   before.events != endpoint.events || before.enabled != endpoint.enabled;
    if (changed)
        endpoint.updated_s = now_s();
    if (!changed || write_down(x, gv_endpoint_put(&endpoint, &x->arena)))
        answer_endpoint(x, &endpoint, false);
}

void gv_hooks_delete(struct gv_exchange *x)
{
    struct gv_endpoint endpoint;
    if (!find(x, &endpoint) || !write_down(x, gv_endpoint_drop(&endpoint, &x->arena)))
        return;
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "id", endpoint.id);
    gv_json_put_text(&out, "object", "webhook_endpoint.deleted");
    gv_json_put_bool(&out, "deleted", true);
    gv_json_close(&out, '}');
}

void gv_hooks_rotate(struct gv_exchange *x)
{
    static const char *const names[] = {"keep_old_secret_active_for_24_hours", NULL};
    struct gv_endpoint endpoint;
    bool keep = false;
    if (!find(x, &endpoint) || !knows_members(x, tree_of(x), names) || !read_flag(x, &keep, tree_of(x), names[0]))
        return;
    endpoint.generation++;
    endpoint.updated_s = now_s();
    endpoint.old_until_s = keep ? now_s() + GV_ENDPOINT_OLD_SECRET_S : 0;
    if (write_down(x, gv_endpoint_put(&endpoint, &x->arena)))
        answer_endpoint(x, &endpoint, true);
}

/* A sample, sent once and awaited. */
void gv_hooks_test(struct gv_exchange *x)
{
    static const char *const names[] = {"event_type", NULL};
    struct gv_endpoint endpoint;
    struct gv_webhook_key key;
    struct gv_job_id id;
    struct gv_error err;
    int status = 0;
    if (!find(x, &endpoint) || !knows_members(x, tree_of(x), names))
        return;
    const char *type = gv_json_text(tree_of(x), "event_type");
    if (gv_event_bit(type) == 0) {
        refuse_event(x, "event_type", type);
        return;
    }
    gv_job_id_make(&id, gv_server_wall_ms(), gv_engine_crypto(x->engine));
    struct gv_delivery sample = {.event_id = gv_arena_printf(&x->arena, "evt_test_%s", id.text + strlen("gv_")),
                                 .type = type,
                                 .job_id = "video_test",
                                 .created_s = now_s()};
    gv_endpoint_key(&key, x->server, endpoint.id, endpoint.generation);
    if (gv_deliver_post(&status, x->engine, endpoint.url, sample.event_id, gv_outbox_body(&sample, &x->arena), &key,
                        NULL, &err) != GV_OK) {
        gv_answer_error(x, 400, "webhook_endpoint_unreachable", NULL, "nobody answered: %s", err.message);
        return;
    }
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "object", "webhook_endpoint.test");
    gv_json_put_text(&out, "webhook_endpoint_id", endpoint.id);
    gv_json_put_text(&out, "event_type", type);
    gv_json_put_bool(&out, "success", true);
    gv_json_put_int(&out, "status_code", status);
    gv_json_close(&out, '}');
}

void gv_hooks_types(struct gv_exchange *x)
{
    struct gv_json_out out = gv_answer_list(x);
    gv_json_open(&out, "data", '[');
    for (size_t i = 0; gv_event_types[i] != NULL; i++)
        gv_json_put_text(&out, NULL, gv_event_types[i]);
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
}
