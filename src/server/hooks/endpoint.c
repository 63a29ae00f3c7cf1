#include "server/hooks/endpoint.h"

#include <string.h>

#include "base/error.h"
#include "server/hooks/document.h"
#include "server/http/exchange.h"

#define ENDPOINT_SPACE "webhook_endpoint"

static const struct gv_field endpoint_fields[] = {
    GV_STRING(struct gv_endpoint, url, 0),     GV_STRING(struct gv_endpoint, name, 0),
    GV_U32(struct gv_endpoint, events, 0),     GV_BOOL(struct gv_endpoint, enabled),
    GV_I64(struct gv_endpoint, created_s, 0),  GV_I64(struct gv_endpoint, updated_s, 0),
    GV_U32(struct gv_endpoint, generation, 0), GV_I64(struct gv_endpoint, old_until_s, 0),
};
static const struct gv_schema endpoint_schema =
    GV_RECORD_SCHEMA("webhook-endpoint", struct gv_endpoint, endpoint_fields);

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
    *out = (struct gv_endpoint){.tenant = gv_arena_strdup(arena, tenant), .id = gv_arena_strdup(arena, id)};
    const struct gv_journal_doc doc = {.space = ENDPOINT_SPACE, .key = id, .value = value};
    return gv_document_read(out, &endpoint_schema, &doc, arena, err);
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
    return gv_document_put(ENDPOINT_SPACE, key_of(endpoint, arena), &endpoint_schema, endpoint, arena);
}

struct gv_journal_op gv_endpoint_drop(const struct gv_endpoint *endpoint, struct gv_arena *arena)
{
    return gv_document_drop(ENDPOINT_SPACE, key_of(endpoint, arena));
}

void gv_endpoint_key(struct gv_webhook_key *out, const struct gv_server *server, const char *id, uint32_t generation)
{
    struct gv_arena arena = {0};
    uint8_t secret[32];
    gv_exchange_secret(secret, server, gv_arena_printf(&arena, "webhook:%s:%u", id, generation));
    memcpy(out->bytes, secret, sizeof secret);
    out->count = sizeof secret;
    gv_arena_free(&arena);
}
