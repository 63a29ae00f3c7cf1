/* Stability's emulator: pictures from text, made while the caller waits. Fact sheet 4. */
#include "provider/stability/stability_sandbox.h"

#include <math.h>
#include <stdlib.h>

#define RATIOS "21:9 16:9 3:2 5:4 1:1 4:5 2:3 9:16 9:21"
#define STYLES                                                                                                         \
    "enhance anime photographic digital-art comic-book fantasy-art line-art analog-film neon-punk isometric low-poly " \
    "origami modeling-compound cinematic 3d-model pixel-art tile-texture"
#define SD3_MODELS "sd3.5-large sd3.5-large-turbo sd3.5-medium sd3.5-flash sd3-large sd3-large-turbo sd3-medium"
#define SIDE_STEP 64 /* pixels */
#define SIDE_MIN 64

struct endpoint {
    const char *name;
    double credits; /* sd3: by model */
    double pixels;
    bool styles, takes_image, sd3;
};

static const struct endpoint endpoints[] = {
    {"core", 3, 1.5 * 1024 * 1024, true, false, false},
    {"ultra", 8, 1024 * 1024, true, true, false},
    {"sd3", 0, 1024 * 1024, false, true, true},
};

static const struct {
    const char *model;
    double credits;
} sd3_prices[] = {
    {"sd3.5-large", 6.5}, {"sd3.5-large-turbo", 4}, {"sd3.5-medium", 3.5}, {"sd3.5-flash", 2.5},
    {"sd3-large", 6.5},   {"sd3-large-turbo", 4},   {"sd3-medium", 3.5},
};

static double price_of(const struct endpoint *endpoint, const char *model)
{
    for (size_t i = 0; endpoint->sd3 && i < sizeof sd3_prices / sizeof sd3_prices[0]; i++) {
        if (is(sd3_prices[i].model, model))
            return sd3_prices[i].credits;
    }
    return endpoint->credits;
}

/* ---- the size --------------------------------------------------------------------------------------------------- */

static uint32_t side(double pixels)
{
    return (uint32_t)(round(pixels / SIDE_STEP) * SIDE_STEP);
}

static void size_of(struct stability_emu_wish *wish, double pixels, const char *ratio)
{
    char *rest;
    double wide = strtod(ratio, &rest), high = strtod(rest + 1, NULL);
    wish->width = side(sqrt(pixels * wide / high));
    wish->height = side(sqrt(pixels * high / wide));
}

/* ---- checks ----------------------------------------------------------------------------------------------------- */

/* An input picture and its strength, both or neither. */
static const struct gv_emu_media *check_input(struct stability_emu *e, bool needed)
{
    const struct gv_emu_media *image = gv_stability_emu_picture(e, "image", needed);
    bool strength = gv_stability_emu_part(e, "strength") != NULL;
    gv_stability_emu_number(e, "strength", 0, 1, 0);
    if (image && (image->width < SIDE_MIN || image->height < SIDE_MIN))
        gv_stability_emu_fault(e, "image", "every side must have at least %d pixels", SIDE_MIN);
    if (image && !strength)
        gv_stability_emu_fault(e, "strength", "is required with an image");
    if (strength && !gv_stability_emu_part(e, "image"))
        gv_stability_emu_fault(e, "image", "is required with a strength");
    return image;
}

static void check_sd3(struct stability_emu *e, bool *from_image)
{
    const char *mode = gv_stability_emu_choice(e, "mode", "text-to-image image-to-image", "text-to-image");
    *from_image = is(mode, "image-to-image");
    gv_stability_emu_number(e, "cfg_scale", 1, 10, 4);
    if (*from_image && gv_stability_emu_part(e, "aspect_ratio"))
        gv_stability_emu_fault(e, "aspect_ratio", "is not taken with image-to-image");
}

/* The media program writes PNG; the other formats are refused in words that are the sandbox's own. */
static void check_format(struct stability_emu *e, bool sd3)
{
    const char *format = gv_stability_emu_choice(e, "output_format", sd3 ? "png jpeg" : "png jpeg webp", "png");
    if (!is(format, "png"))
        gv_stability_emu_fault(e, "output_format", "the sandbox makes png only");
}

static bool check_fields(struct stability_emu *e, const struct endpoint *endpoint, struct stability_emu_wish *wish)
{
    bool from_image = false;
    wish->text = gv_stability_emu_words(e, "prompt", true);
    gv_stability_emu_words(e, "negative_prompt", false);
    const char *ratio = gv_stability_emu_choice(e, "aspect_ratio", RATIOS, "1:1");
    wish->seed = gv_stability_emu_integer(e, "seed", 0, STABILITY_EMU_SEED_MAX);
    check_format(e, endpoint->sd3);
    if (endpoint->styles)
        gv_stability_emu_choice(e, "style_preset", STYLES, NULL);
    if (endpoint->sd3) {
        wish->model = gv_stability_emu_choice(e, "model", SD3_MODELS, "sd3.5-large");
        check_sd3(e, &from_image);
    }
    size_of(wish, endpoint->pixels, ratio);
    const struct gv_emu_media *image = endpoint->takes_image ? check_input(e, from_image) : NULL;
    if (from_image && image) {
        wish->width = image->width;
        wish->height = image->height;
    }
    return gv_stability_emu_faultless(e);
}

static bool may_begin(struct stability_emu *e, const struct stability_emu_wish *wish)
{
    const char *fails = strstr(wish->text, "[fail:");
    if (strstr(wish->text, "[moderate]"))
        return gv_stability_emu_refuse(e, "content_moderation", NULL);
    if (fails && strchr(fails, ']'))
        return gv_stability_emu_refuse(e, "unprocessable_entity", "prompt: %.*s", (int)strcspn(fails + 6, "]"),
                                       fails + 6);
    return gv_stability_emu_can_pay(e, wish->credits);
}

/* ---- all together ----------------------------------------------------------------------------------------------- */

static const struct endpoint *endpoint_named(const char *name)
{
    for (size_t i = 0; i < sizeof endpoints / sizeof endpoints[0]; i++) {
        if (is(endpoints[i].name, name))
            return &endpoints[i];
    }
    return NULL;
}

void gv_stability_emu_draw(struct stability_emu *e, const char *model)
{
    const struct endpoint *endpoint = endpoint_named(model);
    struct stability_emu_wish wish = {.product = "stable-image", .model = model};
    if (!endpoint) {
        gv_stability_emu_refuse(e, "not_found", NULL);
        return;
    }
    if (!gv_stability_emu_is_form(e) || (endpoint->takes_image && !gv_stability_emu_small(e)) ||
        !check_fields(e, endpoint, &wish))
        return;
    wish.credits = price_of(endpoint, wish.model);
    wish.filtered = strstr(wish.text, "[filtered]") != NULL;
    if (!may_begin(e, &wish))
        return;
    if (wish.seed == 0)
        wish.seed = gv_stability_emu_random(e->world, "picture");
    const struct gv_emu_task *task = gv_stability_emu_task(e, &wish);
    e->reply.accepted = task;
    gv_stability_emu_show(e, task, "image");
}
