#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "loop/uv.h"
#include "support/folder.h"

#define POSTS 1000
#define THREADS 4

static struct gv_loop *loop;
static char story[256]; /* what happened, a letter each */

static int set_up(void **state)
{
    (void)state;
    memset(story, 0, sizeof story);
    alarm(20); /* a loop that never wakes is a failure, not a wait */
    return gv_loop_uv_open(&loop, NULL);
}

static int tear_down(void **state)
{
    (void)state;
    gv_loop_uv_close(loop);
    return 0;
}

static void tell(void *ctx)
{
    size_t n = strlen(story);
    assert_true(n + 1 < sizeof story);
    story[n] = *(const char *)ctx;
}

static void stop(void *ctx)
{
    (void)ctx;
    gv_loop_uv_stop(loop);
}

static void post(gv_loop_fn *fn, void *ctx)
{
    loop->vtable->post(loop, fn, ctx);
}

/* ---- posting ------------------------------------------------------------------------------------ */

static void posts_made_before_a_stop_are_run(void **state)
{
    (void)state;
    post(tell, "a");
    post(tell, "b");
    gv_loop_uv_stop(loop);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "ab");
    gv_loop_uv_stop(loop);
    gv_loop_uv_run(loop); /* a second time */
    assert_string_equal(story, "ab");
}

static void post_more(void *ctx)
{
    tell(ctx);
    post(tell, "2");
    post(stop, NULL);
}

static void a_post_may_post(void **state)
{
    (void)state;
    post(post_more, "1");
    gv_loop_uv_run(loop);
    assert_string_equal(story, "12");
}

struct poster {
    pthread_t thread;
    unsigned next; /* what the loop expects of this thread */
};

struct letter {
    struct poster *from;
    unsigned number;
};

static struct letter letters[THREADS][POSTS];
static struct poster posters[THREADS];
static unsigned arrived;

static void receive(void *ctx)
{
    struct letter *letter = ctx;
    assert_int_equal(letter->from->next++, letter->number);
    if (++arrived == THREADS * POSTS)
        gv_loop_uv_stop(loop);
}

static void *write_letters(void *ctx)
{
    struct poster *poster = ctx;
    struct letter *own = letters[poster - posters];
    for (unsigned i = 0; i < POSTS; i++) {
        own[i] = (struct letter){poster, i};
        post(receive, &own[i]);
    }
    return NULL;
}

static void posts_of_each_thread_keep_their_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&posters[i].thread, NULL, write_letters, &posters[i]);
    gv_loop_uv_run(loop);
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(posters[i].thread, NULL);
        assert_int_equal(posters[i].next, POSTS);
    }
}

/* ---- turns -------------------------------------------------------------------------------------- */

static void ask_for_the_end(void *ctx)
{
    tell(ctx);
    loop->vtable->at_turn_end(loop, tell, "e");
}

static void ask_again_and_again(void *ctx)
{
    unsigned *left = ctx;
    tell("x");
    if (--*left > 0)
        loop->vtable->at_turn_end(loop, ask_again_and_again, left);
    else
        gv_loop_uv_stop(loop);
}

static void the_turn_ends_after_its_callbacks(void **state)
{
    (void)state;
    post(ask_for_the_end, "a");
    post(tell, "b");
    post(ask_for_the_end, "c");
    gv_loop_uv_stop(loop);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "abcee");
}

static void the_end_of_a_turn_may_ask_for_the_next(void **state)
{
    (void)state;
    unsigned left = 5; /* nothing else would wake the loop */
    loop->vtable->at_turn_end(loop, ask_again_and_again, &left);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "xxxxx");
}

/* ---- timers ------------------------------------------------------------------------------------- */

static int64_t seen_ms;

static void note_time(void *ctx)
{
    tell(ctx);
    seen_ms = loop->vtable->now_ms(loop);
    gv_loop_uv_stop(loop);
}

