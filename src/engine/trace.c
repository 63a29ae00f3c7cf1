/* What the engine tells operators. Requests and answers are shown with long values and URLs cut; credentials are never
 * among what is shown, since they are added to a call only when it is performed. */
#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "engine/job.h"

#define GV_TRACE_VALUE_MAX 160u
#define GV_TRACE_BYTES_MAX 8192u

void gv_driver_log(const struct gv_driver *driver, enum gv_log_level level, const char *job_id, const char *format, ...)
{
    const struct gv_log *log = driver->config.log;
    if (log == NULL || level > log->level)
        return;
    struct gv_arena arena = {0};
    va_list args;
    va_start(args, format);
    char *text = gv_arena_vprintf(&arena, format, args);
    va_end(args);
    gv_text_cut_urls(text);
    log->write(log, level, job_id, text);
    gv_arena_free(&arena);
}

/* JSON text with the tails of long strings cut out; anything else is cut as a whole. */
static void add_cut(struct gv_buf *out, const char *text, size_t bytes)
{
    bool in_string = false;
    size_t run = 0;
    for (size_t i = 0; i < bytes && out->len < GV_TRACE_BYTES_MAX; i++) {
        char c = text[i];
        if (c == '"' && (i == 0 || text[i - 1] != '\\')) {
            if (in_string && run > GV_TRACE_VALUE_MAX)
                gv_buf_addf(out, "...(%zu)", run); /* characters; no blank, which would end a URL */
            in_string = !in_string;
            run = 0;
        } else {
            run++;
        }
        if (!in_string || run <= GV_TRACE_VALUE_MAX)
            gv_buf_add(out, &c, 1);
    }
}

static bool traced(const struct gv_job *job)
{
    const struct gv_log *log = job->driver->config.log;
    return log != NULL && log->level >= GV_LOG_TRACE;
}

void gv_trace_call(struct gv_job *job, const struct gv_call *call)
{
    if (!traced(job))
        return;
    struct gv_buf text;
    gv_buf_init(&text, 2 * GV_TRACE_BYTES_MAX);
    for (size_t i = 0; i < call->body.segment_count; i++) {
        const struct gv_segment *s = &call->body.segments[i];
        if (s->kind == GV_SEGMENT_TEXT)
            add_cut(&text, s->text, s->bytes);
        else
            gv_buf_addf(&text, "(blob %.12s, %llu bytes)", s->sha256, (unsigned long long)s->bytes);
    }
    gv_driver_log(job->driver, GV_LOG_TRACE, job->row.id, "> %s %s %s", call->method,
                  call->url != NULL ? call->url : call->path, text.len > 0 ? text.data : "");
    gv_buf_free(&text);
}

void gv_trace_reply(const struct gv_job *job, const struct gv_http_done *done)
{
    if (!traced(job))
        return;
    if (done->failure != GV_HTTP_ANSWERED) {
        gv_driver_log(job->driver, GV_LOG_TRACE, job->row.id, "< no answer: %s", done->why);
        return;
    }
    struct gv_buf text;
    gv_buf_init(&text, 2 * GV_TRACE_BYTES_MAX);
    add_cut(&text, done->reply.body, done->reply.body_bytes);
    gv_driver_log(job->driver, GV_LOG_TRACE, job->row.id, "< %d %s %s", done->reply.status, done->reply.content_type,
                  text.len > 0 ? text.data : "");
    gv_buf_free(&text);
}
