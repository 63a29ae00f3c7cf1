/* From the operation to the films in the store: running, fetching. */
#include <string.h>

#include "base/error.h"
#include "provider/veo/veo_machine.h"

/* ---- running ---------------------------------------------------------------------------------------- */

struct gv_effect veo_fetch_next(struct veo_job *j)
{
    struct veo_state *s = j->s;
    if (s->fetched >= s->output_count) {
        veo_go(j, VEO_SUCCEEDED);
        return gv_effect_note((struct gv_effect){.kind = GV_EFF_SUCCEED, .progress = -1}, s->loss);
    }
    const struct veo_output *output = &s->outputs[s->fetched];
    bool gemini = strncmp(output->uri, "gs://", 5) != 0;
    const char *base = j->in->settings != NULL ? j->in->settings->values[VEO_AT_GEMINI_URL] : NULL;
    const char *path =
        gemini ? veo_file_path(output->uri, base, j->in->arena) : veo_object_path(output->uri, j->in->arena);
    if (path == NULL)
        return veo_park(
            j, veo_unfetched_note(j, gv_arena_printf(j->in->arena,
                                                     "it lies at %.200s, which is not where Google's films lie, so no "
                                                     "credentials are sent there",
                                                     output->uri)));
    veo_go(j, VEO_FETCHING);
    return (struct gv_effect){
        .kind = GV_EFF_FETCH,
        .fetch = {.index = output->index,
                  .base = veo_settings[gemini ? VEO_AT_GEMINI_URL : VEO_AT_STORAGE_URL].name,
                  .path = path,
                  .auth = gemini ? VEO_AUTH_KEY : VEO_AUTH_TOKEN,
                  .want = "video/",
                  .generation_id = output->uri},
        .progress = -1,
    };
}

/* Which films came short, and why; NULL: none. */
static const char *loss_of(const struct veo_job *j, const struct veo_result *result)
{
    struct gv_arena *arena = j->in->arena;
    if (result->filtered > 0)
        return gv_arena_printf(arena, "%u of %zu films were withheld by Google's safety filters: %.300s [%s]",
                               result->filtered, result->filtered + result->films_seen,
                               *result->reasons != '\0' ? result->reasons : "no reason was given",
                               veo_support_words(result->reasons, arena));
    if (result->film_count < result->films_seen)
        return gv_arena_printf(arena, "Of %zu films that Google shows, %zu can be used.", result->films_seen,
                               result->film_count);
    if (result->film_count < j->samples)
        return gv_arena_printf(arena, "Google made %zu of %u films, and gave no reason.", result->film_count,
                               j->samples);
    return NULL;
}

/* Films in the answer are in the store already; the others are fetched. */
static struct gv_effect ended_well(struct veo_job *j, const struct veo_result *result)
{
    struct veo_state *s = j->s;
    struct veo_output *outputs = GV_NEW_ARRAY(j->in->arena, struct veo_output, GV_OUTPUTS_MAX);
    struct gv_keep keep[GV_OUTPUTS_MAX] = {0};
    size_t kept = 0, count = 0;
    for (size_t i = 0; i < result->film_count; i++) {
        const struct veo_film *film = &result->films[i];
        if (film->uri != NULL)
            outputs[count++] = (struct veo_output){(uint32_t)i, film->uri};
        else
            keep[kept++] = (struct gv_keep){.index = (unsigned)i, .lifted = film->lifted};
    }
    s->outputs = outputs;
    s->output_count = count;
    s->fetched = 0;
    s->loss = loss_of(j, result);
    struct gv_effect effect = veo_fetch_next(j);
    memcpy(effect.keep, keep, sizeof(keep));
    effect.keep_count = kept;
    if (effect.note == NULL)
        effect.note = s->loss;
    return effect;
}

static struct gv_effect ended_empty(struct veo_job *j, const struct veo_result *result)
{
    struct gv_error error = {0};
    gv_fail(&error, GV_GENERATION_FAILED, "Google's operation ended, but shows no film that can be used: %.400s",
            result->message);
    error.retryable = GV_UNKNOWN;
    error.charged = GV_UNKNOWN;
    error.stage = GV_STAGE_OUTPUT;
    return veo_failed(j, &error);
}

static struct gv_effect shown(struct veo_job *j, const struct veo_answer *answer)
{
    struct veo_result result = veo_read_operation(answer, j->surface, j->ev, j->in->arena);
    struct gv_error error;
    veo_seen(j);
    j->s->misses = j->s->refusals = 0;
    switch (result.ending) {
    case VEO_RUNS: return gv_effect_wait(GV_WAIT_POLL, VEO_POLL_MS);
    case VEO_HAS_FILMS: return ended_well(j, &result);
    case VEO_ENDED_EMPTY: return ended_empty(j, &result);
    case VEO_ENDED_BADLY: error = veo_operation_error(&result, j->in->arena); return veo_failed(j, &error);
    case VEO_FILTERED: break;
    }
    error = veo_filter_error(&result, j->in->arena);
    return veo_failed(j, &error);
}

