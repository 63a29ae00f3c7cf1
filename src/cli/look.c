/* Voices, providers, version: what there is, without a store. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/credentials.h"
#include "cli/print.h"
#include "core/interface.h"

/* ---- voices ---------------------------------------------------------------------------------------------- */

static void print_voices_json(const struct gv_voice_info *voices, size_t count)
{
    struct gv_buf text;
    gv_buf_init(&text, 4u << 20);
    struct gv_json_out out = {.buf = &text};
    gv_json_open(&out, NULL, '[');
    for (size_t i = 0; i < count; i++)
        gv_schema_write(&out, &gv_schema_voice_info, &voices[i]);
    gv_json_close(&out, ']');
    puts(text.data);
    gv_buf_free(&text);
}

int gv_cli_voices(struct gv_cli_args *args, struct gv_error *err)
{
    const struct gv_voice_info *voices;
    size_t count;
    const char *language = gv_schema_enum_name(&gv_schema_voice_language, (int)args->language);
    int code = gv_list_voices(&voices, &count, args->provider, language, err);
    if (code != GV_OK)
        return code;
    if (args->json) {
        print_voices_json(voices, count);
        return GV_OK;
    }
    struct gv_cli_table table = {.arena = &args->arena, .columns = 3};
    gv_cli_table_add(&table, (const char *const[]){"VOICE", "LANGUAGE", "NAME"});
    for (size_t i = 0; i < count; i++)
        gv_cli_table_add(&table, (const char *const[]){
                                     voices[i].voice_id,
                                     gv_schema_enum_name(&gv_schema_voice_language, (int)voices[i].language),
                                     voices[i].name,
                                 });
    gv_cli_table_print(&table);
    return GV_OK;
}

/* ---- providers ------------------------------------------------------------------------------------------- */

