/* Looking at jobs over HTTP, and stopping, settling and deleting them. */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "engine/id.h"
#include "server/http/form.h"
#include "server/videos/video.h"
#include "server/videos/videos.h"

#define LIST_DEFAULT 20
#define LIST_MAX 100
#define LIST_BYTES_MAX (4u << 20) /* a page that has more takes no more jobs, whatever its limit */
#define SETTLE_MS 8000            /* how long an answer waits for what becomes of a cancel or a resolve */

static bool has_ended(const struct gv_job_row *row)
{
    return row->status == GV_SUCCEEDED || row->status == GV_FAILED;
}

static bool refuse_argument(struct gv_exchange *x, const char *param, const char *why)
{
    gv_answer_error(x, 400, "invalid_request", param, "%s %s", param, why);
    return false;
}

/* A whole number of the query, at most `most`. */
static bool read_number(uint64_t *out, struct gv_exchange *x, const char *name, uint64_t most)
{
    const char *text = gv_exchange_query(x, name);
    if (text == NULL)
        return true;
    size_t digits = strspn(text, "0123456789");
    if (digits == 0 || digits > 18 || text[digits] != '\0' || strtoull(text, NULL, 10) > most)
        return refuse_argument(x, name, "is no number that it may be");
    *out = strtoull(text, NULL, 10);
    return true;
}

/* ---- list --------------------------------------------------------------------------------------------------- */

static bool read_filter(struct gv_job_filter *out, struct gv_exchange *x)
{
    const char *order = gv_exchange_query(x, "order"), *status = gv_exchange_query(x, "status");
    uint64_t limit = LIST_DEFAULT;
    *out = (struct gv_job_filter){
        .after_id = gv_exchange_query(x, "after"), .tenant = x->tenant, .provider = gv_exchange_query(x, "provider")};
    if (order != NULL && strcmp(order, "asc") != 0 && strcmp(order, "desc") != 0)
        return refuse_argument(x, "order", "must be asc or desc");
    if (status != NULL && (out->status = gv_video_status_value(status)) == GV_STATUS_UNSET)
        return refuse_argument(x, "status", "must be queued, in_progress, completed or failed");
    if (out->after_id != NULL && !gv_job_id_looks_right(out->after_id))
        return refuse_argument(x, "after", "must be the id of a video");
    if (!read_number(&limit, x, "limit", LIST_MAX))
        return false;
    if (limit == 0)
        return refuse_argument(x, "limit", "must be from 1 to 100");
    out->oldest_first = order != NULL && strcmp(order, "asc") == 0;
    out->limit = (uint32_t)limit + 1; /* one more, to know whether there is more */
    return true;
}

void gv_videos_list(struct gv_exchange *x)
{
    struct gv_job_filter filter;
    struct gv_error err;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    const struct gv_job_row *rows;
    size_t count;
    if (!read_filter(&filter, x))
        return;
    int code = journal->vtable->list(&rows, &count, journal, &filter, &x->arena, &err);
    size_t shown = 0, most = code == GV_OK && count == filter.limit ? count - 1 : count;
    struct gv_json_out out = gv_answer_list(x);
    gv_json_open(&out, "data", '[');
    for (; code == GV_OK && shown < most && out.buf->len < LIST_BYTES_MAX; shown++)
        code = gv_video_put(&out, NULL, x, &rows[shown], false, &err);
    gv_json_close(&out, ']');
    if (code != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    gv_answer_list_end(&out, shown > 0 ? rows[0].id : NULL, shown > 0 ? rows[shown - 1].id : NULL, shown < count);
    if (shown > 0)
        gv_video_poll_header(x, &rows[0]);
}

/* ---- one job ------------------------------------------------------------------------------------------------ */

void gv_videos_retrieve(struct gv_exchange *x)
{
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row != NULL)
        gv_video_answer(x, row, NULL);
}

static void answer_in_progress(struct gv_exchange *x, const char *job_id)
{
    gv_answer_error(x, 400, "video_in_progress", "video_id",
                    "Video %s has not ended: cancel it first (POST /v1/videos/%s/cancel)", job_id, job_id);
}

