#include "sandbox/films.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/codec.h"
#include "base/error.h"
#include "port/crypto.h"
#include "sandbox/helper.h"
#include "sandbox/speech.h"

#define ANCESTORS_MAX 64 /* films that a film begins with, each with another */
#define SPEC_BYTES_MAX (1u << 16)
#define PATH_BYTES 4096

struct gv_films {
    struct gv_films_options options;
    char *dir, *helper;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char making[GV_FILMS_AT_ONCE][65]; /* keys; "": free */
};

struct gv_films *gv_films_open(const struct gv_films_options *options)
{
    struct gv_films *films = gv_xcalloc(1, sizeof *films);
    films->options = *options;
    films->dir = gv_xstrdup(options->dir);
    films->helper = gv_xstrdup(options->helper);
    pthread_mutex_init(&films->lock, NULL);
    pthread_cond_init(&films->changed, NULL);
    return films;
}

void gv_films_close(struct gv_films *films)
{
    if (!films)
        return;
    pthread_mutex_destroy(&films->lock);
    pthread_cond_destroy(&films->changed);
    free(films->dir);
    free(films->helper);
    free(films);
}

/* What a task's JSON asks for: the member that says so, what comes of it, and the media program's verb. */
static const struct form {
    const char *member, *ending, *mime_type, *verb;
} forms[] = {
    {"speech", ".wav", "audio/wav", NULL},
    {"still", ".png", "image/png", "still"},
    {NULL, ".mp4", "video/mp4", "film"},
};

static const struct form *form_of(const struct gv_json *wish)
{
    const struct form *form = forms;
    while (form->member && !gv_json_bool(wish, form->member, false))
        form++;
    return form;
}

/* ---- from a task's JSON to one with paths ----------------------------------------------------------------------- */

struct recipe {
    struct gv_films *films;
    struct gv_arena arena;
    struct gv_buf spec;
    struct gv_json_out out;
    unsigned depth;
    struct gv_error *err;
};

static int get(struct gv_film_file *out, struct gv_films *films, const struct gv_emu_task *task, unsigned index,
               unsigned depth, struct gv_error *err);

static int put_blob(struct recipe *r, const char *key, const char *sha256)
{
    struct gv_blobs *blobs = r->films->options.blobs;
    char *path = blobs->vtable->path(blobs, sha256);
    if (!path)
        return gv_fail(r->err, GV_INTERNAL_ERROR, "The input %s is no longer there", sha256);
    gv_json_put_text(&r->out, key, path);
    free(path);
    return GV_OK;
}

static int put_film(struct recipe *r, const char *key, const struct gv_json *film, const char *provider)
{
    struct gv_film_file source;
    const char *name = film->text + strlen("film:");
    size_t n = strcspn(name, ":");
    unsigned index = name[n] ? (unsigned)strtoul(name + n + 1, NULL, 10) : 0;
    const char *id = gv_arena_strndup(&r->arena, name, n);
    const struct gv_emu_task *task = gv_store_find(r->films->options.store, provider, id);
    if (!task)
        return gv_fail(r->err, GV_INTERNAL_ERROR, "The task of %s is no longer there", film->text);
    int code = get(&source, r->films, task, index, r->depth + 1, r->err);
    if (code == GV_OK)
        gv_json_put_text(&r->out, key, source.path);
    return code;
}

static bool names_media(const char *key)
{
    return key && (strcmp(key, "first") == 0 || strcmp(key, "last") == 0 || strcmp(key, "source") == 0 ||
                   strcmp(key, "audio_source") == 0);
}

static int put_member(struct recipe *r, const struct gv_json *member, bool media, const char *provider)
{
    bool text = media && member->kind == GV_JSON_STRING;
    if (text && strncmp(member->text, "blob:", 5) == 0)
        return put_blob(r, member->key, member->text + 5);
    if (text && strncmp(member->text, "film:", 5) == 0)
        return put_film(r, member->key, member, provider);
    if (member->kind != GV_JSON_ARRAY) {
        gv_json_put_json(&r->out, member->key, member);
        return GV_OK;
    }
    int code = GV_OK;
    gv_json_open(&r->out, member->key, '[');
    for (const struct gv_json *item = member->child; item && code == GV_OK; item = item->next)
        code = put_member(r, item, true, provider);
    gv_json_close(&r->out, ']');
    return code;
}

static int write_spec(struct recipe *r, const struct gv_json *film, const char *provider)
{
    int code = GV_OK;
    gv_json_open(&r->out, NULL, '{');
    for (const struct gv_json *member = film->child; member && code == GV_OK; member = member->next) {
        if (strcmp(member->key, "still") != 0) /* said by the verb */
            code = put_member(r, member, names_media(member->key), provider);
    }
    gv_json_close(&r->out, '}');
    if (code == GV_OK && r->spec.overflow)
        code = gv_fail(r->err, GV_INTERNAL_ERROR, "A film's description is longer than %u bytes", SPEC_BYTES_MAX);
    return code;
}

