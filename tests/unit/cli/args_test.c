/* Reading the command line: the tables hold together, and words become what they mean. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/args.h"
#include "cli/format.h"

#define WORDS_MAX 24

/* Parses words separated by '|'. */
static int parse(struct gv_cli_args *args, const char *line, struct gv_error *err)
{
    static char words[1024];
    char *argv[WORDS_MAX] = {(char *)"golem-video"}, *save;
    int argc = 1;
    *args = (struct gv_cli_args){0};
    *err = (struct gv_error){0};
    assert_true(strlen(line) < sizeof words);
    memcpy(words, line, strlen(line) + 1);
    for (char *word = strtok_r(words, "|", &save); word != NULL; word = strtok_r(NULL, "|", &save))
        argv[argc++] = word;
    return gv_cli_parse(args, argc, argv, err);
}

static void good(struct gv_cli_args *args, const char *line)
{
    struct gv_error err;
    if (parse(args, line, &err) != GV_OK)
        fail_msg("%s: %s", line, err.message);
}

static void bad(const char *line, const char *field, const char *part)
{
    struct gv_cli_args args;
    struct gv_error err;
    assert_int_equal(parse(&args, line, &err), GV_INVALID_INPUT);
    assert_string_equal(err.field, field);
    if (strstr(err.message, part) == NULL)
        fail_msg("%s: \"%s\" is not in \"%s\"", line, part, err.message);
    gv_cli_args_free(&args);
}

static void a_flag_means_one_thing_per_command(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_cli_flag_count; i++) {
        const struct gv_cli_flag *flag = &gv_cli_flags[i];
        assert_true(flag->commands != 0);
        assert_true(flag->argument != NULL || flag->set == gv_cli_set_switch);
        for (size_t j = 0; j < i; j++) {
            if (strcmp(gv_cli_flags[j].name, flag->name) == 0)
                assert_int_equal(gv_cli_flags[j].commands & flag->commands, 0);
        }
    }
}

static void every_command_has_its_row(void **state)
{
    (void)state;
    for (size_t i = 0; i < GV_CLI_COMMAND_COUNT; i++) {
        const struct gv_cli_command *command = &gv_cli_commands[i];
        assert_non_null(command->name);
        assert_non_null(command->run);
        assert_ptr_equal(gv_cli_command_named(command->name), command);
        assert_true(command->operands_min <= command->operands_max);
        assert_true(command->operands_max <= GV_CLI_POSITIONALS_MAX);
        assert_int_equal(strncmp(command->example, "golem-video ", 12), 0);
    }
}

static void flags_stand_anywhere(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "--seed|7|generate|a boat|--no-audio",
        "generate|--seed=7|--no-audio|a boat",
        "--no-audio|generate|a boat|--seed|7",
        "--no-audio|--seed|7|generate|--|a boat",
    };
    for (size_t i = 0; i < GV_COUNT(lines); i++) {
        struct gv_cli_args args;
        good(&args, lines[i]);
        assert_ptr_equal(args.command, &gv_cli_commands[GV_CLI_GENERATE]);
        assert_true(args.config.has_seed && args.config.seed == 7);
        assert_true(args.config.has_enable_audio && !args.config.enable_audio);
        assert_int_equal(args.positional_count, 1);
        assert_string_equal(args.positionals[0], "a boat");
        gv_cli_args_free(&args);
    }
}

static void the_command_decides_what_audio_is(void **state)
{
    (void)state;
    struct gv_cli_args args;
    good(&args, "--audio|generate|a drum");
    assert_true(args.config.enable_audio);
    gv_cli_args_free(&args);
    good(&args, "--audio|hello.mp3|lip-sync|--video-id|7");
    assert_int_equal(args.audio.kind, GV_MEDIA_PATH);
    assert_string_equal(args.audio.path, "hello.mp3");
    gv_cli_args_free(&args);
}

static void after_two_dashes_there_are_no_flags(void **state)
{
    (void)state;
    struct gv_cli_args args;
    good(&args, "generate|--|--seed");
    assert_string_equal(args.positionals[0], "--seed");
    gv_cli_args_free(&args);
}

static void short_flags_take_their_value_both_ways(void **state)
{
    (void)state;
    static const char *const lines[] = {"wait|x|-o|a.mp4", "wait|x|-oa.mp4", "wait|x|-o=a.mp4"};
    for (size_t i = 0; i < GV_COUNT(lines); i++) {
        struct gv_cli_args args;
        good(&args, lines[i]);
        assert_string_equal(args.output, "a.mp4");
        gv_cli_args_free(&args);
    }
}

static void both_spellings_of_ratio_and_size(void **state)
{
    (void)state;
    struct gv_cli_args args;
    good(&args, "generate|x|--aspect-ratio|21:9|--resolution|4k");
    assert_int_equal(args.config.aspect_ratio, GV_RATIO_CINEMA);
    assert_int_equal(args.config.resolution, GV_RESOLUTION_UHD);
    gv_cli_args_free(&args);
    good(&args, "generate|x|--aspect-ratio|portrait|--resolution|fhd");
    assert_int_equal(args.config.aspect_ratio, GV_RATIO_PORTRAIT);
    assert_int_equal(args.config.resolution, GV_RESOLUTION_FHD);
    gv_cli_args_free(&args);
}

