#include "cli/progress.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/print.h"

#define NEWS_MAX 16 /* lines between two drawings; further ones are dropped: `log` has them all */
#define LINE_BYTES 240
#define TOLD_MAX 8
#define COLUMNS_PRESET 80
#define COLUMNS_MAX 200

struct gv_cli_progress {
    bool quiet, redraws;
    time_t began;         /* monotonic seconds */
    bool drawn;           /* a line stands on the terminal */
    pthread_mutex_t lock; /* guards what follows */
    char news[NEWS_MAX][LINE_BYTES];
    size_t news_count;
    char phase[48];
    char told[TOLD_MAX][LINE_BYTES]; /* lines of this phase: a poll's notes come round and round */
    size_t told_count;
    int percent;
    uint64_t bytes, bytes_total;
};

static time_t now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

struct gv_cli_progress *gv_cli_progress_new(const struct gv_cli_args *args)
{
    struct gv_cli_progress *progress = gv_xcalloc(1, sizeof *progress);
    progress->quiet = args->quiet;
    progress->redraws = !args->quiet && !args->no_progress && isatty(STDERR_FILENO);
    progress->began = now_s();
    progress->percent = -1;
    pthread_mutex_init(&progress->lock, NULL);
    return progress;
}

void gv_cli_progress_free(struct gv_cli_progress *progress)
{
    if (progress == NULL)
        return;
    pthread_mutex_destroy(&progress->lock);
    free(progress);
}

/* ---- heard on the engine's thread ------------------------------------------------------------------------ */

static bool is_told(const struct gv_cli_progress *progress, const char *line)
{
    for (size_t i = 0; i < progress->told_count; i++) {
        if (strcmp(progress->told[i], line) == 0)
            return true;
    }
    return false;
}

/* Keeps a line for the next drawing, unless this phase had it already. */
static void hear(struct gv_cli_progress *progress, const char *phase, const char *note)
{
    char line[LINE_BYTES];
    if (strcmp(progress->phase, phase) != 0)
        progress->told_count = 0;
    else if (note[0] == '\0')
        return;
    snprintf(progress->phase, sizeof progress->phase, "%s", phase);
    snprintf(line, sizeof line, "%s%s%s", phase, note[0] != '\0' ? ": " : "", note);
    if (is_told(progress, line))
        return;
    if (progress->told_count < TOLD_MAX)
        memcpy(progress->told[progress->told_count++], line, sizeof line);
    if (progress->news_count < NEWS_MAX)
        memcpy(progress->news[progress->news_count++], line, sizeof line);
}

/* Why it failed, or what a parked job waits for, is told whole and once by the command that came to it. */
static bool is_told_by_the_command(const struct gv_transition *t)
{
    return t->status == GV_FAILED || strcmp(t->effect, "park") == 0;
}

void gv_cli_progress_transition(void *ctx, const struct gv_transition *t)
{
    struct gv_cli_progress *progress = ctx;
    pthread_mutex_lock(&progress->lock);
    if (!is_told_by_the_command(t))
        hear(progress, t->phase, t->note);
    progress->percent = t->progress;
    progress->bytes = progress->bytes_total = 0;
    pthread_mutex_unlock(&progress->lock);
}

void gv_cli_progress_download(void *ctx, const char *job_id, uint64_t bytes, uint64_t bytes_total)
{
    (void)job_id;
    struct gv_cli_progress *progress = ctx;
    pthread_mutex_lock(&progress->lock);
    progress->bytes = bytes;
    progress->bytes_total = bytes_total;
    pthread_mutex_unlock(&progress->lock);
}

/* ---- drawn on ours --------------------------------------------------------------------------------------- */

static unsigned columns(void)
{
    struct winsize size;
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS_PRESET;
    return size.ws_col < COLUMNS_MAX ? size.ws_col : COLUMNS_MAX;
}

static void erase(struct gv_cli_progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}

void gv_cli_progress_say(struct gv_cli_progress *progress, const char *format, ...)
{
    if (progress->quiet)
        return;
    erase(progress);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static void print_news(struct gv_cli_progress *progress)
{
    char news[NEWS_MAX][LINE_BYTES];
    pthread_mutex_lock(&progress->lock);
    size_t count = progress->news_count;
    memcpy(news, progress->news, count * LINE_BYTES);
    progress->news_count = 0;
    pthread_mutex_unlock(&progress->lock);
    for (size_t i = 0; i < count; i++)
        gv_cli_progress_say(progress, "%s", news[i]);
}

/* "rendering  1:05  40 %" or "fetching  0:12  3.1 of 8.4 MB" */
static void write_line(struct gv_cli_progress *progress, char *out, size_t bytes)
{
    char have[24], total[24];
    long elapsed = (long)(now_s() - progress->began);
    pthread_mutex_lock(&progress->lock);
    int length = snprintf(out, bytes, "%s  %ld:%02ld", progress->phase[0] != '\0' ? progress->phase : "waiting",
                          elapsed / 60, elapsed % 60);
    size_t at = length > 0 && (size_t)length < bytes ? (size_t)length : bytes;
    if (progress->bytes_total > 0)
        snprintf(out + at, bytes - at, "  %s of %s", gv_cli_size(have, sizeof have, progress->bytes),
                 gv_cli_size(total, sizeof total, progress->bytes_total));
    else if (progress->bytes > 0)
        snprintf(out + at, bytes - at, "  %s", gv_cli_size(have, sizeof have, progress->bytes));
    else if (progress->percent >= 0)
        snprintf(out + at, bytes - at, "  %d %%", progress->percent);
    pthread_mutex_unlock(&progress->lock);
}

void gv_cli_progress_draw(struct gv_cli_progress *progress)
{
    print_news(progress);
    if (!progress->redraws)
        return;
    char line[COLUMNS_MAX];
    write_line(progress, line, columns()); /* one column stays free: no terminal wraps */
    fprintf(stderr, "\r%s\033[K", line);
    progress->drawn = true;
    fflush(stderr);
}

void gv_cli_progress_clear(struct gv_cli_progress *progress)
{
    if (progress == NULL)
        return;
    print_news(progress);
    erase(progress);
    fflush(stderr);
}
