/* The client: whatever the program it runs does, it answers in time and leaves nothing behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media/helper/confine.h"
#include "media/process.h"
#include "support/media_kit.h"

enum { LONG_MS = 30000, SHORT_MS = 300 };

/* A stand-in for the program: a shell script of one line. */
static const char *script(struct media_kit *kit, const char *line)
{
    const char *text = gv_arena_printf(&kit->arena, "#!/bin/sh\n%s\n", line);
    const char *path = media_write(kit, "program.sh", text, strlen(text));
    assert_int_equal(chmod(path, 0700), 0);
    return path;
}

static int run(struct gv_buf *answer, const char *program, const char *verb, uint32_t timeout_ms, struct gv_error *err)
{
    gv_buf_init(answer, GV_MEDIA_ANSWER_BYTES_MAX);
    return gv_media_run(answer, program, (const char *const[]){verb, "film.mp4", NULL}, timeout_ms, err);
}

/* Runs the script and expects the code and words of the message. */
static void assert_fails(struct media_kit *kit, const char *line, uint32_t timeout_ms, enum gv_code code,
                         const char *says)
{
    struct gv_buf answer;
    struct gv_error err = {0};
    assert_int_equal(run(&answer, script(kit, line), "probe", timeout_ms, &err), code);
    assert_int_equal(err.code, code);
    assert_non_null(strstr(err.message, says));
    gv_buf_free(&answer);
}

static void an_answer_is_passed_on(void **state)
{
    struct media_kit *kit = *state;
    struct gv_buf answer;
    struct gv_error err = {0};
    const char *program = script(kit, "printf '{\"verb\":\"%s\",' \"$1\"; printf '\"file\":\"%s\"}\\n' \"$2\"");
    assert_int_equal(run(&answer, program, "probe", LONG_MS, &err), GV_OK);
    assert_string_equal(answer.data, "{\"verb\":\"probe\",\"file\":\"film.mp4\"}\n");
    gv_buf_free(&answer);
}

static void a_program_that_fails_is_told_with_its_words(void **state)
{
    struct media_kit *kit = *state;
    assert_fails(kit, "echo '{\"error\":\"no film\"}'; exit 3", LONG_MS, GV_INVALID_INPUT, "no film");
    assert_fails(kit, "echo '{\"error\":\"disk full\"}'; exit 8", LONG_MS, GV_INTERNAL_ERROR, "disk full");
    assert_fails(kit, "exit 1", LONG_MS, GV_INTERNAL_ERROR, "without saying why");
    assert_fails(kit, "echo not json", LONG_MS, GV_INTERNAL_ERROR, "without saying why");
    assert_fails(kit, "exit 0", LONG_MS, GV_INTERNAL_ERROR, "without saying why");
    assert_fails(kit, "kill -SEGV $$", LONG_MS, GV_INTERNAL_ERROR,
                 "film.mp4: the media program was ended by signal 11");
    assert_fails(kit, "kill -SYS $$", LONG_MS, GV_INTERNAL_ERROR, "film.mp4: the media program was ended by signal 31");
    assert_fails(kit, "kill -SYS $$", LONG_MS, GV_INTERNAL_ERROR, "ask the system for what it may not have");
}

static void a_program_that_talks_too_much_is_stopped(void **state)
{
    assert_fails(*state, "exec cat /dev/zero", LONG_MS, GV_INTERNAL_ERROR, "65536 bytes");
}

/* The number that the script left in the kit's file. */
static pid_t pid_in(struct media_kit *kit, const char *name)
{
    FILE *file = fopen(media_path(kit, name), "r");
    int pid = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &pid), 1);
    fclose(file);
    return pid;
}

static void a_program_that_takes_too_long_is_killed(void **state)
{
    struct media_kit *kit = *state;
    /* The wait starts anew until the machine was quick enough for the script to get as far as its sleep. */
    static const char *const naps[] = {"exec sleep 600", "exec >&-; exec sleep 600",
                                       "trap '' TERM HUP INT; exec sleep 600"};
    for (size_t i = 0; i < sizeof naps / sizeof *naps; i++) {
        const char *line = gv_arena_printf(&kit->arena, "echo $$ >%s; %s", media_path(kit, "pid"), naps[i]);
        uint32_t timeout_ms = SHORT_MS;
        do {
            assert_fails(kit, line, timeout_ms, GV_INTERNAL_ERROR, "longer than");
            timeout_ms *= 2;
        } while (access(media_path(kit, "pid"), F_OK) != 0);
        assert_int_equal(kill(pid_in(kit, "pid"), 0), -1);
        assert_int_equal(errno, ESRCH);
        unlink(media_path(kit, "pid"));
    }
}

