/* Every flag of every command, once. */
#include "cli/args.h"

#define B(id) GV_CLI_BIT(GV_CLI_##id)
#define WITH_CONFIG (B(GENERATE) | B(MULTI_IMAGE))
#define WISHES (WITH_CONFIG | B(LIP_SYNC) | B(EXTEND) | B(UPSCALE) | B(EFFECTS))
#define MAKING (WISHES | B(SUBMIT))
#define DRIVING (MAKING | B(POLL) | B(WAIT) | B(LOG) | B(RESOLVE) | B(CANCEL))
#define OPENING (DRIVING | B(JOBS) | B(FETCH) | B(DOCTOR) | B(COLLECT))
#define EVERY UINT32_MAX

#define AT(member) .at = offsetof(struct gv_cli_args, member)
#define HAS(member) .has = offsetof(struct gv_cli_args, member)

const struct gv_cli_flag gv_cli_flags[] = {
    /* what is wished for */
    {"image", 0, "FILE|URL", B(GENERATE), 0, gv_cli_set_media, AT(image), .field = "input.image",
     .help = "begin from this picture"},
    {"image-role", 0, "first|last", B(GENERATE), 0, gv_cli_set_role, AT(image_role), .field = "input.image.role",
     .help = "what the picture is: the first frame (the default) or the last"},
    {"video", 0, "FILE|URL", B(GENERATE), 0, gv_cli_set_media, AT(video), .field = "input.video",
     .help = "begin from this film"},
    {"video", 0, "FILE|URL", B(LIP_SYNC), 0, gv_cli_set_media, AT(video), .field = "video.video",
     .help = "the film whose lips are to move; - reads standard input"},
    {"video-id", 0, "ID", B(LIP_SYNC), 0, gv_cli_set_text, AT(video_id), .field = "video.video_id|video_id",
     .help = "a film that the provider has: its id there, or the id of a finished job"},
    {"text", 0, "TEXT", B(LIP_SYNC), 0, gv_cli_set_text, AT(text), .field = "audio.from_text.text",
     .help = "what is to be said"},
    {"voice", 0, "ID", B(LIP_SYNC), 0, gv_cli_set_text, AT(voice), .field = "audio.from_text.voice_id",
     .help = "who says it; golem-video voices lists them"},
    {"language", 0, "en|zh", B(LIP_SYNC), 0, gv_cli_set_language, AT(language), .field = "audio.from_text.language",
     .help = "the language of the text; without it, the voice's"},
    {"language", 0, "en|zh", B(VOICES), 0, gv_cli_set_language, AT(language), .help = "only voices of this language"},
    {"speed", 0, "FACTOR", B(LIP_SYNC), 0, gv_cli_set_float, AT(speed), HAS(has_speed),
     .field = "audio.from_text.speed", .help = "of the speech; 1 without it"},
    {"audio", 0, "FILE|URL", B(LIP_SYNC), 0, gv_cli_set_media, AT(audio), .field = "audio.from_audio",
     .help = "a recording to be said, instead of --text; - reads standard input"},
    {"prompt", 0, "TEXT", B(MULTI_IMAGE), 0, gv_cli_set_text, AT(prompt), .field = "prompt",
     .help = "what is to happen"},
    {"effect", 0, "NAME", B(EFFECTS), 0, gv_cli_set_text, AT(effect), .field = "effect",
     .help = "with one image: bloombloom, dizzydizzy, fuzzyfuzzy, squish, expansion, anime-figure, rocketrocket; "
             "with two: hug, kiss, heart-gesture"},
    {"second-image", 0, "FILE|URL", B(EFFECTS), 0, gv_cli_set_media, AT(second_image),
     .field = "effect.dual.second_image", .help = "the other person of hug, kiss and heart-gesture"},
    {"mode", 0, "NAME", B(EFFECTS), 0, gv_cli_set_text, AT(mode), .field = "mode",
     .help = "the provider's word for quality, such as std or pro"},
    {"negative-prompt", 0, "TEXT", WITH_CONFIG | B(EXTEND), 0, gv_cli_set_text, AT(config.negative_prompt),
     .field = "config.negative_prompt|negative_prompt", .help = "what must not be seen"},
    {"cfg-scale", 0, "NUMBER", B(EXTEND), 0, gv_cli_set_float, AT(cfg_scale), HAS(has_cfg_scale), .field = "cfg_scale",
     .help = "how closely to follow the prompt"},
    {"model", 0, "NAME", WITH_CONFIG | B(EFFECTS), 0, gv_cli_set_text, AT(config.model), .field = "config.model|model",
     .help = "the provider's model; without it, the provider's default"},
    {"duration", 0, "SECONDS", WITH_CONFIG | B(EFFECTS), 0, gv_cli_set_float, AT(config.duration_seconds),
     HAS(config.has_duration_seconds), .field = "config.duration_seconds|duration", .help = "length of the film"},
    {"aspect-ratio", 0, "RATIO", WITH_CONFIG, 0, gv_cli_set_ratio, AT(config.aspect_ratio),
     .field = "config.aspect_ratio", .help = "square (1:1), portrait (9:16), landscape (16:9) or cinema (21:9)"},
    {"resolution", 0, "SIZE", WITH_CONFIG, 0, gv_cli_set_resolution, AT(config.resolution),
     .field = "config.resolution", .help = "sd (480p), hd (720p), fhd (1080p) or uhd (2160p, 4k)"},
    {"seed", 0, "N", WITH_CONFIG, 0, gv_cli_set_u64, AT(config.seed), HAS(config.has_seed), .field = "config.seed",
     .help = "the same seed and wish give a similar film"},
    {"guidance-scale", 0, "NUMBER", WITH_CONFIG, 0, gv_cli_set_float, AT(config.guidance_scale),
     HAS(config.has_guidance_scale), .field = "config.guidance_scale", .help = "how closely to follow the prompt"},
    {"scheduler", 0, "NAME", WITH_CONFIG, 0, gv_cli_set_text, AT(config.scheduler), .field = "config.scheduler",
     .help = "a hint; a provider without schedulers warns"},
    {"audio", 0, NULL, WITH_CONFIG, GV_CLI_NEGATABLE, gv_cli_set_switch, AT(config.enable_audio),
     HAS(config.has_enable_audio), .field = "config.enable_audio", .help = "with sound, or without"},
    {"enhance-prompt", 0, NULL, WITH_CONFIG, GV_CLI_NEGATABLE, gv_cli_set_switch, AT(config.enhance_prompt),
     HAS(config.has_enhance_prompt), .field = "config.enhance_prompt",
     .help = "let the provider rewrite the prompt, or not; a hint"},
    {"last-frame", 0, "FILE|URL", WITH_CONFIG, 0, gv_cli_set_media, AT(config.lastframe), .field = "config.lastframe",
     .help = "end with this picture"},
    {"static-mask", 0, "FILE|URL", WITH_CONFIG, 0, gv_cli_set_media, AT(config.static_mask),
     .field = "config.static_mask", .help = "a picture of what must stay still"},
    {"dynamic-mask", 0, "FILE|URL", WITH_CONFIG, 0, gv_cli_set_media, AT(config.dynamic_mask.mask),
     .field = "config.dynamic_mask", .help = "a picture of what moves along --trajectory"},
    {"trajectory", 0, "X,Y;X,Y...", WITH_CONFIG, 0, gv_cli_set_trajectory, .field = "config.dynamic_mask.trajectories",
     .help = "positions in pixels from the bottom left"},
    {"camera", 0, "MOVE", WITH_CONFIG, 0, gv_cli_set_camera, .field = "config.camera_control",
     .help = "down-back, forward-up, right-turn-forward, left-turn-forward or simple:AXIS=N,... with the axes "
             "horizontal, vertical, pan, tilt, zoom and roll from -10 to 10"},
    {"option", 0, "KEY=VALUE", WISHES, GV_CLI_REPEATABLE, gv_cli_set_pair, AT(config.provider_options),
     .field = "config.provider_options|provider_options",
     .help = "the provider's own option; golem-video providers NAME lists them; may be repeated"},

    /* how it is to be done */
    {"provider", 0, "NAME", MAKING | B(VOICES), 0, gv_cli_set_text, AT(provider), .field = "provider",
     .help = "who makes it; without it, the provider whose credentials are set"},
    {"provider", 0, "NAME", B(JOBS), 0, gv_cli_set_text, AT(provider), .help = "only jobs at this provider"},
    {"output", 'o', "FILE", MAKING | B(WAIT) | B(FETCH), 0, gv_cli_set_text, AT(output),
     .help = "copy the film to this file or folder, whole or not at all; further films are FILE-2, FILE-3..."},
    {"detach", 0, NULL, WISHES, 0, gv_cli_set_switch, AT(detach),
     .help = "print the job's id and return as soon as the provider has it"},
    {"wait", 0, NULL, B(SUBMIT) | B(RESOLVE), 0, gv_cli_set_switch, AT(wait), .help = "wait for the job's end"},
    {"dry-run", 0, NULL, MAKING, 0, gv_cli_set_switch, AT(dry_run),
     .help = "check the wish and say what would be done and what it would cost; send and store nothing"},
    {"idempotency-key", 0, "KEY", MAKING, 0, gv_cli_set_text, AT(idempotency_key), .field = "idempotency_key",
     .help = "the same key and wish give the same job, however often they are sent"},
    {"metadata", 0, "KEY=VALUE", MAKING, GV_CLI_REPEATABLE, gv_cli_set_pair, AT(metadata), .field = "metadata",
     .help = "kept with the job, never sent; may be repeated"},
    {"deadline", 0, "SECONDS", MAKING, 0, gv_cli_set_double, AT(deadline_s), HAS(has_deadline),
     .help = "give the job up after so long; 2 hours without it"},
    {"timeout", 0, "SECONDS", B(WAIT), 0, gv_cli_set_double, AT(timeout_s), HAS(has_timeout),
     .help = "stop waiting (exit code 10) after so long; the job goes on"},

    /* looking around */
    {"status", 0, "STATUS", B(JOBS), 0, gv_cli_set_status, AT(status),
     .help = "only jobs that are pending, running, succeeded or failed"},
    {"limit", 0, "N", B(JOBS), 0, gv_cli_set_u32, AT(limit), .help = "at most so many, the newest; 100 without it"},
    {"follow", 'f', NULL, B(LOG), 0, gv_cli_set_switch, AT(follow),
     .help = "take the job up if nobody drives it, and print what happens until it ends"},
    {"online", 0, NULL, B(DOCTOR), 0, gv_cli_set_switch, AT(online),
     .help = "also see whether the providers' servers can be reached"},
    {"look-up", 0, NULL, B(RESOLVE), 0, gv_cli_set_switch, AT(look_up), .help = "ask the provider once more"},
    {"adopt", 0, "TASK", B(RESOLVE), 0, gv_cli_set_text, AT(adopt),
     .help = "the provider has it under this task id: go on from there"},
    {"resubmit", 0, NULL, B(RESOLVE), 0, gv_cli_set_switch, AT(resubmit),
     .help = "it never arrived: send it again (billed twice if it did arrive)"},
    {"give-up", 0, NULL, B(RESOLVE), 0, gv_cli_set_switch, AT(give_up), .help = "end the job as failed"},

    /* serving */
    {"listen", 0, "ADDR:PORT", B(SERVE), 0, gv_cli_set_text, AT(listen),
     .help = "where to listen; 127.0.0.1:8080 without it; port 0: any; also GOLEM_VIDEO_LISTEN"},
    {"tokens", 0, "FILE", B(SERVE) | B(TOKEN), 0, gv_cli_set_text, AT(tokens),
     .help = "who may ask: lines of a tenant and the SHA-256 of a token; also GOLEM_VIDEO_TOKENS"},
    {"public-url", 0, "URL", B(SERVE), 0, gv_cli_set_text, AT(public_url),
     .help = "where browsers and providers reach the server from outside; also GOLEM_VIDEO_PUBLIC_URL"},
    {"alias", 0, "NAME=MODEL", B(SERVE), GV_CLI_REPEATABLE, gv_cli_set_pair, AT(aliases),
     .help = "a model name of callers for one of ours, such as sora-2=PROVIDER/MODEL; may be repeated; also "
             "GOLEM_VIDEO_ALIASES, separated by commas"},
    {"access-log", 0, NULL, B(SERVE), 0, gv_cli_set_switch, AT(access_log),
     .help = "a JSON object a request on standard error; never a token or a query"},

    /* the sandbox itself */
    {"port", 0, "N", B(SANDBOX), 0, gv_cli_set_u32, AT(port), HAS(has_port),
     .help = "port on 127.0.0.1; 7411 without it; 0: any"},
    {"speed", 0, "FACTOR", B(SANDBOX), 0, gv_cli_set_double, AT(sandbox_speed),
     .help = "films take 1/FACTOR of their normal time; 1 without it"},
    {"faults", 0, "SCRIPT", B(SANDBOX), 0, gv_cli_set_text, AT(faults), .help = "what goes wrong, and when"},
    {"state", 0, "DIR", B(SANDBOX), 0, gv_cli_set_text, AT(state),
     .help = "folder of its tasks and films; STORE/sandbox/state without it"},
    {"seed", 0, "N", B(SANDBOX), 0, gv_cli_set_u64, AT(config.seed), .help = "of films and of faults by probability"},

    /* of the whole run */
    {"sandbox", 0, NULL, OPENING | B(SERVE), 0, gv_cli_set_switch, AT(sandbox),
     .help = "rehearse: use the sandbox instead of the providers, and a store of its own (STORE/sandbox/store)"},
    {"store", 0, "DIR", OPENING | B(SERVE) | B(SANDBOX), 0, gv_cli_set_text, AT(store),
     .help = "where jobs and films are kept; else GOLEM_VIDEO_STORE, else ~/.local/share/golem-video"},
    {"allow-private", 0, NULL, DRIVING | B(SERVE), 0, gv_cli_set_switch, AT(allow_private),
     .help = "media URLs may lie on private and loopback addresses; also GOLEM_VIDEO_ALLOW_PRIVATE=1"},
    {"json", 0, NULL, EVERY & ~(B(SANDBOX) | B(SERVE)), 0, gv_cli_set_switch, AT(json),
     .help = "print JSON on standard output"},
    {"quiet", 'q', NULL, MAKING | B(WAIT) | B(RESOLVE), 0, gv_cli_set_switch, AT(quiet),
     .help = "nothing on standard error but warnings and errors"},
    {"no-progress", 0, NULL, MAKING | B(WAIT) | B(RESOLVE), 0, gv_cli_set_switch, AT(no_progress),
     .help = "no line that is redrawn on a terminal"},
    {"help", 'h', NULL, EVERY, 0, gv_cli_set_switch, AT(help), .help = "show this page"},
};

const size_t gv_cli_flag_count = GV_COUNT(gv_cli_flags);
