#include "server/hooks/outbox.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "server/hooks/document.h"
#include "server/parts/meta.h"

#define DELIVERY_SPACE "webhook_delivery"
#define BODY_BYTES_MAX (32u << 10)
#define CALLBACK "callback" /* in place of an endpoint's id */

static const struct gv_field delivery_fields[] = {
    GV_STRING(struct gv_delivery, event_id, 0),
    GV_STRING(struct gv_delivery, type, 0),
    GV_STRING(struct gv_delivery, job_id, 0),
    GV_STRING(struct gv_delivery, tenant, GV_FIELD_OPTIONAL),
    GV_STRING(struct gv_delivery, endpoint_id, GV_FIELD_OPTIONAL),
    GV_STRING(struct gv_delivery, url, GV_FIELD_OPTIONAL),
    GV_I64(struct gv_delivery, created_s, 0),
    GV_U32(struct gv_delivery, tries, 0),
};
static const struct gv_schema delivery_schema = GV_RECORD_SCHEMA("delivery", struct gv_delivery, delivery_fields);

/* 13 digits are milliseconds until the year 2286. */
static const char *key_of(const struct gv_delivery *d, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "%013lld/%s/%s", (long long)d->due_ms, d->event_id,
                           d->endpoint_id != NULL ? d->endpoint_id : CALLBACK);
}

static int read_doc(struct gv_delivery *out, const struct gv_journal_doc *doc, struct gv_arena *arena,
                    struct gv_error *err)
{
    *out = (struct gv_delivery){.due_ms = strtoll(doc->key, NULL, 10)};
    int code = gv_document_read(out, &delivery_schema, doc, arena, err);
    if (code == GV_OK && out->endpoint_id == NULL && out->url == NULL)
        code = gv_fail(err, GV_INTERNAL_ERROR, "the journal's document of delivery %s names no receiver", doc->key);
    return code;
}

int gv_outbox_page(struct gv_delivery *out, size_t *count, size_t max, const struct gv_delivery *after,
                   struct gv_journal *journal, struct gv_arena *arena, struct gv_error *err)
{
    const struct gv_journal_doc *docs;
    size_t doc_count = 0;
    *count = 0;
    int code = journal->vtable->docs(&docs, &doc_count, journal, DELIVERY_SPACE,
                                     after != NULL ? key_of(after, arena) : NULL, (uint32_t)max, arena, err);
    for (size_t i = 0; i < doc_count && code == GV_OK; i++) {
        code = read_doc(&out[i], &docs[i], arena, err);
        *count += code == GV_OK;
    }
    return code;
}

struct gv_journal_op gv_outbox_put(const struct gv_delivery *d, struct gv_arena *arena)
{
    return gv_document_put(DELIVERY_SPACE, key_of(d, arena), &delivery_schema, d, arena);
}

struct gv_journal_op gv_outbox_drop(const struct gv_delivery *d, struct gv_arena *arena)
{
    return gv_document_drop(DELIVERY_SPACE, key_of(d, arena));
}

struct gv_delivery gv_outbox_copy(const struct gv_delivery *d, struct gv_arena *arena)
{
    struct gv_delivery copy = *d;
    for (size_t i = 0; i < GV_COUNT(delivery_fields); i++) {
        if (delivery_fields[i].shape != GV_SHAPE_STRING)
            continue;
        const char **text = (void *)((char *)&copy + delivery_fields[i].offset);
        *text = gv_arena_strdup(arena, *text);
    }
    return copy;
}

bool gv_outbox_same(const struct gv_delivery *a, const struct gv_delivery *b)
{
    const char *to_a = a->endpoint_id != NULL ? a->endpoint_id : CALLBACK;
    const char *to_b = b->endpoint_id != NULL ? b->endpoint_id : CALLBACK;
    return strcmp(a->event_id, b->event_id) == 0 && strcmp(to_a, to_b) == 0;
}

/* ---- announcing --------------------------------------------------------------------------------------------- */

static const char *callback_of(const struct gv_job_row *row, struct gv_arena *arena)
{
    const struct gv_json *metadata =
        row->metadata != NULL ? gv_json_parse(arena, row->metadata, strlen(row->metadata), NULL) : NULL;
    const struct gv_json *url = gv_json_member(metadata, GV_VIDEO_META_CALLBACK);
    return gv_json_text(url, NULL);
}

int gv_outbox_announce(struct gv_journal_op *ops, size_t *count, struct gv_journal *journal,
                       const struct gv_job_row *row, struct gv_arena *arena, struct gv_error *err)
{
    struct gv_endpoint *endpoints = GV_NEW_ARRAY(arena, struct gv_endpoint, GV_ENDPOINTS_MAX);
    size_t endpoint_count = 0;
    struct gv_delivery d = {
        .due_ms = row->updated_ms,
        .event_id = gv_arena_printf(arena, "evt_%s", row->id + strlen("gv_")),
        .type = gv_event_types[row->status == GV_SUCCEEDED ? 0 : 1],
        .job_id = row->id,
        .tenant = row->tenant,
        .created_s = row->updated_ms / 1000,
    };
    int code = gv_endpoint_list(endpoints, &endpoint_count, journal, row->tenant, arena, err);
    *count = 0;
    for (size_t i = 0; i < endpoint_count && code == GV_OK; i++) {
        if (!endpoints[i].enabled || (endpoints[i].events & gv_event_bit(d.type)) == 0)
            continue;
        d.endpoint_id = endpoints[i].id;
        ops[(*count)++] = gv_outbox_put(&d, arena);
    }
    d.endpoint_id = NULL;
    d.url = callback_of(row, arena);
    if (d.url != NULL)
        ops[(*count)++] = gv_outbox_put(&d, arena);
    ops[(*count)++] = (struct gv_journal_op){.kind = GV_JOURNAL_ANNOUNCED, .job_id = row->id};
    return code;
}

/* ---- sending ------------------------------------------------------------------------------------------------ */

const char *gv_outbox_body(const struct gv_delivery *d, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, BODY_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "id", d->event_id);
    gv_json_put_text(&out, "object", "event");
    gv_json_put_int(&out, "created_at", d->created_s);
    gv_json_put_text(&out, "type", d->type);
    gv_json_open(&out, "data", '{');
    gv_json_put_text(&out, "id", d->job_id);
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    const char *body = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return body;
}

int64_t gv_outbox_wait_ms(uint32_t tries, int64_t first_ms, double chance)
{
    int64_t wait_ms = first_ms;
    for (uint32_t i = 1; i < tries && wait_ms < GV_OUTBOX_RETRY_MS_MAX; i++)
        wait_ms *= 2;
    if (wait_ms > GV_OUTBOX_RETRY_MS_MAX)
        wait_ms = GV_OUTBOX_RETRY_MS_MAX;
    return wait_ms + (int64_t)((double)wait_ms * 0.4 * (chance - 0.5));
}
