/* The store over HTTP, and the tokens of those who may use it. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/session.h"
#include "server/access/tokens.h"
#include "server/server.h"

#define FILES_OF_THE_ENGINE 64 /* the journal, films on their way, exchanges with providers, threads' pipes */

/* The flag's value, else the environment's, else NULL. */
static const char *chosen(const char *flag, const char *name)
{
    const char *value = getenv(name);
    if (flag != NULL)
        return flag;
    return value != NULL && value[0] != '\0' ? value : NULL;
}

/* 0 where it is not set. */
static int read_number(uint64_t *out, const char *name, uint64_t most, struct gv_error *err)
{
    const char *text = chosen(NULL, name);
    char *end = NULL;
    *out = 0;
    if (text == NULL)
        return GV_OK;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (errno != 0 || *end != '\0' || text[0] < '0' || text[0] > '9' || *out == 0 || *out > most)
        return gv_fail_field(err, GV_INVALID_INPUT, name, "%s takes a whole number from 1 to %llu, got \"%s\"", name,
                             (unsigned long long)most, text);
    return GV_OK;
}

static int read_limits(struct gv_server_options *options, struct gv_error *err)
{
    uint64_t connections, queue, idle_ms;
    int code = read_number(&connections, "GOLEM_VIDEO_CONNECTIONS_MAX", 100000, err);
    if (code == GV_OK)
        code = read_number(&queue, "GOLEM_VIDEO_QUEUE_MAX", UINT32_MAX, err);
    if (code == GV_OK)
        code = read_number(&idle_ms, "GOLEM_VIDEO_IDLE_MS", UINT32_MAX, err);
    if (code == GV_OK)
        code = read_number(&options->body_bytes_max, "GOLEM_VIDEO_BODY_BYTES_MAX", UINT64_MAX, err);
    if (code != GV_OK)
        return code;
    options->connections_max = (uint32_t)connections;
    options->queue_max = (uint32_t)queue;
    options->idle_ms = (uint32_t)idle_ms;
    return GV_OK;
}

/* "NAME=MODEL,NAME=MODEL" of the environment; flags of the same name come first. */
static int add_aliases(struct gv_cli_args *args, const char *text, struct gv_error *err)
{
    char *list = gv_arena_strdup(&args->arena, text), *save = NULL;
    for (char *item = strtok_r(list, ",", &save); item != NULL; item = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(item, '=');
        if (equals == NULL || equals == item || equals[1] == '\0')
            return gv_fail_field(err, GV_INVALID_INPUT, "GOLEM_VIDEO_ALIASES",
                                 "GOLEM_VIDEO_ALIASES takes NAME=MODEL,NAME=MODEL..., got \"%s\"", item);
        *equals = '\0';
        bool known = false;
        for (size_t i = 0; i < args->aliases.count; i++)
            known |= strcmp(args->aliases.items[i].key, item) == 0;
        struct gv_kv pair = {.key = item, .value = equals + 1};
        int code = known ? GV_OK : gv_cli_add_pair(&args->aliases, &args->arena, pair, err);
        if (code != GV_OK)
            return code;
    }
    return GV_OK;
}

static int read_options(struct gv_server_options *out, struct gv_cli_args *args, struct gv_error *err)
{
    const char *aliases = chosen(NULL, "GOLEM_VIDEO_ALIASES");
    int code = aliases != NULL ? add_aliases(args, aliases, err) : GV_OK;
    *out = (struct gv_server_options){
        .listen = chosen(args->listen, "GOLEM_VIDEO_LISTEN"),
        .token_file = chosen(args->tokens, "GOLEM_VIDEO_TOKENS"),
        .public_url = chosen(args->public_url, "GOLEM_VIDEO_PUBLIC_URL"),
        .aliases = args->aliases,
        .access_log_fd = args->access_log ? STDERR_FILENO : 0,
    };
    return code == GV_OK ? read_limits(out, err) : code;
}

