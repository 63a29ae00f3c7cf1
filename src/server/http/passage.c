/* What a request's headers decide, and what workers do for it. */
#include "server/http/passage.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/codec.h"
#include "server/access/tokens.h"
#include "server/http/form.h"
#include "server/http/framing.h"
#include "server/http/front.h"
#include "server/parts/metrics.h"
#include "server/parts/route.h"

#define REQUEST_ID_RANDOM_BYTES 16
#define FILE_AHEAD_BYTES (4 << 20)

static const char *header(const struct gv_passage *v, const char *name)
{
    return gv_exchange_header(&v->x, name);
}

/* ---- who asks, and from where ------------------------------------------------------------------------------- */

/* The token of "Bearer TOKEN", or NULL. */
static const char *bearer(const struct gv_passage *v)
{
    const char *text = header(v, MHD_HTTP_HEADER_AUTHORIZATION);
    if (text == NULL || strncasecmp(text, "Bearer ", 7) != 0)
        return NULL;
    text += 7;
    return text + strspn(text, " ");
}

static bool knows_tenant(struct gv_passage *v)
{
    struct gv_exchange *x = &v->x;
    struct gv_tokens *tokens = x->server->tokens;
    const char *token = bearer(v);
    if (tokens == NULL)
        return true;
    if (token != NULL)
        x->tenant = gv_tokens_tenant(tokens, token, &x->arena);
    if (x->tenant != NULL || (x->route->flags & GV_ROUTE_OPEN) != 0)
        return true;
    gv_answer_header(x, MHD_HTTP_HEADER_WWW_AUTHENTICATE, "Bearer");
    if (token == NULL)
        gv_answer_error(x, 401, "invalid_api_key", NULL,
                        "No token came with the request: send the header Authorization: Bearer TOKEN");
    else
        gv_answer_error(x, 401, "invalid_api_key", NULL, "The token is not one of this server's");
    return false;
}

/* A name that resolves to this machine must not make a browser's page of elsewhere our caller: without tokens, only
 * the names of this machine and the public one are answered. */
static bool host_is_ours(struct gv_passage *v)
{
    const char *host = header(v, MHD_HTTP_HEADER_HOST);
    const struct gv_server *server = v->x.server;
    if (server->tokens != NULL || host == NULL || gv_host_is_loopback(host) ||
        gv_host_is_of_url(host, server->options.public_url))
        return true;
    gv_answer_error(&v->x, 403, "host_not_allowed", NULL,
                    "The Host \"%.200s\" is not this server's: without tokens it answers to localhost and to the host "
                    "of --public-url",
                    host);
    return false;
}

/* Browsers say where a page that asks comes from; other clients don't. */
static bool origin_is_ours(struct gv_passage *v)
{
    const char *origin = header(v, MHD_HTTP_HEADER_ORIGIN);
    const char *host = header(v, MHD_HTTP_HEADER_HOST);
    if (origin == NULL || strcmp(v->x.method, "GET") == 0)
        return true;
    const char *scheme_end = strstr(origin, "://");
    if (scheme_end != NULL && host != NULL && strcasecmp(scheme_end + 3, host) == 0)
        return true;
    if (scheme_end != NULL && gv_host_is_of_url(scheme_end + 3, v->x.server->options.public_url))
        return true;
    gv_answer_error(&v->x, 403, "origin_not_allowed", NULL,
                    "Pages of \"%.200s\" may not use this server from a browser", origin);
    return false;
}

static bool finds_route(struct gv_passage *v)
{
    struct gv_exchange *x = &v->x;
    const char *allow;
    x->route = gv_route_find(x->ids, &allow, &x->arena, x->method, x->path);
    if (x->route != NULL)
        return true;
    if (allow != NULL) {
        gv_answer_header(x, MHD_HTTP_HEADER_ALLOW, allow);
        gv_answer_error(x, 405, "method_not_allowed", NULL, "%s is not a method of %.200s; it takes %s", x->method,
                        x->path, allow);
    } else {
        gv_answer_error(x, 404, "not_found", NULL, "There is nothing at %.200s", x->path);
    }
    return false;
}

/* Whoever misspells a filter would else be told of everything. */
static enum MHD_Result take_argument(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct gv_passage *v = ctx;
    (void)kind, (void)value;
    if (gv_route_takes(v->x.route, name))
        return MHD_YES;
    gv_answer_error(&v->x, 400, "unknown_parameter", name,
                    "%s %.200s takes no argument \"%.96s\" in its query; it takes %s", v->x.method, v->x.path, name,
                    v->x.route->query[0] != '\0' ? v->x.route->query : "none");
    return MHD_NO;
}

static bool query_is_taken(struct gv_passage *v)
{
    MHD_get_connection_values(v->connection, MHD_GET_ARGUMENT_KIND, take_argument, v);
    return v->x.answer.kind == GV_ANSWER_NONE;
}

/* ---- what comes with it ------------------------------------------------------------------------------------- */

static bool takes_body(const struct gv_passage *v)
{
    return (v->x.route->flags & (GV_ROUTE_FORM | GV_ROUTE_RAW)) != 0;
}

static enum MHD_Result take_header(void *ctx, enum MHD_ValueKind kind, const char *name, size_t name_bytes,
                                   const char *value, size_t value_bytes)
{
    (void)kind;
    gv_framing_take(ctx, name, name_bytes, value, value_bytes);
    return MHD_YES;
}

static bool is_framed(struct gv_passage *v)
{
    struct gv_framing framing = {.http_1_0 = v->http_1_0};
    MHD_get_connection_values_n(v->connection, MHD_HEADER_KIND, take_header, &framing);
    const char *fault = gv_framing_fault(&framing);
    v->closes = fault != NULL;
    if (v->closes)
        gv_answer_error(&v->x, 400, "malformed_request", NULL, "The request can't be read: %s", fault);
    return !v->closes;
}

