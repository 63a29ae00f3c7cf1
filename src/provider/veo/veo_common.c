/* What several of the machine's handlers end in. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/url.h"
#include "provider/veo/veo_machine.h"

void veo_go(struct veo_job *j, enum veo_phase phase)
{
    gv_phase_go(&gv_provider_veo, j->s, (int)phase);
}

struct gv_effect veo_nothing(void)
{
    return (struct gv_effect){.kind = GV_EFF_NOTHING, .progress = -1};
}

/* ---- what lies where -------------------------------------------------------------------------------- */

/* Vertex serves an operation at its own region's host only (README, section 4). A host that is not Google's is a
 * gateway, which knows what it does. */
const char *veo_wrong_host(const struct veo_job *j, const char *location)
{
    const char *base = j->in->settings != NULL ? j->in->settings->values[VEO_AT_BASE_URL] : NULL;
    struct gv_url url;
    struct gv_error error;
    static const char google[] = "aiplatform.googleapis.com";
    static const char rep[] = ".rep.googleapis.com";
    if (base == NULL || gv_url_parse(&url, base, &error) != GV_OK)
        return NULL;
    size_t bytes = strlen(url.host);
    bool regional = bytes >= sizeof(google) - 1 && strcmp(url.host + bytes - (sizeof(google) - 1), google) == 0;
    bool multi = bytes >= sizeof(rep) - 1 && strcmp(url.host + bytes - (sizeof(rep) - 1), rep) == 0;
    if (!regional && !multi)
        return NULL;
    bool is_multi = strcmp(location, "us") == 0 || strcmp(location, "eu") == 0;
    const char *wanted = strcmp(location, "global") == 0 ? google
                         : is_multi ? gv_arena_printf(j->in->arena, "aiplatform.%s.rep.googleapis.com", location)
                                    : gv_arena_printf(j->in->arena, "%s-%s", location, google);
    if (strcmp(url.host, wanted) == 0)
        return NULL;
    return gv_arena_printf(
        j->in->arena,
        "Location %.64s is served by https://%.128s, and VEO_BASE_URL is %.128s: set VEO_BASE_URL to "
        "the former, or GOOGLE_CLOUD_LOCATION to the latter's.",
        location, wanted, base);
}

static const char *film_place(const struct veo_job *j)
{
    if (j->storage != NULL)
        return gv_arena_printf(j->in->arena, " Its films go to %s.", j->storage);
    return "";
}

/* ---- ends ------------------------------------------------------------------------------------------- */

struct gv_effect veo_failed(struct veo_job *j, struct gv_error *error)
{
    snprintf(error->provider, sizeof(error->provider), "veo");
    veo_go(j, VEO_FAILED);
    return gv_effect_fail(error);
}

struct gv_effect veo_cancelled(struct veo_job *j)
{
    const struct veo_state *s = j->s;
    struct gv_arena *arena = j->in->arena;
    const char *note = "Stopped before Google had the wish.";
    if (s->phase == VEO_FETCHING)
        note = gv_arena_printf(arena, "Stopped here. The film is finished and billed, and stays at Google.%s",
                               film_place(j));
    else if (s->task_id != NULL)
        note = gv_arena_printf(arena, "Stopped here. Veo has no cancel: operation %s renders on and is billed.%s",
                               s->task_id, film_place(j));
    else if (s->posts > 0)
        note = gv_arena_printf(arena,
                               "Stopped here. Whether Google took the wish is not known; if it did, it renders on and "
                               "is billed.%s",
                               film_place(j));
    veo_go(j, VEO_CANCELLED);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_CANCELLED, .progress = -1}, note);
}

/* Who wants it stopped is not asked what is to become of it. */
struct gv_effect veo_park(struct veo_job *j, const char *note)
{
    if (j->s->cancel_asked)
        return veo_cancelled(j);
    veo_go(j, VEO_UNCERTAIN);
    return gv_effect_note((struct gv_effect){.kind = GV_EFF_PARK, .progress = -1}, note);
}

const char *veo_park_note(const struct veo_job *j)
{
    struct gv_arena *arena = j->in->arena;
    if (j->s->task_id != NULL)
        return gv_arena_printf(arena,
                               "Google has operation %s, but does not show it. Settle it by a look-up when the cause "
                               "is mended.%s",
                               j->s->task_id, film_place(j));
    if (j->storage != NULL)
        return gv_arena_printf(arena,
                               "The answer to the create was lost, and no films were found under %s. Settle it by a "
                               "look-up if they come there later, with the operation's name if you find it, as lost to "
                               "send it again (and maybe pay twice), or give the job up.",
                               j->storage);
    return "The answer to the create was lost, and Google has no way to ask for it: a film may be rendering, and be "
           "billed. Resolve with the operation's name if you find it in Google's logs, as lost to send it again (and "
           "maybe pay twice), or give the job up. Provider option storage_uri makes such films findable.";
}

