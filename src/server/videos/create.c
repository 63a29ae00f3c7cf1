#include "server/videos/create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "server/hooks/deliver.h"
#include "server/http/form.h"
#include "server/parts/internal.h"
#include "server/videos/video.h"
#include "server/videos/videos.h"

#define KEY_BYTES_MAX 255
#define SAME_WITHIN_MS (30ull * 60 * 1000) /* a client's own repetition comes within seconds; queues add minutes */
#define TALLY_MS 1000                      /* how long a count of the queue is good */

/* ---- what came ---------------------------------------------------------------------------------------------- */

static const struct gv_media *file_of(void *form, const struct gv_json *value)
{
    return gv_form_file(form, value);
}

static bool is_key(const char *key)
{
    size_t bytes = strlen(key);
    for (size_t i = 0; i < bytes; i++)
        if (key[i] < ' ' || key[i] >= 0x7f)
            return false;
    return bytes >= 1 && bytes <= KEY_BYTES_MAX;
}

bool gv_create_asked(struct gv_asked *out, struct gv_exchange *x, enum gv_asked_kind kind)
{
    static const struct gv_json nothing = {.kind = GV_JSON_OBJECT};
    *out = (struct gv_asked){
        .kind = kind,
        .tree = x->form != NULL ? gv_form_tree(x->form) : &nothing,
        .texts = x->form != NULL && gv_form_is_text(x->form),
        .aliases = &gv_exchange_options(x)->aliases,
        .idempotency_key = gv_exchange_header(x, "Idempotency-Key"),
        .file = x->form != NULL ? file_of : NULL,
        .ctx = x->form,
    };
    if (out->idempotency_key == NULL || is_key(out->idempotency_key))
        return true;
    gv_answer_error(x, 400, "invalid_request", "Idempotency-Key",
                    "Idempotency-Key must have 1 to %d printable ASCII characters", KEY_BYTES_MAX);
    return false;
}

void gv_create_refuse(struct gv_exchange *x, const struct gv_asked_wish *wish, const struct gv_error *err)
{
    bool unsupported = err->code == GV_UNSUPPORTED_FEATURE;
    if (err->code != GV_INVALID_INPUT && !unsupported) {
        gv_answer_failure(x, err);
        return;
    }
    const char *code = wish->code != NULL ? wish->code : unsupported ? "unsupported" : "invalid_request";
    gv_answer_error(x, 400, code, err->field, "%s", err->message);
}

bool gv_create_wish(struct gv_asked_wish *wish, const struct gv_asked *asked, struct gv_exchange *x)
{
    struct gv_error err;
    int code = gv_wish_read(wish, asked, &x->arena, &err);
    if (code == GV_OK && wish->callback_url != NULL)
        code = gv_deliver_check_callback(x->server->deliver, wish->callback_url, "golem_video.callback_url", &err);
    if (code != GV_OK) {
        gv_create_refuse(x, wish, &err);
        return false;
    }
    const char *unused = x->form != NULL ? gv_form_unused_file(x->form) : NULL;
    if (unused == NULL)
        return true;
    gv_answer_error(x, 400, "invalid_request", unused,
                    "%s holds a file (or as much base64 as one) where the operation takes none", unused);
    return false;
}

/* ---- how many there are ------------------------------------------------------------------------------------- */

static int count_unfinished(uint64_t *out, struct gv_exchange *x, struct gv_error *err)
{
    struct gv_journal *journal = gv_engine_journal(x->engine);
    const struct gv_journal_tally *rows;
    size_t count;
    *out = 0;
    int code = journal->vtable->tally(&rows, &count, journal, &x->arena, err);
    for (size_t i = 0; code == GV_OK && i < count; i++)
        if (rows[i].status == GV_PENDING || rows[i].status == GV_RUNNING)
            *out += rows[i].count;
    return code;
}

/* The journal is asked once a second; between, what is accepted here is added. */
static int is_full(bool *out, struct gv_exchange *x, struct gv_error *err)
{
    struct gv_server *server = x->server;
    uint64_t count;
    int64_t now_ms = gv_server_now_ms(), counted_ms = atomic_load(&server->queue_counted_ms);
    if (counted_ms == 0 || now_ms - counted_ms >= TALLY_MS) {
        int code = count_unfinished(&count, x, err);
        if (code != GV_OK)
            return code;
        atomic_store(&server->queue, count);
        atomic_store(&server->queue_counted_ms, now_ms);
    }
    *out = atomic_load(&server->queue) >= server->options.queue_max;
    return GV_OK;
}

