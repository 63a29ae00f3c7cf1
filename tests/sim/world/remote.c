/* The providers: their emulators, and the ledger of what they took. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/codec.h"
#include "core/url.h"
#include "sim/world/world.h"
#include "support/query.h"

#define ANSWER_BYTES_MAX (1u << 20)

const char *sim_origin(struct gv_arena *arena, const struct gv_provider *provider)
{
    return gv_arena_printf(arena, "http://%s.sim", provider->name);
}

int sim_remote_part_of(const struct sim_world *w, const char *url)
{
    for (size_t i = 0; i < w->options->part_count; i++) {
        const char *name = w->options->parts[i].provider->name;
        size_t bytes = strlen(name);
        if (strncmp(url, "http://", 7) == 0 && strncmp(url + 7, name, bytes) == 0 &&
            strncmp(url + 7 + bytes, ".sim", 4) == 0)
            return (int)i;
    }
    return -1;
}

/* ---- the ledger ------------------------------------------------------------------------------- */

static bool is_removed(const struct sim_world *w, const struct gv_emu_task *task)
{
    for (size_t i = 0; i < w->task_count; i++) {
        const struct gv_emu_task *note = w->task_list[i];
        if (note->removes != NULL && strcmp(note->removes, task->id) == 0 &&
            strcmp(note->provider, task->provider) == 0)
            return true;
    }
    return false;
}

static const struct gv_emu_task *find(struct gv_emu_world *world, const char *provider, const char *id)
{
    struct sim_world *w = world->ctx;
    for (size_t i = 0; i < w->task_count; i++)
        if (strcmp(w->task_list[i]->id, id) == 0 && strcmp(w->task_list[i]->provider, provider) == 0)
            return is_removed(w, w->task_list[i]) ? NULL : w->task_list[i];
    return NULL;
}

static const struct gv_emu_task *find_external(struct gv_emu_world *world, const char *provider, const char *account,
                                               const char *external_id)
{
    struct sim_world *w = world->ctx;
    (void)account; /* there is one */
    for (size_t i = 0; i < w->task_count; i++)
        if (w->task_list[i]->external_id != NULL && strcmp(w->task_list[i]->external_id, external_id) == 0 &&
            strcmp(w->task_list[i]->provider, provider) == 0)
            return is_removed(w, w->task_list[i]) ? NULL : w->task_list[i];
    return NULL;
}

static void remember(struct sim_world *w, const struct gv_emu_task *task, int job, bool doubled)
{
    GV_ASSERT(w->task_count < SIM_TASKS_MAX);
    struct gv_emu_task *copy = gv_arena_memdup(&w->arena, task, sizeof(*task));
    const char **strings[] = {&copy->id,    &copy->removes,     &copy->provider,     &copy->product,
                              &copy->model, &copy->external_id, &copy->account,      &copy->failure,
                              &copy->units, &copy->film,        &copy->callback_url, &copy->memo};
    for (size_t i = 0; i < GV_COUNT(strings); i++)
        *strings[i] = gv_arena_strdup(&w->arena, *strings[i]);
    if (!copy->note && sim_strikes(w, w->profile.stuck))
        copy->ends_ms += (int64_t)24 * 3600 * 1000;
    sim_check_accepted_task(w, copy, job, doubled);
    w->task_list[w->task_count] = copy;
    w->tasks[w->task_count++] = (struct sim_task){copy, job, doubled};
}

static int job_in(struct sim_world *w, const char *text)
{
    const char *at = text != NULL ? strstr(text, "gv_sim") : NULL;
    int index = at != NULL ? at[6] - '0' : -1;
    if (index >= 0 && (size_t)index < w->job_count)
        return index;
    for (size_t i = 0; text != NULL && i < w->task_count; i++)
        if (w->tasks[i].job >= 0 && strstr(text, w->task_list[i]->id) != NULL)
            return w->tasks[i].job;
    return -1;
}

