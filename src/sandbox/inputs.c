#include "sandbox/inputs.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "sandbox/helper.h"

#define LONGER_THAN 4096 /* characters of base64 that leave the document */
#define PROBE_BYTES_MAX 4096
#define FETCH_SECONDS_MAX 120
#define FETCH_REDIRECTS_MAX 5

/* Nothing is ever removed from the sandbox's store, so that nothing need be held. */
static int store_blob(struct gv_blob_info *out, struct gv_blobs *blobs, struct gv_blob_writer *writer,
                      struct gv_error *err)
{
    int code = blobs->vtable->writer_commit(out, writer, err);
    if (code == GV_OK)
        blobs->vtable->release(blobs, out->sha256);
    return code;
}

/* ---- the body --------------------------------------------------------------------------------------------------- */

static int lift_begin(void *ctx, unsigned index, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    struct gv_blobs *blobs = in->sandbox->blobs;
    if (index >= GV_INPUT_LIFTED_MAX)
        return gv_fail(err, GV_INVALID_INPUT, "The request holds more than %d files", GV_INPUT_LIFTED_MAX);
    return blobs->vtable->writer_open(&in->writer, blobs, NULL, err);
}

static int lift_bytes(void *ctx, unsigned index, const void *data, size_t n, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    (void)index;
    return in->sandbox->blobs->vtable->writer_write(in->writer, data, n, err);
}

static int lift_end(void *ctx, unsigned index, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    struct gv_blob_writer *writer = in->writer;
    in->writer = NULL;
    in->lifted_count = index + 1;
    return store_blob(&in->lifted[index], in->sandbox->blobs, writer, err);
}

/* ---- forms ------------------------------------------------------------------------------------------------------ */

static int part_begin(void *ctx, const struct gv_part *part, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    in->part = *part;
    gv_buf_clear(&in->text);
    return part->file ? lift_begin(in, in->lifted_count, err) : GV_OK;
}

static int part_bytes(void *ctx, const char *data, size_t n, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    if (in->part.file)
        return lift_bytes(in, in->lifted_count, data, n, err);
    gv_buf_add(&in->text, data, n);
    return GV_OK;
}

static int part_end(void *ctx, struct gv_error *err)
{
    struct gv_inputs *in = ctx;
    int code = GV_OK;
    if (in->part.file) {
        gv_buf_addf(&in->text, "blob:%u", in->lifted_count);
        code = lift_end(in, in->lifted_count, err);
    }
    if (code == GV_OK && in->text.overflow)
        code = gv_fail(err, GV_INVALID_INPUT, "The form without its files has more than %u bytes",
                       GV_INPUT_DOCUMENT_BYTES_MAX);
    return code == GV_OK
               ? gv_fields_put(&in->fields, in->part.name, in->text.len > 0 ? in->text.data : "", in->text.len, err)
               : code;
}

static void form_begin(struct gv_inputs *in, struct MHD_Connection *connection)
{
    static const char multipart[] = "multipart/form-data", escaped[] = "application/x-www-form-urlencoded";
    const struct gv_multipart_sink parts = {part_begin, part_bytes, part_end, in};
    const char *type = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    in->escaped_form = type && strncasecmp(type, escaped, sizeof escaped - 1) == 0;
    in->form = type && strncasecmp(type, multipart, sizeof multipart - 1) == 0 &&
               gv_multipart_init(&in->multipart, type, &parts, NULL) == GV_OK;
    gv_fields_init(&in->fields, in->arena, GV_INPUT_DOCUMENT_BYTES_MAX);
}

/* Of "name=value&name=value"; clients that call JSON a form get here only where it is no JSON. */
static const struct gv_json *escaped_form(struct gv_inputs *in)
{
    int code = gv_fields_put_escaped(&in->fields, in->document.data, in->document.len, NULL);
    return code == GV_OK ? in->fields.tree : NULL;
}

/* ---- begin and end ---------------------------------------------------------------------------------------------- */

void gv_inputs_init(struct gv_inputs *in, struct gv_sandbox *sandbox, struct gv_arena *arena,
                    struct MHD_Connection *connection)
{
    struct gv_lift_sink sink = {.begin = lift_begin, .bytes = lift_bytes, .end = lift_end, .ctx = in};
    *in = (struct gv_inputs){.sandbox = sandbox, .arena = arena};
    gv_buf_init(&in->document, GV_INPUT_DOCUMENT_BYTES_MAX);
    gv_buf_init(&in->text, GV_INPUT_DOCUMENT_BYTES_MAX);
    gv_lift_init(&in->lift, &in->document, &sink, LONGER_THAN);
    in->lift.data_uris = true;
    form_begin(in, connection);
}

