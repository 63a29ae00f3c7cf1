/* Veo's emulator: films in Cloud Storage, and in Gemini's files. Fact sheet 5, 9.3.
 *
 * Any bucket is there; it holds the films of finished operations that were to be stored in it, and nothing else. */
#include "provider/veo/veo_sandbox.h"

#include <stdio.h>
#include <stdlib.h>

#define LIST_MAX 1000 /* items in an answer */

/* ---- names ------------------------------------------------------------------------------------------------------- */

/* "bucket/prefix/folder/sample_0.mp4"; a prefix is closed by a slash. */
const char *gv_veo_emu_object_name(struct gv_emu_world *world, const struct gv_json *memo, unsigned index)
{
    const char *place = gv_json_text(memo, "storage") + strlen("gs://");
    bool closed = place[strlen(place) - 1] == '/';
    return gv_arena_printf(world->arena, "%s%s%s/sample_%u.mp4", place, closed ? "" : "/", gv_json_text(memo, "number"),
                           index);
}

static bool is_stored(const struct gv_emu_task *task, const struct gv_json *memo, int64_t now_ms)
{
    return task->film && gv_json_text(memo, "storage") && gv_emu_status(task, now_ms) == GV_EMU_SUCCEEDED;
}

const struct gv_emu_task *gv_veo_emu_object(struct gv_emu_world *world, const char *bucket, const char *name,
                                            unsigned *index)
{
    unsigned long long number;
    const char *file = strrchr(name, '/'), *folder = file;
    while (folder && folder > name && folder[-1] != '/')
        folder--;
    if (!folder || sscanf(folder, "%llu/sample_%u.mp4", &number, index) != 2)
        return NULL;
    const struct gv_emu_task *task = world->find(world, "veo", gv_veo_emu_operation_id(world, number, false));
    const struct gv_json *memo = task ? gv_veo_emu_memo(world, task) : NULL;
    const char *wanted = gv_arena_printf(world->arena, "%s/%s", bucket, name);
    bool good = task && is_stored(task, memo, world->now_ms) && *index < gv_veo_emu_film_count(memo) &&
                is(gv_veo_emu_object_name(world, memo, *index), wanted);
    return good ? task : NULL;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Percent escapes taken out. */
static const char *plain(struct gv_arena *arena, const char *text, size_t n)
{
    char *out = gv_arena_strndup(arena, text, n), *to = out;
    for (const char *from = out; *from; from++) {
        int high = *from == '%' ? hex_digit(from[1]) : -1, low = high >= 0 ? hex_digit(from[2]) : -1;
        *to++ = low >= 0 ? (char)(high * 16 + low) : *from;
        from += low >= 0 ? 2 : 0;
    }
    *to = '\0';
    return out;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

static void refuse(struct veo_emu *e, int status, const char *reason, const char *message, bool media)
{
    struct gv_buf buf;
    if (media) {
        e->reply = (struct gv_emu_reply){.status = status, .content_type = "text/html; charset=UTF-8", .body = message};
        return;
    }
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "error", '{');
    gv_json_put_int(&out, "code", status);
    gv_json_put_text(&out, "message", message);
    gv_json_open(&out, "errors", '[');
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "message", message);
    gv_json_put_text(&out, "domain", "global");
    gv_json_put_text(&out, "reason", reason);
    gv_json_close(&out, '}');
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    e->reply = (struct gv_emu_reply){.status = status, .body = gv_veo_emu_finish(e->world, &buf)};
}

/* False where the film can't be made. */
static bool put_object(struct gv_json_out *out, struct gv_emu_world *world, const struct gv_emu_task *task,
                       unsigned index)
{
    const struct gv_json *memo = gv_veo_emu_memo(world, task);
    const struct gv_emu_media *film = world->film(world, task, index);
    const char *whole = gv_veo_emu_object_name(world, memo, index);
    size_t bucket = strcspn(whole, "/");
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "kind", "storage#object");
    gv_json_put_text(out, "name", whole + bucket + 1);
    gv_json_put_text_n(out, "bucket", whole, bucket);
    gv_json_put_text(out, "generation", gv_arena_printf(world->arena, "%lld000", (long long)task->ends_ms));
    gv_json_put_text(out, "contentType", film->mime_type);
    gv_json_put_text(out, "size", gv_arena_printf(world->arena, "%llu", (unsigned long long)film->bytes));
    gv_json_close(out, '}');
    return !film->failure;
}

static void finish(struct veo_emu *e, struct gv_buf *buf, bool good)
{
    const char *body = gv_veo_emu_finish(e->world, buf);
    e->reply = (struct gv_emu_reply){.status = 200, .body = body};
    if (!good)
        refuse(e, 500, "backendError", "The film could not be made", false);
}

