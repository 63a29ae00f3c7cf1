/* From the words of a command line to the interface's types. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/error.h"
#include "cli/args.h"
#include "core/interface.h"

static void *member(struct gv_cli_args *args, size_t at)
{
    return (char *)args + at;
}

static int bad(struct gv_error *err, const struct gv_cli_flag *flag, const char *value, const char *wanted)
{
    char field[64] = "--";
    strncat(field, flag->name, sizeof field - 3);
    return gv_fail_field(err, GV_INVALID_INPUT, field, "%s takes %s, got \"%s\"", field, wanted, value);
}

static int set_has(struct gv_cli_args *args, const struct gv_cli_flag *flag)
{
    if (flag->has != 0)
        *(bool *)member(args, flag->has) = true;
    return GV_OK;
}

int gv_cli_set_text(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    if (value[0] == '\0')
        return bad(err, flag, value, flag->argument);
    *(const char **)member(args, flag->at) = value;
    return GV_OK;
}

int gv_cli_set_switch(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    (void)err;
    *(bool *)member(args, flag->at) = strcmp(value, "yes") == 0;
    return set_has(args, flag);
}

/* ---- numbers --------------------------------------------------------------------------------------------- */

static bool read_double(double *out, const char *text)
{
    char *end;
    errno = 0;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && isfinite(*out);
}

static bool read_u64(uint64_t *out, const char *text, uint64_t max)
{
    char *end;
    errno = 0;
    *out = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *out <= max;
}

int gv_cli_set_double(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    double number;
    if (!read_double(&number, value) || number < 0)
        return bad(err, flag, value, "a number that is not negative");
    *(double *)member(args, flag->at) = number;
    return set_has(args, flag);
}

int gv_cli_set_float(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    double number;
    if (!read_double(&number, value) || !isfinite((float)number))
        return bad(err, flag, value, "a number");
    *(float *)member(args, flag->at) = (float)number;
    return set_has(args, flag);
}

int gv_cli_set_u64(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    if (!read_u64(member(args, flag->at), value, UINT64_MAX))
        return bad(err, flag, value, "a whole number from 0 to 18446744073709551615");
    return set_has(args, flag);
}

int gv_cli_set_u32(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    uint64_t number;
    if (!read_u64(&number, value, UINT32_MAX))
        return bad(err, flag, value, "a whole number from 0 to 4294967295");
    *(uint32_t *)member(args, flag->at) = (uint32_t)number;
    return set_has(args, flag);
}

/* ---- names of an enum ------------------------------------------------------------------------------------ */

/* Another way to write a name. */
struct alias {
    const char *word, *name;
};

static const struct alias ratio_aliases[] = {
    {"1:1", "square"}, {"9:16", "portrait"}, {"16:9", "landscape"}, {"21:9", "cinema"}, {NULL, NULL},
};
static const struct alias resolution_aliases[] = {
    {"480p", "sd"}, {"720p", "hd"}, {"1080p", "fhd"}, {"2160p", "uhd"}, {"4k", "uhd"}, {NULL, NULL},
};
static const struct alias no_aliases[] = {{NULL, NULL}};

/* The interface's snake_case, of a word in kebab-case. */
static const char *snake(struct gv_arena *arena, const char *word)
{
    char *copy = gv_arena_strdup(arena, word);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '-')
            *c = '_';
    }
    return copy;
}

static const char *kebab(struct gv_arena *arena, const char *name)
{
    char *copy = gv_arena_strdup(arena, name);
    for (char *c = copy; *c != '\0'; c++) {
        if (*c == '_')
            *c = '-';
    }
    return copy;
}

static const char *list_names(struct gv_arena *arena, const struct gv_schema *schema, const struct alias *aliases)
{
    const char *list = "";
    for (size_t i = 0; i < schema->case_count; i++)
        list = gv_arena_printf(arena, "%s%s%s", list, i == 0 ? "" : ", ", kebab(arena, schema->cases[i].name));
    for (; aliases->word != NULL; aliases++)
        list = gv_arena_printf(arena, "%s, %s", list, aliases->word);
    return list;
}

static int read_name(int *out, const struct gv_schema *schema, const struct alias *aliases, const char *value,
                     struct gv_arena *arena)
{
    const char *name = snake(arena, value);
    for (; aliases->word != NULL; aliases++) {
        if (strcmp(aliases->word, value) == 0)
            name = aliases->name;
    }
    *out = gv_schema_enum_value(schema, name);
    return *out;
}

static int set_name(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value,
                    const struct gv_schema *schema, const struct alias *aliases, struct gv_error *err)
{
    if (read_name(member(args, flag->at), schema, aliases, value, &args->arena) == 0)
        return bad(err, flag, value, list_names(&args->arena, schema, aliases));
    return GV_OK;
}

int gv_cli_set_ratio(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    return set_name(args, flag, value, &gv_schema_aspect_ratio, ratio_aliases, err);
}

