/* Models, sizes and media as the OpenAI wire says them. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "core/provider.h"
#include "server/videos/wish.h"

/* ---- models ------------------------------------------------------------------------------------------------- */

static const char *alias_of(const struct gv_kv_list *aliases, const char *text)
{
    for (size_t i = 0; aliases != NULL && i < aliases->count; i++)
        if (strcmp(aliases->items[i].key, text) == 0)
            return aliases->items[i].value;
    return text;
}

static bool somebody_has(const char *model)
{
    for (const struct gv_provider *const *provider = gv_providers; *provider != NULL; provider++)
        if (gv_model_named(*provider, model) != NULL)
            return true;
    return false;
}

static bool find_model(const char **provider, const char **model, const char *target, struct gv_arena *arena)
{
    const char *slash = strchr(target, '/');
    const char *first = slash != NULL ? gv_arena_strndup(arena, target, (size_t)(slash - target)) : target;
    const struct gv_provider *named = gv_provider_named(first);
    *provider = *model = NULL;
    if (slash != NULL) {
        *provider = first;
        *model = slash + 1;
        return named != NULL && gv_model_named(named, slash + 1) != NULL;
    }
    *(named != NULL ? provider : model) = target;
    return named != NULL || somebody_has(target);
}

bool gv_wish_model(const char **provider, const char **model, const char *text, const struct gv_kv_list *aliases,
                   struct gv_arena *arena, struct gv_error *err)
{
    const char *target = alias_of(aliases, text);
    if (find_model(provider, model, target, arena))
        return true;
    if (target == text && strchr(text, '/') != NULL)
        gv_fail_field(err, GV_INVALID_INPUT, "model", "There is no model \"%.96s\": GET /v1/videos/models lists them",
                      text);
    else if (target == text)
        gv_fail_field(err, GV_INVALID_INPUT, "model",
                      "There is no model \"%.96s\" here: GET /v1/videos/models lists them. For callers that can't "
                      "change the name, start the server with --alias %.96s=PROVIDER/MODEL",
                      text, text);
    else
        gv_fail_field(err, GV_INVALID_INPUT, "model",
                      "The server's alias \"%.96s\" stands for \"%.96s\", and there is no such model", text, target);
    return false;
}

/* ---- sizes -------------------------------------------------------------------------------------------------- */

#define RATIO_SLACK 0.02 /* 854x480 is 16:9 */
#define SIDE_MAX 9999u

static const struct {
    enum gv_aspect_ratio ratio;
    unsigned width, height;
} ratios[] = {
    {GV_RATIO_SQUARE, 1, 1}, {GV_RATIO_PORTRAIT, 9, 16}, {GV_RATIO_LANDSCAPE, 16, 9}, {GV_RATIO_CINEMA, 21, 9}};

static const struct {
    enum gv_resolution resolution;
    unsigned side; /* the short one */
} sides[] = {{GV_RESOLUTION_SD, 480}, {GV_RESOLUTION_HD, 720}, {GV_RESOLUTION_FHD, 1080}, {GV_RESOLUTION_UHD, 2160}};

/* Behind the number, or NULL. */
static const char *read_side(unsigned *out, const char *at)
{
    const char *begin = at;
    for (*out = 0; *at >= '0' && *at <= '9' && *out <= SIDE_MAX; at++)
        *out = *out * 10 + (unsigned)(*at - '0');
    return at > begin && *out >= 1 && *out <= SIDE_MAX ? at : NULL;
}