static void read_framing(struct gv_passage *v)
{
    const char *length = header(v, MHD_HTTP_HEADER_CONTENT_LENGTH);
    const char *coding = header(v, MHD_HTTP_HEADER_TRANSFER_ENCODING);
    const char *expect = header(v, MHD_HTTP_HEADER_EXPECT);
    v->announced = length != NULL && coding == NULL ? strtoull(length, NULL, 10) : 0; /* the library has checked it */
    v->has_body = coding != NULL || v->announced > 0;
    v->expects_continue = expect != NULL && strcasecmp(expect, "100-continue") == 0;
}

static void answer_too_large(struct gv_passage *v)
{
    gv_answer_error(&v->x, 413, "request_too_large", NULL, "The request's body is larger than %llu bytes",
                    (unsigned long long)v->x.server->options.body_bytes_max);
}

static bool body_is_taken(struct gv_passage *v)
{
    if (!v->has_body)
        return true;
    if (!takes_body(v)) {
        gv_answer_error(&v->x, 400, "unexpected_body", NULL, "%s %.200s takes no body", v->x.method, v->x.path);
        return false;
    }
    const char *coding = header(v, MHD_HTTP_HEADER_CONTENT_ENCODING);
    if (coding != NULL && strcasecmp(coding, "identity") != 0) {
        gv_answer_header(&v->x, MHD_HTTP_HEADER_ACCEPT_ENCODING, "identity"); /* RFC 9110, 15.5.16 */
        gv_answer_error(&v->x, 415, "unsupported_media_type", NULL, "A body in %.64s is not taken: send it as it is",
                        coding);
        return false;
    }
    if (v->announced > v->x.server->options.body_bytes_max) {
        answer_too_large(v);
        return false;
    }
    return true;
}

static void name_request(struct gv_passage *v)
{
    uint8_t random[REQUEST_ID_RANDOM_BYTES];
    char hex[2 * REQUEST_ID_RANDOM_BYTES + 1];
    gv_engine_crypto(v->x.engine)->random(random, sizeof random);
    gv_hex_encode(hex, random, sizeof random);
    snprintf(v->x.request_id, sizeof v->x.request_id, "req_%s", hex);
}

void gv_passage_admit(struct gv_passage *v)
{
    name_request(v);
    read_framing(v);
    if (!is_framed(v) || !finds_route(v))
        return;
    if ((v->x.route->flags & GV_ROUTE_FOREIGN) == 0 && (!host_is_ours(v) || !origin_is_ours(v)))
        return;
    if (!knows_tenant(v) || !query_is_taken(v) || !body_is_taken(v))
        return;
    if ((v->x.route->flags & GV_ROUTE_CREATE) != 0 && header(v, "Idempotency-Key") == NULL)
        gv_gate_enter(v->x.server->gate, &v->ticket, v->x.tenant);
}

/* ---- workers' tasks ----------------------------------------------------------------------------------------- */

static struct gv_passage *passage_of(struct gv_task *task)
{
    return GV_CONTAINER(task, struct gv_passage, task);
}

void gv_passage_open_form(struct gv_task *task)
{
    struct gv_passage *v = passage_of(task);
    struct gv_exchange *x = &v->x;
    struct gv_error err = {.code = GV_OK};
    bool raw = (x->route->flags & GV_ROUTE_RAW) != 0;
    if (gv_form_begin(&x->form, x->engine, header(v, MHD_HTTP_HEADER_CONTENT_TYPE), raw, &x->arena, &err) != GV_OK) {
        if (err.code == GV_INVALID_INPUT)
            gv_answer_error(x, 415, "unsupported_media_type", NULL, "%s", err.message);
        else
            gv_answer_failure(x, &err);
    }
    gv_front_release(v);
}

void gv_passage_put_portion(struct gv_task *task)
{
    struct gv_passage *v = passage_of(task);
    struct gv_error err = {.code = GV_OK};
    if (v->received > v->x.server->options.body_bytes_max)
        answer_too_large(v);
    else if (gv_form_put(v->x.form, v->portion, v->portion_bytes, &err) != GV_OK)
        gv_answer_failure(&v->x, &err);
    gv_front_release(v);
}

static void run_handler(struct gv_passage *v)
{
    struct gv_exchange *x = &v->x;
    struct gv_error err = {.code = GV_OK};
    if (x->form != NULL && gv_form_end(x->form, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    if (v->ticket.overdue) {
        gv_answer_header(x, MHD_HTTP_HEADER_RETRY_AFTER, "5");
        gv_answer_error(x, 503, "create_under_way", NULL,
                        "This repeats a create, and one that came before it is not decided yet: try again later, or "
                        "send an Idempotency-Key");
        return;
    }
    x->route->handler(x);
    GV_ASSERT(x->answer.kind != GV_ANSWER_NONE);
    if (x->answer.kind == GV_ANSWER_FILE) /* the front's thread is to find it in memory */
        posix_fadvise(x->answer.fd, (off_t)x->answer.offset, FILE_AHEAD_BYTES, POSIX_FADV_WILLNEED);
}

void gv_passage_handle(struct gv_task *task)
{
    struct gv_passage *v = passage_of(task);
    run_handler(v);
    gv_form_free(v->x.form);
    v->x.form = NULL;
    gv_gate_leave(v->x.server->gate, &v->ticket);
    gv_front_release(v);
}

void gv_passage_free(struct gv_passage *v)
{
    gv_form_free(v->x.form);
    gv_buf_free(&v->x.answer.body);
    gv_arena_free(&v->x.arena);
    free(v->portion);
    free(v);
}
