#include "server/http/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "core/fields.h"
#include "core/lift.h"
#include "core/multipart.h"
#include "core/schema.h"

#define LONGER_THAN 4096 /* characters of base64 that leave a JSON document */

enum encoding { NO_BODY = 0, RAW, JSON, MULTIPART, ESCAPED };

struct file {
    struct gv_media media;
    const char *field; /* as forms name it; "" in JSON */
    bool used;
};

struct gv_form {
    struct gv_engine *engine;
    struct gv_arena *arena;
    enum encoding encoding;
    struct gv_buf text; /* the document, the raw body, or the text of the part under way */
    struct gv_lift lift;
    struct gv_multipart multipart;
    struct gv_part part; /* under way */
    struct gv_fields fields;
    struct gv_upload *upload; /* under way, or NULL */
    struct file files[GV_FORM_FILES_MAX];
    size_t file_count;
    const struct gv_json *tree;
};

/* ---- files -------------------------------------------------------------------------------------------------- */

static int begin_file(struct gv_form *form, struct gv_error *err)
{
    if (form->file_count == GV_FORM_FILES_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "the request holds more than %d files", GV_FORM_FILES_MAX);
    return gv_upload_begin(&form->upload, form->engine, err);
}

static int end_file(struct gv_form *form, const char *field, struct gv_error *err)
{
    struct file *file = &form->files[form->file_count];
    struct gv_upload *upload = form->upload;
    form->upload = NULL;
    int code = gv_upload_end(&file->media, upload, form->arena, err);
    if (code != GV_OK) {
        snprintf(err->field, sizeof(err->field), "%s", field);
        return code;
    }
    file->field = gv_arena_strdup(form->arena, field);
    form->file_count++;
    return GV_OK;
}

static int lift_begin(void *ctx, unsigned index, struct gv_error *err)
{
    (void)index;
    return begin_file(ctx, err);
}

static int lift_bytes(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err)
{
    struct gv_form *form = ctx;
    (void)index;
    return gv_upload_put(form->upload, data, n, err);
}

static int lift_end(void *ctx, unsigned index, struct gv_error *err)
{
    (void)index;
    return end_file(ctx, "", err);
}

/* ---- parts of a form ---------------------------------------------------------------------------------------- */

static int part_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    struct gv_form *form = ctx;
    form->part = *part;
    gv_buf_clear(&form->text);
    return part->file ? begin_file(form, err) : GV_OK;
}

static int part_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    struct gv_form *form = ctx;
    if (form->part.file)
        return gv_upload_put(form->upload, data, n, err);
    if (gv_buf_add(&form->text, data, n))
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, form->part.name, "%.64s has more than %u bytes", form->part.name,
                         GV_FORM_TEXT_BYTES_MAX);
}

static int part_end(void *ctx, struct gv_error *err)
{
    struct gv_form *form = ctx;
    char field[GV_PLACE_TEXT_BYTES];
    int code = GV_OK;
    if (form->part.file) {
        gv_field_name(field, sizeof(field), form->part.name);
        gv_buf_addf(&form->text, "upload:%zu", form->file_count);
        code = end_file(form, field, err);
    }
    if (code == GV_OK)
        code = gv_fields_put(&form->fields, form->part.name, form->text.len > 0 ? form->text.data : "", form->text.len,
                             err);
    return code;
}

/* ---- begin -------------------------------------------------------------------------------------------------- */

static bool is_type(const char *content_type, const char *type)
{
    size_t n = strlen(type);
    return strncasecmp(content_type, type, n) == 0 && strchr("; \t", content_type[n]) != NULL;
}

static int choose(enum encoding *out, const char *content_type, bool raw, struct gv_error *err)
{
    static const struct {
        const char *type;
        enum encoding encoding;
    } types[] = {
        {"application/json", JSON},
        {"multipart/form-data", MULTIPART},
        {"application/x-www-form-urlencoded", ESCAPED},
    };
    *out = raw ? RAW : NO_BODY;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]) && !raw && content_type != NULL; i++)
        if (is_type(content_type, types[i].type))
            *out = types[i].encoding;
    if (raw || content_type == NULL || *out != NO_BODY)
        return GV_OK;
    return gv_fail_field(err, GV_INVALID_INPUT, "content-type",
                         "A body of type %.96s is not taken: send application/json, multipart/form-data or "
                         "application/x-www-form-urlencoded",
                         content_type);
}

static int begin(struct gv_form *form, const char *content_type, struct gv_error *err)
{
    const struct gv_lift_sink lifted = {lift_begin, lift_bytes, lift_end, form};
    const struct gv_multipart_sink parts = {part_begin, part_bytes, part_end, form};
    gv_buf_init(&form->text, form->encoding == RAW ? GV_FORM_RAW_BYTES_MAX : GV_FORM_TEXT_BYTES_MAX);
    gv_lift_init(&form->lift, &form->text, &lifted, LONGER_THAN);
    form->lift.data_uris = true;
    gv_fields_init(&form->fields, form->arena, GV_FORM_TEXT_BYTES_MAX);
    return form->encoding == MULTIPART ? gv_multipart_init(&form->multipart, content_type, &parts, err) : GV_OK;
}

