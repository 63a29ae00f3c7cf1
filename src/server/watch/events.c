/* GET .../events: the steps of jobs as server-sent events.
 *
 *     id: 7                        the line's number in the job's history: a client that comes back sends it in
 *     event: transition            Last-Event-ID, and goes on behind it
 *     data: {"id":"gv_...","seq":7,...}
 *
 *     event: end                   a watched job has ended: its Video object; where that is longer than END_BYTES_MAX,
 *                                  id, object and status
 *     event: fault                 the journal can't be read: why; the stream ends */
#include "server/watch/events.h"

#include <stdlib.h>
#include <string.h>

#include "core/provider.h"
#include "server/parts/internal.h"
#include "server/videos/video.h"
#include "server/watch/hub.h"

#define FAULT_RETRY_MS 60000 /* a journal does not mend itself */
#define END_BYTES_MAX (GV_STREAM_ROOM_BYTES / 2)

/* What a line says, wherever it comes from. */
struct line {
    const char *job_id, *provider;
    uint64_t seq;
    int64_t at_ms;
    const char *event, *phase, *effect, *note;
    int progress; /* -1: not told */
};

static const struct gv_phase *phase_of(const struct line *line)
{
    const struct gv_provider *provider = line->provider != NULL ? gv_provider_named(line->provider) : NULL;
    for (size_t i = 0; provider != NULL && i < provider->phase_count; i++)
        if (strcmp(provider->phases[i].name, line->phase) == 0)
            return &provider->phases[i];
    return NULL;
}

static void put_data(struct gv_buf *out, const struct line *line)
{
    const struct gv_phase *phase = phase_of(line);
    struct gv_json_out json = {.buf = out};
    gv_buf_adds(out, "event: transition\ndata: ");
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "id", line->job_id);
    gv_json_put_int(&json, "seq", (int64_t)line->seq);
    gv_json_put_int(&json, "at_ms", line->at_ms);
    gv_json_put_text(&json, "event", line->event);
    gv_json_put_text(&json, "phase", line->phase);
    gv_json_put_text(&json, "effect", line->effect);
    gv_json_put_text(&json, "note", line->note);
    gv_json_put_text(&json, "status", phase != NULL ? gv_video_status(phase->status) : NULL);
    if (line->progress >= 0)
        gv_json_put_int(&json, "progress", line->progress);
    gv_json_put_bool(&json, "parked", phase != NULL && (phase->flags & GV_PHASE_PARKED) != 0);
    gv_json_close(&json, '}');
    gv_buf_adds(out, "\n\n");
}

void gv_events_put_transition(struct gv_buf *out, const struct gv_transition *t)
{
    put_data(out, &(struct line){.job_id = t->job_id,
                                 .provider = t->provider,
                                 .seq = t->seq,
                                 .at_ms = t->at_ms,
                                 .event = t->event,
                                 .phase = t->phase,
                                 .effect = t->effect,
                                 .note = t->note,
                                 .progress = t->progress});
}

void gv_events_put_fault(struct gv_buf *out, const struct gv_error *why)
{
    struct gv_json_out json = {.buf = out};
    gv_buf_addf(out, "retry: %d\nevent: fault\ndata: ", FAULT_RETRY_MS);
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "code", "internal_error");
    gv_json_put_text(&json, "message", why->message);
    gv_json_close(&json, '}');
    gv_buf_adds(out, "\n\n");
}

/* ---- of one job --------------------------------------------------------------------------------------------- */

static bool has_ended(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

/* Enough of a Video that has no room, for a client to ask for the rest. */
static void put_brief(struct gv_json_out *out, const struct gv_job_row *row)
{
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "id", row->id);
    gv_json_put_text(out, "object", "video");
    gv_json_put_text(out, "status", gv_video_status(row->status));
    gv_json_close(out, '}');
}

/* The Video object as a request of the tenant's would get it. A client that hears no end comes back for ever, so there
 * always is one, or a fault. */