int sim_remote_job_of(struct sim_world *w, const char *url, const char *body)
{
    static const char blob[] = "blob:";
    int job = job_in(w, url);
    if (job < 0)
        job = job_in(w, body);
    struct sim_media media;
    const char *at = job < 0 && body != NULL ? strstr(body, blob) : NULL;
    if (at != NULL && strlen(at) > sizeof(blob) + 64) {
        char sha256[65] = "";
        memcpy(sha256, at + sizeof(blob) - 1, 64);
        if (sim_media_stored(&media, w, sha256))
            job = job_in(w, media.name);
    }
    return job;
}

/* ---- the emulators' window -------------------------------------------------------------------- */

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    struct gv_emu_media *m = GV_NEW(world->arena, struct gv_emu_media);
    struct sim_media stored;
    *m = (struct gv_emu_media){"blob:0", "image/png", SIM_MEDIA_BYTES, 1280, 720, 0, 0, NULL};
    const char *blob = strstr(text, "blob:");
    char sha256[65] = "";
    if (blob != NULL)
        snprintf(sha256, sizeof(sha256), "%.64s", blob + 5);
    if (blob != NULL && sim_media_stored(&stored, world->ctx, sha256)) {
        *m = (struct gv_emu_media){"blob:0",
                                   stored.picture ? "image/png" : "video/mp4",
                                   SIM_MEDIA_BYTES,
                                   stored.width,
                                   stored.height,
                                   0,
                                   stored.picture ? 0 : 5,
                                   NULL};
        m->fps = stored.picture ? 0 : 24;
    } else if (strstr(text, ".mp4") != NULL) {
        *m = (struct gv_emu_media){"blob:1", "video/mp4", SIM_MEDIA_BYTES, 1280, 720, 24, 5, NULL};
    } else if (strstr(text, ".wav") != NULL) {
        *m = (struct gv_emu_media){"blob:2", "audio/wav", SIM_MEDIA_BYTES, 0, 0, 0, 5, NULL};
    }
    return m;
}

static const struct gv_emu_media *film(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index)
{
    static const struct gv_emu_media made = {"blob:3", "video/mp4", SIM_MEDIA_BYTES, 1280, 720, 24, 5, NULL};
    (void)world, (void)task, (void)index;
    return &made;
}

static const char *result_url(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name)
{
    return gv_arena_printf(world->arena, "http://films.sim/%s/%s?sig=%lld", task->id, file_name,
                           (long long)world->now_ms);
}

/* ---- what it shows ---------------------------------------------------------------------------- */

static const char *job_name(const struct sim_world *w, const struct gv_emu_task *task)
{
    for (size_t i = 0; i < w->task_count; i++)
        if (strcmp(w->task_list[i]->id, task->id) == 0 && w->tasks[i].job >= 0)
            return w->jobs[w->tasks[i].job].id;
    return "nobody";
}

static struct sim_media shown_file(struct sim_world *w, const char *name, bool picture)
{
    w->edition += sim_strikes(w, w->profile.other_edition);
    struct sim_media media = {.picture = picture, .edition = w->edition, .width = 1280, .height = 720};
    snprintf(media.name, sizeof(media.name), "%.300s", name);
    return media;
}

static bool is_still(const struct gv_emu_task *task)
{
    return task->film != NULL && strstr(task->film, "\"still\":true") != NULL;
}

static void show_file(struct sim_answer *out, struct sim_world *w, const char *name, bool picture)
{
    struct sim_media media = shown_file(w, name, picture);
    *out = (struct sim_answer){.status = 200,
                               .content_type = picture ? "image/png" : "video/mp4",
                               .etag = gv_arena_printf(&w->arena, "\"edition %u\"", media.edition),
                               .body = sim_media_make(&w->arena, &media),
                               .body_bytes = SIM_MEDIA_BYTES,
                               .film = true};
}

