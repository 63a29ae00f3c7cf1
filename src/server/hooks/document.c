#include "server/hooks/document.h"

#include <string.h>

#include "base/error.h"

#define DOCUMENT_BYTES_MAX (32u << 10)

struct gv_journal_op gv_document_put(const char *space, const char *key, const struct gv_schema *schema, const void *in,
                                     struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, DOCUMENT_BYTES_MAX);
    gv_schema_write(&(struct gv_json_out){.buf = &buf}, schema, in);
    const char *value = gv_arena_strndup(arena, buf.data, buf.len);
    gv_buf_free(&buf);
    return (struct gv_journal_op){.kind = GV_JOURNAL_DOC_PUT, .doc = {.space = space, .key = key, .value = value}};
}

struct gv_journal_op gv_document_drop(const char *space, const char *key)
{
    return (struct gv_journal_op){.kind = GV_JOURNAL_DOC_DROP, .doc = {.space = space, .key = key}};
}

int gv_document_read(void *out, const struct gv_schema *schema, const struct gv_journal_doc *doc,
                     struct gv_arena *arena, struct gv_error *err)
{
    struct gv_error wrong;
    const char *why = wrong.message;
    const struct gv_json *json = gv_json_parse(arena, doc->value, strlen(doc->value), &why);
    if (json != NULL && gv_schema_read(out, schema, json, GV_JSON_JOURNAL, arena, &wrong) == GV_OK)
        return GV_OK;
    return gv_fail(err, GV_INTERNAL_ERROR, "the journal's document %s of %s can't be read: %s", doc->key, doc->space,
                   why);
}