static void put_end(struct gv_buf *out, struct gv_server *server, const char *tenant, const struct gv_job_row *row)
{
    struct gv_buf text;
    struct gv_error err = {0};
    struct gv_exchange x = {.server = server, .engine = server->engine, .method = "GET", .path = "", .tenant = tenant};
    gv_buf_init(&text, END_BYTES_MAX);
    int code = gv_video_put(&(struct gv_json_out){.buf = &text}, NULL, &x, row, false, &err);
    if (text.overflow) {
        gv_buf_clear(&text);
        put_brief(&(struct gv_json_out){.buf = &text}, row);
    }
    if (code == GV_OK)
        gv_buf_addf(out, "event: end\ndata: %s\n\n", text.data);
    else
        gv_events_put_fault(out, &err);
    gv_buf_free(&text);
    gv_arena_free(&x.arena);
}

static void put_lines(struct gv_buf *out, struct gv_events_place *place, const struct gv_job_row *row,
                      const struct gv_history_row *lines, size_t count, size_t bytes)
{
    size_t i = 0;
    for (; i < count && out->len < bytes; i++) {
        const struct gv_history_row *line = &lines[i];
        bool newest = i + 1 == count && line->at_ms <= row->updated_ms;
        gv_buf_addf(out, "id: %llu\n", (unsigned long long)line->seq);
        put_data(out, &(struct line){.job_id = row->id,
                                     .provider = row->provider,
                                     .seq = line->seq,
                                     .at_ms = line->at_ms,
                                     .event = line->event,
                                     .phase = line->phase,
                                     .effect = line->effect,
                                     .note = line->note,
                                     .progress = newest ? row->progress : -1});
        place->seq = line->seq;
    }
    place->more = i < count;
}

/* The lines, and then the row: where that has ended meanwhile, the lines once more, which are all of them then. */
static int read_job(const struct gv_job_row **row, const struct gv_history_row **lines, size_t *count,
                    const struct gv_events_place *place, struct gv_journal *journal, struct gv_arena *arena,
                    struct gv_error *err)
{
    *row = NULL;
    int code = journal->vtable->history(lines, count, journal, place->job_id, place->seq, arena, err);
    if (code != GV_OK || (*count == 0 && place->begun))
        return code;
    code = journal->vtable->get(row, journal, place->job_id, arena, err);
    if (code == GV_OK && *row != NULL && has_ended(*row))
        code = journal->vtable->history(lines, count, journal, place->job_id, place->seq, arena, err);
    return code;
}

int gv_events_put_history(struct gv_buf *out, struct gv_events_place *place, struct gv_server *server,
                          const char *tenant, size_t bytes, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    const struct gv_history_row *lines;
    size_t count;
    int code = read_job(&row, &lines, &count, place, gv_engine_journal(server->engine), &arena, err);
    if (code == GV_OK && row == NULL && (count > 0 || !place->begun))
        place->ended = true; /* deleted */
    if (code == GV_OK && row != NULL) {
        put_lines(out, place, row, lines, count, bytes);
        if (has_ended(row) && !place->more) {
            put_end(out, server, tenant, row);
            place->ended = true;
        }
    }
    place->begun |= code == GV_OK;
    gv_arena_free(&arena);
    return code;
}

/* ---- the routes --------------------------------------------------------------------------------------------- */

static void answer_stream(struct gv_exchange *x, const char *job_id, uint64_t after_seq)
{
    struct gv_stream *stream = gv_stream_open(x, job_id, after_seq);
    if (stream == NULL) {
        gv_answer_header(x, "Retry-After", "1");
        gv_answer_error(x, 503, "stopping", NULL, "The server is stopping");
        return;
    }
    x->answer.kind = GV_ANSWER_STREAM;
    x->answer.status = 200;
    x->answer.content_type = "text/event-stream";
    x->answer.stream = stream;
    gv_answer_header(x, "Cache-Control", "no-store");
    gv_answer_header(x, "X-Accel-Buffering", "no");
}

void gv_events_of_job(struct gv_exchange *x)
{
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row == NULL)
        return;
    const char *last = gv_exchange_header(x, "Last-Event-ID");
    size_t digits = last != NULL ? strspn(last, "0123456789") : 0;
    if (last != NULL && (digits == 0 || digits > 18 || last[digits] != '\0')) {
        gv_answer_error(x, 400, "invalid_request", "Last-Event-ID", "Last-Event-ID \"%.40s\" is no event's id", last);
        return;
    }
    answer_stream(x, row->id, last != NULL ? strtoull(last, NULL, 10) : 0);
}

void gv_events_of_all(struct gv_exchange *x)
{
    answer_stream(x, NULL, 0);
}
