/* What libcurl is told about a request, and where it takes the body from. */
#include "http/curl_exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "golem_video/golem_video.h"

#define DOWNLOAD_BUFFER_BYTES (64l << 10)

/* ---- sending ------------------------------------------------------------------------------------ */

static size_t on_upload(char *out, size_t size, size_t count, void *ctx)
{
    struct gv_http_exchange *ex = ctx;
    struct gv_error err = {0};

    ssize_t got = gv_curl_body_read(&ex->body, out, size * count, &err);
    if (got >= 0)
        return (size_t)got;
    gv_curl_refuse(ex, GV_HTTP_DISK, "%s", err.message);
    return CURL_READFUNC_ABORT;
}

static int on_rewind(void *ctx, curl_off_t offset, int origin)
{
    struct gv_http_exchange *ex = ctx;
    if (offset != 0 || origin != SEEK_SET)
        return CURL_SEEKFUNC_CANTSEEK;
    gv_curl_body_rewind(&ex->body);
    return CURL_SEEKFUNC_OK;
}

/* ---- setting up --------------------------------------------------------------------------------- */

static bool is_plain(const char *text)
{
    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        if ((*c < ' ' && *c != '\t') || *c == 0x7f)
            return false;
    return true;
}

static void add_line(struct gv_http_exchange *ex, const char *line)
{
    struct curl_slist *longer = curl_slist_append(ex->headers, line); /* copies it */
    if (!longer)
        gv_out_of_memory(0);
    ex->headers = longer;
}

static bool add_header(struct gv_http_exchange *ex, const char *name, const char *value)
{
    if (!is_plain(name) || !is_plain(value)) {
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "a header for %s holds a line break or control character",
                       ex->target.where);
        return false;
    }
    /* libcurl's way of writing an empty one is the semicolon. */
    char *line = *value ? gv_xprintf("%s: %s", name, value) : gv_xprintf("%s;", name);
    add_line(ex, line);
    explicit_bzero(line, strlen(line));
    free(line);
    return true;
}

void gv_curl_drop_headers(struct gv_http_exchange *ex)
{
    for (struct curl_slist *item = ex->headers; item; item = item->next)
        explicit_bzero(item->data, strlen(item->data));
    curl_slist_free_all(ex->headers);
    ex->headers = NULL;
}

static bool has_body(const struct gv_http_exchange *ex)
{
    return ex->request.body && ex->request.body->content_type;
}

bool gv_curl_set_headers(struct gv_http_exchange *ex)
{
    const struct gv_http_request *request = &ex->request;

    gv_curl_drop_headers(ex);
    add_line(ex, "Expect:"); /* none: it would only cost a round trip */
    for (size_t i = 0; i < request->header_count && !ex->left_origin; i++)
        if (!add_header(ex, request->headers[i].name, request->headers[i].value))
            return false;
    if (ex->range_from > 0 && !add_header(ex, "If-Range", ex->validator))
        return false;
    if (!has_body(ex))
        add_line(ex, "Content-Type:");
    else if (!add_header(ex, "Content-Type", request->body->content_type))
        return false;
    GV_CURL_SET(ex, CURLOPT_HTTPHEADER, ex->headers);
    return true;
}

static void set_body(struct gv_http_exchange *ex)
{
    GV_CURL_SET(ex, CURLOPT_POST, 1L);
    GV_CURL_SET(ex, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)gv_body_length(ex->request.body));
    GV_CURL_SET(ex, CURLOPT_READFUNCTION, on_upload);
    GV_CURL_SET(ex, CURLOPT_READDATA, ex);
    if (!ex->request.once) {
        GV_CURL_SET(ex, CURLOPT_SEEKFUNCTION, on_rewind);
        GV_CURL_SET(ex, CURLOPT_SEEKDATA, ex);
    }
}

static void set_method(struct gv_http_exchange *ex)
{
    const char *method = ex->request.method;

    if (has_body(ex)) {
        set_body(ex);
    } else if (strcmp(method, "POST") == 0) {
        GV_CURL_SET(ex, CURLOPT_POST, 1L);
        GV_CURL_SET(ex, CURLOPT_POSTFIELDS, "");
    } else if (strcmp(method, "HEAD") == 0) {
        GV_CURL_SET(ex, CURLOPT_NOBODY, 1L);
    }
    GV_CURL_SET(ex, CURLOPT_CUSTOMREQUEST, method);
}

