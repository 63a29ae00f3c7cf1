/* Is everything there that a job needs? One line per question, and the exit code 8 if an answer is no. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/net.h"
#include "cli/print.h"
#include "cli/session.h"

/* Films need room; below this a long one may not fit. */
#define FREE_BYTES_LEAST (UINT64_C(1) << 30)
/* 2026-01-01: this program is younger than any earlier clock. */
#define CLOCK_LEAST_S 1767225600

enum verdict { FINE, NOTED, BROKEN };

struct report {
    struct gv_cli_args *args;
    struct gv_buf json;
    struct gv_json_out out;
    bool broken;
};

static void tell(struct report *report, const char *question, enum verdict verdict, const char *answer)
{
    static const char *const words[] = {[FINE] = "ok", [NOTED] = "note", [BROKEN] = "BAD"};
    static const char *const json_words[] = {[FINE] = "ok", [NOTED] = "note", [BROKEN] = "bad"};
    report->broken |= verdict == BROKEN;
    if (!report->args->json) {
        printf("%-5s %-24s %s\n", words[verdict], question, answer);
        fflush(stdout);
        return;
    }
    gv_json_open(&report->out, NULL, '{');
    gv_json_put_text(&report->out, "question", question);
    gv_json_put_text(&report->out, "verdict", json_words[verdict]);
    gv_json_put_text(&report->out, "answer", answer);
    gv_json_close(&report->out, '}');
}

static void check_store(struct report *report)
{
    struct gv_error err = {0};
    struct gv_cli_session session;
    const char *store = NULL;
    bool usable = gv_cli_open(&session, report->args, &err) == GV_OK && gv_check_journal(session.engine, &err) == GV_OK;
    gv_cli_close(&session);
    if (!usable || gv_cli_work_store(&store, report->args, &err) != GV_OK) {
        tell(report, "store", BROKEN, err.message);
        return;
    }
    tell(report, "store", FINE, store);
    struct statvfs space;
    char size[24];
    if (statvfs(store, &space) != 0) {
        tell(report, "free space", BROKEN, strerror(errno));
        return;
    }
    uint64_t bytes = (uint64_t)space.f_bavail * space.f_frsize;
    tell(report, "free space", bytes < FREE_BYTES_LEAST ? NOTED : FINE, gv_cli_size(size, sizeof size, bytes));
}

static void check_clock(struct report *report)
{
    time_t now = time(NULL);
    char text[32];
    gv_cli_time(text, sizeof text, (int64_t)now * 1000);
    tell(report, "clock", now < CLOCK_LEAST_S ? BROKEN : FINE, text);
}

static void check_media_helper(struct report *report)
{
    const char *path = gv_cli_media_helper(report->args);
    if (access(path, X_OK) != 0)
        tell(report, "media helper", BROKEN, gv_arena_printf(&report->args->arena, "%s: %s", path, strerror(errno)));
    else
        tell(report, "media helper", FINE, path);
}

static void check_credentials(struct report *report, const struct gv_json *providers)
{
    struct gv_arena *arena = &report->args->arena;
    for (const struct gv_json *provider = providers->child; provider != NULL; provider = provider->next) {
        const char *question = gv_arena_printf(arena, "%s credentials", gv_json_text(provider, "name"));
        if (gv_cli_has_credentials(provider))
            tell(report, question, FINE, "set");
        else
            tell(report, question, NOTED,
                 gv_arena_printf(arena, "not set: %s", gv_cli_credentials_wanted(provider, arena)));
    }
}

static bool is_base_url(const struct gv_json *setting)
{
    const char *value = gv_cli_setting(setting);
    return !gv_json_bool(setting, "secret", false) && value != NULL && strncmp(value, "http", 4) == 0 &&
           strstr(value, "://") != NULL;
}

static void check_reach(struct report *report, const struct gv_json *providers)
{
    struct gv_arena *arena = &report->args->arena;
    for (const struct gv_json *provider = providers->child; provider != NULL; provider = provider->next) {
        const struct gv_json *setting = gv_json_member(provider, "settings")->child;
        for (; setting != NULL; setting = setting->next) {
            struct gv_error err = {0};
            if (!is_base_url(setting))
                continue;
            const char *url = gv_cli_setting(setting);
            bool reached = gv_cli_reach(url, &err) == GV_OK;
            tell(report, gv_arena_printf(arena, "%s server", gv_json_text(provider, "name")), reached ? FINE : BROKEN,
                 reached ? url : gv_arena_printf(arena, "%s", err.message));
        }
    }
}

int gv_cli_doctor(struct gv_cli_args *args, struct gv_error *err)
{
    char *text;
    int code = gv_providers_json(&text, NULL, err);
    if (code != GV_OK)
        return code;
    const struct gv_json *providers = gv_cli_read_json(&args->arena, text);
    struct report report = {.args = args};
    gv_buf_init(&report.json, 1u << 20);
    report.out.buf = &report.json;
    gv_json_open(&report.out, NULL, '[');
    tell(&report, "version", FINE, GV_VERSION);
    check_store(&report);
    check_clock(&report);
    check_media_helper(&report);
    check_credentials(&report, providers);
    if (args->online)
        check_reach(&report, providers);
    gv_json_close(&report.out, ']');
    if (args->json)
        puts(report.json.data);
    gv_buf_free(&report.json);
    free(text);
    return report.broken ? GV_INTERNAL_ERROR : GV_OK;
}