static void the_program_gets_no_secrets_and_no_open_files(void **state)
{
    struct media_kit *kit = *state;
    struct gv_buf answer;
    struct gv_error err = {0};
    setenv("KLING_API_KEY", "tell-nobody", 1);
    int open_file = fcntl(STDIN_FILENO, F_DUPFD, 200); /* kept over exec, as by a careless library */
    const char *program = script(kit, "printf '{\"environment\":\"%s\",' \"$(env | tr '\\n' ' ')\"\n"
                                      "printf '\"files\":\"%s\"}' \"$(ls /proc/$$/fd | tr '\\n' ' ')\"");
    assert_int_equal(run(&answer, program, "probe", LONG_MS, &err), GV_OK);
    assert_null(strstr(answer.data, "tell-nobody"));
    const char *files = strstr(answer.data, "\"files\":");
    assert_non_null(files);
    assert_null(strstr(files, gv_arena_printf(&kit->arena, " %d ", open_file)));
    close(open_file);
    unsetenv("KLING_API_KEY");
    gv_buf_free(&answer);
}

static void a_program_that_is_not_there_is_told(void **state)
{
    struct media_kit *kit = *state;
    struct gv_media_tools *tools;
    struct gv_buf answer;
    struct gv_error err = {0};
    assert_int_equal(gv_media_process_open(&tools, "/nowhere/golem-video-media", &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, "/nowhere/golem-video-media"));
    assert_null(tools);
    assert_int_equal(run(&answer, media_path(kit, "missing"), "probe", LONG_MS, &err), GV_INTERNAL_ERROR);
    assert_non_null(strstr(err.message, "can't be started"));
    gv_buf_free(&answer);
}

struct looker {
    struct gv_media_tools *tools;
    const char *path, *out_path;
    int result;
    struct gv_error error;
    struct gv_blob_info info;
    pthread_t thread;
};

static void *look(void *ctx)
{
    struct looker *looker = ctx;
    looker->result = looker->tools->vtable->probe(&looker->info, looker->tools, looker->path, NULL);
    return NULL;
}

static void many_threads_may_probe_at_once(void **state)
{
    struct media_kit *kit = *state;
    enum { LOOKERS = 6 };
    struct looker lookers[LOOKERS];
    struct gv_media_tools *tools;
    const char *film = media_film(kit, "a.mp4", "{'width':160,'height':90,'fps':25,'duration_seconds':2,'text':'x'}");
    const char *rubbish = media_write(kit, "b.mp4", "rubbish", 7);
    assert_int_equal(gv_media_process_open(&tools, media_helper(), NULL), GV_OK);
    for (int i = 0; i < LOOKERS; i++) {
        lookers[i] = (struct looker){.tools = tools, .path = i % 2 ? rubbish : film, .info.mime_type = "as it was"};
        assert_int_equal(pthread_create(&lookers[i].thread, NULL, look, &lookers[i]), 0);
    }
    for (int i = 0; i < LOOKERS; i++) {
        assert_int_equal(pthread_join(lookers[i].thread, NULL), 0);
        assert_int_equal(lookers[i].result, i % 2 ? GV_INVALID_INPUT : GV_OK);
        assert_string_equal(lookers[i].info.mime_type, "as it was");
        if (i % 2)
            continue;
        assert_int_equal(lookers[i].info.width, 160);
        assert_int_equal(lookers[i].info.height, 90);
        assert_float_equal(lookers[i].info.fps, 25, 1e-9);
        assert_float_equal(lookers[i].info.duration_seconds, 2, 1e-6);
    }
    tools->vtable->close(tools);
}

