#include "cli/print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "cli/format.h"

const char *gv_cli_size(char *out, size_t bytes, uint64_t amount)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double value = (double)amount / 1000;
    size_t unit = 0;
    for (; value >= 1000 && unit + 1 < GV_COUNT(units); unit++)
        value /= 1000;
    if (amount < 1000)
        snprintf(out, bytes, "%u bytes", (unsigned)amount);
    else
        snprintf(out, bytes, "%.1f %s", value, units[unit]);
    return out;
}

const char *gv_cli_time(char *out, size_t bytes, int64_t at_ms)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;
    localtime_r(&seconds, &local);
    strftime(out, bytes, "%Y-%m-%d %H:%M:%S", &local);
    return out;
}

/* ---- errors and warnings --------------------------------------------------------------------------------- */

static void print_charge(const struct gv_error *err)
{
    if (err->stage == GV_STAGE_NONE || err->stage == GV_STAGE_INPUT)
        return;
    static const char *const words[] = {
        [GV_UNKNOWN] = "whether the provider charges for it is not known",
        [GV_YES] = "the provider charges for it",
        [GV_NO] = "the provider does not charge for it",
    };
    fprintf(stderr, "golem-video: %s\n", words[err->charged]);
}

/* "--seed" stands in the message already. */
static bool names_flag(const char *message, const char *name)
{
    for (const char *at = message; (at = strstr(at, name)) != NULL; at++) {
        if (at - message >= 2 && at[-1] == '-' && at[-2] == '-')
            return true;
    }
    return false;
}

void gv_cli_print_error(const struct gv_cli_args *args, const struct gv_error *err)
{
    const struct gv_cli_flag *flag = NULL;
    if (args->command != NULL && err->field[0] != '\0')
        flag = gv_cli_flag_for(args->command, err->field);
    const char *what = err->code == GV_CANCELLED ? "cancelled: " : "";
    if (flag != NULL && !names_flag(err->message, flag->name))
        fprintf(stderr, "golem-video: %s%s (--%s)\n", what, err->message, flag->name);
    else
        fprintf(stderr, "golem-video: %s%s\n", what, err->message);
    print_charge(err);
    if (!args->json || args->told)
        return;
    char *json = gv_error_to_json(err);
    printf("{\"error\":%s}\n", json);
    free(json);
}

void gv_cli_print_warnings(const struct gv_video_result *result)
{
    for (size_t i = 0; i < result->warning_count; i++)
        fprintf(stderr, "golem-video: warning: %s\n", result->warnings[i]);
}

/* ---- results --------------------------------------------------------------------------------------------- */

void gv_cli_print_result_json(const struct gv_video_result *result)
{
    char *json = gv_result_to_json(result);
    puts(json);
    free(json);
}

void gv_cli_print_place(const char *uri)
{
    char path[GV_CLI_PATH_BYTES];
    puts(gv_cli_path_of(path, sizeof path, uri) ? path : uri);
}

static void print_video(const struct gv_video *video)
{
    char size[24];
    gv_cli_print_place(video->uri);
    printf("  %s, %s", video->mime_type, gv_cli_size(size, sizeof size, video->bytes));
    if (video->width > 0)
        printf(", %ux%u", video->width, video->height);
    if (video->duration_seconds > 0)
        printf(", %.4g s", video->duration_seconds);
    if (video->fps > 0)
        printf(" at %.4g frames/s", video->fps);
    putchar('\n');
}

static const char *status_word(const struct gv_video_result *result)
{
    static const char *const words[] = {
        [GV_STATUS_UNSET] = "unknown", [GV_PENDING] = "pending", [GV_RUNNING] = "running",
        [GV_SUCCEEDED] = "succeeded",  [GV_FAILED] = "failed",
    };
    if (result->uncertain != NULL)
        return "uncertain";
    if (result->has_error && result->error.code == GV_CANCELLED)
        return "cancelled";
    return words[result->status];
}