void gv_inputs_free(struct gv_inputs *in)
{
    gv_multipart_free(&in->multipart);
    in->sandbox->blobs->vtable->writer_discard(in->writer);
    gv_lift_free(&in->lift);
    gv_buf_free(&in->text);
    gv_buf_free(&in->document);
}

int gv_inputs_put(struct gv_inputs *in, const char *data, size_t bytes, struct gv_error *err)
{
    return in->form ? gv_multipart_put(&in->multipart, data, bytes, err) : gv_lift_put(&in->lift, data, bytes, err);
}

const struct gv_json *gv_inputs_end(struct gv_inputs *in)
{
    if (in->form)
        return gv_multipart_end(&in->multipart, NULL) == GV_OK ? in->fields.tree : NULL;
    if (in->document.len == 0 || gv_lift_end(&in->lift, NULL) != GV_OK)
        return NULL;
    const struct gv_json *json = gv_json_parse(in->arena, in->document.data, in->document.len, NULL);
    return json || !in->escaped_form ? json : escaped_form(in);
}

/* ---- bringing a file in ----------------------------------------------------------------------------------------- */

struct fetch {
    struct gv_blobs *blobs;
    struct gv_blob_writer *writer;
    struct gv_error error;
};

static size_t fetched(char *data, size_t one, size_t bytes, void *ctx)
{
    struct fetch *f = ctx;
    (void)one;
    if (f->blobs->vtable->writer_offset(f->writer) + bytes > GV_INPUT_FETCH_BYTES_MAX) {
        gv_fail(&f->error, GV_INVALID_INPUT, "it is larger than %u MB", GV_INPUT_FETCH_BYTES_MAX >> 20);
        return 0;
    }
    return f->blobs->vtable->writer_write(f->writer, data, bytes, &f->error) == GV_OK ? bytes : 0;
}

static int perform(struct fetch *f, const char *url)
{
    const char *authorities = getenv("SSL_CERT_FILE");
    CURL *curl = curl_easy_init();
    if (!curl)
        return gv_fail(&f->error, GV_INTERNAL_ERROR, "no memory for a transfer");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(curl, CURLOPT_MAXREDIRS, (long)FETCH_REDIRECTS_MAX);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_SECONDS_MAX);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    if (authorities && *authorities)
        curl_easy_setopt(curl, CURLOPT_CAINFO, authorities);
    curl_easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, fetched);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, f);
    long status = 0;
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code == CURLE_OK || f->error.code != GV_OK)
        return f->error.code;
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return gv_fail(&f->error, GV_INVALID_INPUT, "received HTTP response code \"%ld\"", status);
    return gv_fail(&f->error, GV_INVALID_INPUT, "it can't be fetched: %s", curl_easy_strerror(code));
}

static const char *bring_url(struct gv_blob_info *out, struct gv_inputs *in, const char *url)
{
    struct gv_blobs *blobs = in->sandbox->blobs;
    struct fetch f = {.blobs = blobs};
    if (blobs->vtable->writer_open(&f.writer, blobs, NULL, &f.error) == GV_OK) {
        if (perform(&f, url) == GV_OK)
            store_blob(out, blobs, f.writer, &f.error);
        else
            blobs->vtable->writer_discard(f.writer);
    }
    return f.error.code == GV_OK ? NULL : gv_arena_strdup(in->arena, f.error.message);
}

static const char *bring_base64(struct gv_blob_info *out, struct gv_inputs *in, const char *text)
{
    struct gv_blobs *blobs = in->sandbox->blobs;
    struct gv_blob_writer *writer;
    struct gv_base64_decoder decoder = {0};
    struct gv_error error = {0};
    size_t bytes, n = strlen(text);
    char *data = gv_arena_alloc(in->arena, n / 4 * 3 + 3);
    if (!gv_base64_decode(&decoder, data, &bytes, text, n) || !gv_base64_decode_end(&decoder) || bytes == 0)
        return "it is neither a URL nor base64";
    if (blobs->vtable->writer_open(&writer, blobs, NULL, &error) == GV_OK) {
        if (blobs->vtable->writer_write(writer, data, bytes, &error) == GV_OK)
            store_blob(out, blobs, writer, &error);
        else
            blobs->vtable->writer_discard(writer);
    }
    return error.code == GV_OK ? NULL : gv_arena_strdup(in->arena, error.message);
}

