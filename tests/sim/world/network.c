/* The network between an engine and the providers. */
#include <string.h>

#include "sim/world/world.h"

#define SLOW_MS_MAX 20000u
#define SLOWER_MS_MAX (10 * 60 * 1000u)
#define PACKET_MS_MAX (6 * 60 * 1000u)
#define GARBAGE_BYTES 40u

/* A request with nobody waiting for its answer any more: late, or the network's second copy. */
struct packet {
    struct gv_list link;
    struct sim_world *world;
    struct gv_timer *timer;
    struct gv_arena arena;
    struct sim_asked asked;
};

static void packet_free(struct packet *packet)
{
    gv_list_remove(&packet->link);
    packet->world->loop->vtable->timer_free(packet->timer);
    struct gv_arena arena = packet->arena; /* the packet lives in it */
    gv_arena_free(&arena);
}

static void packet_arrives(void *ctx)
{
    struct packet *packet = ctx;
    struct sim_answer nobody_hears;
    sim_tell(packet->world, "a %s request arrives: %s %s", packet->asked.doubled ? "second" : "late",
             packet->asked.method, packet->asked.url);
    sim_remote_handle(&nobody_hears, packet->world, &packet->asked);
    packet_free(packet);
}

static void send_packet(struct sim_world *w, const struct sim_asked *asked, bool doubled)
{
    struct gv_arena arena = {0};
    struct packet *packet = GV_NEW(&arena, struct packet);
    struct gv_header *headers = GV_NEW_ARRAY(&arena, struct gv_header, asked->header_count + 1);
    for (size_t i = 0; i < asked->header_count; i++)
        headers[i] = (struct gv_header){gv_arena_strdup(&arena, asked->headers[i].name),
                                        gv_arena_strdup(&arena, asked->headers[i].value)};
    *packet = (struct packet){.world = w,
                              .asked = {.method = gv_arena_strdup(&arena, asked->method),
                                        .url = gv_arena_strdup(&arena, asked->url),
                                        .content_type = gv_arena_strdup(&arena, asked->content_type),
                                        .body = gv_arena_strdup(&arena, asked->body),
                                        .headers = headers,
                                        .header_count = asked->header_count,
                                        .doubled = doubled}};
    packet->arena = arena;
    gv_list_append(&w->packets, &packet->link);
    packet->timer = w->loop->vtable->timer_new(w->loop, packet_arrives, packet);
    w->loop->vtable->timer_start(packet->timer, sim_below(w, PACKET_MS_MAX));
}

void sim_packets_drop(struct sim_world *w)
{
    GV_LIST_EACH (item, &w->packets)
        packet_free(GV_CONTAINER(item, struct packet, link));
}

/* ---- bent answers ----------------------------------------------------------------------------- */

static void say(struct sim_answer *out, int status, const char *type, const char *body)
{
    *out = (struct sim_answer){.status = status, .content_type = type, .body = body, .body_bytes = strlen(body)};
}

/* What some box on the way says instead, after the provider has done its part. Of a create only what leaves open
 * whether it was taken: against a box that says no in the provider's name there is no help. */
static void lie(struct sim_world *w, struct sim_answer *out, bool create)
{
    static const int open[] = {500, 502, 504, 200};
    static const int any[] = {200, 204, 400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504};
    int status = create ? open[sim_below(w, GV_COUNT(open))] : any[sim_below(w, GV_COUNT(any))];
    switch (sim_below(w, 4)) {
    case 0: say(out, status, "text/html", "<html><head><title>Please try again</title></head></html>"); break;
    case 1: say(out, status, "application/json", "{}"); break;
    case 2: say(out, status, "application/json", "[null,{\"id\":7,\"data\":[[]]}]"); break;
    default: say(out, status, "", ""); break;
    }
}

/* The provider's own answer, with some bytes of it gone or changed. */
static void garble(struct sim_world *w, struct sim_answer *out)
{
    char *body = gv_arena_memdup(&w->arena, out->body, out->body_bytes + 1);
    size_t bytes = out->body_bytes;
    if (bytes > 0 && sim_below(w, 2) == 0)
        bytes = sim_below(w, bytes);
    for (size_t i = 0; i < GARBAGE_BYTES && bytes > 0 && sim_below(w, 2) == 0; i++)
        body[sim_below(w, bytes)] = (char)sim_dice(w);
    body[bytes] = '\0';
    out->body = body;
    out->body_bytes = bytes;
}

/* A file may come in part, with a wrong length, or be something else. */
static void bend_file(struct sim_world *w, struct gv_http_memory_answer *out)
{
    static const char page[] = "<html><head><title>Please try again</title></head></html>";
    if (sim_strikes(w, w->profile.cut))
        out->cut_bytes = 1 + sim_below(w, out->body_bytes);
    if (sim_strikes(w, w->profile.wrong_length) && sim_below(w, 2) == 0)
        out->length_told = out->body_bytes + 1 + sim_below(w, 1000);
    else if (sim_strikes(w, w->profile.wrong_length))
        out->body_bytes = 1 + sim_below(w, out->body_bytes);
    if (sim_strikes(w, w->profile.garble)) {
        out->content_type = "text/html";
        out->etag = NULL;
        out->body = page;
        out->body_bytes = sizeof(page) - 1;
        out->cut_bytes = out->length_told = 0;
    }
}

