/* What can be asked for: models, voices; and characters, which can't. */
#include <stdlib.h>
#include <string.h>

#include "core/interface.h"
#include "core/provider.h"
#include "server/videos/videos.h"

/* ---- models ------------------------------------------------------------------------------------------------- */

/* Whether a set of the provider's credentials is complete. */
static bool is_configured(struct gv_engine *engine, const struct gv_provider *provider)
{
    unsigned wanted = 0, missing = 0; /* a bit per set */
    for (size_t i = 0; i < provider->setting_count; i++) {
        const struct gv_setting *row = &provider->settings[i];
        unsigned bit = row->set > 0 && row->set < 32 ? GV_BIT(row->set) : 0;
        wanted |= bit;
        if (gv_engine_setting(engine, provider->name, row->name) == NULL)
            missing |= bit;
    }
    return (wanted & ~missing) != 0;
}

static void put_models(struct gv_json_out *out, struct gv_exchange *x, const struct gv_json *provider)
{
    const char *name = gv_json_text(gv_json_member(provider, "name"), NULL);
    bool configured = is_configured(x->engine, gv_provider_named(name));
    const struct gv_json *model = gv_json_member(provider, "models")->child;
    for (; model != NULL; model = model->next) {
        const char *title = gv_json_text(gv_json_member(model, "name"), NULL);
        gv_json_open(out, NULL, '{');
        gv_json_put_text(out, "id", gv_arena_printf(&x->arena, "%s/%s", name, title));
        gv_json_put_text(out, "object", "model");
        gv_json_put_text(out, "provider", name);
        gv_json_put_text(out, "model", title);
        gv_json_put_bool(out, "configured", configured);
        for (const struct gv_json *member = model->child; member != NULL; member = member->next)
            if (strcmp(member->key, "name") != 0)
                gv_json_put_json(out, member->key, member);
        gv_json_close(out, '}');
    }
}

/* What holds for all of the provider's models. */
static void put_provider(struct gv_json_out *out, struct gv_exchange *x, const struct gv_json *provider)
{
    const char *name = gv_json_text(gv_json_member(provider, "name"), NULL);
    gv_json_open(out, NULL, '{');
    gv_json_put_bool(out, "configured", is_configured(x->engine, gv_provider_named(name)));
    for (const struct gv_json *member = provider->child; member != NULL; member = member->next)
        if (strcmp(member->key, "models") != 0 && strcmp(member->key, "settings") != 0)
            gv_json_put_json(out, member->key, member);
    gv_json_close(out, '}');
}

void gv_catalog_models(struct gv_exchange *x)
{
    struct gv_error err;
    char *text;
    if (gv_providers_json(&text, NULL, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    const struct gv_json *providers = gv_json_parse(&x->arena, text, strlen(text), NULL);
    const struct gv_kv_list *aliases = &gv_exchange_options(x)->aliases;
    struct gv_json_out out = gv_answer_list(x);
    gv_json_open(&out, "data", '[');
    for (const struct gv_json *provider = providers->child; provider != NULL; provider = provider->next)
        put_models(&out, x, provider);
    gv_json_close(&out, ']');
    gv_json_open(&out, "providers", '[');
    for (const struct gv_json *provider = providers->child; provider != NULL; provider = provider->next)
        put_provider(&out, x, provider);
    gv_json_close(&out, ']');
    gv_json_open(&out, "aliases", '{');
    for (size_t i = 0; i < aliases->count; i++)
        gv_json_put_text(&out, aliases->items[i].key, aliases->items[i].value);
    gv_json_close(&out, '}');
    gv_json_close(&out, '}');
    free(text);
}

/* ---- voices ------------------------------------------------------------------------------------------------- */

void gv_catalog_voices(struct gv_exchange *x)
{
    struct gv_error err;
    const struct gv_voice_info *voices;
    size_t count;
    const char *provider = gv_exchange_query(x, "provider"), *language = gv_exchange_query(x, "language");
    if (gv_list_voices(&voices, &count, provider, language, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    struct gv_json_out out = gv_answer_list(x);
    gv_json_open(&out, "data", '[');
    for (size_t i = 0; i < count; i++)
        gv_schema_write(&out, &gv_schema_voice_info, &voices[i]);
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
}

/* ---- characters --------------------------------------------------------------------------------------------- */

static void answer_no_characters(struct gv_exchange *x)
{
    gv_answer_error(x, 400, "unsupported", NULL,
                    "No provider here keeps characters: describe them in the prompt, or send pictures of them");
}

void gv_characters_create(struct gv_exchange *x)
{
    answer_no_characters(x);
}

void gv_characters_retrieve(struct gv_exchange *x)
{
    answer_no_characters(x);
}
