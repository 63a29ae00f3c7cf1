/* Stability's emulator: films from pictures. Fact sheet 2, 3. */
#include "provider/stability/stability_sandbox.h"

#define FILM_CREDITS 20
#define RENDER_MS 40000
#define KEPT_MS (24 * 3600 * 1000ll)
#define ID_DIGITS 64

static const struct {
    uint32_t width, height;
} sizes[] = {{1024, 576}, {576, 1024}, {768, 768}};

static void check_picture(struct stability_emu *e, const struct gv_emu_media *picture)
{
    if (!is(picture->mime_type, "image/png") && !is(picture->mime_type, "image/jpeg")) {
        gv_stability_emu_fault(e, "image", "must be a JPEG or PNG");
        return;
    }
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        if (picture->width == sizes[i].width && picture->height == sizes[i].height)
            return;
    }
    gv_stability_emu_fault(e, "image", "must be 1024x576, 576x1024 or 768x768 pixels; this is %ux%u",
                           (unsigned)picture->width, (unsigned)picture->height);
}

static bool may_begin(struct stability_emu *e)
{
    if (is(e->script, "moderated"))
        return gv_stability_emu_refuse(e, "content_moderation", NULL);
    return gv_stability_emu_can_pay(e, FILM_CREDITS);
}

void gv_stability_emu_start(struct stability_emu *e)
{
    if (e->world->bend.retired) {
        gv_stability_emu_refuse(e, "not_found", NULL);
        return;
    }
    if (!gv_stability_emu_is_form(e) || !gv_stability_emu_small(e))
        return;
    const struct gv_emu_media *picture = gv_stability_emu_picture(e, "image", true);
    if (picture)
        check_picture(e, picture);
    int64_t seed = gv_stability_emu_integer(e, "seed", 0, STABILITY_EMU_SEED_MAX);
    gv_stability_emu_number(e, "cfg_scale", 0, 10, 1.8);
    gv_stability_emu_integer(e, "motion_bucket_id", 1, 255);
    if (!gv_stability_emu_faultless(e) || !may_begin(e))
        return;
    struct stability_emu_wish wish = {
        .product = "image-to-video",
        .model = "stable-video-diffusion",
        .credits = FILM_CREDITS,
        .render_ms = RENDER_MS,
        .filtered = is(e->script, "filtered"),
        .failure = is(e->script, "failing") ? "An internal error occurred" : NULL,
        .seed = seed ? seed : gv_stability_emu_random(e->world, "film"),
        .width = picture->width,
        .height = picture->height,
        .first = picture->ref,
    };
    const struct gv_emu_task *task = gv_stability_emu_task(e, &wish);
    e->reply = (struct gv_emu_reply){
        .status = 200, .body = gv_arena_printf(e->world->arena, "{\"id\":\"%s\"}", task->id), .accepted = task};
}

/* NULL: there is none, it has expired, or it is another key's. */
static const struct gv_emu_task *find(struct stability_emu *e, const char *id)
{
    struct gv_emu_world *world = e->world;
    bool formed = strspn(id, "0123456789abcdef") == ID_DIGITS && id[ID_DIGITS] == '\0';
    const struct gv_emu_task *task = formed ? world->find(world, STABILITY_EMU_NAME, id) : NULL;
    if (!task || task->note || !is(task->product, "image-to-video") || !is(task->account, e->account))
        return NULL;
    bool hidden = world->now_ms - task->created_ms < world->bend.hidden_ms;
    return hidden || world->now_ms - task->ends_ms > KEPT_MS ? NULL : task;
}

void gv_stability_emu_result(struct stability_emu *e, const char *id)
{
    struct gv_emu_world *world = e->world;
    const struct gv_emu_task *task = find(e, id);
    if (!task) {
        gv_stability_emu_refuse(e, "not_found", NULL);
        return;
    }
    if (!gv_stability_emu_guard(e, id))
        return;
    const struct gv_emu_task *note = e->reply.accepted;
    const char *word = world->bend.status_word;
    enum gv_emu_status status = gv_emu_status(task, world->now_ms);
    if (word || status == GV_EMU_SUBMITTED || status == GV_EMU_PROCESSING)
        e->reply = (struct gv_emu_reply){.status = 202,
                                         .body = gv_arena_printf(world->arena, "{\"id\":\"%s\",\"status\":\"%s\"}",
                                                                 task->id, word ? word : "in-progress"),
                                         .accepted = note};
    else if (status == GV_EMU_SUCCEEDED)
        gv_stability_emu_show(e, task, "video");
    else
        gv_stability_emu_refuse(e, "internal_error", "%s", task->failure);
}