static void object(struct veo_emu *e, const char *bucket, const char *name)
{
    unsigned index;
    const char *alt = gv_json_text(e->request->query, "alt");
    bool media = alt && is(alt, "media");
    const struct gv_emu_task *task = gv_veo_emu_object(e->world, bucket, name, &index);
    if (!task) {
        refuse(e, 404, "notFound", gv_arena_printf(e->world->arena, "No such object: %s/%s", bucket, name), media);
        return;
    }
    if (media) {
        e->reply = (struct gv_emu_reply){.status = 200, .films = {{task, index, 0}}, .film_count = 1};
        return;
    }
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    bool good = put_object(&out, e->world, task, index);
    finish(e, &buf, good);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

struct entry {
    const char *name; /* with its bucket */
    const struct gv_emu_task *task;
    unsigned index;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

/* All that begins so, in order of names; the arena's. */
static size_t collect(struct gv_emu_world *world, const char *begin, size_t bucket, struct entry **out)
{
    size_t count = 0, room = 0;
    for (size_t i = 0; i < world->task_count; i++) {
        const struct gv_emu_task *task = world->tasks[i];
        bool here = is(task->provider, "veo") && task->external_id &&
                    strncmp(task->external_id + strlen("gs://"), begin, bucket) == 0;
        const struct gv_json *memo = here ? gv_veo_emu_memo(world, task) : NULL;
        for (unsigned k = 0; here && is_stored(task, memo, world->now_ms) && k < gv_veo_emu_film_count(memo); k++) {
            const char *name = gv_veo_emu_object_name(world, memo, k);
            if (strncmp(name, begin, strlen(begin)) != 0)
                continue;
            if (count == room) {
                struct entry *wider = GV_NEW_ARRAY(world->arena, struct entry, room = room * 2 + 16);
                if (count > 0)
                    memcpy(wider, *out, count * sizeof *wider);
                *out = wider;
            }
            (*out)[count++] = (struct entry){name, task, k};
        }
    }
    if (count > 0)
        qsort(*out, count, sizeof **out, by_name);
    return count;
}

static size_t number_of(const struct gv_json *query, const char *name, size_t fallback)
{
    const char *text = gv_json_text(query, name);
    return text ? (size_t)strtoul(text, NULL, 10) : fallback;
}

static void list(struct veo_emu *e, const char *bucket)
{
    struct gv_emu_world *world = e->world;
    struct entry *entries = NULL;
    const char *prefix = gv_json_text(e->request->query, "prefix");
    const char *begin = gv_arena_printf(world->arena, "%s/%s", bucket, prefix ? prefix : "");
    size_t count = collect(world, begin, strlen(bucket), &entries);
    size_t from = number_of(e->request->query, "pageToken", 0);
    size_t most = number_of(e->request->query, "maxResults", LIST_MAX);
    most = most == 0 || most > LIST_MAX ? LIST_MAX : most;
    bool good = true;
    struct gv_buf buf;
    gv_buf_init(&buf, VEO_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "kind", "storage#objects");
    if (from < count) {
        size_t until = count - from > most ? from + most : count;
        if (until < count)
            gv_json_put_text(&out, "nextPageToken", gv_arena_printf(world->arena, "%zu", until));
        gv_json_open(&out, "items", '[');
        for (; from < until; from++)
            good = put_object(&out, world, entries[from].task, entries[from].index) && good;
        gv_json_close(&out, ']');
    }
    gv_json_close(&out, '}');
    finish(e, &buf, good);
}

/* ---- routes ------------------------------------------------------------------------------------------------------ */

/* An object's name has its slashes escaped; with bare ones the path is another one. */
void gv_veo_emu_storage(struct veo_emu *e)
{
    static const char buckets[] = "/storage/v1/b/";
    struct gv_arena *arena = e->world->arena;
    const char *rest = e->request->raw_path + strlen(buckets), *objects = strstr(rest, "/o");
    const char *method = e->request->method;
    bool missing, known = objects && (objects[2] == '\0' || objects[2] == '/');
    const char *alt = gv_json_text(e->request->query, "alt");
    bool media = alt && is(alt, "media");
    if (!known || (!is(method, "GET") && !is(method, "HEAD"))) {
        refuse(e, 404, "notFound", "Not Found", false);
        return;
    }
    if (!gv_veo_emu_bearer(e, &missing)) {
        refuse(e, 401, missing ? "required" : "authError",
               missing ? "Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object."
                       : "Invalid Credentials",
               media);
        return;
    }
    const char *bucket = plain(arena, rest, (size_t)(objects - rest)), *name = objects + 2;
    if (*name == '\0')
        list(e, bucket);
    else if (name[1] == '\0' || strchr(name + 1, '/'))
        refuse(e, 404, "notFound", "Not Found", media);
    else
        object(e, bucket, plain(arena, name + 1, strlen(name + 1)));
}

/* "/v1beta/files/{id}:download?alt=media" */
void gv_veo_emu_download(struct veo_emu *e)
{
    struct gv_emu_world *world = e->world;
    const char *id = e->request->path + strlen("/v1beta/files/"), *alt = gv_json_text(e->request->query, "alt");
    id = gv_arena_strndup(world->arena, id, strcspn(id, ":"));
    const struct gv_emu_task *task = gv_veo_emu_task_by_file(world, id);
    if (!task) {
        gv_veo_emu_refuse(e, VEO_RPC_PERMISSION_DENIED,
                          "You do not have permission to access the File %s or it may not exist.", id);
    } else if (!alt || !is(alt, "media")) {
        gv_veo_emu_refuse(e, VEO_RPC_INVALID_ARGUMENT, "The file's content is had with alt=media.");
    } else if (gv_json_bool(gv_veo_emu_memo(world, task), "redirect", false)) {
        e->reply = (struct gv_emu_reply){.status = 302};
        e->reply.headers[0] = (struct gv_header){"Location", world->result_url(world, task, "video.mp4")};
    } else {
        e->reply = (struct gv_emu_reply){.status = 200, .films = {{task, 0, 0}}, .film_count = 1};
    }
}
