#include "server/videos/wish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "core/provider.h"
#include "server/parts/meta.h"

/* ---- what may be there -------------------------------------------------------------------------------------- */

static const char own_object[] = "golem_video";

static const char *const known_fields[][10] = {
    [GV_ASKED_CREATE] = {"prompt", "model", "seconds", "size", "input_reference", "characters", own_object, NULL},
    [GV_ASKED_REMIX] = {"prompt", "model", "seconds", "size", own_object, NULL},
    [GV_ASKED_EDIT] = {"prompt", "video", "model", "seconds", "size", own_object, NULL},
    [GV_ASKED_EXTENSION] = {"prompt", "video", "model", "seconds", own_object, NULL},
};

static int check_known(struct gv_asked_wish *w)
{
    const char *const *known = known_fields[w->asked->kind], *list = "";
    for (const char *const *name = known; *name != NULL; name++)
        list = gv_arena_printf(w->arena, "%s%s%s", list, *list != '\0' ? ", " : "", *name);
    for (const struct gv_json *field = w->asked->tree->child; field != NULL; field = field->next) {
        const char *const *name = known;
        while (*name != NULL && strcmp(*name, field->key) != 0)
            name++;
        if (*name == NULL)
            return gv_fail_field(w->err, GV_INVALID_INPUT, field->key,
                                 "%.64s is not known here; these are: %s. What else an operation takes goes into %s",
                                 field->key, list, own_object);
    }
    return GV_OK;
}

/* A field's text; numbers are taken as they are written. NULL: it isn't there. */
static int read_text(const char **out, struct gv_asked_wish *w, const char *name)
{
    const struct gv_json *field = gv_json_member(w->asked->tree, name);
    if (field == NULL || field->kind == GV_JSON_NULL || (field->kind == GV_JSON_STRING && field->text_bytes == 0))
        return GV_OK;
    if (field->kind == GV_JSON_STRING) {
        *out = field->text;
        return GV_OK;
    }
    return gv_fail_field(w->err, GV_INVALID_INPUT, name, "%s must be a string; %s came", name,
                         gv_json_kind_name(field->kind));
}

/* ---- golem_video -------------------------------------------------------------------------------------------- */

/* The object, which a form may also send as one text. */
static int find_own(const struct gv_json **out, struct gv_asked_wish *w)
{
    const struct gv_json *own = gv_json_member(w->asked->tree, own_object);
    const char *why = NULL;
    if (own != NULL && own->kind == GV_JSON_STRING && w->asked->texts) {
        own = gv_json_parse(w->arena, own->text, own->text_bytes, &why);
        if (own == NULL)
            return gv_fail_field(w->err, GV_INVALID_INPUT, own_object, "%s is no JSON: %s", own_object, why);
    }
    static const struct gv_json nothing = {.kind = GV_JSON_OBJECT};
    *out = own != NULL && own->kind != GV_JSON_NULL ? own : &nothing;
    if ((*out)->kind == GV_JSON_OBJECT)
        return GV_OK;
    return gv_fail_field(w->err, GV_INVALID_INPUT, own_object, "%s must be an object; %s came", own_object,
                         gv_json_kind_name((*out)->kind));
}

static int read_kind(struct gv_asked_wish *w, const struct gv_json *own)
{
    enum gv_asked_kind asked = w->asked->kind;
    enum gv_operation_kind wanted = asked == GV_ASKED_EXTENSION ? GV_OP_EXTEND_VIDEO : GV_OP_GENERATE;
    const struct gv_json *name = gv_json_member(own, "operation");
    w->op.operation = wanted;
    if (name == NULL || name->kind == GV_JSON_NULL)
        return GV_OK;
    const char *text = gv_json_text(name, NULL);
    w->op.operation = (enum gv_operation_kind)gv_schema_enum_value(&gv_schema_operation_kind, text);
    if (w->op.operation == wanted || (asked == GV_ASKED_CREATE && w->op.operation != GV_OP_UNSET))
        return GV_OK;
    return gv_fail_field(w->err, GV_INVALID_INPUT, "golem_video.operation", "golem_video.operation must be %s%s here",
                         asked == GV_ASKED_CREATE ? "one of " : "",
                         asked == GV_ASKED_CREATE ? gv_schema_names(&gv_schema_operation_kind, w->arena)
                                                  : gv_operation_name(wanted));
}