int gv_form_begin(struct gv_form **out, struct gv_engine *engine, const char *content_type, bool raw,
                  struct gv_arena *arena, struct gv_error *err)
{
    enum encoding encoding;
    int code = choose(&encoding, content_type, raw, err);
    if (code != GV_OK)
        return code;
    struct gv_form *form = gv_xcalloc(1, sizeof(*form));
    form->engine = engine;
    form->arena = arena;
    form->encoding = encoding;
    code = begin(form, content_type, err);
    if (code == GV_OK)
        *out = form;
    else
        gv_form_free(form);
    return code;
}

void gv_form_free(struct gv_form *form)
{
    if (form == NULL)
        return;
    gv_upload_discard(form->upload);
    for (size_t i = 0; i < form->file_count; i++)
        gv_upload_release(form->engine, &form->files[i].media);
    gv_multipart_free(&form->multipart);
    gv_lift_free(&form->lift);
    gv_buf_free(&form->text);
    free(form);
}

/* ---- the body ----------------------------------------------------------------------------------------------- */

int gv_form_put(struct gv_form *form, const char *data, size_t bytes, struct gv_error *err)
{
    switch (form->encoding) {
    case JSON: return gv_lift_put(&form->lift, data, bytes, err);
    case MULTIPART: return gv_multipart_put(&form->multipart, data, bytes, err);
    case NO_BODY:
        return gv_fail_field(err, GV_INVALID_INPUT, "content-type",
                             "The body has no content type: send application/json or multipart/form-data");
    case RAW:
    case ESCAPED: break;
    }
    if (gv_buf_add(&form->text, data, bytes))
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the body has more than %zu bytes", form->text.bytes_max);
}

static int end_json(struct gv_form *form, struct gv_error *err)
{
    const char *why = NULL;
    int code = gv_lift_end(&form->lift, err);
    if (code != GV_OK || form->text.len == 0)
        return code;
    const struct gv_json *tree = gv_json_parse(form->arena, form->text.data, form->text.len, &why);
    if (tree == NULL)
        return gv_fail(err, GV_INVALID_INPUT, "The body is no JSON: %s", why);
    if (tree->kind != GV_JSON_OBJECT)
        return gv_fail(err, GV_INVALID_INPUT, "The body must be an object; %s came", gv_json_kind_name(tree->kind));
    form->tree = tree;
    return GV_OK;
}

static int end_escaped(struct gv_form *form, struct gv_error *err)
{
    if (form->text.len > 0 && form->text.data[0] == '{')
        return gv_fail_field(err, GV_INVALID_INPUT, "content-type",
                             "The body looks like JSON and says that it is a form: send the header Content-Type: "
                             "application/json");
    return gv_fields_put_escaped(&form->fields, form->text.data, form->text.len, err);
}

int gv_form_end(struct gv_form *form, struct gv_error *err)
{
    form->tree = form->fields.tree;
    switch (form->encoding) {
    case JSON: return end_json(form, err);
    case MULTIPART: return gv_multipart_end(&form->multipart, err);
    case ESCAPED: return end_escaped(form, err);
    case NO_BODY:
    case RAW: break;
    }
    return GV_OK;
}

/* ---- what it says ------------------------------------------------------------------------------------------- */

const struct gv_json *gv_form_tree(const struct gv_form *form)
{
    return form->tree;
}

bool gv_form_is_text(const struct gv_form *form)
{
    return form->encoding == MULTIPART || form->encoding == ESCAPED;
}

const char *gv_form_raw(const struct gv_form *form, size_t *bytes)
{
    *bytes = form->text.len;
    return form->text.len > 0 ? form->text.data : "";
}

/* "upload:N" of a form; of JSON what the filter leaves: "blob:N", or a data: URL that ends so. */
static const char *number_of(const struct gv_form *form, const char *text)
{
    static const char upload[] = "upload:", blob[] = "blob:", mark[] = ";base64,";
    const char *prefix = gv_form_is_text(form) ? upload : blob, *behind = strstr(text, mark);
    if (prefix == blob && strncmp(text, "data:", 5) == 0 && behind != NULL)
        text = behind + sizeof(mark) - 1;
    return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : "";
}

const struct gv_media *gv_form_file(struct gv_form *form, const struct gv_json *value)
{
    if (value == NULL || value->kind != GV_JSON_STRING)
        return NULL;
    const char *digits = number_of(form, value->text);
    char *end;
    unsigned long index = strtoul(digits, &end, 10);
    if (digits[0] < '0' || digits[0] > '9' || *end != '\0' || index >= form->file_count)
        return NULL;
    form->files[index].used = true;
    return &form->files[index].media;
}

const char *gv_form_unused_file(const struct gv_form *form)
{
    for (size_t i = 0; i < form->file_count; i++)
        if (!form->files[i].used)
            return form->files[i].field;
    return NULL;
}
