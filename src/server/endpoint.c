#include "server/endpoint.h"

#include <string.h>

#include "base/error.h"
#include "core/json.h"
#include "server/exchange.h"

#define ENDPOINT_SPACE "webhook_endpoint"
#define ENDPOINT_BYTES_MAX (32u << 10)

const char *const gv_event_types[] = {"video.completed", "video.failed", NULL};

unsigned gv_event_bit(const char *type)
{
    for (unsigned i = 0; type != NULL && gv_event_types[i] != NULL; i++)
        if (strcmp(type, gv_event_types[i]) == 0)
            return 1u << i;
    return 0;
}

/* All of a tenant's keys, and nobody else's, begin so. */
static const char *prefix_of(const char *tenant, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "%s/", tenant != NULL ? tenant : "");
}

static const char *key_of(const struct gv_endpoint *endpoint, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "%s%s", prefix_of(endpoint->tenant, arena), endpoint->id);
}

static int read_value(struct gv_endpoint *out, const char *tenant, const char *id, const char *value,
                      struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_json *json = gv_json_parse(arena, value, strlen(value), NULL);
    *out = (struct gv_endpoint){
        .tenant = gv_arena_strdup(arena, tenant),
        .id = gv_arena_strdup(arena, id),
        .url = gv_json_text(json, "url"),
        .name = gv_json_text(json, "name"),
        .events = (unsigned)gv_json_int(json, "events", 0),
        .enabled = gv_json_bool(json, "enabled", false),
        .created_s = gv_json_int(json, "created_s", 0),
        .updated_s = gv_json_int(json, "updated_s", 0),
        .generation = (int)gv_json_int(json, "generation", 0),
        .old_until_s = gv_json_int(json, "old_until_s", 0),
    };
    return out->url != NULL && out->name != NULL
               ? GV_OK
               : gv_fail(err, GV_INTERNAL_ERROR, "the journal's document of webhook endpoint %s can't be read", id);
}

int gv_endpoint_get(struct gv_endpoint *out, bool *found, struct gv_journal *journal, const char *tenant,
                    const char *id, struct gv_arena *arena, struct gv_error *err)
{
    const char *value = NULL;
    const char *key = key_of(&(struct gv_endpoint){.tenant = tenant, .id = id}, arena);
    int code = journal->vtable->doc(&value, journal, ENDPOINT_SPACE, key, arena, err);
    *found = code == GV_OK && value != NULL;
    return *found ? read_value(out, tenant, id, value, arena, err) : code;
}

int gv_endpoint_list(struct gv_endpoint out[GV_ENDPOINTS_MAX], size_t *count, struct gv_journal *journal,
                     const char *tenant, struct gv_arena *arena, struct gv_error *err)
{
    const char *prefix = prefix_of(tenant, arena);
    size_t prefix_bytes = strlen(prefix), doc_count = 0;
    const struct gv_journal_doc *docs;
    int code = journal->vtable->docs(&docs, &doc_count, journal, ENDPOINT_SPACE, prefix, GV_ENDPOINTS_MAX, arena, err);
    *count = 0;
    for (size_t i = 0; i < doc_count && code == GV_OK && strncmp(docs[i].key, prefix, prefix_bytes) == 0; i++)
        code = read_value(&out[(*count)++], tenant, docs[i].key + prefix_bytes, docs[i].value, arena, err);
    return code;
}

struct gv_journal_op gv_endpoint_put(const struct gv_endpoint *endpoint, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, ENDPOINT_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "url", endpoint->url);
    gv_json_put_text(&out, "name", endpoint->name);
    gv_json_put_int(&out, "events", endpoint->events);
    gv_json_put_bool(&out, "enabled", endpoint->enabled);
    gv_json_put_int(&out, "created_s", endpoint->created_s);
    gv_json_put_int(&out, "updated_s", endpoint->updated_s);
    gv_json_put_int(&out, "generation", endpoint->generation);
    gv_json_put_int(&out, "old_until_s", endpoint->old_until_s);
    gv_json_close(&out, '}');
    struct gv_journal_op op = {.kind = GV_JOURNAL_DOC_PUT,
                               .doc = {.space = ENDPOINT_SPACE,
                                       .key = key_of(endpoint, arena),
                                       .value = gv_arena_strndup(arena, buf.data, buf.len)}};
    gv_buf_free(&buf);
    return op;
}

struct gv_journal_op gv_endpoint_drop(const struct gv_endpoint *endpoint, struct gv_arena *arena)
{
    return (struct gv_journal_op){.kind = GV_JOURNAL_DOC_DROP,
                                  .doc = {.space = ENDPOINT_SPACE, .key = key_of(endpoint, arena)}};
}

void gv_endpoint_key(struct gv_webhook_key *out, const struct gv_server *server, const char *id, int generation)
{
    struct gv_arena arena = {0};
    uint8_t secret[32];
    gv_exchange_secret(secret, server, gv_arena_printf(&arena, "webhook:%s:%d", id, generation));
    memcpy(out->bytes, secret, sizeof secret);
    out->count = sizeof secret;
    gv_arena_free(&arena);
}
