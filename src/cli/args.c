/* The parser: one pass finds the command, the next reads everything in the light of it. */
#include "cli/args.h"

#include <string.h>

#include "base/assert.h"
#include "base/error.h"

static const char *command_name(const void *ctx, size_t i)
{
    (void)ctx;
    return gv_cli_commands[i].name;
}

const struct gv_cli_command *gv_cli_command_named(const char *name)
{
    for (size_t i = 0; i < GV_CLI_COMMAND_COUNT; i++) {
        if (strcmp(gv_cli_commands[i].name, name) == 0)
            return &gv_cli_commands[i];
    }
    return NULL;
}

/* ---- names that were nearly right ------------------------------------------------------------------------ */

#define NAME_BYTES_MAX 40

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b. */
static size_t distance(const char *a, const char *b)
{
    size_t rows[3][NAME_BYTES_MAX + 1];
    size_t n = strlen(b);
    GV_ASSERT(n <= NAME_BYTES_MAX);
    for (size_t j = 0; j <= n; j++)
        rows[0][j] = j;
    size_t m = strlen(a);
    for (size_t i = 1; i <= m; i++) {
        size_t *now = rows[i % 3], *before = rows[(i + 2) % 3], *twice = rows[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t replace = before[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            now[j] = least(replace, least(before[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = least(now[j], twice[j - 2] + 1);
        }
    }
    return rows[m % 3][n];
}

const char *gv_cli_nearest(const char *word, size_t count, const char *(*name)(const void *ctx, size_t i),
                           const void *ctx)
{
    size_t length = strlen(word);
    if (length == 0 || length > NAME_BYTES_MAX)
        return NULL;
    const char *best = NULL;
    size_t best_distance = 1 + length / 3 + 1;
    for (size_t i = 0; i < count; i++) {
        const char *candidate = name(ctx, i);
        if (candidate == NULL)
            continue;
        size_t d = strncmp(candidate, word, length) == 0 && length >= 3 ? 1 : distance(word, candidate);
        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

/* A flag's name if the command has it; the context of gv_cli_nearest. */
static const char *flag_name(const void *ctx, size_t i)
{
    const struct gv_cli_command *command = ctx;
    const struct gv_cli_flag *flag = &gv_cli_flags[i];
    return (flag->commands & gv_cli_command_bit(command)) != 0 ? flag->name : NULL;
}

/* ---- finding the command --------------------------------------------------------------------------------- */

/* A flag taken apart: "--name=value", "--name", "-o", "-oVALUE". */
struct token {
    char name[NAME_BYTES_MAX + 1]; /* cut if longer: no flag is */
    char letter;
    const char *value;              /* attached, or NULL */
    char shown[NAME_BYTES_MAX + 3]; /* with its dashes, for errors */
};

static bool is_flag(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

static struct token token_of(const char *word)
{
    struct token token = {0};
    if (word[1] != '-') {
        token.letter = word[1];
        memcpy(token.shown, word, 2);
        if (word[2] != '\0')
            token.value = word[2] == '=' ? word + 3 : word + 2;
        return token;
    }
    size_t length = strcspn(word + 2, "=");
    memcpy(token.name, word + 2, least(length, NAME_BYTES_MAX));
    memcpy(token.shown, word, 2 + least(length, NAME_BYTES_MAX));
    if (word[2 + length] == '=')
        token.value = word + 2 + length + 1;
    return token;
}

static bool token_is(const struct token *token, const struct gv_cli_flag *flag)
{
    return token->letter != 0 ? token->letter == flag->letter : strcmp(token->name, flag->name) == 0;
}

/* Whether the word after this flag is its value, before the command is known. Where commands differ ("--audio"),
 * a word that names a command is the command. */
static bool swallows(const char *word, const char *next)
{
    struct token token = token_of(word);
    if (token.value != NULL || next == NULL)
        return false;
    bool with = false, without = false;
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        if (!token_is(&token, &gv_cli_flags[i]))
            continue;
        with |= gv_cli_flags[i].argument != NULL;
        without |= gv_cli_flags[i].argument == NULL;
    }
    return with && !(without && gv_cli_command_named(next) != NULL);
}

static int find_command(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--") == 0)
            return i + 1 < argc ? i + 1 : 0;
        if (!is_flag(argv[i]))
            return i;
        if (swallows(argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            i++;
    }
    return 0;
}

static int no_such_command(const char *word, struct gv_error *err)
{
    const char *nearest = gv_cli_nearest(word, GV_CLI_COMMAND_COUNT, command_name, NULL);
    if (nearest != NULL)
        return gv_fail(err, GV_INVALID_INPUT, "there is no command \"%s\"; did you mean \"%s\"?", word, nearest);
    return gv_fail(err, GV_INVALID_INPUT, "there is no command \"%s\"; golem-video help lists them", word);
}

/* --help and --version need no command. */
static int without_command(struct gv_cli_args *out, int argc, char **argv, struct gv_error *err)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--version") == 0)
            out->command = &gv_cli_commands[GV_CLI_VERSION];
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            out->command = &gv_cli_commands[GV_CLI_HELP];
        if (out->command != NULL)
            return GV_OK;
    }
    return gv_fail(err, GV_INVALID_INPUT, "what shall be done? golem-video help lists the commands");
}

/* ---- reading the flags ----------------------------------------------------------------------------------- */

/* The row for this token and command; *negated where it is --no-NAME. */
static const struct gv_cli_flag *flag_of(bool *negated, const struct token *token, uint32_t command)
{
    *negated = false;
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        const struct gv_cli_flag *flag = &gv_cli_flags[i];
        if ((flag->commands & command) == 0)
            continue;
        if (token_is(token, flag))
            return flag;
        if ((flag->traits & GV_CLI_NEGATABLE) != 0 && strncmp(token->name, "no-", 3) == 0 &&
            strcmp(token->name + 3, flag->name) == 0) {
            *negated = true;
            return flag;
        }
    }
    return NULL;
}

static bool is_known_elsewhere(const struct token *token)
{
    bool negated;
    return flag_of(&negated, token, UINT32_MAX) != NULL;
}

static int no_such_flag(const struct gv_cli_command *command, const struct token *token, struct gv_error *err)
{
    const char *nearest = gv_cli_nearest(token->name, gv_cli_flag_count, flag_name, command);
    if (is_known_elsewhere(token))
        return gv_fail_field(err, GV_INVALID_INPUT, token->shown,
                             "%s is not a flag of %s; golem-video help %s lists those that are", token->shown,
                             command->name, command->name);
    if (nearest != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, token->shown, "there is no flag %s; did you mean --%s?",
                             token->shown, nearest);
    return gv_fail_field(err, GV_INVALID_INPUT, token->shown, "there is no flag %s; golem-video help %s lists them",
                         token->shown, command->name);
}

/* The flag's value: attached, or the next word, unless that is plainly another flag. */
static int value_of(const char **out, const struct gv_cli_flag *flag, const struct token *token, const char *next,
                    uint32_t command, struct gv_error *err)
{
    *out = token->value != NULL ? token->value : next;
    if (*out == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, token->shown, "--%s needs a value: --%s %s", flag->name, flag->name,
                             flag->argument);
    bool negated;
    struct token other = is_flag(*out) ? token_of(*out) : (struct token){0};
    if (token->value == NULL && other.name[0] != '\0' && flag_of(&negated, &other, command) != NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, token->shown,
                             "--%s needs a value, and %s is a flag; write --%s=%s if it is the value", flag->name, *out,
                             flag->name, *out);
    return GV_OK;
}

/* Reads the flag at argv[*i] and moves *i to the last word that it used. */
static int read_flag(struct gv_cli_args *out, int argc, char **argv, int *i, struct gv_error *err)
{
    struct token token = token_of(argv[*i]);
    uint32_t command = gv_cli_command_bit(out->command);
    bool negated;
    const struct gv_cli_flag *flag = flag_of(&negated, &token, command);
    if (flag == NULL)
        return no_such_flag(out->command, &token, err);
    bool *given = &out->given[flag - gv_cli_flags];
    if (*given && (flag->traits & GV_CLI_REPEATABLE) == 0)
        return gv_fail_field(err, GV_INVALID_INPUT, token.shown, "--%s is given twice", flag->name);
    *given = true;
    if (flag->argument == NULL) {
        if (token.value != NULL)
            return gv_fail_field(err, GV_INVALID_INPUT, token.shown, "--%s takes no value, got \"%s\"", flag->name,
                                 token.value);
        return flag->set(out, flag, negated ? "no" : "yes", err);
    }
    const char *value;
    int code = value_of(&value, flag, &token, *i + 1 < argc ? argv[*i + 1] : NULL, command, err);
    if (code != GV_OK)
        return code;
    if (token.value == NULL)
        (*i)++;
    return flag->set(out, flag, value, err);
}

static int add_operand(struct gv_cli_args *out, const char *word, struct gv_error *err)
{
    size_t max = out->command->operands_max;
    if (out->positional_count < max) {
        out->positionals[out->positional_count++] = word;
        return GV_OK;
    }
    if (max == 0)
        return gv_fail(err, GV_INVALID_INPUT, "%s takes flags only, got \"%s\"", out->command->name, word);
    return gv_fail(err, GV_INVALID_INPUT, "%s takes %s, \"%s\" is one too many (a text of several words needs quotes)",
                   out->command->name, out->command->operands, word);
}

static int read_words(struct gv_cli_args *out, int argc, char **argv, int command_at, struct gv_error *err)
{
    bool flags = true;
    for (int i = 1; i < argc; i++) {
        int code = GV_OK;
        if (i == command_at)
            continue;
        if (flags && strcmp(argv[i], "--") == 0)
            flags = false;
        else if (flags && is_flag(argv[i]))
            code = read_flag(out, argc, argv, &i, err);
        else
            code = add_operand(out, argv[i], err);
        if (code != GV_OK || out->help)
            return code;
    }
    if (out->positional_count < out->command->operands_min)
        return gv_fail(err, GV_INVALID_INPUT, "%s needs %s; golem-video help %s shows an example", out->command->name,
                       out->command->operands, out->command->name);
    return GV_OK;
}

int gv_cli_parse(struct gv_cli_args *out, int argc, char **argv, struct gv_error *err)
{
    GV_ASSERT(gv_cli_flag_count <= GV_CLI_FLAGS_MAX);
    int at = find_command(argc, argv);
    if (at == 0)
        return without_command(out, argc, argv, err);
    out->command = gv_cli_command_named(argv[at]);
    if (out->command == NULL)
        return no_such_command(argv[at], err);
    return read_words(out, argc, argv, at, err);
}

void gv_cli_args_free(struct gv_cli_args *args)
{
    gv_arena_free(&args->arena);
}

/* ---- from a document's member back to the flag ----------------------------------------------------------- */

/* "config.lastframe" stands for "config.lastframe.url" too. */
static bool is_within(const char *field, const char *member, size_t member_bytes)
{
    return strncmp(field, member, member_bytes) == 0 &&
           (field[member_bytes] == '\0' || field[member_bytes] == '.' || field[member_bytes] == '[');
}

/* Bytes of the longest member that the flag fills and the field lies in; 0: none. */
static size_t fills(const struct gv_cli_flag *flag, const char *field)
{
    size_t most = 0;
    for (const char *member = flag->field; member != NULL;) {
        size_t bytes = strcspn(member, "|");
        if (bytes > most && is_within(field, member, bytes))
            most = bytes;
        member = member[bytes] == '|' ? member + bytes + 1 : NULL;
    }
    return most;
}

/* The nearest: "input.image.role" belongs to --image-role rather than to --image. */
const struct gv_cli_flag *gv_cli_flag_for(const struct gv_cli_command *command, const char *field)
{
    const struct gv_cli_flag *nearest = NULL;
    size_t most = 0;
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        const struct gv_cli_flag *flag = &gv_cli_flags[i];
        size_t bytes = (flag->commands & gv_cli_command_bit(command)) != 0 ? fills(flag, field) : 0;
        if (bytes > most) {
            nearest = flag;
            most = bytes;
        }
    }
    return nearest;
}