int gv_cli_set_resolution(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value,
                          struct gv_error *err)
{
    return set_name(args, flag, value, &gv_schema_resolution, resolution_aliases, err);
}

int gv_cli_set_role(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    return set_name(args, flag, value, &gv_schema_image_role, no_aliases, err);
}

int gv_cli_set_language(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value,
                        struct gv_error *err)
{
    return set_name(args, flag, value, &gv_schema_voice_language, no_aliases, err);
}

int gv_cli_set_status(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    return set_name(args, flag, value, &gv_schema_status, no_aliases, err);
}

/* ---- media ----------------------------------------------------------------------------------------------- */

static bool is_url(const char *text)
{
    size_t scheme = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
    return scheme > 1 && strncmp(text + scheme, "://", 3) == 0;
}

static bool copy_all(int to, int from)
{
    char chunk[1 << 16];
    ssize_t got;
    while ((got = read(from, chunk, sizeof chunk)) > 0) {
        for (ssize_t written = 0, n; written < got; written += n) {
            n = write(to, chunk + written, (size_t)(got - written));
            if (n < 0)
                return false;
        }
    }
    return got == 0;
}

/* Standard input as a nameless file: the library reads files from their start, more than once. It stays open for the
 * life of the process. */
static int spool_stdin(struct gv_media *out, struct gv_cli_args *args, const char *what, struct gv_error *err)
{
    if (args->stdin_taken)
        return gv_fail_field(err, GV_INVALID_INPUT, what, "%s: standard input can be read once only", what);
    args->stdin_taken = true;
    const char *folder = getenv("TMPDIR");
    char *name = gv_arena_printf(&args->arena, "%s/golem-video-XXXXXX", folder != NULL ? folder : "/tmp");
    int fd = mkstemp(name);
    if (fd < 0)
        return gv_fail_field(err, GV_INTERNAL_ERROR, what, "%s: %s for a copy of standard input: %s", what, name,
                             strerror(errno));
    unlink(name);
    if (!copy_all(fd, STDIN_FILENO))
        return gv_fail_field(err, GV_INTERNAL_ERROR, what, "%s: copying standard input: %s", what, strerror(errno));
    out->kind = GV_MEDIA_PATH;
    out->path = gv_arena_printf(&args->arena, "/proc/self/fd/%d", fd);
    return GV_OK;
}

int gv_cli_media(struct gv_media *out, struct gv_cli_args *args, const char *what, const char *value,
                 struct gv_error *err)
{
    if (value[0] == '\0')
        return gv_fail_field(err, GV_INVALID_INPUT, what, "%s takes a file, a URL or - for standard input", what);
    if (strcmp(value, "-") == 0)
        return spool_stdin(out, args, what, err);
    if (is_url(value))
        *out = (struct gv_media){.kind = GV_MEDIA_URL, .url = value};
    else
        *out = (struct gv_media){.kind = GV_MEDIA_PATH, .path = value};
    return GV_OK;
}

int gv_cli_set_media(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    const char *what = gv_arena_printf(&args->arena, "--%s", flag->name);
    return gv_cli_media(member(args, flag->at), args, what, value, err);
}

/* ---- pairs, positions, cameras --------------------------------------------------------------------------- */

int gv_cli_add_pair(struct gv_kv_list *list, struct gv_arena *arena, struct gv_kv pair, struct gv_error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->items[i].key, pair.key) == 0)
            return gv_fail_field(err, GV_INVALID_INPUT, pair.key, "%s is given twice", pair.key);
    }
    if (list->count == GV_CLI_PAIRS_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, pair.key, "%s is one pair too many: %d are allowed", pair.key,
                             GV_CLI_PAIRS_MAX);
    struct gv_kv *items = GV_NEW_ARRAY(arena, struct gv_kv, list->count + 1);
    if (list->count > 0)
        memcpy(items, list->items, list->count * sizeof *items);
    items[list->count] = pair;
    *list = (struct gv_kv_list){items, list->count + 1};
    return GV_OK;
}

int gv_cli_set_pair(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    const char *equals = strchr(value, '=');
    if (equals == NULL || equals == value)
        return bad(err, flag, value, "KEY=VALUE");
    struct gv_kv pair = {gv_arena_strndup(&args->arena, value, (size_t)(equals - value)), equals + 1};
    return gv_cli_add_pair(member(args, flag->at), &args->arena, pair, err);
}

static bool read_position(struct gv_position *out, const char *text, size_t bytes, struct gv_arena *arena)
{
    char *x = gv_arena_strndup(arena, text, bytes);
    char *comma = strchr(x, ',');
    if (comma == NULL)
        return false;
    *comma = '\0';
    uint64_t left, bottom;
    if (!read_u64(&left, x, UINT32_MAX) || !read_u64(&bottom, comma + 1, UINT32_MAX))
        return false;
    *out = (struct gv_position){(uint32_t)left, (uint32_t)bottom};
    return true;
}