/* How long an operation can be asked for is not published; where the films go to a bucket, that is asked next. */
static struct gv_effect missed(struct veo_job *j, const char *note)
{
    struct gv_error error = {0};
    if (++j->s->misses <= (j->s->adopting != NULL ? GV_ADOPT_MISSES_MAX : VEO_MISSES_MAX))
        return veo_back_off(0, note);
    j->s->misses = 0;
    if (j->s->adopting != NULL)
        return veo_not_adopted(j, note);
    if (j->storage != NULL) {
        j->s->lost_ms = j->in->now_ms;
        j->s->listed = 0;
        return gv_effect_note(veo_list(j, false),
                              "Google does not know the operation any more: looking for its films.");
    }
    gv_fail(&error, GV_GENERATION_FAILED, "Google does not know operation %.300s any more (%.300s).", j->s->task_id,
            note);
    error.retryable = GV_UNKNOWN;
    error.stage = GV_STAGE_RENDER;
    return veo_failed(j, &error);
}

/* A poll that is refused costs nothing but a film that may be paid: a person can mend the cause. */
static struct gv_effect poll_refused(struct veo_job *j, const char *note)
{
    if (++j->s->refusals <= VEO_REFUSALS_MAX)
        return veo_back_off(0, note);
    j->s->refusals = 0;
    if (j->s->adopting != NULL)
        return veo_not_adopted(j, note);
    return veo_park(j, gv_arena_printf(j->in->arena, "%s (%s)", veo_park_note(j), note));
}

static struct gv_effect poll_answered(struct veo_job *j)
{
    struct veo_answer answer = veo_read_answer(j);
    const char *note = veo_words_of(j, &answer);
    switch (answer.class) {
    case VEO_DONE: return shown(j, &answer);
    case VEO_ABSENT: return missed(j, note);
    case VEO_BUSY:
    case VEO_LOST: return veo_back_off(answer.retry_ms, note);
    case VEO_TOKEN: return veo_may_refresh_token(j) ? gv_effect_note(veo_poll(j, true), note) : poll_refused(j, note);
    case VEO_REFUSED: break;
    }
    return poll_refused(j, note);
}

struct gv_effect veo_in_running(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_REPLY: return poll_answered(j);
    case GV_EV_NO_REPLY: return j->ev->final ? poll_refused(j, j->ev->why) : veo_back_off(0, j->ev->why);
    case GV_EV_TIMER:
    case GV_EV_RESUMED:
    case GV_EV_WAKE: return veo_poll(j, false);
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}

/* ---- fetching --------------------------------------------------------------------------------------- */

/* Asking again where the films are also fetches another token where the last one was refused. */
static struct gv_effect ask_again(struct veo_job *j, bool fresh_token)
{
    struct gv_effect effect = j->s->task_id != NULL ? veo_poll(j, fresh_token) : veo_list(j, fresh_token);
    if (effect.kind != GV_EFF_CALL)
        return effect;
    return gv_effect_note(effect, "The film is not given out there: asking again where it is.");
}

static struct gv_effect fetch_failed(struct veo_job *j)
{
    struct veo_state *s = j->s;
    int status = j->ev->status;
    bool stale = status == 401 || status == 403 || status == 404 || status == 410;
    bool can_ask = s->task_id != NULL || j->storage != NULL;
    if (stale && can_ask && ++s->url_refreshes <= VEO_URL_REFRESHES_MAX)
        return ask_again(j, status == 401);
    if (stale || j->ev->final || ++s->fetch_tries >= VEO_FETCH_TRIES_MAX) {
        s->url_refreshes = s->fetch_tries = 0;
        return veo_park(j, veo_unfetched_note(j, j->ev->why)); /* a paid film is not given up */
    }
    return veo_back_off(0, j->ev->why);
}

static bool is_awaited(const struct veo_job *j)
{
    const struct veo_state *s = j->s;
    return s->fetched < s->output_count && j->ev->index == s->outputs[s->fetched].index;
}

struct gv_effect veo_in_fetching(struct veo_job *j)
{
    switch (j->ev->kind) {
    case GV_EV_FETCHED:
        if (!is_awaited(j))
            return veo_nothing();
        j->s->fetched++;
        j->s->fetch_tries = 0;
        return veo_fetch_next(j);
    case GV_EV_FETCH_FAILED: return is_awaited(j) ? fetch_failed(j) : veo_nothing();
    case GV_EV_TIMER:
    case GV_EV_RESUMED: return veo_fetch_next(j);
    case GV_EV_CANCEL: return veo_cancelled(j);
    default: return veo_nothing();
    }
}
