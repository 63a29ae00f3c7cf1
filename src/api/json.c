/* The JSON forms, for callers. */
#include <stdlib.h>

#include "base/error.h"
#include "base/list.h"
#include "core/interface.h"
#include "golem_video/golem_video.h"

#define GV_DOCUMENT_BYTES_MAX (1u << 30)

/* An operation and the memory it lives in. */
struct kept_operation {
    struct gv_operation op;
    struct gv_arena arena;
};

int gv_operation_from_json(struct gv_operation **out, const char *json, size_t bytes, bool local, struct gv_error *err)
{
    struct kept_operation *kept = gv_xcalloc(1, sizeof(*kept));
    const char *why = NULL;
    const struct gv_json *value = gv_json_parse(&kept->arena, json, bytes, &why);
    int code = value != NULL
                   ? gv_operation_read(&kept->op, value, local ? GV_JSON_LOCAL : GV_JSON_CALLER, &kept->arena, err)
                   : gv_fail(err, GV_INVALID_INPUT, "the operation document is no JSON: %s", why);
    if (code == GV_OK)
        *out = &kept->op;
    else
        gv_operation_free(&kept->op);
    return code;
}

void gv_operation_free(struct gv_operation *operation)
{
    if (operation == NULL)
        return;
    struct kept_operation *kept = GV_CONTAINER(operation, struct kept_operation, op);
    gv_arena_free(&kept->arena);
    free(kept);
}

char *gv_operation_to_json(const struct gv_operation *operation)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_DOCUMENT_BYTES_MAX);
    gv_operation_write(&(struct gv_json_out){.buf = &buf}, operation);
    return buf.data;
}

char *gv_result_to_json(const struct gv_video_result *result)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_DOCUMENT_BYTES_MAX);
    gv_schema_write(&(struct gv_json_out){.buf = &buf}, &gv_schema_video_result, result);
    return buf.data;
}

char *gv_error_to_json(const struct gv_error *error)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_DOCUMENT_BYTES_MAX);
    gv_schema_write(&(struct gv_json_out){.buf = &buf}, &gv_schema_error, error);
    return buf.data;
}
