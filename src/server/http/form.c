#include "server/http/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "core/escaped.h"
#include "core/fields.h"
#include "core/lift.h"
#include "core/multipart.h"
#include "core/schema.h"

#define LONGER_THAN 4096  /* characters of base64 that leave a text */
#define BARE_KEY "base64" /* of a data: URL these are taken from every field, else from members of this name */
#define DOCUMENT_FIELD "golem_video" /* a form may send this one as JSON */

enum encoding { NO_BODY = 0, RAW, JSON, MULTIPART, ESCAPED };

struct file {
    struct gv_media media;
    const char *field;
    bool used;
};

struct gv_form {
    struct gv_engine *engine;
    struct gv_arena *arena;
    enum encoding encoding;
    struct gv_buf text;  /* the document, the raw body, or the text of the part under way */
    struct gv_lift lift; /* over all of JSON, or over the part under way */
    struct gv_multipart multipart;
    struct gv_escaped escaped;
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

/* Where what comes now belongs. */
static void name_field(char out[GV_PLACE_TEXT_BYTES], const struct gv_form *form)
{
    size_t n = 0;
    out[0] = '\0';
    if (form->encoding != JSON)
        gv_field_name(out, GV_PLACE_TEXT_BYTES, form->part.name);
    n = strlen(out);
    if (n > 0 && n + 1 < GV_PLACE_TEXT_BYTES && form->lift.depth > 0)
        out[n++] = '.';
    gv_lift_place(out + n, GV_PLACE_TEXT_BYTES - n, &form->lift);
}

static int fail_with_field(const struct gv_form *form, int code, struct gv_error *err)
{
    if (code != GV_OK && err != NULL)
        name_field(err->field, form);
    return code;
}

static int end_file(struct gv_form *form, struct gv_error *err)
{
    char field[GV_PLACE_TEXT_BYTES];
    struct file *file = &form->files[form->file_count];
    struct gv_upload *upload = form->upload;
    form->upload = NULL;
    int code = gv_upload_end(&file->media, upload, form->arena, err);
    if (code != GV_OK)
        return fail_with_field(form, code, err);
    name_field(field, form);
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
    return end_file(ctx, err);
}

/* A document's filter, or the next text's. */
static void begin_lift(struct gv_form *form)
{
    const struct gv_lift_sink lifted = {lift_begin, lift_bytes, lift_end, form};
    gv_lift_free(&form->lift);
    gv_lift_init(&form->lift, &form->text, &lifted, LONGER_THAN);
    form->lift.data_uris = true;
    form->lift.bare_key = BARE_KEY;
    form->lift.count = (unsigned)form->file_count;
}

/* ---- parts of a form ---------------------------------------------------------------------------------------- */

static int part_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    static const char bare[] = "[" BARE_KEY "]";
    struct gv_form *form = ctx;
    size_t n = strlen(part->name);
    form->part = *part;
    gv_buf_clear(&form->text);
    begin_lift(form);
    if (part->file)
        return begin_file(form, err);
    if (strcmp(part->name, DOCUMENT_FIELD) != 0)
        gv_lift_as_text(&form->lift, n >= sizeof(bare) && strcmp(part->name + n - sizeof(bare) + 1, bare) == 0);
    return GV_OK;
}

static int part_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    struct gv_form *form = ctx;
    if (form->part.file)
        return gv_upload_put(form->upload, data, n, err);
    return fail_with_field(form, gv_lift_put(&form->lift, data, n, err), err);
}

static int part_end(void *ctx, struct gv_error *err)
{
    struct gv_form *form = ctx;
    int code = GV_OK;
    if (form->part.file) {
        gv_buf_addf(&form->text, "blob:%zu", form->file_count);
        code = end_file(form, err);
    } else {
        code = fail_with_field(form, gv_lift_end(&form->lift, err), err);
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
    const struct gv_multipart_sink parts = {part_begin, part_bytes, part_end, form};
    gv_buf_init(&form->text, form->encoding == RAW ? GV_FORM_RAW_BYTES_MAX : GV_FORM_TEXT_BYTES_MAX);
    begin_lift(form);
    gv_fields_init(&form->fields, form->arena, GV_FORM_TEXT_BYTES_MAX);
    gv_escaped_init(&form->escaped, &parts);
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

static int put_escaped(struct gv_form *form, const char *data, size_t bytes, struct gv_error *err)
{
    if (!form->escaped.in_pair && form->escaped.count == 0 && bytes > 0 && data[0] == '{')
        return gv_fail_field(err, GV_INVALID_INPUT, "content-type",
                             "The body looks like JSON and says that it is a form: send the header Content-Type: "
                             "application/json");
    return gv_escaped_put(&form->escaped, data, bytes, err);
}

int gv_form_put(struct gv_form *form, const char *data, size_t bytes, struct gv_error *err)
{
    switch (form->encoding) {
    case JSON: return gv_lift_put(&form->lift, data, bytes, err);
    case MULTIPART: return gv_multipart_put(&form->multipart, data, bytes, err);
    case ESCAPED: return put_escaped(form, data, bytes, err);
    case NO_BODY:
        return gv_fail_field(err, GV_INVALID_INPUT, "content-type",
                             "The body has no content type: send application/json or multipart/form-data");
    case RAW: break;
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

int gv_form_end(struct gv_form *form, struct gv_error *err)
{
    form->tree = form->fields.tree;
    switch (form->encoding) {
    case JSON: return end_json(form, err);
    case MULTIPART: return gv_multipart_end(&form->multipart, err);
    case ESCAPED: return gv_escaped_end(&form->escaped, err);
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

/* "blob:N", or a data: URL that ends so. */
static const char *number_of(const char *text)
{
    static const char blob[] = "blob:", mark[] = ";base64,";
    const char *behind = strstr(text, mark);
    if (strncmp(text, "data:", 5) == 0 && behind != NULL)
        text = behind + sizeof(mark) - 1;
    return strncmp(text, blob, sizeof(blob) - 1) == 0 ? text + sizeof(blob) - 1 : "";
}

const struct gv_media *gv_form_file(struct gv_form *form, const struct gv_json *value)
{
    if (value == NULL || value->kind != GV_JSON_STRING)
        return NULL;
    const char *digits = number_of(value->text);
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