static void timers_run_once_in_order_of_time(void **state)
{
    (void)state;
    struct gv_timer *late = loop->vtable->timer_new(loop, note_time, "l");
    struct gv_timer *early = loop->vtable->timer_new(loop, tell, "e");
    struct gv_timer *never = loop->vtable->timer_new(loop, tell, "n");
    struct gv_timer *freed = loop->vtable->timer_new(loop, tell, "f");
    int64_t began_ms = loop->vtable->now_ms(loop);
    loop->vtable->timer_start(early, 1);
    loop->vtable->timer_start(late, 20);
    loop->vtable->timer_start(never, 5);
    loop->vtable->timer_stop(never);
    loop->vtable->timer_start(freed, 5);
    loop->vtable->timer_free(freed);
    loop->vtable->timer_free(NULL);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "el");
    assert_true(seen_ms >= began_ms + 20); /* never early */
    loop->vtable->timer_free(late);
    loop->vtable->timer_free(early);
    loop->vtable->timer_free(never);
}

static void starting_a_timer_again_moves_it(void **state)
{
    (void)state;
    struct gv_timer *moved = loop->vtable->timer_new(loop, note_time, "m");
    struct gv_timer *other = loop->vtable->timer_new(loop, tell, "o");
    loop->vtable->timer_start(moved, 1);
    loop->vtable->timer_start(other, 5);
    loop->vtable->timer_start(moved, 10);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "om");
    loop->vtable->timer_free(moved);
    loop->vtable->timer_free(other);
}

static struct gv_timer *self;

static void free_self(void *ctx)
{
    tell(ctx);
    loop->vtable->timer_free(self);
    gv_loop_uv_stop(loop);
}

static void a_timer_may_free_itself(void **state)
{
    (void)state;
    self = loop->vtable->timer_new(loop, free_self, "s");
    loop->vtable->timer_start(self, 0);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "s");
}

static void the_wall_clock_is_of_this_century(void **state)
{
    (void)state;
    assert_true(loop->vtable->wall_ms(loop) > 1600000000000);
    assert_int_not_equal(loop->vtable->random(loop) | loop->vtable->random(loop), 0);
}

/* ---- work --------------------------------------------------------------------------------------- */

struct task {
    pthread_t worked_on, done_on;
};

static void work(void *ctx)
{
    ((struct task *)ctx)->worked_on = pthread_self();
}

static void worked(void *ctx)
{
    ((struct task *)ctx)->done_on = pthread_self();
    gv_loop_uv_stop(loop);
}

static void work_is_done_elsewhere_and_told_here(void **state)
{
    (void)state;
    struct task task;
    loop->vtable->work(loop, work, worked, &task);
    gv_loop_uv_run(loop);
    assert_false(pthread_equal(task.worked_on, pthread_self()));
    assert_true(pthread_equal(task.done_on, pthread_self()));
}

static void nothing(void *ctx)
{
    (void)ctx;
}

static void post_when_worked(void *ctx)
{
    tell(ctx);
    post(ask_for_the_end, "p");
}

static void close_finishes_what_was_begun(void **state)
{
    (void)state;
    loop->vtable->work(loop, nothing, post_when_worked, "w");
    gv_loop_uv_close(loop);
    assert_string_equal(story, "wpe");
    gv_loop_uv_close(NULL);
}

/* ---- sockets ------------------------------------------------------------------------------------ */

static struct gv_watch *watch;
static int pair[2];

static void on_ready(void *ctx, unsigned ready)
{
    char got;
    (void)ctx;
    if (ready & GV_LOOP_WRITE) {
        tell("w");
        assert_int_equal(send(pair[1], "r", 1, 0), 1);
        loop->vtable->watch_for(watch, GV_LOOP_READ);
    }
    if (ready & GV_LOOP_READ) {
        assert_int_equal(recv(pair[0], &got, 1, 0), 1);
        tell(&got);
        loop->vtable->watch_free(watch);
        close(pair[0]);
        close(pair[1]);
        gv_loop_uv_stop(loop);
    }
}

static void a_socket_is_watched_until_its_watch_is_freed(void **state)
{
    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    watch = loop->vtable->watch_new(loop, pair[0], on_ready, NULL);
    loop->vtable->watch_for(watch, GV_LOOP_WRITE);
    gv_loop_uv_run(loop);
    assert_string_equal(story, "wr");
}

