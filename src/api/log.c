/* Lines on stderr, for people or as JSON. GOLEM_VIDEO_LOG chooses how much, GOLEM_VIDEO_LOG_FORMAT=json the form. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "api/engine.h"
#include "base/buf.h"
#include "core/json.h"

#define GV_LOG_LINE_BYTES_MAX (64u << 10)

static const char *const level_names[] = {
    [GV_LOG_ERROR] = "error", [GV_LOG_WARN] = "warn",   [GV_LOG_INFO] = "info",
    [GV_LOG_DEBUG] = "debug", [GV_LOG_TRACE] = "trace",
};

static void put_time(char out[32])
{
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size_t bytes = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + bytes, 32 - bytes, ".%03ldZ", now.tv_nsec / 1000000);
}

static void add_json(struct gv_buf *line, const char *at, const char *level, const char *job_id, const char *text)
{
    struct gv_json_out out = {.buf = line};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "at", at);
    gv_json_put_text(&out, "level", level);
    gv_json_put_text(&out, "job", job_id);
    gv_json_put_text(&out, "message", text);
    gv_json_close(&out, '}');
}

/* What came from outside must not forge lines or move the cursor. */
static void add_plain(struct gv_buf *line, const char *text)
{
    for (; *text != '\0'; text++)
        gv_buf_add(line, (unsigned char)*text < 0x20 || *text == 0x7f ? " " : text, 1);
}

static void write_line(const struct gv_log *log, enum gv_log_level level, const char *job_id, const char *text)
{
    const struct gv_engine *engine = GV_CONTAINER(log, const struct gv_engine, log);
    char at[32];
    put_time(at);
    struct gv_buf line;
    gv_buf_init(&line, GV_LOG_LINE_BYTES_MAX);
    if (engine->log_json) {
        add_json(&line, at, level_names[level], job_id, text);
    } else {
        gv_buf_addf(&line, "%s %-5s %s%s", at, level_names[level], job_id != NULL ? job_id : "",
                    job_id != NULL ? " " : "");
        add_plain(&line, text);
    }
    gv_buf_adds(&line, "\n");
    fwrite(line.data, 1, line.len, stderr);
    gv_buf_free(&line);
}

void gv_log_open(struct gv_engine *engine, gv_setting_fn *setting, void *ctx)
{
    const char *level = setting(ctx, "GOLEM_VIDEO_LOG");
    const char *format = setting(ctx, "GOLEM_VIDEO_LOG_FORMAT");
    engine->log.write = write_line;
    engine->log_json = format != NULL && strcmp(format, "json") == 0;
    engine->log.level = GV_LOG_ERROR;
    for (size_t i = 1; level != NULL && i < sizeof(level_names) / sizeof(level_names[0]); i++)
        if (strcmp(level, level_names[i]) == 0)
            engine->log.level = (enum gv_log_level)i;
}