/* The operation's members alone: what is the front's own is taken out. */
static const struct gv_json *without(struct gv_arena *arena, const struct gv_json *object, const char *name)
{
    struct gv_json *copy = gv_arena_memdup(arena, object, sizeof(*object));
    const struct gv_json **tail = &copy->child;
    for (const struct gv_json *child = object->child; child != NULL; child = child->next) {
        if (strcmp(child->key, name) == 0)
            continue;
        struct gv_json *kept = gv_arena_memdup(arena, child, sizeof(*child));
        *tail = kept;
        tail = &kept->next;
    }
    *tail = NULL;
    return copy;
}

static int name_own_field(struct gv_asked_wish *w, int code)
{
    if (code != GV_OK && w->err != NULL) {
        char place[GV_PLACE_TEXT_BYTES];
        memcpy(place, w->err->field, sizeof(place));
        snprintf(w->err->field, sizeof(w->err->field), "%s%s%.80s", own_object, place[0] != '\0' ? "." : "", place);
    }
    return code;
}

static int read_own(struct gv_asked_wish *w)
{
    const struct gv_json *own = NULL;
    int code = find_own(&own, w);
    if (code == GV_OK)
        code = read_kind(w, own);
    if (code != GV_OK)
        return code;
    const struct gv_json *callback = gv_json_member(own, "callback_url");
    w->callback_url = gv_json_text(callback, NULL);
    if (callback != NULL && callback->kind != GV_JSON_NULL && w->callback_url == NULL)
        return gv_fail_field(w->err, GV_INVALID_INPUT, "golem_video.callback_url",
                             "golem_video.callback_url must be a string");
    struct gv_reading how = {
        .mode = GV_JSON_CALLER, .texts = w->asked->texts, .partial = true, .media = gv_wish_media, .ctx = w};
    const struct gv_schema *schema = gv_operation_schema(w->op.operation);
    code = gv_schema_read_as(&w->op, schema, without(w->arena, own, "callback_url"), &how, w->arena, w->err);
    if (code == GV_OK)
        code = gv_operation_check_pairs(&w->op, w->err);
    return name_own_field(w, code);
}

/* ---- putting together --------------------------------------------------------------------------------------- */

static int twice(const struct gv_asked_wish *w, const char *field, const char *place)
{
    return gv_fail_field(w->err, GV_INVALID_INPUT, field, "%s and golem_video.%s say different things: leave one out",
                         field, place);
}

static int no_place(const struct gv_asked_wish *w, const char *field)
{
    return gv_fail_field(w->err, GV_INVALID_INPUT, field, "operation %s takes no %s",
                         gv_operation_name(w->op.operation), field);
}

static int put_text(struct gv_asked_wish *w, const char **slot, const char *text, const char *field, const char *place)
{
    if (*slot != NULL && strcmp(*slot, text) != 0)
        return twice(w, field, place);
    *slot = text;
    return GV_OK;
}

static struct gv_generation_config *config_of(struct gv_asked_wish *w)
{
    return (struct gv_generation_config *)(uintptr_t)gv_operation_config(&w->op);
}

static void add_pair(struct gv_kv_list *list, struct gv_arena *arena, const char *key, const char *value)
{
    struct gv_kv *items = GV_NEW_ARRAY(arena, struct gv_kv, list->count + 1);
    for (size_t i = 0; i < list->count; i++)
        items[i] = list->items[i];
    items[list->count] = (struct gv_kv){key, value};
    *list = (struct gv_kv_list){items, list->count + 1};
}

/* An input video has no prompt beside it: the providers take it as an option. */
static int put_option(struct gv_asked_wish *w, const char *key, const char *value)
{
    const char *given = gv_operation_option(&w->op, key);
    if (given == NULL)
        add_pair(&config_of(w)->provider_options, w->arena, key, value);
    return given == NULL || strcmp(given, value) == 0 ? GV_OK : twice(w, "prompt", "config.provider_options.prompt");
}

