/* The confinement, seen from the inside: what a decoder that was taken over would try, in a process of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/helper/confine.h"

static const struct gv_confinement closed = {.memory_bytes_max = 1 << 30, .cpu_seconds_max = 60};
static const struct gv_confinement reading = {
    .memory_bytes_max = 1 << 30, .cpu_seconds_max = 60, .output_bytes_max = 1 << 20, .opens_files = true};

static int file = -1; /* open before the confinement */

/* How a process ends that does this after it was confined; it exits with 0 once it is past it. */
static int end_of(const struct gv_confinement *confinement, void (*act)(void))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (gv_confine_calls(confinement, NULL) != GV_OK)
            _exit(99);
        act();
        _exit(0);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0)
        assert_int_equal(errno, EINTR);
    return status;
}

static void open_socket(void)
{
    socket(AF_INET, SOCK_STREAM, 0);
}

static void assert_killed(const struct gv_confinement *confinement, void (*act)(void))
{
    int status = end_of(confinement, act);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGSYS);
}

static void assert_passed(const struct gv_confinement *confinement, void (*act)(void))
{
    int status = end_of(confinement, act);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void sockets_are_never_opened(void **state)
{
    (void)state;
    assert_killed(&closed, open_socket);
    assert_killed(&reading, open_socket);
}

#if !GV_SANITIZED
static void open_pair(void)
{
    int ends[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
}

static void run_program(void)
{
    execl("/bin/true", "true", (char *)NULL);
}

static void begin_process(void)
{
    if (fork() == 0)
        _exit(0);
}

static void begin_process_in_a_new_way(void)
{
    syscall(SYS_clone3, NULL, 0);
}

static void open_to_read(void)
{
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
        _exit(98);
}

static void open_to_write(void)
{
    open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static void make_file(void)
{
    open("/tmp/golem-video-confined", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);
}

static void make_file_in_a_new_way(void)
{
    syscall(SYS_openat2, AT_FDCWD, "/tmp/golem-video-confined", NULL, 0);
}

static void remove_file(void)
{
    unlink("/nowhere/file");
}

static void look_at_file(void)
{
    (void)!access("/etc/passwd", R_OK);
}

static void trace_parent(void)
{
    ptrace(PTRACE_ATTACH, getppid(), NULL, NULL);
}

static void signal_parent(void)
{
    kill(getppid(), 0);
}

static void signal_thread_of_parent(void)
{
    syscall(SYS_tgkill, 1, 1, 0);
}

static void raise_limit(void)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
    setrlimit(RLIMIT_CPU, &limit);
}

static void map_code(void)
{
    mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void make_code(void)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
}

static void what_a_decoder_has_no_business_with_ends_it(void **state)
{
    (void)state;
    static void (*const acts[])(void) = {
        open_socket,
        open_pair,
        run_program,
        begin_process,
        begin_process_in_a_new_way,
        open_to_write,
        make_file,
        map_code,
        make_file_in_a_new_way,
        remove_file,
        trace_parent,
        signal_parent,
        raise_limit,
        make_code,
        signal_thread_of_parent,
    };
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
        assert_killed(&closed, acts[i]);
        assert_killed(&reading, acts[i]);
    }
}

static void other_files_are_opened_only_where_that_is_allowed(void **state)
{
    (void)state;
    assert_killed(&closed, open_to_read);
    assert_killed(&closed, look_at_file);
    assert_passed(&reading, open_to_read);
    assert_passed(&reading, look_at_file);
}
#endif

static void work(void)
{
    char text[4];
    enum { MANY_BYTES = 8 << 20 };
    char *memory = malloc(MANY_BYTES);
    if (!memory || pread(file, text, sizeof text, 0) != sizeof text ||
        pwrite(file, text, sizeof text, 4) != sizeof text)
        _exit(1);
    memset(memory, 1, MANY_BYTES);
    free(memory);
}

static void open_files_and_memory_stay(void **state)
{
    (void)state;
    char path[] = "/tmp/golem-video-test-XXXXXX";
    file = mkostemp(path, O_CLOEXEC);
    assert_true(file >= 0);
    unlink(path);
    assert_int_equal(write(file, "film", 4), 4);
    assert_passed(&closed, work);
    assert_passed(&reading, work);
    char twice[8];
    assert_int_equal(pread(file, twice, sizeof twice, 0), sizeof twice);
    assert_memory_equal(twice, "filmfilm", sizeof twice);
    close(file);
}

static void a_failed_assertion_still_ends_as_one(void **state)
{
    (void)state;
    int status = end_of(&closed, abort);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sockets_are_never_opened),
#if !GV_SANITIZED
        cmocka_unit_test(what_a_decoder_has_no_business_with_ends_it),
        cmocka_unit_test(other_files_are_opened_only_where_that_is_allowed),
#endif
        cmocka_unit_test(open_files_and_memory_stay),
        cmocka_unit_test(a_failed_assertion_still_ends_as_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
