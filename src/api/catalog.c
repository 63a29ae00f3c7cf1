/* What the providers can do, printed from the rows that validate requests. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"
#include "core/interface.h"
#include "core/provider.h"
#include "golem_video/golem_video.h"

#define GV_CATALOG_BYTES_MAX (8u << 20)

static const struct {
    uint32_t bit;
    const char *name;
} takes_names[] = {
    {GV_TAKES_TEXT, "text"},
    {GV_TAKES_IMAGE, "image"},
    {GV_TAKES_IMAGE_LAST, "image_last"},
    {GV_TAKES_LASTFRAME, "lastframe"},
    {GV_TAKES_VIDEO, "video"},
    {GV_TAKES_STATIC_MASK, "static_mask"},
    {GV_TAKES_DYNAMIC_MASK, "dynamic_mask"},
    {GV_TAKES_CAMERA, "camera_control"},
    {GV_TAKES_NEGATIVE_PROMPT, "negative_prompt"},
    {GV_TAKES_SEED, "seed"},
    {GV_TAKES_GUIDANCE, "guidance_scale"},
    {GV_TAKES_MULTI_IMAGE, "multi_image_generation"},
    {GV_TAKES_LIP_SYNC, "generate_lip_sync"},
    {GV_TAKES_EXTEND, "extend_video"},
    {GV_TAKES_UPSCALE, "upscale_video"},
    {GV_TAKES_EFFECTS, "generate_video_effects"},
    {GV_TAKES_RATIO_WITH_IMAGE, "aspect_ratio_with_image"},
    {GV_TAKES_ENHANCE_PROMPT, "enhance_prompt"},
    {GV_TAKES_SCHEDULER, "scheduler"},
};

static const char *const audio_names[] = {
    [GV_AUDIO_NEVER] = "never", [GV_AUDIO_OPTIONAL] = "optional", [GV_AUDIO_ALWAYS] = "always"};

static void put_bits(struct gv_json_out *out, const char *key, uint32_t bits, const struct gv_schema *schema)
{
    gv_json_open(out, key, '[');
    for (int i = 1; i < 32; i++)
        if ((bits & GV_BIT(i)) != 0)
            gv_json_put_text(out, NULL, gv_schema_enum_name(schema, i));
    gv_json_close(out, ']');
}

/* To a millionth: the rows are products, which are off by a bit of the double's last places. */
static void put_usd(struct gv_json_out *out, const char *key, double usd)
{
    if (usd != 0)
        gv_json_put_real(out, key, round(usd * 1e6) / 1e6);
}

static void put_prices(struct gv_json_out *out, const struct gv_model *model)
{
    gv_json_open(out, "prices", '[');
    for (size_t i = 0; i < GV_PRICES_MAX; i++) {
        const struct gv_price *price = &model->prices[i];
        if (price->usd_per_second == 0 && price->usd_flat == 0)
            break;
        gv_json_open(out, NULL, '{');
        gv_json_put_text(out, "resolution", gv_schema_enum_name(&gv_schema_resolution, (int)price->resolution));
        if (price->audio != GV_UNKNOWN)
            gv_json_put_bool(out, "audio", price->audio == GV_YES);
        put_usd(out, "usd_per_second", price->usd_per_second);
        put_usd(out, "usd_flat", price->usd_flat);
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
    gv_json_put_text(out, "prices_seen", model->prices_seen);
}

static void put_model(struct gv_json_out *out, const struct gv_model *model)
{
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "name", model->name);
    gv_json_put_text(out, "retired_on", model->retired_on);
    gv_json_put_text(out, "successor", model->successor);
    gv_json_open(out, "takes", '[');
    for (size_t i = 0; i < GV_COUNT(takes_names); i++)
        if ((model->takes & takes_names[i].bit) != 0)
            gv_json_put_text(out, NULL, takes_names[i].name);
    gv_json_close(out, ']');
    gv_json_open(out, "duration_seconds", '[');
    for (int i = 1; i < 32; i++)
        if ((model->seconds & GV_BIT(i)) != 0)
            gv_json_put_int(out, NULL, i);
    gv_json_close(out, ']');
    if (model->seconds_default != 0)
        gv_json_put_int(out, "duration_seconds_default", model->seconds_default);
    put_bits(out, "aspect_ratios", model->ratios, &gv_schema_aspect_ratio);
    put_bits(out, "resolutions", model->resolutions, &gv_schema_resolution);
    gv_json_put_text(out, "resolution_default",
                     gv_schema_enum_name(&gv_schema_resolution, (int)model->resolution_default));
    gv_json_put_text(out, "audio", audio_names[model->audio]);
    put_prices(out, model);
    gv_json_close(out, '}');
}