/* Texts of a list, with commas. */
static const char *joined(const struct gv_json *list, struct gv_arena *arena)
{
    const char *text = "";
    for (const struct gv_json *item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
        text = gv_arena_printf(arena, "%s%s%s", text, text[0] == '\0' ? "" : ",", item->text);
    return text;
}

/* Whole numbers with their runs drawn together: "3-10,15". */
static const char *ranges(const struct gv_json *list, struct gv_arena *arena)
{
    const char *text = "";
    const struct gv_json *item = list != NULL ? list->child : NULL;
    while (item != NULL) {
        int64_t first = item->integer, last = first;
        for (item = item->next; item != NULL && item->integer == last + 1; item = item->next)
            last++;
        const char *glue = text[0] == '\0' ? "" : ",";
        text = first == last ? gv_arena_printf(arena, "%s%s%lld", text, glue, (long long)first)
                             : gv_arena_printf(arena, "%s%s%lld-%lld", text, glue, (long long)first, (long long)last);
    }
    return text;
}

/* "0.07/s", "0.07-0.42/s", "0.15": from the cheapest row to the dearest. */
static const char *price_range(const struct gv_json *model, struct gv_arena *arena)
{
    double least = INFINITY, most = 0;
    const char *unit = "";
    const struct gv_json *prices = gv_json_member(model, "prices");
    for (const struct gv_json *price = prices != NULL ? prices->child : NULL; price != NULL; price = price->next) {
        double second = gv_json_real(price, "usd_per_second", 0), flat = gv_json_real(price, "usd_flat", 0);
        unit = second > 0 ? "/s" : "";
        least = fmin(least, second > 0 ? second : flat);
        most = fmax(most, second > 0 ? second : flat);
    }
    if (most == 0)
        return NULL;
    return least < most ? gv_arena_printf(arena, "%.4g-%.4g%s", least, most, unit)
                        : gv_arena_printf(arena, "%.4g%s", most, unit);
}

static void print_models(const struct gv_json *provider, struct gv_arena *arena)
{
    struct gv_cli_table table = {.arena = arena, .columns = 8};
    gv_cli_table_add(
        &table, (const char *const[]){"MODEL", "SECONDS", "RATIOS", "RESOLUTIONS", "AUDIO", "USD", "SEEN", "TAKES"});
    const struct gv_json *models = gv_json_member(provider, "models");
    for (const struct gv_json *model = models->child; model != NULL; model = model->next) {
        const char *retired = gv_json_text(model, "retired_on"), *successor = gv_json_text(model, "successor");
        const char *takes = joined(gv_json_member(model, "takes"), arena);
        if (retired != NULL)
            takes = gv_arena_printf(arena, "(retired %s%s%s) %s", retired, successor != NULL ? ", use " : "",
                                    successor != NULL ? successor : "", takes);
        gv_cli_table_add(&table, (const char *const[]){gv_json_text(model, "name"),
                                                       ranges(gv_json_member(model, "duration_seconds"), arena),
                                                       joined(gv_json_member(model, "aspect_ratios"), arena),
                                                       joined(gv_json_member(model, "resolutions"), arena),
                                                       gv_json_text(model, "audio"), price_range(model, arena),
                                                       gv_json_text(model, "prices_seen"), takes});
    }
    gv_cli_table_print(&table);
}

/* Rows of two texts out of a list of objects. */
static void print_pairs(const struct gv_json *list, const char *name, const char *more, struct gv_arena *arena)
{
    struct gv_cli_table table = {.arena = arena, .columns = 3};
    for (const struct gv_json *item = list != NULL ? list->child : NULL; item != NULL; item = item->next)
        gv_cli_table_add(&table, (const char *const[]){gv_json_text(item, name), gv_json_text(item, more),
                                                       gv_json_text(item, "help")});
    gv_cli_table_print(&table);
}

static void print_provider(const struct gv_json *provider, struct gv_arena *arena)
{
    printf("%s (%s)\n\nModels\n", gv_json_text(provider, "name"), gv_json_text(provider, "title"));
    print_models(provider, arena);
    printf("\nOptions (--option KEY=VALUE)\n");
    print_pairs(gv_json_member(provider, "provider_options"), "key", "values", arena);
    printf("\nSettings (environment)\n");
    print_pairs(gv_json_member(provider, "settings"), "name", "preset", arena);
    const struct gv_json *unsupported = gv_json_member(provider, "unsupported");
    if (unsupported != NULL && unsupported->count > 0) {
        printf("\nUnsupported\n");
        gv_cli_print_json(unsupported, 0);
    }
}

static void print_providers(const struct gv_json *providers, struct gv_arena *arena)
{
    struct gv_cli_table table = {.arena = arena, .columns = 4};
    gv_cli_table_add(&table, (const char *const[]){"PROVIDER", "CREDENTIALS", "MODELS", "TITLE"});
    for (const struct gv_json *provider = providers->child; provider != NULL; provider = provider->next) {
        const struct gv_json *models = gv_json_member(provider, "models");
        gv_cli_table_add(&table, (const char *const[]){gv_json_text(provider, "name"),
                                                       gv_cli_has_credentials(provider) ? "set" : "not set",
                                                       gv_arena_printf(arena, "%zu", models->count),
                                                       gv_json_text(provider, "title")});
    }
    gv_cli_table_print(&table);
    printf("\ngolem-video providers NAME shows models, options, settings and prices.\n");
}

int gv_cli_providers(struct gv_cli_args *args, struct gv_error *err)
{
    char *text;
    const char *name = args->positional_count > 0 ? args->positionals[0] : NULL;
    int code = gv_providers_json(&text, name, err);
    if (code != GV_OK)
        return code;
    const struct gv_json *json = gv_cli_read_json(&args->arena, text);
    if (args->json)
        puts(text);
    else if (name != NULL)
        print_provider(json->child, &args->arena);
    else
        print_providers(json, &args->arena);
    free(text);
    return GV_OK;
}

/* ---- version --------------------------------------------------------------------------------------------- */

int gv_cli_version(struct gv_cli_args *args, struct gv_error *err)
{
    (void)err;
    if (args->json)
        printf("{\"version\":\"%s\"}\n", GV_VERSION);
    else
        printf("golem-video %s\n", GV_VERSION);
    return GV_OK;
}
