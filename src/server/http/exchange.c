/* What handlers see of a request, and how they answer it. */
#include "server/http/exchange.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "server/http/passage.h"
#include "server/parts/internal.h"

#define ANSWER_BYTES_MAX (64u << 20)
#define MESSAGE_BYTES 1024

static const char *value_of(const struct gv_exchange *x, enum MHD_ValueKind kind, const char *name)
{
    const struct gv_passage *v = x->http;
    return v != NULL ? MHD_lookup_connection_value(v->connection, kind, name) : NULL;
}

const char *gv_exchange_header(const struct gv_exchange *x, const char *name)
{
    return value_of(x, MHD_HEADER_KIND, name);
}

const char *gv_exchange_query(const struct gv_exchange *x, const char *name)
{
    return value_of(x, MHD_GET_ARGUMENT_KIND, name);
}

bool gv_exchange_is_repetition(const struct gv_exchange *x)
{
    const char *count = gv_exchange_header(x, "X-Stainless-Retry-Count");
    return count != NULL && strtol(count, NULL, 10) >= 1;
}

const struct gv_server_options *gv_exchange_options(const struct gv_exchange *x)
{
    return &x->server->options;
}

/* ---- answering ---------------------------------------------------------------------------------------------- */

void gv_answer_header(struct gv_exchange *x, const char *name, const char *value)
{
    struct gv_answer *answer = &x->answer;
    GV_ASSERT(answer->header_count < GV_ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (struct gv_header){name, gv_arena_strdup(&x->arena, value)};
}

struct gv_json_out gv_answer_json(struct gv_exchange *x, int status)
{
    struct gv_answer *answer = &x->answer;
    GV_ASSERT(answer->kind == GV_ANSWER_NONE || answer->kind == GV_ANSWER_TEXT);
    gv_buf_free(&answer->body);
    gv_buf_init(&answer->body, ANSWER_BYTES_MAX);
    answer->kind = GV_ANSWER_TEXT;
    answer->status = status;
    answer->content_type = "application/json";
    return (struct gv_json_out){.buf = &answer->body};
}

struct gv_json_out gv_answer_list(struct gv_exchange *x)
{
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "object", "list");
    return out;
}

void gv_answer_list_end(struct gv_json_out *out, const char *first_id, const char *last_id, bool has_more)
{
    gv_json_put_text_or_null(out, "first_id", first_id);
    gv_json_put_text_or_null(out, "last_id", last_id);
    gv_json_put_bool(out, "has_more", has_more);
    gv_json_close(out, '}');
}

static const char *type_of(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 429: return "rate_limit_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
    }
}

void gv_answer_error(struct gv_exchange *x, int status, const char *code, const char *param, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    struct gv_json_out out = gv_answer_json(x, status);
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "error", '{');
    gv_json_put_text(&out, "message", message);
    gv_json_put_text(&out, "type", type_of(status));
    gv_json_put_text_or_null(&out, "param", param != NULL && param[0] != '\0' ? param : NULL);
    gv_json_put_text_or_null(&out, "code", code);
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
}

/* How an error of the engine looks on the wire. */
static const struct {
    enum gv_code code;
    int status;
    const char *name;
} failures[] = {
    {GV_INVALID_INPUT, 400, "invalid_request"}, {GV_UNSUPPORTED_FEATURE, 400, "unsupported"},
    {GV_QUOTA_EXCEEDED, 429, "quota_exceeded"}, {GV_CANCELLED, 400, "cancelled"},
    {GV_UNCERTAIN, 400, "uncertain"},           {GV_GENERATION_FAILED, 500, "generation_failed"},
    {GV_INTERNAL_ERROR, 500, "internal_error"},
};

void gv_answer_failure(struct gv_exchange *x, const struct gv_error *err)
{
    int status = 500;
    const char *name = "internal_error";
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++) {
        if (failures[i].code == err->code) {
            status = failures[i].status;
            name = failures[i].name;
        }
    }
    if (err->code == GV_INVALID_INPUT && strcmp(err->field, "idempotency_key") == 0) {
        status = 422;
        name = "idempotency_key_reused";
    }
    /* A write that failed may be on disk all the same: the client must not send it again on its own. */
    if (status >= 500 && strcmp(x->method, "GET") != 0)
        gv_answer_header(x, "x-should-retry", "false");
    gv_answer_error(x, status, name, err->field, "%s", err->message);
}

void gv_answer_not_found(struct gv_exchange *x, const char *param, const char *what, const char *id)
{
    gv_answer_error(x, 404, "not_found", param, "%s \"%s\" does not exist", what, id);
}

/* ---- what handlers share ------------------------------------------------------------------------------------ */

static bool is_tenants(const struct gv_exchange *x, const struct gv_job_row *row)
{
    return x->tenant == NULL || (row->tenant != NULL && strcmp(row->tenant, x->tenant) == 0);
}

const struct gv_job_row *gv_exchange_job(struct gv_exchange *x, const char *job_id)
{
    struct gv_error err = {.code = GV_OK};
    const struct gv_job_row *row = NULL;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    if (journal->vtable->get(&row, journal, job_id, &x->arena, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return NULL;
    }
    if (row == NULL || !is_tenants(x, row)) {
        gv_answer_not_found(x, "video_id", "Video", job_id);
        return NULL;
    }
    return row;
}

void gv_exchange_secret(uint8_t out[32], const struct gv_server *server, const char *purpose)
{
    gv_engine_crypto(server->engine)->hmac_sha256(out, server->key, sizeof server->key, purpose, strlen(purpose));
}