static const char *film_name(struct sim_world *w, const struct gv_emu_film *shown)
{
    return gv_arena_printf(&w->arena, "%s/%s/%u", job_name(w, shown->task), shown->task->id, shown->index);
}

/* The answer's text with the films in their places. */
static void show_text(struct sim_answer *out, struct sim_world *w, const struct gv_emu_reply *reply)
{
    char base64[2 * SIM_MEDIA_BYTES];
    struct gv_buf text;
    gv_buf_init(&text, ANSWER_BYTES_MAX);
    size_t at = 0, bytes = reply->body != NULL ? strlen(reply->body) : 0;
    for (size_t i = 0; i < reply->film_count; i++) {
        const struct gv_emu_film *shown = &reply->films[i];
        struct sim_media media = shown_file(w, film_name(w, shown), is_still(shown->task));
        gv_base64_encode(base64, sim_media_make(&w->arena, &media), SIM_MEDIA_BYTES);
        gv_buf_add(&text, reply->body + at, shown->at - at);
        gv_buf_adds(&text, base64);
        at = shown->at;
    }
    if (bytes > at)
        gv_buf_add(&text, reply->body + at, bytes - at);
    *out = (struct sim_answer){
        .status = reply->status,
        .content_type = reply->content_type != NULL ? reply->content_type : "application/json",
        .body = gv_arena_strndup(&w->arena, text.data != NULL ? text.data : "", text.len),
        .body_bytes = text.len,
    };
    gv_buf_free(&text);
}

static bool names_picture(const char *url)
{
    return strstr(url, ".png") != NULL || strstr(url, ".jpg") != NULL || strstr(url, ".webp") != NULL;
}

/* Films of finished tasks, and the files that wishes name. */
static void serve_file(struct sim_answer *out, struct sim_world *w, const char *url)
{
    int job = sim_remote_job_of(w, url, NULL);
    const char *bare = gv_url_without_query(&w->arena, url);
    if (job < 0)
        sim_remote_refuse(out, w, url, 404);
    else
        show_file(out, w, gv_arena_printf(&w->arena, "%s %s", w->jobs[job].id, bare), names_picture(url));
}

/* ---- requests --------------------------------------------------------------------------------- */

/* The parts of a form, as the sandbox makes an object of them. */
static const struct gv_json *form_object(struct gv_arena *arena, const char *body, const char *content_type)
{
    const char *boundary = strstr(content_type, "boundary=");
    if (boundary == NULL)
        return NULL;
    const char *delimiter = gv_arena_printf(arena, "--%s", boundary + 9);
    struct gv_buf text;
    gv_buf_init(&text, ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &text};
    gv_json_open(&out, NULL, '{');
    for (const char *at = strstr(body, delimiter); at != NULL; at = strstr(at + 1, delimiter)) {
        const char *name = strstr(at, "name=\""), *value = strstr(at, "\r\n\r\n");
        const char *end = value != NULL ? strstr(value, delimiter) : NULL;
        if (name == NULL || end == NULL || name > end)
            break;
        name += 6;
        value += 4;
        gv_json_put_text_n(&out, gv_arena_strndup(arena, name, strcspn(name, "\"")), value, (size_t)(end - value) - 2);
    }
    gv_json_close(&out, '}');
    const struct gv_json *object = gv_json_parse(arena, text.data, text.len, NULL);
    gv_buf_free(&text);
    return object;
}

static const struct gv_json *read_body(struct gv_arena *arena, const struct sim_asked *asked)
{
    const char *type = asked->content_type != NULL ? asked->content_type : "";
    if (strncmp(type, "multipart/form-data", 19) == 0)
        return form_object(arena, asked->body, type);
    const struct gv_json *json = gv_json_parse(arena, asked->body, strlen(asked->body), NULL);
    return json != NULL ? json : query_object(arena, asked->body);
}