static void no_answer(struct gv_http_memory_answer *out, uint64_t delay_ms)
{
    *out = (struct gv_http_memory_answer){
        .failure = GV_HTTP_NO_ANSWER, .sent = GV_MAYBE_SENT, .delay_ms = (uint32_t)delay_ms};
}

/* How long the client waits. */
static uint64_t patience_ms(const struct gv_http_request *request)
{
    return request->limits.total_ms != 0 ? request->limits.total_ms : request->limits.stall_ms;
}

static void deliver(struct sim_world *w, struct gv_http_memory_answer *out, const struct sim_answer *answer,
                    const struct gv_http_request *request)
{
    *out = (struct gv_http_memory_answer){.status = answer->status,
                                          .content_type = answer->content_type,
                                          .etag = answer->etag,
                                          .body = answer->body,
                                          .body_bytes = answer->body_bytes,
                                          .delay_ms = 100,
                                          .date_s = sim_wall_ms(w) / 1000};
    if (answer->film)
        bend_file(w, out);
    if (sim_strikes(w, w->profile.slow))
        out->delay_ms = (uint32_t)sim_below(w, sim_below(w, 4) == 0 ? SLOWER_MS_MAX : SLOW_MS_MAX);
    if (sim_strikes(w, w->profile.lose_answer) || out->delay_ms > patience_ms(request)) {
        w->out->lost_answers++;
        no_answer(out, out->delay_ms < patience_ms(request) ? out->delay_ms : patience_ms(request));
    }
}

/* As emulators are given it: a blob, encoded or not, by its name. */
static const char *body_text(struct sim_world *w, const struct gv_body *body)
{
    struct gv_buf text;
    gv_buf_init(&text, 1u << 20);
    for (size_t i = 0; body != NULL && i < body->segment_count; i++) {
        const struct gv_segment *s = &body->segments[i];
        if (s->kind == GV_SEGMENT_TEXT)
            gv_buf_add(&text, s->text, s->bytes);
        else
            gv_buf_addf(&text, "blob:%s", s->sha256);
    }
    const char *copy = gv_arena_strndup(&w->arena, text.data != NULL ? text.data : "", text.len);
    gv_buf_free(&text);
    return copy;
}

/* ---- the way there ---------------------------------------------------------------------------- */

static void arrive(struct sim_world *w, struct sim_answer *out, struct sim_asked *asked)
{
    sim_remote_handle(out, w, asked);
    if (!sim_strikes(w, w->profile.double_request))
        return;
    w->out->doubled++;
    asked->doubled = true;
    if (sim_below(w, 2) == 0)
        send_packet(w, asked, true);
    else
        sim_remote_handle(out, w, asked); /* its answer is the one that comes back */
}

static void far_end(void *ctx, struct gv_http_memory_answer *out, const struct gv_http_request *request,
                    const char *body)
{
    (void)body; /* with its own word for blobs; the sandbox's is another */
    static const int troubles[] = {429, 500, 503};
    struct sim_engine *e = ctx;
    struct sim_world *w = e->world;
    struct sim_answer answer;
    struct sim_asked asked = {.method = request->method,
                              .url = request->url,
                              .content_type = request->body != NULL ? request->body->content_type : NULL,
                              .body = body_text(w, request->body),
                              .headers = request->headers,
                              .header_count = request->header_count};
    if (sim_strikes(w, w->profile.refuse)) {
        *out = (struct gv_http_memory_answer){.failure = GV_HTTP_NOT_SENT, .sent = GV_NOT_SENT};
        return;
    }
    if (sim_strikes(w, w->profile.lose_request)) {
        no_answer(out, 1000);
        return;
    }
    if (sim_strikes(w, w->profile.late_request)) {
        send_packet(w, &asked, false);
        no_answer(out, sim_below(w, patience_ms(request) + 1));
        return;
    }
    if (sim_strikes(w, w->profile.trouble)) {
        sim_remote_refuse(&answer, w, request->url, troubles[sim_below(w, GV_COUNT(troubles))]);
    } else {
        arrive(w, &answer, &asked);
        if (!answer.film && sim_strikes(w, w->profile.lie))
            lie(w, &answer, request->once);
        else if (!answer.film && sim_strikes(w, w->profile.garble))
            garble(w, &answer);
    }
    deliver(w, out, &answer, request);
}

/* ---- the port --------------------------------------------------------------------------------- */

static struct gv_http_exchange *start(struct gv_http *base, const struct gv_http_request *request, gv_http_fn *done,
                                      gv_http_progress_fn *progress, void *ctx)
{
    struct sim_http *http = GV_CONTAINER(base, struct sim_http, base);
    sim_check_leaving(http->engine, request, body_text(http->engine->world, request->body));
    return http->real->vtable->start(http->real, request, done, progress, ctx);
}

static struct gv_http_vtable vtable;

void sim_http_open(struct sim_engine *e)
{
    e->http.engine = e;
    e->http.real = gv_http_memory_open(e->loop, &e->blobs.base, far_end, e);
    vtable = *e->http.real->vtable;
    vtable.start = start;
    e->http.base.vtable = &vtable;
}

void sim_http_close(struct sim_engine *e)
{
    gv_http_memory_close(e->http.real);
}
