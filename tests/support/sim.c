#include "support/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "blob/memory.h"
#include "core/url.h"
#include "engine/driver.h"
#include "http/memory.h"
#include "journal/memory.h"
#include "loop/virtual.h"
#include "support/query.h"

#define START_MS 1790000000000
#define JOBS_MAX 8
#define TASKS_MAX 256
#define FAULTS_END_MS (20 * 60 * 1000) /* of a job's two hours */
#define TURNS_MAX 400000
#define FILM                                                                                                           \
    "\0\0\0\x18"                                                                                                       \
    "ftypisom"                                                                                                         \
    "a film, for all that is looked at here"
#define FILM_BYTES 4800u /* above what an answer keeps in its text */

/* Per mille, drawn anew for each seed: a run knows some of the faults, not always all. */
struct profile {
    unsigned refuse, lose_request, lose_answer, garble, server_error, slow, cut, hide, crash, disk, jump;
};

struct job {
    char id[40];
    bool accepted;
    unsigned creates; /* with its external id */
    bool ended;
    char end_row[512]; /* as it was when it ended */
};

struct world {
    const struct gv_sim_options *options;
    struct gv_sim_result *out;
    struct gv_loop *loop;
    struct gv_memory_journal_store *rows;
    struct gv_memory_blobs_store *files;
    struct gv_journal *journal;
    struct gv_journal_vtable failing;
    struct gv_journal_batch *refused; /* hears of it in the next turn */
    const struct gv_journal_vtable *real;
    struct gv_blobs *blobs;
    struct gv_http *http;
    struct gv_driver *driver;
    struct gv_account account;
    unsigned engines;
    struct gv_arena arena; /* of the remote's memory */
    const struct gv_emu_task *tasks[TASKS_MAX];
    size_t task_count;
    struct profile profile;
    bool faults;
    struct job jobs[JOBS_MAX];
    size_t job_count;
    struct gv_arena row_arena;
    uint64_t random;
};

static char film_bytes[FILM_BYTES]; /* FILM, and zeros */

static struct world *the_world; /* the journal's commit has no context of its own */