static const char *header_of(const struct sim_asked *asked, const char *name)
{
    for (size_t i = 0; i < asked->header_count; i++)
        if (strcasecmp(asked->headers[i].name, name) == 0)
            return asked->headers[i].value;
    return NULL;
}

static struct gv_emu_world emu_world(struct sim_world *w, int part, struct gv_arena *arena)
{
    struct gv_emu_world world = {.arena = arena,
                                 .now_ms = sim_wall_ms(w),
                                 .speed = 1,
                                 .origin = sim_origin(arena, w->options->parts[part].provider),
                                 .crypto = &sim_crypto,
                                 .seed = w->options->seed,
                                 .tasks = w->task_list,
                                 .task_count = w->task_count,
                                 .find = find,
                                 .find_external = find_external,
                                 .media = media,
                                 .result_url = result_url,
                                 .film = film,
                                 .ctx = w};
    if (sim_strikes(w, w->profile.hide))
        world.bend.hidden_ms = 30000;
    return world;
}

static void show(struct sim_answer *out, struct sim_world *w, const struct gv_emu_reply *reply)
{
    const char *elsewhere = NULL;
    for (size_t i = 0; i < GV_EMU_REPLY_HEADERS_MAX && reply->headers[i].name != NULL; i++)
        if (strcasecmp(reply->headers[i].name, "Location") == 0)
            elsewhere = reply->headers[i].value;
    if (elsewhere != NULL && reply->status / 100 == 3) /* which the client follows */
        serve_file(out, w, elsewhere);
    else if (reply->body == NULL && reply->film_count > 0)
        show_file(out, w, film_name(w, &reply->films[0]), is_still(reply->films[0].task));
    else
        show_text(out, w, reply);
}

static void ask_emulator(struct sim_answer *out, struct sim_world *w, const struct sim_asked *asked, int part)
{
    struct gv_arena arena = {0};
    struct gv_emu_world world = emu_world(w, part, &arena);
    const char *path = asked->url + strlen(world.origin), *query = strchr(path, '?');
    const char *below = query != NULL ? gv_arena_strndup(&arena, path, (size_t)(query - path)) : path;
    struct gv_header *headers = GV_NEW_ARRAY(&arena, struct gv_header, asked->header_count + 1);
    size_t count = asked->header_count;
    if (count > 0)
        memcpy(headers, asked->headers, count * sizeof(*headers));
    if (asked->content_type != NULL)
        headers[count++] = (struct gv_header){"Content-Type", asked->content_type};
    struct gv_emu_request request = {.method = asked->method,
                                     .path = below,
                                     .raw_path = below,
                                     .authorization = header_of(asked, "Authorization"),
                                     .headers = headers,
                                     .header_count = count,
                                     .query = query_object(&arena, query != NULL ? query + 1 : NULL),
                                     .body = read_body(&arena, asked)};
    struct gv_emu_reply reply = w->options->parts[part].emulator->handle(&world, &request);
    if (reply.accepted != NULL)
        remember(w, reply.accepted, sim_remote_job_of(w, asked->url, asked->body), asked->doubled);
    show(out, w, &reply);
    gv_arena_free(&arena);
}

void sim_remote_refuse(struct sim_answer *out, struct sim_world *w, const char *url, int status)
{
    struct gv_arena arena = {0};
    int part = sim_remote_part_of(w, url);
    struct gv_emu_reply reply = {.status = status, .content_type = "text/plain", .body = "not now"};
    if (part >= 0) {
        struct gv_emu_world world = emu_world(w, part, &arena);
        reply = w->options->parts[part].emulator->refuse(&world, status, NULL);
    }
    show_text(out, w, &reply);
    gv_arena_free(&arena);
}

void sim_remote_handle(struct sim_answer *out, struct sim_world *w, const struct sim_asked *asked)
{
    int part = sim_remote_part_of(w, asked->url);
    if (part >= 0)
        ask_emulator(out, w, asked, part);
    else
        serve_file(out, w, asked->url);
}