/* A connection over TCP: pair[0] and pair[1]. */
static void connect_pair(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listening = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listening, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(listening, 1), 0);
    assert_int_equal(getsockname(listening, (struct sockaddr *)&address, &length), 0);
    pair[0] = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(pair[0], (struct sockaddr *)&address, sizeof address), 0);
    pair[1] = accept(listening, NULL, NULL);
    close(listening);
}

static void read_a_letter(void *ctx, unsigned ready)
{
    char got;
    (void)ctx;
    assert_true(ready & GV_LOOP_READ);
    ssize_t n = recv(pair[0], &got, 1, MSG_DONTWAIT);
    tell(n == 1 ? &got : "!");
    if (n == 1)
        return;
    loop->vtable->watch_free(watch);
    close(pair[0]);
    gv_loop_uv_stop(loop);
}

static void a_broken_socket_is_read_to_its_end(void **state)
{
    (void)state;
    const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    connect_pair();
    watch = loop->vtable->watch_new(loop, pair[0], read_a_letter, NULL);
    loop->vtable->watch_for(watch, GV_LOOP_READ);
    assert_int_equal(send(pair[1], "abc", 3, 0), 3);
    setsockopt(pair[1], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(pair[1]); /* resets the connection */
    gv_loop_uv_run(loop);
    assert_string_equal(story, "abc!");
}

static void raise_sigpipe(void *ctx)
{
    int ends[2];
    (void)ctx;
    assert_int_equal(pipe(ends), 0);
    close(ends[0]);
    assert_int_equal(write(ends[1], "x", 1), -1);
    close(ends[1]);
    gv_loop_uv_stop(loop);
}

static void a_broken_pipe_does_not_end_the_process(void **state)
{
    (void)state;
    sigset_t before, after;
    pthread_sigmask(SIG_SETMASK, NULL, &before);
    post(raise_sigpipe, NULL);
    gv_loop_uv_run(loop);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    assert_int_equal(sigismember(&before, SIGPIPE), sigismember(&after, SIGPIPE));
}

/* ---- opening ------------------------------------------------------------------------------------ */

/* In a process of its own, where libuv has opened nothing yet: at each limit the loop opens, or says what it lacks. */
static void open_at_each_limit(void *ctx)
{
    enum { LIMIT_MAX = 64 };
    struct rlimit limit;
    struct gv_error err = {0};
    unsigned refusals = 0;
    (void)ctx;
    GV_ASSERT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    for (limit.rlim_cur = 3; limit.rlim_cur < LIMIT_MAX; limit.rlim_cur++) {
        GV_ASSERT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
        if (gv_loop_uv_open(&loop, &err) == GV_OK)
            break;
        GV_ASSERT(strstr(err.message, "limit on open files") != NULL);
        refusals++;
    }
    GV_ASSERT(refusals > 0 && limit.rlim_cur < LIMIT_MAX);
    gv_loop_uv_close(loop);
}

static void too_few_descriptors_are_told(void **state)
{
    (void)state;
    gv_child_run(open_at_each_limit, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(too_few_descriptors_are_told), /* first: libuv keeps what a loop once opened */
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(posts_made_before_a_stop_are_run),
        TEST(a_post_may_post),
        TEST(posts_of_each_thread_keep_their_order),
        TEST(the_turn_ends_after_its_callbacks),
        TEST(the_end_of_a_turn_may_ask_for_the_next),
        TEST(timers_run_once_in_order_of_time),
        TEST(starting_a_timer_again_moves_it),
        TEST(a_timer_may_free_itself),
        TEST(the_wall_clock_is_of_this_century),
        TEST(work_is_done_elsewhere_and_told_here),
        cmocka_unit_test_setup(close_finishes_what_was_begun, set_up),
        TEST(a_socket_is_watched_until_its_watch_is_freed),
        TEST(a_broken_socket_is_read_to_its_end),
        TEST(a_broken_pipe_does_not_end_the_process),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