static void broken(struct world *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void broken(struct world *w, const char *format, ...)
{
    if (w->out->broken[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(w->out->broken, sizeof(w->out->broken), format, args);
    va_end(args);
}

/* The world's own dice, apart from the engine's. splitmix64 */
static uint64_t dice(struct world *w)
{
    uint64_t z = (w->random += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static bool strikes(struct world *w, unsigned per_mille)
{
    bool yes = w->faults && dice(w) % 1000 < per_mille;
    w->out->faults += yes;
    return yes;
}

static unsigned drawn(struct world *w, unsigned per_mille_max)
{
    return dice(w) % 2 == 0 ? 0 : (unsigned)(dice(w) % per_mille_max);
}

static void draw_profile(struct world *w)
{
    w->profile = (struct profile){.refuse = drawn(w, 200),
                                  .lose_request = drawn(w, 300),
                                  .lose_answer = drawn(w, 400),
                                  .garble = drawn(w, 200),
                                  .server_error = drawn(w, 300),
                                  .slow = drawn(w, 300),
                                  .cut = drawn(w, 500),
                                  .hide = drawn(w, 500),
                                  .crash = drawn(w, 30),
                                  .disk = drawn(w, 100),
                                  .jump = drawn(w, 10)};
}

/* ---- the remote ---------------------------------------------------------------------------------------------- */

static const struct gv_emu_task *find(struct gv_emu_world *world, const char *provider, const char *id)
{
    struct world *w = world->ctx;
    (void)provider;
    for (size_t i = 0; i < w->task_count; i++)
        if (strcmp(w->tasks[i]->id, id) == 0)
            return w->tasks[i];
    return NULL;
}

static const struct gv_emu_task *find_external(struct gv_emu_world *world, const char *provider, const char *account,
                                               const char *external_id)
{
    struct world *w = world->ctx;
    (void)provider, (void)account;
    for (size_t i = 0; i < w->task_count; i++)
        if (w->tasks[i]->external_id != NULL && strcmp(w->tasks[i]->external_id, external_id) == 0)
            return w->tasks[i];
    return NULL;
}

static const struct gv_emu_media *media(struct gv_emu_world *world, const char *text)
{
    static const struct gv_emu_media picture = {"blob:0", "image/png", 4096, 1280, 720, 0, 0, NULL};
    static const struct gv_emu_media film = {"blob:1", "video/mp4", 4096, 1280, 720, 24, 5, NULL};
    static const struct gv_emu_media sound = {"blob:2", "audio/wav", 4096, 0, 0, 0, 5, NULL};
    (void)world;
    return strstr(text, ".mp4") != NULL ? &film : strstr(text, ".wav") != NULL ? &sound : &picture;
}

static const struct gv_emu_media *film(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index)
{
    static const struct gv_emu_media made = {"blob:3", "video/mp4", FILM_BYTES, 1280, 720, 24, 5, NULL};
    (void)world, (void)task, (void)index;
    return &made;
}

static const char *result_url(struct gv_emu_world *world, const struct gv_emu_task *task, const char *file_name)
{
    return gv_arena_printf(world->arena, "http://films.sim/%s/%s?sig=%llu", task->id, file_name,
                           (unsigned long long)world->now_ms);
}

static void remember(struct world *w, const struct gv_emu_task *task)
{
    GV_ASSERT(w->task_count < TASKS_MAX);
    struct gv_emu_task *copy = gv_arena_memdup(&w->arena, task, sizeof(*task));
    const char **strings[] = {&copy->id,          &copy->provider,     &copy->product, &copy->model,
                              &copy->external_id, &copy->account,      &copy->failure, &copy->units,
                              &copy->film,        &copy->callback_url, &copy->memo};
    for (size_t i = 0; i < GV_COUNT(strings); i++)
        *strings[i] = gv_arena_strdup(&w->arena, *strings[i]);
    w->tasks[w->task_count++] = copy;
    w->out->creates++;
}

static const char *header(const struct gv_http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (strcasecmp(request->headers[i].name, name) == 0)
            return request->headers[i].value;
    return NULL;
}

static struct gv_emu_reply ask_emulator(struct world *w, const struct gv_http_request *request, const char *body,
                                        struct gv_arena *arena)
{
    struct gv_emu_world world = {.arena = arena,
                                 .now_ms = w->loop->vtable->wall_ms(w->loop),
                                 .speed = 1,
                                 .origin = "http://provider.sim",
                                 .crypto = &gv_crypto_openssl,
                                 .seed = w->options->seed,
                                 .tasks = w->tasks,
                                 .task_count = w->task_count,
                                 .find = find,
                                 .find_external = find_external,
                                 .media = media,
                                 .result_url = result_url,
                                 .film = film,
                                 .ctx = w};
    if (strikes(w, w->profile.hide))
        world.bend.hidden_ms = 30000;
    const char *path = request->url + strlen("http://provider.sim");
    const char *query = strchr(path, '?');
    const char *below = query != NULL ? gv_arena_strndup(arena, path, (size_t)(query - path)) : path;
    struct gv_header *headers = GV_NEW_ARRAY(arena, struct gv_header, request->header_count + 1);
    size_t count = request->header_count;
    if (count > 0)
        memcpy(headers, request->headers, count * sizeof(*headers));
    if (request->body != NULL && request->body->content_type != NULL)
        headers[count++] = (struct gv_header){"Content-Type", request->body->content_type};
    struct gv_emu_request asked = {.method = request->method,
                                   .path = below,
                                   .raw_path = below,
                                   .authorization = header(request, "Authorization"),
                                   .headers = headers,
                                   .header_count = count,
                                   .query = query_object(arena, query != NULL ? query + 1 : NULL),
                                   .body = gv_json_parse(arena, body, strlen(body), NULL)};
    if (asked.body == NULL)
        asked.body = query_object(arena, body); /* a form */
    struct gv_emu_reply reply = w->options->emulator->handle(&world, &asked);
    if (reply.accepted != NULL)
        remember(w, reply.accepted);
    return reply;
}

/* What the promises say of a request that arrives. */
static void check_request(struct world *w, const struct gv_http_request *request, const char *body)
{
    if (!request->once)
        return;
    for (size_t i = 0; i < w->job_count; i++) {
        struct gv_arena arena = {0};
        const struct gv_job_row *row;
        char name[64];
        snprintf(name, sizeof(name), "gv-%s\"", w->jobs[i].id);
        if (strstr(body, name) != NULL) {
            int code = w->real->get(&row, w->journal, w->jobs[i].id, &arena, NULL);
            if (code != GV_OK || row == NULL || strcmp(row->phase, "submitting") != 0)
                broken(w, "a create of %s left while its committed phase is %s", w->jobs[i].id,
                       row != NULL ? row->phase : "none");
        }
        gv_arena_free(&arena);
    }
}

static void check_ledger(struct world *w)
{
    for (size_t i = 0; i < w->task_count; i++)
        for (size_t j = 0; j < i; j++)
            if (w->tasks[i]->external_id != NULL && w->tasks[j]->external_id != NULL &&
                strcmp(w->tasks[i]->external_id, w->tasks[j]->external_id) == 0)
                broken(w, "paid twice: tasks %s and %s are both %s", w->tasks[j]->id, w->tasks[i]->id,
                       w->tasks[i]->external_id);
}

static void answer_download(struct world *w, struct gv_http_memory_answer *out, bool picture)
{
    static const char png[] = "\x89PNG\r\n\x1a\n and so on";
    *out = (struct gv_http_memory_answer){.status = 200,
                                          .content_type = "video/mp4",
                                          .etag = "\"film\"",
                                          .body = film_bytes,
                                          .body_bytes = FILM_BYTES,
                                          .delay_ms = 50};
    if (picture) {
        out->body = png;
        out->body_bytes = sizeof(png);
    }
    if (strikes(w, w->profile.cut))
        out->cut_bytes = 1 + dice(w) % out->body_bytes;
    if (strikes(w, w->profile.server_error))
        *out = (struct gv_http_memory_answer){.status = dice(w) % 2 ? 403 : 503, .body = "gone", .body_bytes = 4};
    if (strikes(w, w->profile.garble)) {
        static const char page[] = "<html><head><title>Please try again</title></head></html>";
        *out = (struct gv_http_memory_answer){
            .status = 200, .content_type = "text/html", .body = page, .body_bytes = sizeof(page) - 1};
    }
}

/* After the provider has done its part. */
static void bend_answer(struct world *w, struct gv_http_memory_answer *out)
{
    if (strikes(w, w->profile.garble)) {
        out->body = "<html>502 Bad Gateway</html>";
        out->body_bytes = strlen(out->body);
        out->status = dice(w) % 2 ? 502 : 200;
    }
    if (strikes(w, w->profile.server_error)) {
        out->body = "{\"code\":5002,\"message\":\"internal timeout\",\"request_id\":\"r\"}";
        out->body_bytes = strlen(out->body);
        out->status = 504;
    }
    if (strikes(w, w->profile.slow))
        out->delay_ms = (uint32_t)(dice(w) % 20000);
    if (strikes(w, w->profile.lose_answer)) {
        out->failure = GV_HTTP_NO_ANSWER;
        out->sent = GV_MAYBE_SENT;
        w->out->lost_answers++;
    }
}

/* The answer's text with the films in their places, or a film as a file. */
static struct gv_http_memory_answer answer_of(struct world *w, const struct gv_emu_reply *reply)
{
    struct gv_http_memory_answer out = {.status = reply->status,
                                        .content_type = "application/json",
                                        .delay_ms = 100,
                                        .date_s = w->loop->vtable->wall_ms(w->loop) / 1000};
    if (reply->body == NULL && reply->film_count > 0) {
        answer_download(w, &out, false);
        return out;
    }
    static char base64[2 * FILM_BYTES];
    struct gv_buf text;
    gv_base64_encode(base64, film_bytes, FILM_BYTES);
    gv_buf_init(&text, 1 << 20);
    size_t at = 0, bytes = reply->body != NULL ? strlen(reply->body) : 0;
    for (size_t i = 0; i < reply->film_count; i++) {
        gv_buf_add(&text, reply->body + at, reply->films[i].at - at);
        gv_buf_adds(&text, base64);
        at = reply->films[i].at;
    }
    if (bytes > at)
        gv_buf_add(&text, reply->body + at, bytes - at);
    out.body = gv_arena_strndup(&w->arena, text.data != NULL ? text.data : "", text.len);
    out.body_bytes = text.len;
    gv_buf_free(&text);
    return out;
}

static void far_end(void *ctx, struct gv_http_memory_answer *out, const struct gv_http_request *request,
                    const char *body)
{
    struct world *w = ctx;
    check_request(w, request, body);
    if (strikes(w, w->profile.refuse)) {
        *out = (struct gv_http_memory_answer){.failure = GV_HTTP_NOT_SENT, .sent = GV_NOT_SENT};
        return;
    }
    if (strikes(w, w->profile.lose_request)) {
        *out = (struct gv_http_memory_answer){.failure = GV_HTTP_NO_ANSWER, .sent = GV_MAYBE_SENT, .delay_ms = 1000};
        return;
    }
    if (strncmp(request->url, "http://provider.sim", 19) != 0) {
        answer_download(w, out, strstr(request->url, ".png") != NULL);
        return;
    }
    struct gv_arena arena = {0};
    struct gv_emu_reply reply = ask_emulator(w, request, body, &arena);
    *out = answer_of(w, &reply);
    gv_arena_free(&arena);
    check_ledger(w);
    bend_answer(w, out);
}

/* ---- the engine ------------------------------------------------------------------------------------------------- */

static void refuse(void *ctx)
{
    struct world *w = ctx;
    struct gv_journal_batch *batch = w->refused;
    w->refused = NULL;
    if (batch != NULL)
        batch->done(batch->ctx);
}

static void failing_commit(struct gv_journal *journal, struct gv_journal_batch *batch)
{
    struct world *w = the_world;
    if (strikes(w, w->profile.disk)) {
        batch->result = gv_fail(&batch->error, GV_INTERNAL_ERROR, "the disk is full");
        w->refused = batch;
        w->loop->vtable->post(w->loop, refuse, w);
        return;
    }
    w->real->commit(journal, batch);
}

static void on_transition(void *ctx, const struct gv_transition *t)
{
    struct world *w = ctx;
    if (w->options->trace)
        printf("%10lld %s %s -> %s: %s (%s)\n", (long long)(t->at_ms - START_MS), t->job_id, t->event, t->phase,
               t->effect, t->note);
}

static void open_engine(struct world *w)
{
    char owner[16];
    snprintf(owner, sizeof(owner), "engine%u", ++w->engines);
    GV_ASSERT(gv_journal_memory_open(&w->journal, w->rows, w->loop, owner) == GV_OK);
    w->real = w->journal->vtable;
    w->failing = *w->real;
    w->failing.commit = failing_commit;
    w->journal->vtable = &w->failing;
    GV_ASSERT(gv_blobs_memory_open(&w->blobs, w->files) == GV_OK);
    w->http = gv_http_memory_open(w->loop, w->blobs, far_end, w);
    struct gv_driver_config config = {.loop = w->loop,
                                      .journal = w->journal,
                                      .blobs = w->blobs,
                                      .http = w->http,
                                      .crypto = &gv_crypto_openssl,
                                      .accounts = &w->account,
                                      .account_count = 1,
                                      .output_bytes_max = 1 << 20,
                                      .on_transition = on_transition,
                                      .ctx = w};
    gv_driver_open(&w->driver, &config);
}

static void abandoned(void *ctx)
{
    *(bool *)ctx = true;
}

static void lose_engine(struct world *w)
{
    w->journal->vtable = w->real;
    gv_memory_journal_crash(w->rows, w->journal);
    bool gone = false;
    w->refused = NULL;
    gv_driver_abandon(w->driver, abandoned, &gone);
    while (!gone)
        gv_loop_virtual_turn(w->loop);
    gv_driver_close(w->driver);
    gv_http_memory_close(w->http);
    w->blobs->vtable->close(w->blobs);
}

static void accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    (void)job_id, (void)repeated, (void)err;
    *(bool *)ctx = code == GV_OK;
}

static void submit(struct world *w, struct job *job, const char *request, const char *model)
{
    struct gv_job_row *row = GV_NEW(&w->row_arena, struct gv_job_row);
    *row = (struct gv_job_row){.id = job->id,
                               .provider = w->options->provider->name,
                               .model = model,
                               .operation = "generate",
                               .request = request,
                               .phase = w->options->provider->phases[0].name,
                               .status = GV_PENDING,
                               .note = "",
                               .progress = -1,
                               .usd = -1,
                               .created_ms = START_MS,
                               .updated_ms = START_MS,
                               .deadline_ms = START_MS + 2 * 3600 * 1000,
                               .request_sha256 = job->id,
                               .owner = w->journal->vtable->owner(w->journal)};
    gv_driver_accept(w->driver, &(struct gv_wish){.row = row}, accepted, &job->accepted);
}

/* ---- the run ----------------------------------------------------------------------------------------------------- */

/* A job that ended stays as it ended; a success has its film. */
static bool check_job(struct world *w, struct job *job)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row = NULL;
    w->real->get(&row, w->journal, job->id, &arena, NULL);
    bool rests = row != NULL && (row->status == GV_SUCCEEDED || row->status == GV_FAILED || row->parked);
    bool ends = rests && !row->parked;
    if (ends) {
        char now[sizeof(job->end_row)];
        snprintf(now, sizeof(now), "%s|%s|%s", row->phase, row->outputs != NULL ? row->outputs : "",
                 row->error != NULL ? row->error : "");
        if (job->ended && strcmp(now, job->end_row) != 0)
            broken(w, "job %s changed after its end: %s, then %s", job->id, job->end_row, now);
        memcpy(job->end_row, now, sizeof(now));
        job->ended = true;
        if (row->status == GV_SUCCEEDED && (row->outputs == NULL || strstr(row->outputs, "sha256") == NULL))
            broken(w, "job %s succeeded without a film", job->id);
    }
    if (rests && row->owner != NULL)
        broken(w, "job %s rests (%s), and %s still owns it", job->id, row->phase, row->owner);
    gv_arena_free(&arena);
    return rests || (row == NULL && !w->faults);
}

static bool all_rest(struct world *w)
{
    bool rest = true;
    for (size_t i = 0; i < w->job_count; i++)
        rest &= check_job(w, &w->jobs[i]);
    return rest;
}

static void run(struct world *w)
{
    unsigned turns = 0;
    for (; turns < TURNS_MAX && w->out->broken[0] == '\0'; turns++) {
        w->faults = w->loop->vtable->now_ms(w->loop) < FAULTS_END_MS;
        gv_loop_virtual_turn(w->loop);
        if (strikes(w, w->profile.crash)) {
            lose_engine(w);
            open_engine(w);
            w->out->crashes++;
        }
        if (strikes(w, w->profile.jump))
            gv_loop_virtual_jump(w->loop, (int64_t)(dice(w) % 20000) - 10000);
        if (turns % 16 == 0 && all_rest(w))
            return;
    }
    if (w->out->broken[0] == '\0')
        broken(w, "after %u turns not every job has come to rest", turns);
}

static void count_ends(struct world *w)
{
    for (size_t i = 0; i < w->job_count; i++) {
        struct gv_arena arena = {0};
        const struct gv_job_row *row = NULL;
        w->real->get(&row, w->journal, w->jobs[i].id, &arena, NULL);
        w->out->succeeded += row != NULL && row->status == GV_SUCCEEDED;
        w->out->failed += row != NULL && row->status == GV_FAILED;
        w->out->parked += row != NULL && row->parked;
        if (row != NULL && row->parked && w->options->trace)
            printf("%s is parked: %s\n", row->id, row->note);
        gv_arena_free(&arena);
    }
}

static const char *model_of(const char *request, struct gv_arena *arena)
{
    const struct gv_json *json = gv_json_parse(arena, request, strlen(request), NULL);
    return gv_json_text(json, "config.model");
}

static void submit_all(struct world *w)
{
    for (; w->options->requests[w->job_count] != NULL; w->job_count++) {
        GV_ASSERT(w->job_count < JOBS_MAX);
        const char *request = w->options->requests[w->job_count];
        struct job *job = &w->jobs[w->job_count];
        snprintf(job->id, sizeof(job->id), "gv_sim%zu", w->job_count);
        submit(w, job, request, model_of(request, &w->row_arena));
    }
    for (int i = 0; i < 20; i++) /* before the faults begin */
        gv_loop_virtual_turn(w->loop);
}

void gv_sim_run(struct gv_sim_result *out, const struct gv_sim_options *options)
{
    struct world *w = gv_xcalloc(1, sizeof(*w));
    *out = (struct gv_sim_result){0};
    the_world = w;
    memcpy(film_bytes, FILM, sizeof(FILM));
    w->options = options;
    w->out = out;
    w->random = options->seed;
    w->loop = gv_loop_virtual_open(options->seed, START_MS);
    w->rows = gv_memory_journal_store_new();
    w->files = gv_memory_blobs_store_new(&gv_crypto_openssl);
    w->account = (struct gv_account){.provider = options->provider, .credential_set = 1};
    for (size_t i = 0; i < options->provider->setting_count; i++)
        w->account.settings.values[i] = options->settings[i];
    draw_profile(w);
    open_engine(w);
    submit_all(w);
    run(w);
    count_ends(w);
    lose_engine(w);
    gv_memory_journal_store_free(w->rows);
    gv_memory_blobs_store_free(w->files);
    gv_loop_virtual_close(w->loop);
    gv_arena_free(&w->arena);
    gv_arena_free(&w->row_arena);
    free(w);
}