static int put_generate_prompt(struct gv_asked_wish *w)
{
    struct gv_media_input *input = &w->op.u.generate.input;
    switch (input->kind) {
    case GV_INPUT_IMAGE: return put_text(w, &input->image.prompt, w->prompt, "prompt", "input.image.prompt");
    case GV_INPUT_VIDEO: return put_option(w, "prompt", w->prompt);
    case GV_INPUT_UNSET: input->kind = GV_INPUT_TEXT; break;
    case GV_INPUT_TEXT: break;
    }
    return put_text(w, &input->text, w->prompt, "prompt", "input.text");
}

static int put_spoken(struct gv_asked_wish *w)
{
    struct gv_audio_source *audio = &w->op.u.lip_sync.audio;
    if (audio->kind == GV_AUDIO_FROM_AUDIO)
        return no_place(w, "prompt");
    audio->kind = GV_AUDIO_FROM_TEXT;
    return put_text(w, &audio->from_text.text, w->prompt, "prompt", "audio.from_text.text");
}

static int put_prompt(struct gv_asked_wish *w)
{
    if (w->prompt == NULL)
        return GV_OK;
    switch (w->op.operation) {
    case GV_OP_GENERATE: return put_generate_prompt(w);
    case GV_OP_GENERATE_LIP_SYNC: return put_spoken(w);
    case GV_OP_EXTEND_VIDEO: return put_text(w, &w->op.u.extend.prompt, w->prompt, "prompt", "prompt");
    case GV_OP_MULTI_IMAGE_GENERATION: return put_text(w, &w->op.u.multi_image.prompt, w->prompt, "prompt", "prompt");
    case GV_OP_UPSCALE_VIDEO:
    case GV_OP_GENERATE_VIDEO_EFFECTS:
    case GV_OP_UNSET: break;
    }
    return no_place(w, "prompt");
}

static int put_model(struct gv_asked_wish *w)
{
    const char *provider, *model;
    if (w->model == NULL)
        return GV_OK;
    if (!gv_wish_model(&provider, &model, w->model, w->asked->aliases, w->arena, w->err)) {
        w->code = "model_not_found";
        return GV_INVALID_INPUT;
    }
    int code = provider != NULL ? put_text(w, &w->op.provider, provider, "model", "provider") : GV_OK;
    if (code != GV_OK || model == NULL)
        return code;
    if (config_of(w) != NULL)
        return put_text(w, &config_of(w)->model, model, "model", "config.model");
    if (w->op.operation == GV_OP_GENERATE_VIDEO_EFFECTS)
        return put_text(w, &w->op.u.effects.model, model, "model", "model");
    return gv_fail_field(w->err, GV_INVALID_INPUT, "model", "operation %s takes a provider's name as its model",
                         gv_operation_name(w->op.operation));
}

/* ---- seconds and size --------------------------------------------------------------------------------------- */

/* JSON may carry a number, a form never does. */
static int read_seconds(double *out, struct gv_asked_wish *w)
{
    const struct gv_json *field = gv_json_member(w->asked->tree, "seconds");
    const struct gv_json *number = field;
    if (field != NULL && field->kind == GV_JSON_STRING)
        number = gv_json_parse(w->arena, field->text, field->text_bytes, NULL);
    bool good = number != NULL && (number->kind == GV_JSON_INT || number->kind == GV_JSON_REAL) && number->real > 0 &&
                number->real < 1e6;
    if (!good)
        return gv_fail_field(w->err, GV_INVALID_INPUT, "seconds", "seconds must be a number of seconds, such as 8");
    struct gv_buf text;
    gv_buf_init(&text, 64);
    gv_json_put_real(&(struct gv_json_out){.buf = &text}, NULL, number->real);
    w->seconds = gv_arena_strdup(w->arena, text.data);
    gv_buf_free(&text);
    *out = number->real;
    return GV_OK;
}