int gv_cli_set_trajectory(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value,
                          struct gv_error *err)
{
    struct gv_position *positions = GV_NEW_ARRAY(&args->arena, struct gv_position, GV_CLI_POSITIONS_MAX);
    size_t count = 0;
    for (const char *at = value; *at != '\0';) {
        size_t bytes = strcspn(at, ";");
        if (count == GV_CLI_POSITIONS_MAX)
            return bad(err, flag, value, "at most 256 positions");
        if (!read_position(&positions[count++], at, bytes, &args->arena))
            return bad(err, flag, value, "positions in pixels from the bottom left, X,Y;X,Y...");
        at += bytes + (at[bytes] == ';' ? 1 : 0);
    }
    if (count == 0)
        return bad(err, flag, value, "positions in pixels from the bottom left, X,Y;X,Y...");
    args->config.dynamic_mask.trajectories = positions;
    args->config.dynamic_mask.trajectory_count = count;
    return GV_OK;
}

static const struct gv_schema *camera_config(void)
{
    const struct gv_schema *movement = &gv_schema_camera_movement;
    for (size_t i = 0; i < movement->case_count; i++) {
        if (movement->cases[i].has_payload)
            return movement->cases[i].payload.schema;
    }
    GV_UNREACHABLE();
}

static const struct gv_field *camera_axis(const char *name)
{
    const struct gv_schema *config = camera_config();
    for (size_t i = 0; i < config->field_count; i++) {
        if (strcmp(config->fields[i].name, name) == 0)
            return &config->fields[i];
    }
    return NULL;
}

/* "pan=5,zoom=-2" */
static int read_axes(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, const char *axes,
                     struct gv_error *err)
{
    char *rest = gv_arena_strdup(&args->arena, axes), *save;
    for (char *axis = strtok_r(rest, ",", &save); axis != NULL; axis = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(axis, '=');
        double number;
        if (equals != NULL)
            *equals = '\0';
        const struct gv_field *field = camera_axis(axis);
        if (equals == NULL || field == NULL || !read_double(&number, equals + 1))
            return bad(err, flag, value,
                       "after simple: AXIS=NUMBER,... with the axes horizontal, vertical, pan, tilt, zoom and roll");
        *(float *)(void *)((char *)&args->config.camera_control.simple + field->offset) = (float)number;
    }
    return GV_OK;
}

int gv_cli_set_camera(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value, struct gv_error *err)
{
    struct gv_camera_movement *camera = &args->config.camera_control;
    const struct gv_schema *schema = &gv_schema_camera_movement;
    if (strncmp(value, "simple:", 7) == 0) {
        camera->kind = GV_CAMERA_SIMPLE;
        return read_axes(args, flag, value, value + 7, err);
    }
    int kind;
    if (read_name(&kind, schema, no_aliases, value, &args->arena) == 0 || kind == GV_CAMERA_SIMPLE)
        return bad(err, flag, value,
                   "simple:pan=5,zoom=-2 (axes horizontal, vertical, pan, tilt, zoom, roll), "
                   "down-back, forward-up, right-turn-forward or left-turn-forward");
    camera->kind = (enum gv_camera_kind)kind;
    return GV_OK;
}

/* ---- effects --------------------------------------------------------------------------------------------- */

int gv_cli_effect(struct gv_effect_type *out, const struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_arena arena = {0};
    int code = GV_OK, value;
    *out = (struct gv_effect_type){0};
    if (args->effect == NULL) {
        code = gv_fail_field(err, GV_INVALID_INPUT, "--effect", "effects needs --effect NAME");
    } else if (read_name(&value, &gv_schema_single_effect, no_aliases, args->effect, &arena) != 0) {
        out->kind = GV_EFFECT_TYPE_SINGLE;
        out->single = (enum gv_single_effect)value;
        if (args->second_image.kind != GV_MEDIA_UNSET)
            code = gv_fail_field(err, GV_INVALID_INPUT, "--second-image", "the effect %s takes one image, not two",
                                 args->effect);
    } else if (read_name(&value, &gv_schema_dual_effect_kind, no_aliases, args->effect, &arena) != 0) {
        out->kind = GV_EFFECT_TYPE_DUAL;
        out->dual = (struct gv_dual_effect){(enum gv_dual_effect_kind)value, args->second_image};
        if (args->second_image.kind == GV_MEDIA_UNSET)
            code = gv_fail_field(err, GV_INVALID_INPUT, "--second-image", "the effect %s needs --second-image IMAGE",
                                 args->effect);
    } else {
        code = gv_fail_field(err, GV_INVALID_INPUT, "--effect",
                             "--effect takes %s with one image, or %s with --second-image, got \"%s\"",
                             list_names(&arena, &gv_schema_single_effect, no_aliases),
                             list_names(&arena, &gv_schema_dual_effect_kind, no_aliases), args->effect);
    }
    gv_arena_free(&arena);
    return code;
}
