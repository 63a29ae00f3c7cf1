/* Runway's emulator: from a create that passed its checks to a task. Fact sheet 2, 5.4, 8.
 *
 * Prompts may ask for an end: "[fail: SAFETY.INPUT.TEXT why]", "[moderate]", "[outputs: 2]", "[no cost]". */
#include "provider/runway/runway_sandbox.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define PENDING_MS 2000 /* at speed 1 */
#define RENDER_MS_PER_SECOND 4000
#define RENDER_MS_STILL 8000
#define FPS 24
#define OUTPUTS_MAX 4

/* ---- size and length --------------------------------------------------------------------------------------------- */

static unsigned even(double pixels)
{
    unsigned half = (unsigned)(pixels / 2 + 0.5);
    return half < 1 ? 2 : half * 2;
}

static const char *text_of(const struct runway_emu *e, const char *name)
{
    return gv_json_text(e->request->body, name);
}

/* "768p", "2K", "auto_480p": pixels of the short side. */
static unsigned side_of(const char *resolution, unsigned preset)
{
    static const struct {
        const char *word;
        unsigned pixels;
    } rows[] = {{"1k", 1080}, {"2k", 1440}, {"2K", 1440}, {"4k", 2160}};
    if (!resolution)
        return preset;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (is(rows[i].word, resolution))
            return rows[i].pixels;
    }
    unsigned pixels = (unsigned)strtoul(resolution, NULL, 10);
    return pixels ? pixels : preset;
}

/* The picture or film that decides the shape where no ratio does. */
static const struct gv_emu_media *model_of_shape(const struct runway_emu *e, const struct runway_product *product)
{
    const char *const roles[] = {product->source ? product->source : "first", "first", "reference"};
    const struct gv_emu_media *found = NULL;
    for (size_t i = 0; i < sizeof roles / sizeof roles[0] && !found; i++)
        found = gv_runway_emu_input(e, roles[i]);
    return found && found->height > 0 ? found : NULL;
}

static void take_shape(struct runway_wish *wish, double ratio, unsigned side)
{
    wish->width = even(ratio >= 1 ? side * ratio : side);
    wish->height = even(ratio >= 1 ? side : side / ratio);
}

/* A ratio is a size in pixels, or a shape, or says that the picture decides. */
static void take_size(const struct runway_emu *e, struct runway_wish *wish)
{
    const struct runway_product *product = wish->product;
    const struct gv_emu_media *shape = model_of_shape(e, product);
    const char *ratio = text_of(e, is(product->model, "aleph2") ? "targetAspectRatio" : "ratio");
    const char *resolution = text_of(e, "resolution");
    unsigned width = 0, height = 0, side = side_of(resolution, product->short_side);
    bool pair = ratio && sscanf(ratio, "%u:%u", &width, &height) == 2 && height > 0;
    if (ratio && begins(ratio, "auto_"))
        side = side_of(ratio + strlen("auto_"), side);
    if (pair && width >= 100) {
        wish->width = width;
        wish->height = height;
    } else if (!pair && shape && product->source && !resolution) {
        wish->width = even(shape->width);
        wish->height = even(shape->height);
    } else {
        double followed = shape ? (double)shape->width / shape->height : 16.0 / 9;
        take_shape(wish, pair ? (double)width / height : followed, side);
    }
}

/* The smaller side grows to the resolution, and never shrinks. */
static void take_upscaled_size(const struct runway_emu *e, struct runway_wish *wish)
{
    const struct gv_emu_media *source = gv_runway_emu_input(e, wish->product->source);
    unsigned side = side_of(text_of(e, "resolution"), wish->product->short_side);
    unsigned own = source->width < source->height ? source->width : source->height;
    double ratio = source->height ? (double)source->width / source->height : 16.0 / 9;
    take_shape(wish, ratio, side > own ? side : own);
}

static double rate_of(const char *word)
{
    char text[8];
    snprintf(text, sizeof text, "%s", word);
    text[strcspn(text, "_")] = '.';
    return strtod(text, NULL);
}

static double longest(const struct runway_product *product)
{
    for (const struct runway_field *f = product->fields; f->name; f++) {
        if (f->kind == RUNWAY_SECONDS)
            return f->most;
    }
    return 0;
}

/* "auto" is charged as the longest at first. Work on a film is as long as the film, unless a length is asked for. */
static void take_seconds(const struct runway_emu *e, struct runway_wish *wish)
{
    const struct runway_product *product = wish->product;
    const char *word = text_of(e, "duration");
    double asked = gv_json_real(e->request->body, "duration", 0);
    if (product->source) {
        const struct gv_emu_media *source = gv_runway_emu_input(e, product->source);
        wish->source_seconds = source ? source->duration_seconds : 0;
    }
    double preset = wish->source_seconds > 0 ? wish->source_seconds : product->seconds;
    wish->seconds = wish->still ? 0 : asked > 0 ? asked : preset;
    wish->seconds_estimate = word && is(word, "auto") ? fmax(longest(product), wish->seconds) : wish->seconds;
}