static int put_number(struct gv_asked_wish *w, bool *has, float *slot, double value, const char *place)
{
    if (*has && *slot != (float)value)
        return twice(w, "seconds", place);
    *has = true;
    *slot = (float)value;
    return GV_OK;
}

static bool is_absent(const struct gv_json *field)
{
    return field == NULL || field->kind == GV_JSON_NULL || (field->kind == GV_JSON_STRING && field->text_bytes == 0);
}

static int put_seconds(struct gv_asked_wish *w)
{
    double seconds = 0;
    if (is_absent(gv_json_member(w->asked->tree, "seconds")))
        return GV_OK;
    int code = read_seconds(&seconds, w);
    if (code != GV_OK)
        return code;
    struct gv_generation_config *config = config_of(w);
    struct gv_op_effects *effects = &w->op.u.effects;
    if (config != NULL)
        return put_number(w, &config->has_duration_seconds, &config->duration_seconds, seconds,
                          "config.duration_seconds");
    if (w->op.operation == GV_OP_GENERATE_VIDEO_EFFECTS)
        return put_number(w, &effects->has_duration, &effects->duration, seconds, "duration");
    if (w->asked->kind != GV_ASKED_EXTENSION)
        return no_place(w, "seconds");
    /* The official clients always send it. */
    w->warning = "seconds is not used: the provider decides how much an extension adds";
    return GV_OK;
}

static int put_size(struct gv_asked_wish *w)
{
    enum gv_aspect_ratio ratio;
    enum gv_resolution resolution;
    bool exact;
    struct gv_generation_config *config = config_of(w);
    if (w->size == NULL)
        return GV_OK;
    if (config == NULL)
        return no_place(w, "size");
    if (!gv_wish_size(&ratio, &resolution, &exact, w->size))
        return gv_fail_field(w->err, GV_INVALID_INPUT, "size",
                             "size must be WIDTHxHEIGHT of 1:1, 9:16, 16:9 or 21:9 with a short side of 480, 720, 1080 "
                             "or 2160, such as 1280x720; \"%.48s\" came",
                             w->size);
    if (config->aspect_ratio != GV_RATIO_UNSET && config->aspect_ratio != ratio)
        return twice(w, "size", "config.aspect_ratio");
    if (config->resolution != GV_RESOLUTION_UNSET && config->resolution != resolution)
        return twice(w, "size", "config.resolution");
    config->aspect_ratio = ratio;
    config->resolution = resolution;
    if (!exact)
        w->warning = gv_arena_printf(w->arena, "no model makes %s: %s was asked for, which has its ratio", w->size,
                                     gv_wish_size_text(w->arena, ratio, resolution));
    return GV_OK;
}

/* ---- input_reference ---------------------------------------------------------------------------------------- */

static int no_reference(const struct gv_asked_wish *w, const char *why)
{
    return gv_fail_field(w->err, GV_INVALID_INPUT, "input_reference", "input_reference %s", why);
}

/* A file, a data: URL, or an object that names one. */
static int read_reference(struct gv_media *out, struct gv_asked_wish *w, const struct gv_json *field)
{
    struct gv_error why;
    const struct gv_json *url = gv_json_member(field, "image_url"), *value = url != NULL ? url : field;
    if (gv_json_member(field, "file_id") != NULL)
        return gv_fail_field(w->err, GV_UNSUPPORTED_FEATURE, "input_reference.file_id",
                             "There are no files apart from jobs here: send the picture itself, or its URL");
    if (url != NULL && field->count != 1)
        return no_reference(w, "takes image_url alone");
    if (gv_wish_media(w, out, value, &why) != GV_OK)
        return no_reference(w, gv_arena_printf(w->arena, "can't be used: %s", why.message));
    if (out->kind == GV_MEDIA_UNSET && url != NULL && url->kind == GV_JSON_STRING)
        *out = (struct gv_media){.kind = GV_MEDIA_URL, .url = url->text};
    if (out->kind != GV_MEDIA_UNSET)
        return GV_OK;
    return no_reference(w, "must be a file, a data: URL, or {\"image_url\": URL}");
}