static void put_settings(struct gv_json_out *out, const struct gv_provider *provider)
{
    gv_json_open(out, "settings", '[');
    for (size_t i = 0; i < provider->setting_count; i++) {
        const struct gv_setting *row = &provider->settings[i];
        gv_json_open(out, NULL, '{');
        gv_json_put_text(out, "name", row->name);
        gv_json_put_text(out, "help", row->help);
        gv_json_put_bool(out, "secret", row->secret);
        gv_json_put_int(out, "credential_set", row->set);
        gv_json_put_text(out, "preset", row->preset);
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
    gv_json_open(out, "provider_options", '[');
    for (size_t i = 0; i < provider->option_count; i++) {
        gv_json_open(out, NULL, '{');
        gv_json_put_text(out, "key", provider->options[i].key);
        gv_json_put_text(out, "values", provider->options[i].values);
        gv_json_put_text(out, "help", provider->options[i].help);
        gv_json_close(out, '}');
    }
    gv_json_close(out, ']');
}

static void put_provider(struct gv_json_out *out, const struct gv_provider *provider)
{
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "name", provider->name);
    gv_json_put_text(out, "title", provider->title);
    gv_json_put_bool(out, "by_name_only", provider->by_name_only);
    gv_json_put_int(out, "voices", (int64_t)provider->voice_count);
    gv_json_open(out, "unsupported", '{');
    for (const char *const *pair = provider->unsupported; pair != NULL && pair[0] != NULL; pair += 2)
        gv_json_put_text(out, pair[0], pair[1]);
    gv_json_close(out, '}');
    put_settings(out, provider);
    gv_json_open(out, "models", '[');
    for (size_t i = 0; i < provider->model_count; i++)
        put_model(out, &provider->models[i]);
    gv_json_close(out, ']');
    gv_json_close(out, '}');
}

static int no_provider(struct gv_error *err, const char *name)
{
    return gv_fail_field(err, GV_INVALID_INPUT, "provider", "there is no provider %s", name);
}

int gv_providers_json(char **out_json, const char *name, struct gv_error *err)
{
    if (name != NULL && gv_provider_named(name) == NULL)
        return no_provider(err, name);
    struct gv_buf buf;
    gv_buf_init(&buf, GV_CATALOG_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '[');
    for (const struct gv_provider *const *provider = gv_providers; *provider != NULL; provider++)
        if (name == NULL || strcmp((*provider)->name, name) == 0)
            put_provider(&out, *provider);
    gv_json_close(&out, ']');
    *out_json = buf.data;
    return GV_OK;
}

/* ---- voices --------------------------------------------------------------------------------------------------- */

static const struct gv_provider *first_with_voices(void)
{
    for (const struct gv_provider *const *provider = gv_providers; *provider != NULL; provider++)
        if ((*provider)->voice_count > 0)
            return *provider;
    return NULL;
}

/* The rows are sorted by language, so that one language is one run of them. */
int gv_list_voices(const struct gv_voice_info **out, size_t *count, const char *provider, const char *language,
                   struct gv_error *err)
{
    const struct gv_provider *p = provider != NULL ? gv_provider_named(provider) : first_with_voices();
    if (p == NULL)
        return no_provider(err, provider != NULL ? provider : "with voices");
    if (p->voice_count == 0)
        return gv_fail_field(err, GV_UNSUPPORTED_FEATURE, "provider", "%s has no voices to list", p->title);
    int wanted = language != NULL ? gv_schema_enum_value(&gv_schema_voice_language, language) : 0;
    if (language != NULL && wanted == 0)
        return gv_fail_field(err, GV_INVALID_INPUT, "language", "%s is no language of a voice: en or zh", language);
    *out = p->voices;
    *count = 0;
    for (size_t i = 0; i < p->voice_count; i++) {
        if (wanted != 0 && (int)p->voices[i].language != wanted)
            continue;
        if (*count == 0)
            *out = &p->voices[i];
        GV_ASSERT(*out + *count == &p->voices[i]);
        ++*count;
    }
    return GV_OK;
}