void gv_videos_delete(struct gv_exchange *x)
{
    struct gv_error err;
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row == NULL)
        return;
    enum gv_journal_verdict verdict;
    if (gv_forget(&verdict, x->engine, row->id, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    if (verdict == GV_JOURNAL_NOT_ENDED) {
        answer_in_progress(x, row->id);
        return;
    }
    if (verdict == GV_JOURNAL_NOT_FOUND) {
        gv_answer_not_found(x, "video_id", "Video", row->id);
        return;
    }
    struct gv_json_out out = gv_answer_json(x, 200);
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "id", row->id);
    gv_json_put_text(&out, "object", "video.deleted");
    gv_json_put_bool(&out, "deleted", true);
    gv_json_close(&out, '}');
}

/* ---- stopping and settling ---------------------------------------------------------------------------------- */

/* Only these members (NULL-ended) may be in the body. */
static bool body_has_only(struct gv_exchange *x, const char *const *names)
{
    const struct gv_json *tree = x->form != NULL ? gv_form_tree(x->form) : NULL;
    for (const struct gv_json *field = tree != NULL ? tree->child : NULL; field != NULL; field = field->next) {
        const char *const *name = names;
        while (*name != NULL && strcmp(*name, field->key) != 0)
            name++;
        if (*name == NULL)
            return refuse_argument(x, gv_arena_strndup(&x->arena, field->key, 64), "is not known here");
    }
    return true;
}

/* What became of it, from disk. */
static void answer_after(struct gv_exchange *x, const char *job_id, const char *message)
{
    const struct gv_job_row *row = gv_exchange_job(x, job_id);
    if (row != NULL)
        gv_video_answer(x, row, message);
}

void gv_videos_cancel(struct gv_exchange *x)
{
    static const char *const nothing[] = {NULL};
    struct gv_error err;
    char *message;
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row == NULL || !body_has_only(x, nothing))
        return;
    int code = gv_cancel_within(&message, x->engine, row->id, SETTLE_MS, &err);
    if (code == GV_INVALID_INPUT) {
        gv_answer_error(x, 400, "video_ended", "video_id", "%s", err.message);
        return;
    }
    if (code != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    answer_after(x, row->id, gv_arena_strdup(&x->arena, message));
    free(message);
}

static bool read_resolution(enum gv_resolve *how, const char **task_id, struct gv_exchange *x)
{
    static const char *const known[] = {"how", "task_id", NULL};
    const struct gv_json *tree = x->form != NULL ? gv_form_tree(x->form) : NULL;
    const char *word = gv_json_text(gv_json_member(tree, "how"), NULL);
    *task_id = gv_json_text(gv_json_member(tree, "task_id"), NULL);
    if (!body_has_only(x, known))
        return false;
    for (size_t i = 0; word != NULL && i < GV_RESOLVE_COUNT; i++)
        if (strcmp(gv_resolve_names[i], word) == 0) {
            *how = (enum gv_resolve)i;
            return true;
        }
    return refuse_argument(x, "how", "must be look_up, adopt, resubmit or give_up");
}

void gv_videos_resolve(struct gv_exchange *x)
{
    struct gv_error err;
    enum gv_resolve how = GV_RESOLVE_AS_LOOKED_UP;
    const char *task_id;
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row == NULL || !read_resolution(&how, &task_id, x))
        return;
    int code = gv_resolve_within(x->engine, row->id, how, task_id, SETTLE_MS, &err);
    if (code == GV_INVALID_INPUT && strcmp(err.field, "job_id") == 0)
        gv_answer_error(x, 400, has_ended(row) ? "video_ended" : "video_not_parked", "video_id", "%s", err.message);
    else if (code != GV_OK)
        gv_answer_failure(x, &err);
    else
        answer_after(x, row->id, NULL);
}

/* ---- history ------------------------------------------------------------------------------------------------ */

void gv_videos_log(struct gv_exchange *x)
{
    struct gv_error err;
    uint64_t after = 0;
    const struct gv_history_row *lines;
    size_t count;
    struct gv_journal *journal = gv_engine_journal(x->engine);
    const struct gv_job_row *row = gv_exchange_job(x, x->ids[0]);
    if (row == NULL || !read_number(&after, x, "after", INT64_MAX))
        return;
    if (journal->vtable->history(&lines, &count, journal, row->id, after, &x->arena, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    struct gv_json_out out = gv_answer_list(x);
    gv_history_put(&out, "data", lines, count);
    gv_json_close(&out, '}');
}