static void key_of(char key[65], const struct gv_buf *spec)
{
    uint8_t digest[32];
    struct gv_sha256 *running = gv_crypto_openssl.sha256_begin();
    gv_crypto_openssl.sha256_add(running, spec->data, spec->len);
    gv_crypto_openssl.sha256_end(running, digest);
    gv_hex_encode(key, digest, sizeof digest);
}

/* ---- making ----------------------------------------------------------------------------------------------------- */

static int write_file(const char *path, const char *text, size_t bytes, struct gv_error *err)
{
    FILE *file = fopen(path, "we");
    bool good = file && fwrite(text, 1, bytes, file) == bytes;
    good = file && fclose(file) == 0 && good;
    return good ? GV_OK : gv_fail(err, GV_INTERNAL_ERROR, "Writing %s failed: %s", path, strerror(errno));
}

static int encode(struct gv_films *films, const char *verb, const char *key, const char *part,
                  const struct gv_buf *spec, struct gv_error *err)
{
    char words[256], spec_path[PATH_BYTES + 80];
    snprintf(spec_path, sizeof spec_path, "%s/%s.json", films->dir, key);
    const char *const argv[] = {films->helper, verb, spec_path, part, NULL};
    int code = write_file(spec_path, spec->data, spec->len, err);
    if (code == GV_OK)
        code = gv_helper_run(words, sizeof words, argv, films->options.stop_fd, err);
    unlink(spec_path);
    return code;
}

static int make(struct gv_films *films, const struct gv_film_file *film, const struct gv_json *wish,
                const struct gv_buf *spec, struct gv_error *err)
{
    /* Its name ends as the film's will, for programs that go by it. */
    char part[PATH_BYTES + 80];
    const struct form *form = form_of(wish);
    snprintf(part, sizeof part, "%s/part-%s%s", films->dir, film->key, form->ending);
    int code = form->verb ? encode(films, form->verb, film->key, part, spec, err)
                          : gv_speech_write(part, gv_json_real(wish, "duration_seconds", 1), err);
    if (code == GV_OK && rename(part, film->path) != 0)
        code = gv_fail(err, GV_INTERNAL_ERROR, "Renaming %s failed: %s", part, strerror(errno));
    if (code != GV_OK)
        unlink(part);
    return code;
}

/* A free place to make the film in, or NULL while another thread makes it or all places are taken. */
static char *place_for(struct gv_films *films, const char *key)
{
    char *place = NULL;
    for (size_t i = 0; i < GV_FILMS_AT_ONCE; i++) {
        if (strcmp(films->making[i], key) == 0)
            return NULL;
        if (!films->making[i][0])
            place = films->making[i];
    }
    return place;
}

static int make_once(struct gv_films *films, const struct gv_film_file *film, const struct gv_json *wish,
                     const struct gv_buf *spec, struct gv_error *err)
{
    int code = GV_OK;
    pthread_mutex_lock(&films->lock);
    while (code == GV_OK && access(film->path, R_OK) != 0) {
        char *place = place_for(films, film->key);
        if (!place) {
            pthread_cond_wait(&films->changed, &films->lock);
            continue;
        }
        memcpy(place, film->key, sizeof film->key);
        pthread_mutex_unlock(&films->lock);
        code = make(films, film, wish, spec, err);
        pthread_mutex_lock(&films->lock);
        place[0] = '\0';
        pthread_cond_broadcast(&films->changed);
    }
    pthread_mutex_unlock(&films->lock);
    return code;
}

/* NULL: there is no such film. */
static const struct gv_json *wish_of(struct gv_arena *arena, const struct gv_emu_task *task, unsigned index)
{
    const struct gv_json *wish = task->film ? gv_json_parse(arena, task->film, strlen(task->film), NULL) : NULL;
    if (wish && wish->kind == GV_JSON_ARRAY)
        return gv_json_at(wish, gv_arena_printf(arena, "%u", index));
    return index == 0 ? wish : NULL;
}

static int get(struct gv_film_file *out, struct gv_films *films, const struct gv_emu_task *task, unsigned index,
               unsigned depth, struct gv_error *err)
{
    if (depth > ANCESTORS_MAX)
        return gv_fail(err, GV_INTERNAL_ERROR, "Task %s stands on more than %d films", task->id, ANCESTORS_MAX);
    struct recipe r = {.films = films, .depth = depth, .err = err};
    gv_buf_init(&r.spec, SPEC_BYTES_MAX);
    r.out.buf = &r.spec;
    const struct gv_json *film = wish_of(&r.arena, task, index);
    int code = film ? write_spec(&r, film, task->provider)
                    : gv_fail(err, GV_INTERNAL_ERROR, "Task %s has no film %u", task->id, index);
    if (code == GV_OK) {
        key_of(out->key, &r.spec);
        out->mime_type = form_of(film)->mime_type;
        snprintf(out->path, sizeof out->path, "%s/%s%s", films->dir, out->key, form_of(film)->ending);
        code = make_once(films, out, film, &r.spec, err);
    }
    gv_buf_free(&r.spec);
    gv_arena_free(&r.arena);
    return code;
}

int gv_films_get(struct gv_film_file *out, struct gv_films *films, const struct gv_emu_task *task, unsigned index,
                 struct gv_error *err)
{
    return get(out, films, task, index, 0, err);
}