/* A create is on a connection of its own: on one that is used again libcurl would send it a second time when the
 * server turns out to have closed it. */
static void set_once(struct gv_http_exchange *ex)
{
    GV_CURL_SET(ex, CURLOPT_FRESH_CONNECT, 1L);
    GV_CURL_SET(ex, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
}

static void set_general(struct gv_http_exchange *ex)
{
    GV_CURL_SET(ex, CURLOPT_NOSIGNAL, 1L);
    GV_CURL_SET(ex, CURLOPT_QUICK_EXIT, 1L); /* a cancelled look-up of a name is not waited for */
    GV_CURL_SET(ex, CURLOPT_USERAGENT, "golem-video/" GV_VERSION);
    GV_CURL_SET(ex, CURLOPT_PROTOCOLS_STR, "http,https");
    GV_CURL_SET(ex, CURLOPT_PATH_AS_IS, 1L);
    GV_CURL_SET(ex, CURLOPT_TCP_KEEPALIVE, 1L);
    GV_CURL_SET(ex, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    GV_CURL_SET(ex, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    GV_CURL_SET(ex, CURLOPT_CONNECTTIMEOUT_MS, (long)ex->request.limits.connect_ms);
    if (ex->curl->ca_file)
        GV_CURL_SET(ex, CURLOPT_CAINFO, ex->curl->ca_file);
    if (ex->curl->ca_path)
        GV_CURL_SET(ex, CURLOPT_CAPATH, ex->curl->ca_path);
    if (ex->request.policy.public_only)
        GV_CURL_SET(ex, CURLOPT_PROXY, "");
    if (ex->request.into)
        GV_CURL_SET(ex, CURLOPT_BUFFERSIZE, DOWNLOAD_BUFFER_BYTES);
}

bool gv_curl_writer_restart(struct gv_http_exchange *ex)
{
    struct gv_blob_writer *into = ex->request.into;
    struct gv_error err = {0};

    if (ex->curl->blobs->vtable->writer_offset(into) == 0)
        return true;
    if (ex->curl->blobs->vtable->writer_restart(into, &err) == GV_OK)
        return true;
    gv_curl_refuse(ex, GV_HTTP_DISK, "%s", err.message);
    return false;
}

/* The rest of a film can be asked for only where a strong validator tells that it is still the same film. */
static bool set_range(struct gv_http_exchange *ex)
{
    char range[32];
    uint64_t offset = ex->curl->blobs->vtable->writer_offset(ex->request.into);

    if (offset == 0)
        return true;
    const char *validator = ex->request.validator;
    if (!validator || !gv_curl_etag_is_strong(validator) || strlen(validator) >= sizeof ex->validator)
        return gv_curl_writer_restart(ex);
    ex->range_from = offset;
    memcpy(ex->validator, validator, strlen(validator) + 1);
    snprintf(range, sizeof range, "%llu-", (unsigned long long)offset);
    GV_CURL_SET(ex, CURLOPT_RANGE, range);
    return true;
}

bool gv_curl_set_url(struct gv_http_exchange *ex, const char *url)
{
    if (!gv_curl_target_read(&ex->target, url)) {
        gv_curl_refuse(ex, GV_HTTP_REFUSED, "not an http or https URL without user and password");
        return false;
    }
    GV_CURL_SET(ex, CURLOPT_URL, url);
    return true;
}

bool gv_curl_prepare(struct gv_http_exchange *ex)
{
    struct gv_error err = {0};

    set_general(ex);
    set_method(ex);
    if (ex->request.once)
        set_once(ex);
    if (has_body(ex) && gv_curl_body_open(&ex->body, &err) != GV_OK) {
        gv_curl_refuse(ex, GV_HTTP_DISK, "%s", err.message);
        return false;
    }
    return gv_curl_set_url(ex, ex->request.url) && (!ex->request.into || set_range(ex)) && gv_curl_set_headers(ex);
}
