/* The command line as a value: two tables (commands, flags) and the parser that they drive. Help, the man page's
 * test and error messages read the same tables. */
#ifndef GV_CLI_ARGS_H
#define GV_CLI_ARGS_H

#include "base/arena.h"
#include "core/schema.h"
#include "golem_video/golem_video.h"

/* Exit codes beside those of enum gv_code. */
enum {
    GV_CLI_USAGE = 2,          /* the command line itself can't be read */
    GV_CLI_STILL_RUNNING = 10, /* we stopped waiting; the job goes on */
};

enum gv_cli_command_id {
    GV_CLI_GENERATE,
    GV_CLI_LIP_SYNC,
    GV_CLI_VOICES,
    GV_CLI_EXTEND,
    GV_CLI_UPSCALE,
    GV_CLI_EFFECTS,
    GV_CLI_MULTI_IMAGE,
    GV_CLI_SUBMIT,
    GV_CLI_POLL,
    GV_CLI_WAIT,
    GV_CLI_CANCEL,
    GV_CLI_JOBS,
    GV_CLI_LOG,
    GV_CLI_FETCH,
    GV_CLI_RESOLVE,
    GV_CLI_PROVIDERS,
    GV_CLI_DOCTOR,
    GV_CLI_COLLECT,
    GV_CLI_SERVE,
    GV_CLI_TOKEN,
    GV_CLI_SANDBOX,
    GV_CLI_VERSION,
    GV_CLI_HELP,
    GV_CLI_COMMAND_COUNT,
};

#define GV_CLI_FLAGS_MAX 96
#define GV_CLI_POSITIONALS_MAX 16
#define GV_CLI_PAIRS_MAX 64
#define GV_CLI_POSITIONS_MAX 256

/* What was asked for. Texts are borrowed from argv or live in `arena`. */
struct gv_cli_args {
    struct gv_arena arena;
    const struct gv_cli_command *command;
    const char *positionals[GV_CLI_POSITIONALS_MAX];
    size_t positional_count;
    bool given[GV_CLI_FLAGS_MAX]; /* by row of the flag table */
    bool help;

    /* of every command that has to do with jobs */
    const char *provider, *store, *output, *idempotency_key;
    struct gv_kv_list metadata;
    bool json, quiet, no_progress, allow_private, sandbox, detach, dry_run, wait;
    double deadline_s, timeout_s;
    bool has_deadline, has_timeout;

    /* of wishes */
    struct gv_generation_config config; /* model, duration and options also where the operation has no config */
    struct gv_media image, video, audio, second_image;
    enum gv_image_role image_role;
    const char *prompt, *text, *voice, *video_id, *effect, *mode;
    enum gv_voice_language language;
    float speed, cfg_scale; /* speed: of speech */
    bool has_speed, has_cfg_scale;

    /* of looking around */
    enum gv_status status;
    uint32_t limit;
    bool follow, online, look_up, resubmit, give_up;
    const char *adopt;

    /* of serving */
    const char *listen, *tokens, *public_url;
    struct gv_kv_list aliases;
    bool access_log;

    /* of the sandbox */
    uint32_t port;
    bool has_port;
    const char *faults, *state;
    double sandbox_speed;
    bool stdin_taken;

    bool told;          /* standard output has its JSON already */
    const char *advice; /* lines for standard error, after the error; NULL: none */
};

struct gv_cli_flag;
/* An exit code; where that isn't 0, *err may say why. */
typedef int gv_cli_run_fn(struct gv_cli_args *args, struct gv_error *err);
typedef int gv_cli_set_fn(struct gv_cli_args *args, const struct gv_cli_flag *flag, const char *value,
                          struct gv_error *err);

struct gv_cli_command {
    const char *name;
    const char *operands; /* as in the usage line, "" for none */
    size_t operands_min, operands_max;
    const char *summary; /* one line */
    const char *about;   /* more, for `help COMMAND`, or NULL */
    const char *example; /* a whole command line */
    gv_cli_run_fn *run;
};

enum {
    GV_CLI_REPEATABLE = 1,
    GV_CLI_NEGATABLE = 2, /* --no-NAME is the same flag with "no" */
};

struct gv_cli_flag {
    const char *name;     /* without the dashes */
    char letter;          /* short form, or 0 */
    const char *argument; /* for people; NULL: a switch, set with "yes" or "no" */
    uint32_t commands;    /* GV_CLI_BIT of each that has it */
    unsigned traits;
    gv_cli_set_fn *set;
    size_t at, has;    /* offsets in struct gv_cli_args; has 0: none */
    const char *field; /* what it fills in an operation document ('|' between alternatives), or NULL */
    const char *help;
};

#define GV_CLI_BIT(id) (1u << (id))

extern const struct gv_cli_command gv_cli_commands[GV_CLI_COMMAND_COUNT];
extern const struct gv_cli_flag gv_cli_flags[];
extern const size_t gv_cli_flag_count;

/* Fills the zeroed *out. GV_INVALID_INPUT names the flag (err->field) or operand and what it takes. */
int gv_cli_parse(struct gv_cli_args *out, int argc, char **argv, struct gv_error *err);
void gv_cli_args_free(struct gv_cli_args *args);

const struct gv_cli_command *gv_cli_command_named(const char *name);
static inline uint32_t gv_cli_command_bit(const struct gv_cli_command *command)
{
    return GV_CLI_BIT(command - gv_cli_commands);
}

/* The flag that fills the member `field` ("config.lastframe.url") for this command, or NULL. */
const struct gv_cli_flag *gv_cli_flag_for(const struct gv_cli_command *command, const char *field);

/* Of `count` names (name(i)) the one that `word` was probably meant to be, or NULL. */
const char *gv_cli_nearest(const char *word, size_t count, const char *(*name)(const void *ctx, size_t i),
                           const void *ctx);

/* values.c: setters of the flag table. */
gv_cli_set_fn gv_cli_set_text, gv_cli_set_switch, gv_cli_set_float, gv_cli_set_double, gv_cli_set_u32, gv_cli_set_u64;
gv_cli_set_fn gv_cli_set_media, gv_cli_set_pair, gv_cli_set_role, gv_cli_set_ratio, gv_cli_set_resolution;
gv_cli_set_fn gv_cli_set_language, gv_cli_set_status, gv_cli_set_camera, gv_cli_set_trajectory;
/* FILE, URL or "-"; `what` names it in errors. */
int gv_cli_media(struct gv_media *out, struct gv_cli_args *args, const char *what, const char *value,
                 struct gv_error *err);
/* Appends to the list, whose items move within the arena. Each key once. */
int gv_cli_add_pair(struct gv_kv_list *list, struct gv_arena *arena, struct gv_kv pair, struct gv_error *err);
/* "hug" or "anime-figure"; also takes args->second_image. */
int gv_cli_effect(struct gv_effect_type *out, const struct gv_cli_args *args, struct gv_error *err);

#endif
