/* What every provider's machine shares: moves, effects, and the state as the journal keeps it. */
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/provider.h"

#define PHASES_MAX 32 /* bits of gv_phase.next */

/* The first member of every state. */
static int *phase_of(const struct gv_provider *provider, void *state)
{
    int *phase = state;
    GV_ASSERT(provider->phase_count <= PHASES_MAX);
    GV_ASSERT(*phase >= 0 && (size_t)*phase < provider->phase_count);
    return phase;
}

void gv_phase_go(const struct gv_provider *provider, void *state, int phase)
{
    int *now = phase_of(provider, state);
    GV_ASSERT(phase >= 0 && (size_t)phase < provider->phase_count);
    GV_ASSERT((provider->phases[*now].next & GV_BIT(phase)) != 0);
    *now = phase;
}

void gv_state_write(struct gv_json_out *out, const struct gv_provider *provider, const void *state)
{
    const int *phase = phase_of(provider, (void *)(uintptr_t)state);
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "phase", provider->phases[*phase].name);
    gv_schema_put_members(out, provider->state, state);
    gv_json_close(out, '}');
}

static int phase_named(const struct gv_provider *provider, const char *name)
{
    for (size_t i = 0; name != NULL && i < provider->phase_count; i++) {
        if (strcmp(provider->phases[i].name, name) == 0)
            return (int)i;
    }
    return -1;
}

/* The object as the state's schema knows it: without the phase. */
static const struct gv_json *without_phase(const struct gv_json *json, struct gv_arena *arena)
{
    struct gv_json *object = gv_arena_memdup(arena, json, sizeof(*json));
    const struct gv_json **tail = &object->child;
    for (const struct gv_json *child = json->child; child != NULL; child = child->next) {
        if (strcmp(child->key, "phase") == 0)
            continue;
        struct gv_json *copy = gv_arena_memdup(arena, child, sizeof(*child));
        *tail = copy;
        tail = &copy->next;
    }
    *tail = NULL;
    object->count = json->count - 1;
    return object;
}

int gv_state_read(void *state, const struct gv_provider *provider, const struct gv_json *json, struct gv_arena *arena,
                  struct gv_error *err)
{
    const char *name = gv_json_text(json, "phase");
    int phase = phase_named(provider, name);
    if (phase < 0)
        return gv_fail_field(err, GV_INTERNAL_ERROR, "phase",
                             "a journalled state of %s is in phase \"%s\", which this version does not know",
                             provider->name, name != NULL ? name : "");
    struct gv_error why;
    if (gv_schema_read(state, provider->state, without_phase(json, arena), GV_JSON_STATE, arena, &why) != GV_OK)
        return gv_fail_field(err, GV_INTERNAL_ERROR, why.field, "a journalled state of %s can't be read: %s",
                             provider->name, why.message);
    *(int *)state = phase;
    const char *member = provider->contradiction != NULL ? provider->contradiction(state) : NULL;
    if (member != NULL)
        return gv_fail_field(err, GV_INTERNAL_ERROR, member,
                             "a journalled state of %s contradicts itself: what \"%s\" holds can't be in phase \"%s\"",
                             provider->name, member, name);
    return GV_OK;
}

struct gv_effect gv_effect_wait(enum gv_wait_kind kind, uint32_t ms)
{
    return (struct gv_effect){.kind = GV_EFF_WAIT, .wait = {.kind = kind, .ms = ms}, .progress = -1};
}

struct gv_effect gv_effect_call(const struct gv_call *call)
{
    return (struct gv_effect){.kind = GV_EFF_CALL, .call = *call, .progress = -1};
}

struct gv_effect gv_effect_fail(const struct gv_error *error)
{
    return (struct gv_effect){.kind = GV_EFF_FAIL, .error = *error, .progress = -1};
}

struct gv_effect gv_effect_note(struct gv_effect effect, const char *note)
{
    effect.note = note;
    return effect;
}

/* Letters, digits and what else a URL may hold unescaped: no blank, no separator of a path or query. */
static bool is_id_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("-._~:@=+", c) != NULL);
}

const char *gv_task_id_objection(const char *id, size_t bytes_max)
{
    size_t bytes = 0, dots = strspn(id, ".");
    if (*id == '\0')
        return "No task is named.";
    while (is_id_letter(id[bytes]) && bytes <= bytes_max)
        bytes++;
    if (bytes > bytes_max)
        return "No task has an id so long.";
    return id[bytes] != '\0' || id[dots] == '\0' ? "No task has an id of such characters." : NULL;
}

const char *gv_not_adopted_note(struct gv_arena *arena, const char *task_id, const char *why, const char *parked)
{
    return gv_arena_printf(arena,
                           "Task %s was not adopted (%s): the job is parked as before. Compare the id, and adopt it "
                           "again. %s",
                           task_id, why, parked);
}