static void cameras_masks_and_options(void **state)
{
    (void)state;
    struct gv_cli_args args;
    good(&args, "generate|x|--camera|simple:pan=5,zoom=-2.5|--trajectory|1,2;30,40|--option|mode=pro|--option|a=b=c");
    assert_int_equal(args.config.camera_control.kind, GV_CAMERA_SIMPLE);
    assert_float_equal(args.config.camera_control.simple.pan, 5, 0);
    assert_float_equal(args.config.camera_control.simple.zoom, -2.5, 0);
    assert_int_equal(args.config.dynamic_mask.trajectory_count, 2);
    assert_int_equal(args.config.dynamic_mask.trajectories[1].y, 40);
    assert_int_equal(args.config.provider_options.count, 2);
    assert_string_equal(args.config.provider_options.items[0].value, "pro");
    assert_string_equal(args.config.provider_options.items[1].value, "b=c");
    gv_cli_args_free(&args);
    good(&args, "generate|x|--camera|right-turn-forward");
    assert_int_equal(args.config.camera_control.kind, GV_CAMERA_RIGHT_TURN_FORWARD);
    gv_cli_args_free(&args);
}

static void files_and_urls(void **state)
{
    (void)state;
    struct gv_cli_args args;
    good(&args, "generate|x|--image|https://example.com/a.png|--last-frame|b:c.png|--static-mask|gs://b/m.png");
    assert_int_equal(args.image.kind, GV_MEDIA_URL);
    assert_int_equal(args.config.lastframe.kind, GV_MEDIA_PATH);
    assert_int_equal(args.config.static_mask.kind, GV_MEDIA_URL);
    gv_cli_args_free(&args);
}

static void what_cannot_be_read_names_its_flag(void **state)
{
    (void)state;
    bad("genrate|x", "", "\"generate\"");
    bad("generate|x|--sede|1", "--sede", "--seed");
    bad("generate|x|--seed", "--seed", "needs a value");
    bad("generate|x|--seed|--json", "--seed", "--seed=--json");
    bad("generate|x|--seed|0x7", "--seed", "0x7");
    bad("generate|x|--seed|18446744073709551616", "--seed", "18446744073709551615");
    bad("generate|x|--duration|inf", "--duration", "inf");
    bad("generate|x|--duration|1e39", "--duration", "1e39");
    bad("generate|x|--json=yes", "--json", "no value");
    bad("generate|x|--quiet|--quiet", "--quiet", "twice");
    bad("generate|x|--option|a=1|--option|a=2", "a", "twice");
    bad("generate|x|--trajectory|1,2;3", "--trajectory", "X,Y");
    bad("generate|x|--camera|simple", "--camera", "simple:");
    bad("voices|--detach", "--detach", "not a flag of voices");
    bad("wait", "", "needs JOB");
    bad("generate|a|b", "", "quotes");
    bad("version|now", "", "flags only");
    bad("generate|x|-z", "-z", "-z");
}

static void a_member_of_the_document_leads_to_its_flag(void **state)
{
    (void)state;
    const struct gv_cli_command *generate = &gv_cli_commands[GV_CLI_GENERATE];
    assert_string_equal(gv_cli_flag_for(generate, "config.lastframe.url")->name, "last-frame");
    assert_string_equal(gv_cli_flag_for(generate, "config.provider_options.mode")->name, "option");
    assert_string_equal(gv_cli_flag_for(generate, "config.dynamic_mask.trajectories[3].x")->name, "trajectory");
    assert_string_equal(gv_cli_flag_for(&gv_cli_commands[GV_CLI_EFFECTS], "duration")->name, "duration");
    assert_null(gv_cli_flag_for(generate, "config.seeds"));
    assert_null(gv_cli_flag_for(&gv_cli_commands[GV_CLI_WAIT], "config.seed"));
}

static void further_films_get_numbers(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    assert_string_equal(gv_cli_output_path(&arena, "a/boat.mp4", "gv_1", 0, "video/mp4"), "a/boat.mp4");
    assert_string_equal(gv_cli_output_path(&arena, "a/boat.mp4", "gv_1", 1, "video/mp4"), "a/boat-2.mp4");
    assert_string_equal(gv_cli_output_path(&arena, "a.b/boat", "gv_1", 2, "video/mp4"), "a.b/boat-3");
    assert_string_equal(gv_cli_output_path(&arena, "a/.boat", "gv_1", 1, "video/mp4"), "a/.boat-2");
    assert_string_equal(gv_cli_output_path(&arena, "/tmp", "gv_1", 1, "video/webm"), "/tmp/gv_1-2.webm");
    gv_arena_free(&arena);
}

static void paths_of_uris(void **state)
{
    (void)state;
    char path[64];
    assert_true(gv_cli_path_of(path, sizeof path, "file:///a%20b/c%2.mp4"));
    assert_string_equal(path, "/a b/c%2.mp4");
    assert_false(gv_cli_path_of(path, sizeof path, "s3://bucket/a.mp4"));
    assert_false(gv_cli_path_of(path, 8, "file:///a/long/path"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_flag_means_one_thing_per_command),
        cmocka_unit_test(every_command_has_its_row),
        cmocka_unit_test(flags_stand_anywhere),
        cmocka_unit_test(the_command_decides_what_audio_is),
        cmocka_unit_test(after_two_dashes_there_are_no_flags),
        cmocka_unit_test(short_flags_take_their_value_both_ways),
        cmocka_unit_test(both_spellings_of_ratio_and_size),
        cmocka_unit_test(cameras_masks_and_options),
        cmocka_unit_test(files_and_urls),
        cmocka_unit_test(what_cannot_be_read_names_its_flag),
        cmocka_unit_test(a_member_of_the_document_leads_to_its_flag),
        cmocka_unit_test(further_films_get_numbers),
        cmocka_unit_test(paths_of_uris),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
