/* What Runway's emulator charges, in credits of a cent. Fact sheet 8. */
#include "provider/runway/runway_sandbox.h"

#include <math.h>

/* Classes of size, by the pixels of a frame. */
enum { SIZE_480, SIZE_720, SIZE_1080, SIZE_4K, SIZES };

static int size_of(const struct runway_wish *wish)
{
    double pixels = (double)wish->width * wish->height;
    return pixels < 0.7e6 ? SIZE_480 : pixels < 1.5e6 ? SIZE_720 : pixels < 4e6 ? SIZE_1080 : SIZE_4K;
}

/* Credits per second. */
static const struct {
    const char *model;
    double sized[SIZES];
    double silent; /* where sound costs extra */
} by_second[] = {
    {"gen4_turbo", {5, 5, 5, 5}, 0},
    {"gen4.5", {12, 12, 12, 12}, 0},
    {"aleph2", {28, 28, 28, 28}, 0},
    {"veo3.1", {40, 40, 40, 40}, 20},
    {"veo3.1_fast", {15, 15, 15, 15}, 10},
    {"seedance2", {36, 36, 40, 150}, 0},
    {"seedance2_fast", {29, 29, 29, 29}, 0},
    {"seedance2_5", {20, 30, 68, 68}, 0},
    {"happyhorse_1_0", {15, 15, 30, 30}, 0},
    {"gemini_omni_flash", {10, 10, 10, 10}, 0},
    {"grok_imagine_1_5", {10, 10, 10, 10}, 0},
    /* The fact sheet has no price for these: made up. */
    {"seedance2_mini", {29, 29, 29, 29}, 0},
    {"gemini_omni_flash_1.1", {10, 10, 10, 10}, 0},
    {"hailuo3", {20, 20, 20, 20}, 0},
    {"wan3", {10, 10, 10, 10}, 0},
    {"wan3_prime", {10, 10, 10, 10}, 0},
    {"h3_max", {10, 10, 10, 10}, 0},
    {"enhance_frame_rate", {5, 5, 5, 5}, 0},
};

static double rate(const struct runway_wish *wish)
{
    for (size_t i = 0; i < sizeof by_second / sizeof by_second[0]; i++) {
        if (is(by_second[i].model, wish->product->model))
            return by_second[i].silent > 0 && !wish->audio ? by_second[i].silent : by_second[i].sized[size_of(wish)];
    }
    return 0;
}

/* gen4.5 and aleph2 in other formats than MP4. */
static double format_rate(const struct runway_emu *e, const struct runway_wish *wish)
{
    const char *format = gv_json_text(e->request->body, "outputFormat");
    if (!format || is(format, "mp4"))
        return 0;
    if (gv_runway_emu_among("prores|png_sequence", format))
        return 5;
    return (double)wish->width * wish->height > 4e6 ? 40 : 20;
}

/* Of each frame that is put out. */
static double upscaled(const struct runway_emu *e, const struct runway_wish *wish, double seconds)
{
    const char *resolution = gv_json_text(e->request->body, "resolution");
    const struct gv_emu_media *source = gv_runway_emu_input(e, wish->product->source);
    double fps = source && source->fps > 0 ? source->fps : 24;
    double frame = !resolution || is(resolution, "2k") ? 0.9 : is(resolution, "4k") ? 1.2 : 0.7;
    return frame * round(seconds * fps);
}

double gv_runway_emu_credits(const struct runway_emu *e, const struct runway_wish *wish, double seconds)
{
    const char *model = wish->product->model;
    double credits = 0, least = 0;
    if (is(model, "gen4_image_turbo"))
        credits = 2;
    else if (wish->still)
        credits = wish->width <= 720 || wish->height <= 720 ? 5 : 8;
    else if (begins(model, "magnific"))
        credits = upscaled(e, wish, seconds);
    else
        credits = seconds * (rate(wish) + format_rate(e, wish));
    if (is(model, "aleph2"))
        least = 56;
    if (is(model, "seedance2_5")) {
        credits += wish->source_seconds * (size_of(wish) == SIZE_480 ? 10 : 15);
        least = 80;
    }
    return ceil(fmax(credits, least) - 1e-6);
}