/* A connection is a file, and so is each film that is sent. Films that are paid for must get a file to be stored in, so
 * what the system does not allow for all of these is no connection. */
static int limit_connections(struct gv_server_options *options, struct gv_error *err)
{
    struct rlimit files;
    if (options->connections_max == 0)
        options->connections_max = GV_SERVER_CONNECTIONS_MAX;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return GV_OK;
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    uint64_t allowed = files.rlim_cur > FILES_OF_THE_ENGINE ? (files.rlim_cur - FILES_OF_THE_ENGINE) / 2 : 0;
    if (allowed == 0)
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "a process may have %llu open files here, too few for a server; raise the limit (ulimit -Hn) to "
                       "%d or more",
                       (unsigned long long)files.rlim_cur, 4 * FILES_OF_THE_ENGINE);
    if (allowed < options->connections_max) {
        fprintf(stderr, "golem-video: %llu connections at once, not %u: a process may have %llu open files here\n",
                (unsigned long long)allowed, options->connections_max, (unsigned long long)files.rlim_cur);
        options->connections_max = (uint32_t)allowed;
    }
    return GV_OK;
}

/* Until SIGINT or SIGTERM; a second one ends the program at once, which loses nothing. */
static void serve_until_told(struct gv_server *server, const sigset_t *signals)
{
    int signal;
    while (sigwait(signals, &signal) == 0 && signal == SIGHUP)
        gv_server_reload(server);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

int gv_cli_serve(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_server_options options;
    struct gv_options engine;
    struct gv_cli_session session;
    struct gv_server *server = NULL;
    int code = read_options(&options, args, err);
    if (code == GV_OK)
        code = limit_connections(&options, err);
    if (code != GV_OK)
        return code;
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    code = gv_cli_prepare(&session, args, &options.store, &engine, err);
    if (code == GV_OK) {
        engine.drive = GV_DRIVE_ALL;
        engine.media_helper = gv_cli_media_helper(args);
        options.engine = &engine;
        code = gv_server_start(&server, &options, err);
    }
    if (code == GV_OK) {
        printf("%s\n", gv_server_url(server));
        fflush(stdout);
        serve_until_told(server, &signals);
    }
    gv_server_stop(server);
    gv_cli_close(&session);
    return code;
}

/* ---- tokens ------------------------------------------------------------------------------------------------- */

/* One write, synced: the line is there as a whole before anybody is told the token. */
static int append_line(const char *path, const char *line, struct gv_error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    size_t bytes = strlen(line);
    bool written = fd >= 0 && write(fd, line, bytes) == (ssize_t)bytes && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0)
        close(fd);
    return written ? GV_OK : gv_fail(err, GV_INTERNAL_ERROR, "adding a token to %s: %s", path, strerror(why));
}

int gv_cli_token(struct gv_cli_args *args, struct gv_error *err)
{
    char token[GV_TOKEN_TEXT_BYTES], sha256[65];
    const char *tenant = args->positionals[0], *path = chosen(args->tokens, "GOLEM_VIDEO_TOKENS");
    if (!gv_tenant_is_valid(tenant)) {
        gv_fail(err, GV_INVALID_INPUT,
                "a tenant's name is 1 to %d letters, digits, '.', '_' and '-', which \"%.100s\" is not",
                GV_TENANT_BYTES_MAX, tenant);
        return GV_CLI_USAGE;
    }
    if (path == NULL) {
        gv_fail_field(err, GV_INVALID_INPUT, "--tokens", "token needs --tokens FILE, the file that the server reads");
        return GV_CLI_USAGE;
    }
    gv_token_make(token, sha256, &gv_crypto_openssl);
    int code = append_line(path, gv_arena_printf(&args->arena, "%s %s\n", tenant, sha256), err);
    if (code != GV_OK)
        return code;
    if (args->json)
        printf("{\"tenant\":\"%s\",\"token\":\"%s\"}\n", tenant, token);
    else
        printf("%s\n", token);
    return GV_OK;
}