static struct runway_wish wish_of(const struct runway_emu *e, const struct runway_product *product)
{
    struct runway_wish wish = {.product = product, .prompt = text_of(e, "promptText")};
    const char *rate = text_of(e, "targetFramerate"), *mode = text_of(e, "mode");
    bool upscales = is(product->endpoint, "video_upscale");
    wish.still = is(product->endpoint, "text_to_image");
    for (const struct runway_field *f = product->fields; f->name; f++)
        wish.audio = wish.audio || (is(f->name, "audio") && gv_json_bool(e->request->body, "audio", true));
    if (rate)
        wish.fps = rate_of(rate);
    if (upscales)
        take_upscaled_size(e, &wish);
    else
        take_size(e, &wish);
    take_seconds(e, &wish);
    wish.extends = mode && is(mode, "extend");
    return wish;
}

/* ---- what the film maker is told --------------------------------------------------------------------------------- */

static const char *ref_of(const struct runway_emu *e, const char *role)
{
    const struct gv_emu_media *media = gv_runway_emu_input(e, role);
    return media ? media->ref : NULL;
}

static const char *motion_of(const struct runway_wish *wish)
{
    static const char *const motions[] = {"zoom_in", "pan_right", "zoom_out", "pan_left"};
    uint64_t sum = 0;
    for (const char *p = wish->prompt; p && *p; p++)
        sum = gv_runway_emu_mix(sum + (unsigned char)*p);
    return motions[sum % 4];
}

static void put_images(struct gv_json_out *out, const struct runway_emu *e)
{
    gv_json_open(out, "images", '[');
    for (size_t i = 0; i < e->input_count; i++) {
        if (gv_runway_emu_among("reference|references|keyframe", e->inputs[i].role))
            gv_json_put_text(out, NULL, e->inputs[i].media->ref);
    }
    gv_json_close(out, ']');
}

/* Frames from pictures; work on a film begins with the film's first picture, and an extension with the film. */
static void put_scene(struct gv_json_out *out, const struct runway_emu *e, const struct runway_wish *wish)
{
    const char *source = wish->product->source ? ref_of(e, wish->product->source) : NULL;
    double seconds = wish->seconds + (wish->extends ? wish->source_seconds : 0);
    gv_json_put_real(out, "duration_seconds", seconds);
    gv_json_put_int(out, "fps", FPS);
    gv_json_put_text(out, wish->extends ? "source" : "first", source ? source : ref_of(e, "first"));
    gv_json_put_text(out, "last", ref_of(e, "last"));
    put_images(out, e);
    gv_json_put_bool(out, "resize_source", true);
    gv_json_put_bool(out, "audio", wish->audio);
    gv_json_put_text(out, "motion", motion_of(wish));
}

static void put_reworked(struct gv_json_out *out, const struct runway_emu *e, const struct runway_wish *wish)
{
    gv_json_put_text(out, "source", ref_of(e, wish->product->source));
    gv_json_put_bool(out, "resize_source", true);
    if (wish->fps > 0)
        gv_json_put_real(out, "fps", wish->fps);
}

/* Equal wishes have equal text here, and so share one film. */
static const char *film_json(const struct runway_emu *e, const struct runway_wish *wish)
{
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "seed", (int64_t)(e->world->seed & INT64_MAX));
    gv_json_put_int(&out, "width", wish->width);
    gv_json_put_int(&out, "height", wish->height);
    gv_json_put_text(&out, "text", wish->prompt ? wish->prompt : "");
    if (wish->still)
        gv_json_put_bool(&out, "still", true);
    else if (is(wish->product->endpoint, "video_upscale"))
        put_reworked(&out, e, wish);
    else
        put_scene(&out, e, wish);
    gv_json_close(&out, '}');
    return gv_runway_emu_finish(e->world, &buf);
}

/* ---- how it ends ------------------------------------------------------------------------------------------------- */

struct ending {
    const char *failure, *code; /* both NULL: well */
    unsigned outputs;
    bool no_cost;
};

/* The words behind "[name:" up to the bracket, or NULL. */
static const char *asked_for(struct gv_emu_world *world, const char *prompt, const char *name)
{
    const char *begin = prompt ? strstr(prompt, name) : NULL;
    const char *end = begin ? strchr(begin, ']') : NULL;
    if (!end)
        return NULL;
    begin += strlen(name);
    begin += strspn(begin, " ");
    return gv_arena_strndup(world->arena, begin, (size_t)(end - begin));
}

/* "SAFETY.INPUT.TEXT": capitals, digits, points and strokes. */
static size_t code_length(const char *words)
{
    size_t n = 0;
    while (isupper((unsigned char)words[n]) || isdigit((unsigned char)words[n]) || words[n] == '.' || words[n] == '_')
        n++;
    return words[n] == ' ' || words[n] == '\0' ? n : 0;
}