static void answer_full(struct gv_exchange *x)
{
    gv_answer_header(x, "Retry-After", "5");
    gv_answer_header(x, "retry-after-ms", "5000");
    gv_answer_error(x, 429, "queue_full", NULL, "%u jobs are unfinished, and no more are taken: try again later",
                    x->server->options.queue_max);
}

/* ---- the job ------------------------------------------------------------------------------------------------ */

static void answer_refused(struct gv_exchange *x, const struct gv_asked_wish *wish, struct gv_error *err)
{
    char field[GV_PLACE_TEXT_BYTES];
    bool reused = err->code == GV_INVALID_INPUT && strcmp(err->field, "idempotency_key") == 0;
    if (reused) {
        gv_answer_failure(x, err);
        return;
    }
    gv_wish_field(field, wish, err->field);
    if (err->field[0] != '\0')
        snprintf(err->field, sizeof(err->field), "%s", field);
    gv_create_refuse(x, wish, err);
}

/* The job is on disk: whatever fails from here on must not make the client send it again. */
static void answer_job(struct gv_exchange *x, const char *job_id, bool repeated)
{
    struct gv_error err;
    const struct gv_job_row *row = NULL;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    int code = journal->vtable->get(&row, journal, job_id, &x->arena, &err);
    if (code == GV_OK && row == NULL)
        code = gv_fail(&err, GV_INTERNAL_ERROR, "job %s was accepted, and is gone already", job_id);
    if (code != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    if (repeated)
        gv_answer_header(x, "idempotent-replayed", "true");
    gv_video_answer_created(x, row);
}

void gv_create_submit(struct gv_exchange *x, const struct gv_asked_wish *wish)
{
    struct gv_error err;
    struct gv_job_id id;
    bool repeated = false;
    bool keyed = wish->op.idempotency_key != NULL, look_back = !keyed && gv_exchange_is_repetition(x);
    struct gv_submit_options options = {
        .tenant = x->tenant, .same_within_ms = look_back ? SAME_WITHIN_MS : 0, .announce = true};
    if (is_full(&options.full, x, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    int code = GV_QUOTA_EXCEEDED;
    if (!options.full || keyed || look_back) /* else no earlier job can stand for it */
        code = gv_submit_as(&id, &repeated, x->engine, &wish->op, &options, &err);
    if (code == GV_QUOTA_EXCEEDED) {
        answer_full(x);
    } else if (code != GV_OK) {
        answer_refused(x, wish, &err);
    } else {
        atomic_fetch_add(&x->server->queue, repeated ? 0 : 1);
        answer_job(x, id.text, repeated);
    }
}

void gv_videos_create(struct gv_exchange *x)
{
    struct gv_asked asked;
    struct gv_asked_wish wish;
    if (gv_create_asked(&asked, x, GV_ASKED_CREATE) && gv_create_wish(&wish, &asked, x))
        gv_create_submit(x, &wish);
}

/* ---- what would be done ------------------------------------------------------------------------------------- */

static void put_warnings(struct gv_json_out *out, const struct gv_asked_wish *wish, const struct gv_json *list)
{
    gv_json_open(out, "warnings", '[');
    gv_json_put_text(out, NULL, wish->warning);
    for (const struct gv_json *text = list->child; text != NULL; text = text->next)
        gv_json_put_text(out, NULL, text->text);
    gv_json_close(out, ']');
}

static void answer_check(struct gv_exchange *x, const struct gv_asked_wish *wish, const struct gv_json *would)
{
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "object", "video.check");
    for (const struct gv_json *member = would->child; member != NULL; member = member->next)
        if (strcmp(member->key, "warnings") == 0)
            put_warnings(&out, wish, member);
        else
            gv_json_put_json(&out, member->key, member);
    gv_json_close(&out, '}');
}

void gv_videos_check(struct gv_exchange *x)
{
    struct gv_asked asked;
    struct gv_asked_wish wish;
    struct gv_error err;
    char *found;
    if (!gv_create_asked(&asked, x, GV_ASKED_CREATE) || !gv_create_wish(&wish, &asked, x))
        return;
    if (gv_check_as(&found, x->engine, &wish.op, x->tenant, &err) != GV_OK) {
        answer_refused(x, &wish, &err);
        return;
    }
    answer_check(x, &wish, gv_json_parse(&x->arena, found, strlen(found), NULL));
    free(found);
}
