/* Every command, once, in the order of help. */
#include "cli/commands.h"

#include "cli/args.h"

#define ROW(id) [GV_CLI_##id]

const struct gv_cli_command gv_cli_commands[GV_CLI_COMMAND_COUNT] = {
    ROW(GENERATE) = {"generate", "[PROMPT]", 0, 1, "make a film from a text, a picture or a film",
                     "Writes the wish down, sends it to the provider once, waits for the film and prints where it is.\n"
                     "With --image or --video the prompt may be left out where the model allows it.",
                     "golem-video generate \"a paper boat on a rainy street\" --duration 5 -o boat.mp4",
                     gv_cli_generate},
    ROW(LIP_SYNC) =
        {"lip-sync", "", 0, 0, "make somebody in a film speak",
         "Takes a film by --video or --video-id, and what is to be said by --text with --voice, or by --audio.",
         "golem-video lip-sync --video-id gv_01k6yq5t1wz8q4y0n3j2v7b9xd --text \"Good morning\" --voice oversea_male1",
         gv_cli_lip_sync},
    ROW(VOICES) = {"voices", "", 0, 0, "list the voices for lip-sync", NULL, "golem-video voices --language en",
                   gv_cli_voices},
    ROW(EXTEND) = {"extend", "VIDEO_OR_JOB_ID [PROMPT]", 1, 2, "make a film longer",
                   "Takes the provider's id of a film, or the id of a finished job.",
                   "golem-video extend gv_01k6yq5t1wz8q4y0n3j2v7b9xd \"it sails on\"", gv_cli_extend},
    ROW(UPSCALE) = {"upscale", "FILE|URL", 1, 1, "make a film larger", NULL,
                    "golem-video upscale small.mp4 -o large.mp4", gv_cli_upscale},
    ROW(EFFECTS) = {"effects", "IMAGE", 1, 1, "animate one or two people by a ready-made effect", NULL,
                    "golem-video effects face.png --effect hug --second-image other.png", gv_cli_effects},
    ROW(MULTI_IMAGE) = {"multi-image", "IMAGE...", 1, GV_CLI_POSITIONALS_MAX, "make a film of several pictures", NULL,
                        "golem-video multi-image girl.png dog.png --prompt \"the girl walks the dog\"",
                        gv_cli_multi_image},
    ROW(SUBMIT) =
        {"submit", "FILE.json|-", 1, 1, "ask for what an operation document says",
         "Prints the job's id as soon as the job is on disk and returns when the provider has it; with --wait, at\n"
         "the job's end. The flags --provider, --idempotency-key and --metadata replace the document's members.",
         "golem-video submit wish.json --wait", gv_cli_submit},
    ROW(POLL) = {"poll", "JOB", 1, 1, "say how a job stands",
                 "Where no process drives the job, asks the provider once and fetches what is ready.",
                 "golem-video poll gv_01k6yq5t1wz8q4y0n3j2v7b9xd --json", gv_cli_poll},
    ROW(WAIT) = {"wait", "JOB", 1, 1, "wait for a job's end and print where its film is",
                 "Takes the job up if no process drives it. The exit code tells how it ended.",
                 "golem-video wait gv_01k6yq5t1wz8q4y0n3j2v7b9xd -o boat.mp4", gv_cli_wait},
    ROW(CANCEL) = {"cancel", "JOB", 1, 1, "stop a job, and say what became of the provider's work", NULL,
                   "golem-video cancel gv_01k6yq5t1wz8q4y0n3j2v7b9xd", gv_cli_cancel},
    ROW(JOBS) = {"jobs", "", 0, 0, "list the jobs of the store, newest first", NULL,
                 "golem-video jobs --status running --limit 20", gv_cli_jobs},
    ROW(LOG) = {"log", "JOB", 1, 1, "show what happened to a job, step by step", NULL,
                "golem-video log gv_01k6yq5t1wz8q4y0n3j2v7b9xd", gv_cli_log},
    ROW(FETCH) = {"fetch", "JOB", 1, 1, "copy the stored film of a finished job",
                  "Without -o the file is JOB.mp4 (or what the film is) in the current folder.",
                  "golem-video fetch gv_01k6yq5t1wz8q4y0n3j2v7b9xd -o boat.mp4", gv_cli_fetch},
    ROW(RESOLVE) =
        {"resolve", "JOB", 1, 1, "settle a job of which nobody knows whether the provider took it",
         "Such a job is parked, because sending it again could be paid twice. Say what is to be done by one of\n"
         "--look-up, --adopt, --resubmit and --give-up; without any of them those that this job has are listed. If\n"
         "the provider does not show the task that --adopt names, the job is parked as before.",
         "golem-video resolve gv_01k6yq5t1wz8q4y0n3j2v7b9xd --look-up", gv_cli_resolve},
    ROW(PROVIDERS) = {"providers", "[NAME]", 0, 1, "list providers, models, options, settings and prices", NULL,
                      "golem-video providers --json", gv_cli_providers},
    ROW(DOCTOR) = {"doctor", "", 0, 0, "see whether everything needed is there", NULL, "golem-video doctor --online",
                   gv_cli_doctor},
    ROW(COLLECT) = {"collect", "", 0, 0, "remove from the store what no job needs any more",
                    "Removes files that no job needs and that were not touched for a week, and what dead downloads\n"
                    "left behind. Films of jobs stay.",
                    "golem-video collect", gv_cli_collect},
    ROW(SERVE) =
        {"serve", "", 0, 0, "serve the store over HTTP, as OpenAI's /v1/videos and with a page to look at",
         "Runs until Ctrl-C or SIGTERM, drives every unfinished job of the store, and prints its URL once it is\n"
         "ready. Listening on anything but loopback needs --tokens. SIGHUP reads the tokens again.",
         "golem-video serve --listen 127.0.0.1:8080", gv_cli_serve},
    ROW(TOKEN) = {"token", "TENANT", 1, 1, "make a token for those who use the server",
                  "Prints the token, once, and adds the line that knows it to the file: the tenant's name and a hash.\n"
                  "A tenant may have several; deleting a line takes its token's right away.",
                  "golem-video token alice --tokens tokens.txt", gv_cli_token},
    ROW(SANDBOX) =
        {"sandbox", "[env]", 0, 1, "stand in for every provider, on this machine and free of charge",
         "Runs until Ctrl-C or SIGTERM and prints its address; golem-video --sandbox on the same store finds it.\n"
         "`sandbox env` prints the settings that send any program's requests to it, for eval in a shell.",
         "golem-video sandbox --port 7411 --speed 20", gv_cli_sandbox},
    ROW(VERSION) = {"version", "", 0, 0, "print the version", NULL, "golem-video version", gv_cli_version},
    ROW(HELP) = {"help", "[COMMAND]", 0, 1, "explain a command, or list them",
                 "With --json: both tables, commands and flags, for other programs.", "golem-video help generate",
                 gv_cli_help},
};
