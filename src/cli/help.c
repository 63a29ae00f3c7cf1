#include "cli/help.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "core/json.h"

#define COLUMNS 88
#define FLAG_COLUMN 30 /* where a flag's explanation begins */

/* Prints words from column `indent` on, breaking lines. */
static void print_wrapped(const char *text, size_t indent)
{
    size_t at = indent;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        bool first = at == indent;
        if (!first && at + 1 + word > COLUMNS) {
            printf("\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        printf("%s%.*s", first ? "" : " ", (int)word, text);
        at += word + (first ? 0 : 1);
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_flag(const struct gv_cli_flag *flag)
{
    char name[64], letter[8] = "";
    if (flag->letter != 0)
        snprintf(letter, sizeof letter, "-%c, ", flag->letter);
    snprintf(name, sizeof name, "  %s--%s%s%s%s", letter, (flag->traits & GV_CLI_NEGATABLE) != 0 ? "[no-]" : "",
             flag->name, flag->argument != NULL ? " " : "", flag->argument != NULL ? flag->argument : "");
    printf("%-*s ", FLAG_COLUMN - 1, name);
    if (strlen(name) >= FLAG_COLUMN)
        printf("\n%*s", FLAG_COLUMN, "");
    print_wrapped(flag->help, FLAG_COLUMN);
}

void gv_cli_help_command(const struct gv_cli_command *command)
{
    printf("golem-video %s%s%s [flags]: %s\n", command->name, command->operands[0] != '\0' ? " " : "",
           command->operands, command->summary);
    if (command->about != NULL)
        printf("\n%s\n", command->about);
    printf("\nFlags\n");
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        if ((gv_cli_flags[i].commands & gv_cli_command_bit(command)) != 0)
            print_flag(&gv_cli_flags[i]);
    }
    printf("\nExample\n  %s\n", command->example);
}

static void print_commands(void)
{
    printf("golem-video: durable AI video generation\n\n"
           "usage: golem-video COMMAND [operands] [flags]\n\nCommands\n");
    for (size_t i = 0; i < GV_CLI_COMMAND_COUNT; i++)
        printf("  %-12s %s\n", gv_cli_commands[i].name, gv_cli_commands[i].summary);
    printf("\ngolem-video help COMMAND lists a command's flags. Flags may stand anywhere; -- ends them.\n"
           "To try everything free of charge: golem-video generate \"a paper boat\" --sandbox\n\n"
           "Exit codes: 0 done, 2 usage, 3 invalid input, 4 unsupported feature, 5 quota exceeded,\n"
           "6 generation failed, 7 cancelled, 8 internal error, 9 uncertain, 10 still running.\n");
}

/* ---- the tables as JSON ---------------------------------------------------------------------------------- */

static void put_flag(struct gv_json_out *out, const struct gv_cli_flag *flag)
{
    char letter[2] = {flag->letter, '\0'};
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "name", flag->name);
    gv_json_put_text(out, "letter", flag->letter != 0 ? letter : NULL);
    gv_json_put_text(out, "argument", flag->argument);
    gv_json_put_bool(out, "negatable", (flag->traits & GV_CLI_NEGATABLE) != 0);
    gv_json_put_bool(out, "repeatable", (flag->traits & GV_CLI_REPEATABLE) != 0);
    gv_json_put_text(out, "field", flag->field);
    gv_json_put_text(out, "help", flag->help);
    gv_json_close(out, '}');
}

static void put_command(struct gv_json_out *out, const struct gv_cli_command *command)
{
    gv_json_open(out, NULL, '{');
    gv_json_put_text(out, "name", command->name);
    gv_json_put_text(out, "operands", command->operands);
    gv_json_put_text(out, "summary", command->summary);
    gv_json_put_text(out, "example", command->example);
    gv_json_open(out, "flags", '[');
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        if ((gv_cli_flags[i].commands & gv_cli_command_bit(command)) != 0)
            put_flag(out, &gv_cli_flags[i]);
    }
    gv_json_close(out, ']');
    gv_json_close(out, '}');
}

static void print_tables(void)
{
    struct gv_buf text;
    gv_buf_init(&text, 1u << 20);
    struct gv_json_out out = {.buf = &text};
    gv_json_open(&out, NULL, '{');
    gv_json_open(&out, "commands", '[');
    for (size_t i = 0; i < GV_CLI_COMMAND_COUNT; i++)
        put_command(&out, &gv_cli_commands[i]);
    gv_json_close(&out, ']');
    gv_json_close(&out, '}');
    puts(text.data);
    gv_buf_free(&text);
}

int gv_cli_help(struct gv_cli_args *args, struct gv_error *err)
{
    if (args->json) {
        print_tables();
        return GV_OK;
    }
    if (args->positional_count == 0) {
        print_commands();
        return GV_OK;
    }
    const struct gv_cli_command *command = gv_cli_command_named(args->positionals[0]);
    if (command == NULL) {
        gv_fail(err, GV_INVALID_INPUT, "there is no command \"%s\"; golem-video help lists them", args->positionals[0]);
        return GV_CLI_USAGE;
    }
    gv_cli_help_command(command);
    return GV_OK;
}