bool gv_wish_size(enum gv_aspect_ratio *ratio, enum gv_resolution *resolution, bool *exact, const char *text)
{
    unsigned width, height;
    const char *at = read_side(&width, text);
    at = at != NULL && *at == 'x' ? read_side(&height, at + 1) : NULL;
    if (at == NULL || *at != '\0')
        return false;
    *ratio = GV_RATIO_UNSET;
    *resolution = GV_RESOLUTION_UNSET;
    for (size_t i = 0; i < GV_COUNT(ratios); i++)
        if (fabs((double)width * ratios[i].height / ((double)height * ratios[i].width) - 1) <= RATIO_SLACK)
            *ratio = ratios[i].ratio;
    for (size_t i = 0; i < GV_COUNT(sides); i++)
        if (sides[i].side == (width < height ? width : height))
            *resolution = sides[i].resolution;
    /* Sizes of the retired models, which none that can be had makes: 720p has their ratio. */
    *exact = strcmp(text, "1024x1792") != 0 && strcmp(text, "1792x1024") != 0;
    if (!*exact)
        *resolution = GV_RESOLUTION_HD;
    return *ratio != GV_RATIO_UNSET && *resolution != GV_RESOLUTION_UNSET;
}

const char *gv_wish_size_text(struct gv_arena *arena, enum gv_aspect_ratio ratio, enum gv_resolution resolution)
{
    for (size_t i = 0; i < GV_COUNT(ratios); i++)
        for (size_t k = 0; k < GV_COUNT(sides); k++) {
            unsigned width = ratios[i].width, height = ratios[i].height, side = sides[k].side;
            unsigned shorter = width < height ? width : height;
            /* Whole and even, as films are. */
            unsigned w = (side * width / shorter + 1) & ~1u, h = (side * height / shorter + 1) & ~1u;
            if (ratios[i].ratio == ratio && sides[k].resolution == resolution)
                return gv_arena_printf(arena, "%ux%u", w, h);
        }
    return NULL;
}

/* ---- media -------------------------------------------------------------------------------------------------- */

static const char data_scheme[] = "data:", base64_mark[] = ";base64,";

static int read_data_url(struct gv_media *out, const char *text, struct gv_arena *arena, struct gv_error *err)
{
    const char *type = text + sizeof(data_scheme) - 1, *mark = strstr(type, base64_mark);
    if (mark == NULL || memchr(type, ',', (size_t)(mark - type)) != NULL)
        return gv_fail(err, GV_INVALID_INPUT, "it is a data: URL without base64");
    const char *content = mark + sizeof(base64_mark) - 1;
    size_t n = strlen(content), bytes;
    struct gv_base64_decoder decoder = {0};
    char *data = gv_arena_alloc(arena, n / 4 * 3 + 3);
    if (!gv_base64_decode(&decoder, data, &bytes, content, n) || !gv_base64_decode_end(&decoder) || bytes == 0)
        return gv_fail(err, GV_INVALID_INPUT, "the base64 of its data: URL can't be read");
    *out = (struct gv_media){
        .kind = GV_MEDIA_BYTES,
        .bytes = data,
        .byte_count = bytes,
        .mime_type = gv_arena_strndup(arena, type, strcspn(type, ";")),
    };
    return GV_OK;
}

/* The text of a media value that may stand for a file: itself, or that of {"url"}, or the base64 of {"bytes"}. */
static const struct gv_json *text_of(const struct gv_json *json)
{
    if (json->kind == GV_JSON_OBJECT && json->count == 1)
        json = strcmp(json->child->key, "bytes") == 0 ? gv_json_member(json->child, "base64")
                                                      : gv_json_member(json, "url");
    return json != NULL && json->kind == GV_JSON_STRING ? json : NULL;
}

int gv_wish_media(void *wish, struct gv_media *out, const struct gv_json *json, struct gv_error *err)
{
    const struct gv_asked_wish *w = wish;
    const struct gv_json *text = text_of(json);
    if (text == NULL)
        return GV_OK;
    const struct gv_media *file = w->asked->file != NULL ? w->asked->file(w->asked->ctx, text) : NULL;
    if (file != NULL) {
        *out = *file;
        return GV_OK;
    }
    if (strncmp(text->text, data_scheme, sizeof(data_scheme) - 1) == 0)
        return read_data_url(out, text->text, w->arena, err);
    return GV_OK;
}