void gv_cli_print_status(const struct gv_video_result *result)
{
    printf("%s %s", result->id, status_word(result));
    if (result->uncertain != NULL)
        printf(": %s", result->uncertain);
    else if (result->status == GV_FAILED)
        printf(": %s", result->failed != NULL ? result->failed : result->error.message);
    else if (result->status != GV_SUCCEEDED && result->phase != NULL)
        printf(", %s", result->phase);
    if (result->status == GV_RUNNING && result->progress >= 0)
        printf(", %d %%", result->progress);
    putchar('\n');
    for (size_t i = 0; i < result->video_count; i++)
        print_video(&result->videos[i]);
}

/* ---- JSON for people ------------------------------------------------------------------------------------- */

const struct gv_json *gv_cli_read_json(struct gv_arena *arena, const char *text)
{
    const struct gv_json *json = gv_json_parse(arena, text, strlen(text), NULL);
    GV_ASSERT(json != NULL);
    return json;
}

static void print_scalar(const struct gv_json *json)
{
    switch (json->kind) {
    case GV_JSON_NULL: printf("-"); break;
    case GV_JSON_BOOL: printf("%s", json->boolean ? "yes" : "no"); break;
    case GV_JSON_INT: printf("%lld", (long long)json->integer); break;
    case GV_JSON_REAL: printf("%.10g", json->real); break;
    case GV_JSON_STRING: printf("%s", json->text); break;
    case GV_JSON_ARRAY:
    case GV_JSON_OBJECT: GV_UNREACHABLE();
    }
}

static bool is_scalar(const struct gv_json *json)
{
    return json->kind != GV_JSON_ARRAY && json->kind != GV_JSON_OBJECT;
}

static bool all_scalar(const struct gv_json *list)
{
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        if (!is_scalar(item))
            return false;
    }
    return true;
}

static void print_row(const struct gv_json *list)
{
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        print_scalar(item);
        if (item->next != NULL)
            printf(", ");
    }
    putchar('\n');
}

void gv_cli_print_json(const struct gv_json *json, int indent)
{
    for (const struct gv_json *item = json->child; item != NULL; item = item->next) {
        printf("%*s%s%s", indent, "", item->key != NULL ? item->key : "-", item->key != NULL ? ": " : " ");
        if (is_scalar(item)) {
            print_scalar(item);
            putchar('\n');
        } else if (item->kind == GV_JSON_ARRAY && all_scalar(item)) {
            print_row(item);
        } else {
            putchar('\n');
            gv_cli_print_json(item, indent + 2);
        }
    }
}

/* ---- tables ---------------------------------------------------------------------------------------------- */

void gv_cli_table_add(struct gv_cli_table *table, const char *const *cells)
{
    GV_ASSERT(table->columns > 0 && table->columns <= GV_CLI_COLUMNS_MAX);
    if (table->rows == table->rows_cap) {
        size_t cap = table->rows_cap == 0 ? 16 : table->rows_cap * 2;
        const char **grown = GV_NEW_ARRAY(table->arena, const char *, cap * table->columns);
        if (table->rows > 0)
            memcpy(grown, table->cells, table->rows * table->columns * sizeof *grown);
        table->cells = grown;
        table->rows_cap = cap;
    }
    for (size_t i = 0; i < table->columns; i++)
        table->cells[table->rows * table->columns + i] = cells[i] != NULL && cells[i][0] != '\0' ? cells[i] : "-";
    table->rows++;
}

/* Characters, not bytes, of UTF-8. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

void gv_cli_table_print(const struct gv_cli_table *table)
{
    size_t widths[GV_CLI_COLUMNS_MAX] = {0};
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        size_t width = width_of(table->cells[i]), *widest = &widths[i % table->columns];
        *widest = width > *widest ? width : *widest;
    }
    for (size_t i = 0; i < table->rows * table->columns; i++) {
        bool last = (i + 1) % table->columns == 0;
        fputs(table->cells[i], stdout);
        size_t pad = last ? 0 : widths[i % table->columns] - width_of(table->cells[i]) + 2;
        printf("%*s%s", (int)pad, "", last ? "\n" : "");
    }
}