/* The one child of this process, once it runs. Linux lists it with the thread that started it. */
static int only_child(void)
{
    int child = 0;
    while (child == 0) {
        glob_t lists;
        assert_int_equal(glob("/proc/self/task/*/children", 0, NULL, &lists), 0);
        for (size_t i = 0; i < lists.gl_pathc && child == 0; i++) {
            FILE *list = fopen(lists.gl_pathv[i], "r");
            if (list && fscanf(list, "%d", &child) != 1)
                child = 0;
            if (list)
                fclose(list);
        }
        globfree(&lists);
    }
    return child;
}

static bool says(int pid, const char *file, const char *line)
{
    char path[64], got[256];
    snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
    FILE *in = fopen(path, "r");
    bool found = false;
    assert_non_null(in);
    while (!found && fgets(got, sizeof got, in))
        found = strncmp(got, line, strlen(line)) == 0;
    fclose(in);
    return found;
}

/* A run that takes long enough to be looked at: it ends by the test's signal. */
static void *scale_up(void *ctx)
{
    struct looker *looker = ctx;
    const char *const args[] = {"upscale", looker->path, looker->out_path, "4096", "4096", NULL};
    struct gv_buf answer;
    gv_buf_init(&answer, GV_MEDIA_ANSWER_BYTES_MAX);
    looker->result = gv_media_run(&answer, media_helper(), args, LONG_MS, &looker->error);
    gv_buf_free(&answer);
    return NULL;
}

/* The last step of the confinement is seen in /proc alone, and nothing tells when it is taken. */
static void await_line(int pid, const char *file, const char *line)
{
    while (!says(pid, file, line)) {
        assert_int_equal(kill(pid, 0), 0);
        sched_yield();
    }
}

static void the_program_is_confined_while_it_works(void **state)
{
    struct media_kit *kit = *state;
    static struct looker looker; /* the thread outlives a failed assertion */
    looker = (struct looker){.out_path = media_path(kit, "large.mp4")};
    looker.path = media_film(kit, "a.mp4", "{'width':160,'height':90,'fps':25,'duration_seconds':60,'text':'x'}");
    assert_int_equal(pthread_create(&looker.thread, NULL, scale_up, &looker), 0);
    int child = only_child();
    await_line(child, "status", "Seccomp:\t2");
    assert_true(says(child, "status", "NoNewPrivs:\t1"));
    assert_true(says(child, "limits", "Max cpu time              1800 "));
    assert_true(says(child, "limits", "Max core file size        0 "));
    assert_true(says(child, "limits", "Max file size             17179869184 "));
#if !GV_SANITIZED
    assert_true(says(child, "limits", "Max address space         2147483648 "));
#endif
    kill(child, SIGKILL);
    pthread_join(looker.thread, NULL);
    assert_int_equal(looker.result, GV_INTERNAL_ERROR);
    assert_non_null(strstr(looker.error.message, "a.mp4: the media program was ended by signal 9"));
}

/* Nobody writes to the pipe; a program that waited for its writer would be stopped after half a minute. */
static void only_regular_files_are_read(void **state)
{
    struct media_kit *kit = *state;
    const char *pipe = media_path(kit, "pipe");
    assert_int_equal(mkfifo(pipe, 0600), 0);
    struct gv_error err = media_refused(kit, GV_INVALID_INPUT, "probe", pipe, NULL);
    assert_non_null(strstr(err.message, "is no regular file"));
    err = media_refused(kit, GV_INVALID_INPUT, "probe", kit->folder.path, NULL);
    assert_non_null(strstr(err.message, "is no regular file"));
}

int main(void)
{
#define PROCESS_TEST(name) cmocka_unit_test_setup_teardown(name, media_kit_setup, media_kit_teardown)
    const struct CMUnitTest tests[] = {
        PROCESS_TEST(an_answer_is_passed_on),
        PROCESS_TEST(a_program_that_fails_is_told_with_its_words),
        PROCESS_TEST(a_program_that_talks_too_much_is_stopped),
        PROCESS_TEST(a_program_that_takes_too_long_is_killed),
        PROCESS_TEST(the_program_gets_no_secrets_and_no_open_files),
        PROCESS_TEST(a_program_that_is_not_there_is_told),
        PROCESS_TEST(many_threads_may_probe_at_once),
        PROCESS_TEST(the_program_is_confined_while_it_works),
        PROCESS_TEST(only_regular_files_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