static int put_first(struct gv_asked_wish *w, struct gv_media *slot, const struct gv_media *media, const char *place)
{
    if (slot->kind != GV_MEDIA_UNSET)
        return twice(w, "input_reference", place);
    *slot = *media;
    return GV_OK;
}

static bool is_film(const struct gv_media *media)
{
    const char *type = media->kind == GV_MEDIA_BLOB ? media->blob.mime_type : media->mime_type;
    return type != NULL && strncmp(type, "video/", 6) == 0;
}

static int put_input(struct gv_asked_wish *w, const struct gv_media *media)
{
    struct gv_media_input *input = &w->op.u.generate.input;
    if (input->kind == GV_INPUT_IMAGE || input->kind == GV_INPUT_VIDEO)
        return twice(w, "input_reference", "input");
    if (is_film(media)) {
        const char *prompt = input->kind == GV_INPUT_TEXT ? input->text : NULL;
        *input = (struct gv_media_input){.kind = GV_INPUT_VIDEO, .video = *media};
        return prompt != NULL ? put_option(w, "prompt", prompt) : GV_OK;
    }
    *input = (struct gv_media_input){.kind = GV_INPUT_IMAGE, .image = {.data = *media, .prompt = input->text}};
    return GV_OK;
}

static int put_reference(struct gv_asked_wish *w)
{
    struct gv_media media = {0};
    struct gv_lip_sync_video *face = &w->op.u.lip_sync.video;
    const struct gv_json *field = gv_json_member(w->asked->tree, "input_reference");
    if (is_absent(field))
        return GV_OK;
    w->has_reference = true;
    int code = read_reference(&media, w, field);
    if (code != GV_OK)
        return code;
    switch (w->op.operation) {
    case GV_OP_GENERATE: return put_input(w, &media);
    case GV_OP_UPSCALE_VIDEO: return put_first(w, &w->op.u.upscale.input, &media, "input");
    case GV_OP_GENERATE_VIDEO_EFFECTS: return put_first(w, &w->op.u.effects.input, &media, "input");
    case GV_OP_GENERATE_LIP_SYNC:
        if (face->kind != GV_LIP_SYNC_UNSET)
            return twice(w, "input_reference", "video");
        *face = (struct gv_lip_sync_video){.kind = GV_LIP_SYNC_VIDEO, .video = media};
        return GV_OK;
    case GV_OP_EXTEND_VIDEO:
    case GV_OP_MULTI_IMAGE_GENERATION:
    case GV_OP_UNSET: break;
    }
    return no_place(w, "input_reference");
}

/* ---- what the route says ------------------------------------------------------------------------------------ */

static int put_route(struct gv_asked_wish *w)
{
    const struct gv_asked *asked = w->asked;
    if (gv_json_member(asked->tree, "characters") != NULL)
        return gv_fail_field(w->err, GV_UNSUPPORTED_FEATURE, "characters",
                             "No provider here knows characters: describe them in the prompt, or send pictures");
    if (asked->idempotency_key != NULL) {
        int code = put_text(w, &w->op.idempotency_key, asked->idempotency_key, "idempotency_key", "idempotency_key");
        if (code != GV_OK)
            return code;
    }
    if (asked->video_id != NULL)
        return put_text(w, &w->op.u.extend.video_id, asked->video_id, "video", "video_id");
    if (asked->film == NULL)
        return GV_OK;
    struct gv_media_input *input = &w->op.u.generate.input;
    if (input->kind != GV_INPUT_UNSET)
        return gv_fail_field(w->err, GV_INVALID_INPUT, "golem_video.input", "the input is the video itself here");
    *input = (struct gv_media_input){.kind = GV_INPUT_VIDEO, .video = *asked->film};
    return GV_OK;
}