static const char *bring_lifted(struct gv_blob_info *out, struct gv_inputs *in, const char *number)
{
    char *end;
    unsigned long index = strtoul(number, &end, 10);
    if (end == number || *end || index >= in->lifted_count)
        return "it is neither a URL nor base64";
    *out = in->lifted[index];
    return NULL;
}

/* The base64 of a data: URI, or NULL where it has none; any other text is itself. */
static const char *without_prefix(const char *text)
{
    static const char before[] = ";base64";
    const char *comma = strchr(text, ',');
    size_t n = sizeof before - 1;
    if (strncmp(text, "data:", 5) != 0)
        return text;
    return comma && (size_t)(comma - text) > n && memcmp(comma - n, before, n) == 0 ? comma + 1 : NULL;
}

/* Fills *out; else says why not. */
static const char *bring(struct gv_blob_info *out, struct gv_inputs *in, const char *uri)
{
    const char *text = without_prefix(uri);
    if (!text)
        return "it is a data: URI without base64";
    if (strncmp(text, "blob:", 5) == 0)
        return bring_lifted(out, in, text + 5);
    if (strncmp(text, "http://", 7) == 0 || strncmp(text, "https://", 8) == 0)
        return bring_url(out, in, text);
    return bring_base64(out, in, text);
}

/* ---- looking into it -------------------------------------------------------------------------------------------- */

static bool read_text(char *out, size_t room, const char *path)
{
    FILE *file = fopen(path, "re");
    size_t n = file ? fread(out, 1, room - 1, file) : 0;
    if (file)
        fclose(file);
    out[n] = '\0';
    return n > 0;
}

static void write_text(struct gv_arena *arena, const char *path, const char *text)
{
    const char *part = gv_arena_printf(arena, "%s.%lx", path, (unsigned long)pthread_self());
    FILE *file = fopen(part, "we");
    bool good = file && fputs(text, file) >= 0;
    if (file && fclose(file) == 0 && good)
        rename(part, path);
}

/* What the media program says of the file; asked once for each content. */
static const struct gv_json *probe(struct gv_inputs *in, const char *sha256, const char **why)
{
    struct gv_blobs *blobs = in->sandbox->blobs;
    const char *kept = gv_arena_printf(in->arena, "%s/probes/%s.json", in->sandbox->dir, sha256);
    char *text = gv_arena_alloc(in->arena, PROBE_BYTES_MAX);
    if (!read_text(text, PROBE_BYTES_MAX, kept)) {
        struct gv_error error;
        char *path = blobs->vtable->path(blobs, sha256);
        const char *const argv[] = {in->sandbox->helper, "probe", path, NULL};
        int code = gv_helper_run(text, PROBE_BYTES_MAX, argv, in->sandbox->stop_fd, &error);
        free(path);
        if (code != GV_OK) {
            *why = gv_arena_strdup(in->arena, error.message);
            return NULL;
        }
        write_text(in->arena, kept, text);
    }
    const struct gv_json *json = gv_json_parse(in->arena, text, strlen(text), NULL);
    *why = json ? NULL : "the media program's answer can't be read";
    return json;
}

static void describe(struct gv_emu_media *media, struct gv_inputs *in, const struct gv_blob_info *blob)
{
    const struct gv_json *json = probe(in, blob->sha256, &media->failure);
    const char *mime = gv_json_text(json, "mime_type");
    media->ref = gv_arena_printf(in->arena, "blob:%s", blob->sha256);
    media->bytes = blob->bytes;
    media->mime_type = mime ? mime : blob->mime_type;
    media->width = (uint32_t)gv_json_int(json, "width", 0);
    media->height = (uint32_t)gv_json_int(json, "height", 0);
    media->fps = gv_json_real(json, "fps", 0);
    media->duration_seconds = gv_json_real(json, "duration_seconds", 0);
}

struct gv_known_media {
    const char *text;
    struct gv_emu_media media;
    struct gv_known_media *next;
};

const struct gv_emu_media *gv_inputs_media(struct gv_inputs *in, const char *text)
{
    struct gv_blob_info blob;
    for (struct gv_known_media *known = in->known; known; known = known->next) {
        if (strcmp(known->text, text) == 0)
            return &known->media;
    }
    struct gv_known_media *fresh = GV_NEW(in->arena, struct gv_known_media);
    fresh->text = gv_arena_strdup(in->arena, text);
    fresh->next = in->known;
    in->known = fresh;
    fresh->media.failure = bring(&blob, in, text);
    if (!fresh->media.failure)
        describe(&fresh->media, in, &blob);
    return &fresh->media;
}