static struct ending ending_of(struct gv_emu_world *world, const struct runway_wish *wish)
{
    const char *words = asked_for(world, wish->prompt, "[fail:"),
               *outputs = asked_for(world, wish->prompt, "[outputs:");
    long count = outputs ? strtol(outputs, NULL, 10) : 1;
    struct ending ending = {.outputs = count < 1 ? 1 : count > OUTPUTS_MAX ? OUTPUTS_MAX : (unsigned)count};
    ending.no_cost = wish->prompt && strstr(wish->prompt, "[no cost]");
    if (wish->prompt && strstr(wish->prompt, "[moderate]"))
        words = "SAFETY.INPUT.TEXT The input was flagged by content moderation.";
    if (!words)
        return ending;
    size_t n = code_length(words);
    ending.code = n > 0 ? gv_arena_strndup(world->arena, words, n) : NULL;
    ending.failure = words + n + strspn(words + n, " ");
    if (!*ending.failure)
        ending.failure = "An unexpected error occurred.";
    return ending;
}

/* Moderated tasks are not refunded, all others that fail are (5.4). */
static double charge(const struct ending *ending, double credits)
{
    bool moderated = ending->code && begins(ending->code, "SAFETY");
    return ending->failure && !moderated ? 0 : credits;
}

/* ---- the task ---------------------------------------------------------------------------------------------------- */

static const char *memo_json(struct gv_emu_world *world, const struct ending *ending, int64_t throttled_until_ms,
                             double estimate, double credits, bool still)
{
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_int(&out, "throttled_until_ms", throttled_until_ms);
    gv_json_put_real(&out, "estimate", estimate);
    gv_json_put_real(&out, "credits", credits);
    gv_json_put_text(&out, "code", ending->code);
    gv_json_put_int(&out, "outputs", ending->outputs);
    gv_json_put_bool(&out, "no_cost", ending->no_cost);
    gv_json_put_bool(&out, "still", still);
    gv_json_close(&out, '}');
    return gv_runway_emu_finish(world, &buf);
}

static const struct gv_emu_task *new_task(struct runway_emu *e, const struct runway_wish *wish,
                                          const struct runway_account *account, double estimate)
{
    struct gv_emu_world *world = e->world;
    struct gv_emu_task *task = GV_NEW(world->arena, struct gv_emu_task);
    struct ending ending = ending_of(world, wish);
    double render_ms = wish->still ? RENDER_MS_STILL : RENDER_MS_PER_SECOND * wish->seconds;
    double credits = charge(&ending, gv_runway_emu_credits(e, wish, wish->seconds));
    int64_t start = account->free_ms, begin = start + (int64_t)(PENDING_MS / world->speed);
    *task = (struct gv_emu_task){
        .id = gv_runway_emu_uuid(world, 0),
        .provider = RUNWAY_EMU_NAME,
        .product = wish->product->endpoint,
        .model = wish->product->model,
        .account = e->account,
        .created_ms = world->now_ms,
        .begins_ms = begin,
        .ends_ms = begin + (int64_t)(render_ms / world->speed),
        .failure = ending.failure,
        .usd = credits * RUNWAY_EMU_USD_PER_CREDIT,
        .units = gv_arena_printf(world->arena, "%g credits", credits),
        .film = film_json(e, wish),
        .memo = memo_json(world, &ending, start, estimate, credits, wish->still),
    };
    return task;
}

static void answer_created(struct runway_emu *e, const struct gv_emu_task *task, double estimate)
{
    e->reply = (struct gv_emu_reply){
        .status = 200,
        .body = gv_arena_printf(e->world->arena, "{\"id\":\"%s\",\"estimatedCost\":{\"credits\":%.15g}}", task->id,
                                estimate),
        .accepted = task,
    };
}

void gv_runway_emu_create(struct runway_emu *e)
{
    const struct runway_product *product = gv_runway_emu_product(e);
    if (product)
        gv_runway_emu_check(e, product);
    if (e->issue_count > 0) {
        gv_runway_emu_refuse_issues(e);
        return;
    }
    struct runway_wish wish = wish_of(e, product);
    struct runway_account account = gv_runway_emu_account(e, product->model, wish.still);
    double estimate = gv_runway_emu_credits(e, &wish, wish.seconds_estimate);
    if (account.credits < estimate)
        e->reply = gv_runway_emu_error(e->world, 400, RUNWAY_EMU_NO_CREDITS, RUNWAY_EMU_DOC_URL);
    else if (account.daily >= account.daily_max)
        e->reply = gv_runway_emu_error(e->world, 429, RUNWAY_EMU_DAY_IS_OVER, RUNWAY_EMU_DOC_URL);
    else
        answer_created(e, new_task(e, &wish, &account, estimate), estimate);
}
