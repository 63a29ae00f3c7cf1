#include "server/access/tokens.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/codec.h"
#include "base/error.h"

#define LINE_BYTES (GV_TENANT_BYTES_MAX + 64 + 256)
#define TOKEN_RANDOM_BYTES 32
#define TOKEN_PREFIX "gvt_"

struct entry {
    const char *tenant;
    uint8_t sha256[32];
};

/* What one reading of the file gave. */
struct list {
    struct gv_arena arena;
    struct entry *entries;
    size_t count;
    struct stat seen;
};

struct gv_tokens {
    const struct gv_crypto *crypto;
    char *path;
    pthread_mutex_t lock; /* of what follows */
    struct list list;
};

bool gv_tenant_is_valid(const char *tenant)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t bytes = strlen(tenant);
    return bytes > 0 && bytes <= GV_TENANT_BYTES_MAX && strspn(tenant, allowed) == bytes;
}

/* ---- reading ------------------------------------------------------------------------------------------------ */

/* "TENANT SHA256", blanks around; false: neither that nor blank nor a comment. */
static bool read_line(struct list *list, char *line)
{
    char *save = NULL;
    char *tenant = strtok_r(line, " \t\r\n", &save);
    if (tenant == NULL || tenant[0] == '#')
        return true;
    char *sha256 = strtok_r(NULL, " \t\r\n", &save);
    char *more = strtok_r(NULL, " \t\r\n", &save);
    struct entry *entry = &list->entries[list->count];
    if (sha256 == NULL || (more != NULL && more[0] != '#') || !gv_tenant_is_valid(tenant) ||
        !gv_hex_decode(entry->sha256, sizeof entry->sha256, sha256))
        return false;
    entry->tenant = gv_arena_strdup(&list->arena, tenant);
    list->count++;
    return true;
}

static int read_lines(struct list *list, FILE *file, const char *path, struct gv_error *err)
{
    char line[LINE_BYTES];
    list->entries = GV_NEW_ARRAY(&list->arena, struct entry, GV_TOKENS_MAX);
    for (unsigned number = 1; fgets(line, sizeof line, file) != NULL; number++) {
        bool whole = strchr(line, '\n') != NULL || feof(file);
        if (list->count == GV_TOKENS_MAX)
            return gv_fail_field(err, GV_INVALID_INPUT, "tokens", "%s has more than %d tokens", path, GV_TOKENS_MAX);
        if (!whole || !read_line(list, line))
            return gv_fail_field(err, GV_INVALID_INPUT, "tokens",
                                 "line %u of %s is not \"TENANT SHA256\": a name of letters, digits, '.', '_' and '-', "
                                 "and 64 hex digits; golem-video token writes such lines",
                                 number, path);
    }
    return ferror(file) ? gv_fail(err, GV_INTERNAL_ERROR, "reading the tokens in %s: %s", path, strerror(errno))
                        : GV_OK;
}

static int read_file(struct list *list, const char *path, struct gv_error *err)
{
    FILE *file = fopen(path, "re");
    if (file == NULL || fstat(fileno(file), &list->seen) != 0) {
        int code =
            gv_fail_field(err, GV_INVALID_INPUT, "tokens", "reading the tokens in %s: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        return code;
    }
    int code = list->seen.st_size <= GV_TOKEN_FILE_BYTES_MAX
                   ? read_lines(list, file, path, err)
                   : gv_fail_field(err, GV_INVALID_INPUT, "tokens", "%s is larger than a file of tokens may be", path);
    fclose(file);
    if (code == GV_OK && (list->seen.st_mode & S_IWOTH) != 0)
        code = gv_fail_field(err, GV_INVALID_INPUT, "tokens",
                             "%s can be written by everybody on this machine, who could let himself in: chmod o-w %s",
                             path, path);
    return code;
}

size_t gv_tokens_count(struct gv_tokens *tokens)
{
    pthread_mutex_lock(&tokens->lock);
    size_t count = tokens->list.count;
    pthread_mutex_unlock(&tokens->lock);
    return count;
}

int gv_tokens_reload(struct gv_tokens *tokens, struct gv_error *err)
{
    struct list fresh = {.count = 0};
    int code = read_file(&fresh, tokens->path, err);
    pthread_mutex_lock(&tokens->lock);
    struct list old = code == GV_OK ? tokens->list : fresh;
    if (code == GV_OK)
        tokens->list = fresh;
    else
        tokens->list.seen = fresh.seen; /* its faults are told once */
    pthread_mutex_unlock(&tokens->lock);
    gv_arena_free(&old.arena);
    return code;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

bool gv_tokens_changed(struct gv_tokens *tokens)
{
    struct stat now;
    if (stat(tokens->path, &now) != 0)
        memset(&now, 0, sizeof now); /* as seen when it could not be read */
    pthread_mutex_lock(&tokens->lock);
    bool changed = !same_file(&now, &tokens->list.seen);
    pthread_mutex_unlock(&tokens->lock);
    return changed;
}

int gv_tokens_open(struct gv_tokens **out, const char *path, const struct gv_crypto *crypto, struct gv_error *err)
{
    struct gv_tokens *tokens = gv_xcalloc(1, sizeof *tokens);
    tokens->crypto = crypto;
    tokens->path = gv_xstrdup(path);
    pthread_mutex_init(&tokens->lock, NULL);
    int code = gv_tokens_reload(tokens, err);
    if (code == GV_OK && tokens->list.count == 0)
        code = gv_fail_field(err, GV_INVALID_INPUT, "tokens",
                             "%s has no token, so nobody could ask; golem-video token TENANT --tokens %s makes one",
                             path, path);
    if (code == GV_OK)
        *out = tokens;
    else
        gv_tokens_close(tokens);
    return code;
}

void gv_tokens_close(struct gv_tokens *tokens)
{
    if (tokens == NULL)
        return;
    pthread_mutex_destroy(&tokens->lock);
    gv_arena_free(&tokens->list.arena);
    free(tokens->path);
    free(tokens);
}

/* ---- asking ------------------------------------------------------------------------------------------------- */

static void hash(uint8_t out[32], const struct gv_crypto *crypto, const char *token)
{
    struct gv_sha256 *digest = crypto->sha256_begin();
    crypto->sha256_add(digest, token, strlen(token));
    crypto->sha256_end(digest, out);
}

const char *gv_tokens_tenant(struct gv_tokens *tokens, const char *token, struct gv_arena *arena)
{
    uint8_t sha256[32];
    hash(sha256, tokens->crypto, token);
    pthread_mutex_lock(&tokens->lock);
    const struct list *list = &tokens->list;
    const char *found = NULL;
    for (size_t i = 0; i < list->count; i++)
        if (tokens->crypto->equal(list->entries[i].sha256, sha256, sizeof sha256))
            found = list->entries[i].tenant;
    found = gv_arena_strdup(arena, found);
    pthread_mutex_unlock(&tokens->lock);
    return found;
}

void gv_token_make(char token[GV_TOKEN_TEXT_BYTES], char sha256[65], const struct gv_crypto *crypto)
{
    uint8_t random[TOKEN_RANDOM_BYTES], digest[32];
    char text[GV_TOKEN_TEXT_BYTES - sizeof TOKEN_PREFIX];
    crypto->random(random, sizeof random);
    gv_base64url_encode(text, random, sizeof random);
    snprintf(token, GV_TOKEN_TEXT_BYTES, TOKEN_PREFIX "%s", text);
    hash(digest, crypto, token);
    gv_hex_encode(sha256, digest, sizeof digest);
}