const char *veo_unfetched_note(const struct veo_job *j, const char *why)
{
    return gv_arena_printf(j->in->arena,
                           "Google's film is finished and billed, but could not be fetched: %.300s. Resolve by a "
                           "look-up when the cause is mended.%s%s",
                           why != NULL ? why : "no reason known", film_place(j),
                           j->surface == VEO_GEMINI ? " It stays at Google for two days." : "");
}

/* ---- an operation that a person named --------------------------------------------------------------- */

const char *veo_name_of(const struct veo_state *s)
{
    return s->adopting != NULL ? s->adopting : s->task_id;
}

void veo_seen(struct veo_job *j)
{
    if (j->s->adopting != NULL)
        j->s->task_id = j->s->adopting;
    j->s->adopting = NULL;
}

struct gv_effect veo_not_adopted(struct veo_job *j, const char *why)
{
    const char *name = j->s->adopting;
    j->s->adopting = NULL;
    j->s->misses = j->s->refusals = 0;
    return veo_park(j, gv_not_adopted_note(j->in->arena, name, why, veo_park_note(j)));
}

/* ---- time-outs -------------------------------------------------------------------------------------- */

/* What was sent may be paid: only what surely was not, or renders on for nobody, ends here. */
struct gv_effect veo_deadline(struct veo_job *j)
{
    struct gv_error error = {0};
    switch ((enum veo_phase)j->s->phase) {
    case VEO_NEW:
    case VEO_GATHERING:
        gv_fail(&error, GV_GENERATION_FAILED, "The job's time was over before Google had taken the wish.");
        error.charged = j->s->posts > 0 ? GV_UNKNOWN : GV_NO;
        error.stage = GV_STAGE_CREATE;
        break;
    case VEO_RUNNING:
        if (j->s->adopting != NULL)
            return veo_not_adopted(j, "the job's time is over");
        gv_fail(&error, GV_GENERATION_FAILED,
                "The job's time is over, and operation %.300s has not ended; it renders on and is billed.%.200s",
                j->s->task_id, film_place(j));
        error.stage = GV_STAGE_RENDER;
        break;
    case VEO_SUBMITTING:
    case VEO_LISTING: return veo_park(j, gv_arena_printf(j->in->arena, "The job's time is over. %s", veo_park_note(j)));
    case VEO_FETCHING: return veo_park(j, veo_unfetched_note(j, "the job's time is over"));
    default: return veo_nothing();
    }
    error.retryable = GV_YES;
    return veo_failed(j, &error);
}

/* ---- answers ---------------------------------------------------------------------------------------- */

const char *veo_words_of(const struct veo_job *j, const struct veo_answer *answer)
{
    return gv_arena_printf(j->in->arena, "Google answered HTTP %d%s%s: %s", answer->http,
                           answer->row != NULL ? ", " : "", answer->row != NULL ? answer->row->name : "",
                           answer->message);
}

struct veo_answer veo_read_answer(struct veo_job *j)
{
    struct veo_answer answer = veo_read(&j->ev->reply, j->in->arena);
    if (answer.class != VEO_TOKEN)
        j->s->fresh_tokens = 0;
    return answer;
}

bool veo_may_refresh_token(struct veo_job *j)
{
    if (j->surface == VEO_GEMINI || j->s->fresh_tokens >= VEO_FRESH_TOKENS_MAX)
        return false;
    j->s->fresh_tokens++;
    return true;
}

struct gv_effect veo_back_off(uint32_t told_ms, const char *note)
{
    return gv_effect_note(gv_effect_wait(GV_WAIT_BACKOFF, told_ms > VEO_RETRY_MS ? told_ms : VEO_RETRY_MS), note);
}

/* ---- reads ------------------------------------------------------------------------------------------ */

struct gv_effect veo_poll(struct veo_job *j, bool fresh_token)
{
    struct gv_arena *arena = j->in->arena;
    const char *name = veo_name_of(j->s);
    j->surface = veo_is_operation(name, VEO_GEMINI) ? VEO_GEMINI : VEO_VERTEX;
    const char *wrong = j->surface == VEO_VERTEX ? veo_wrong_host(j, veo_location_of(name, arena)) : NULL;
    if (wrong != NULL && j->s->adopting != NULL)
        return veo_not_adopted(j, wrong);
    if (wrong != NULL)
        return veo_park(j, gv_arena_printf(arena, "%s %s", wrong, veo_park_note(j)));
    veo_go(j, VEO_RUNNING);
    struct gv_call call = veo_call_poll(name, j->surface, arena);
    call.fresh_token = fresh_token;
    return gv_effect_call(&call);
}

struct gv_effect veo_list(struct veo_job *j, bool fresh_token)
{
    GV_ASSERT(j->storage != NULL);
    veo_go(j, VEO_LISTING);
    struct gv_call call = veo_call_list(j->storage, j->in->arena);
    call.fresh_token = fresh_token;
    return gv_effect_call(&call);
}