/* What the answers show again, beside the caller's own metadata. */
static int put_metadata(struct gv_asked_wish *w)
{
    const struct gv_kv kept[] = {
        {GV_VIDEO_META_MODEL, w->model},     {GV_VIDEO_META_SIZE, w->size},
        {GV_VIDEO_META_SECONDS, w->seconds}, {GV_VIDEO_META_REMIXED, w->asked->remixed_from},
        {GV_VIDEO_META_WARNING, w->warning}, {GV_VIDEO_META_CALLBACK, w->callback_url},
    };
    for (size_t i = 0; i < w->op.metadata.count; i++) {
        const char *key = w->op.metadata.items[i].key;
        if (strncmp(key, GV_VIDEO_META_PREFIX, strlen(GV_VIDEO_META_PREFIX)) == 0)
            return gv_fail_field(w->err, GV_INVALID_INPUT, "golem_video.metadata",
                                 "golem_video.metadata: keys that begin with " GV_VIDEO_META_PREFIX
                                 " are the server's own");
    }
    for (size_t i = 0; i < GV_COUNT(kept); i++)
        if (kept[i].value != NULL)
            add_pair(&w->op.metadata, w->arena, kept[i].key, kept[i].value);
    return GV_OK;
}

/* ---- all of it ---------------------------------------------------------------------------------------------- */

static int read_top(struct gv_asked_wish *w)
{
    int code = read_text(&w->prompt, w, "prompt");
    if (code == GV_OK)
        code = read_text(&w->model, w, "model");
    return code == GV_OK ? read_text(&w->size, w, "size") : code;
}

static int check_whole(struct gv_asked_wish *w)
{
    if (w->op.operation == GV_OP_GENERATE && w->op.u.generate.input.kind == GV_INPUT_UNSET)
        return gv_fail_field(w->err, GV_INVALID_INPUT, "prompt", "prompt is missing: say what the film shows");
    int code = gv_operation_check(&w->op, GV_JSON_JOURNAL, w->err);
    if (code != GV_OK && w->err != NULL) {
        char place[GV_PLACE_TEXT_BYTES];
        gv_wish_field(place, w, w->err->field);
        memcpy(w->err->field, place, sizeof(w->err->field));
    }
    return code;
}

int gv_wish_read(struct gv_asked_wish *out, const struct gv_asked *asked, struct gv_arena *arena, struct gv_error *err)
{
    static int (*const steps[])(struct gv_asked_wish *) = {
        check_known, read_top,    read_own, put_route,    put_reference, put_prompt,
        put_model,   put_seconds, put_size, put_metadata, check_whole,
    };
    *out = (struct gv_asked_wish){.asked = asked, .arena = arena, .err = err};
    int code = GV_OK;
    for (size_t i = 0; code == GV_OK && i < GV_COUNT(steps); i++)
        code = steps[i](out);
    return code;
}

/* ---- the caller's spelling ---------------------------------------------------------------------------------- */

static bool begins(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

void gv_wish_field(char out[GV_PLACE_TEXT_BYTES], const struct gv_asked_wish *w, const char *field)
{
    const struct {
        const char *prefix, *name;
        bool said;
    } rows[] = {
        {"config.model", "model", w->model != NULL},
        {"model", "model", w->model != NULL},
        {"provider", "model", w->model != NULL && strcmp(field, "provider") == 0},
        {"config.duration_seconds", "seconds", w->seconds != NULL},
        {"duration", "seconds", w->seconds != NULL},
        {"config.aspect_ratio", "size", w->size != NULL},
        {"config.resolution", "size", w->size != NULL},
        {"input.text", "prompt", w->prompt != NULL},
        {"input.image.prompt", "prompt", w->prompt != NULL},
        {"config.provider_options.prompt", "prompt", w->prompt != NULL},
        {"audio.from_text.text", "prompt", w->prompt != NULL},
        {"prompt", "prompt", w->prompt != NULL},
        {"input", "video", w->asked->film != NULL},
        {"video_id", "video", w->asked->video_id != NULL},
        {"input", "input_reference", w->has_reference},
        {"video", "input_reference", w->has_reference},
        {"idempotency_key", "idempotency_key", true},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++)
        if (rows[i].said && begins(field, rows[i].prefix)) {
            snprintf(out, GV_PLACE_TEXT_BYTES, "%s", rows[i].name);
            return;
        }
    snprintf(out, GV_PLACE_TEXT_BYTES, "%s%s%.80s", own_object, field[0] != '\0' ? "." : "", field);
}
