/* The commands that ask for a film. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/follow.h"
#include "cli/format.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/signals.h"

/* Documents hold texts; media come as files. Bytes inside a document may be base64, so a little room. */
#define DOCUMENT_BYTES_MAX (64u << 20)

static int usage(struct gv_error *err, const char *flag, const char *message)
{
    gv_fail_field(err, GV_INVALID_INPUT, flag, "%s", message);
    return GV_CLI_USAGE;
}

/* ---- asking ---------------------------------------------------------------------------------------------- */

/* What the flags say about every wish, over what a document said. */
static void add_common(struct gv_operation *operation, const struct gv_cli_args *args)
{
    if (args->provider != NULL)
        operation->provider = args->provider;
    if (args->idempotency_key != NULL)
        operation->idempotency_key = args->idempotency_key;
    if (args->metadata.count > 0)
        operation->metadata = args->metadata;
    bool has_config = operation->operation == GV_OP_GENERATE || operation->operation == GV_OP_MULTI_IMAGE_GENERATION;
    if (!has_config && args->config.provider_options.count > 0)
        operation->provider_options = args->config.provider_options;
}

static int check(struct gv_cli_session *session, const struct gv_operation *operation, struct gv_error *err)
{
    char *json;
    int code = gv_check(&json, session->engine, operation, err);
    if (code != GV_OK)
        return code;
    if (session->args->json)
        puts(json);
    else
        gv_cli_print_json(gv_cli_read_json(&session->args->arena, json), 0);
    free(json);
    return GV_OK;
}

/* Prints the id as soon as it is a promise, so that it survives whatever becomes of this process. */
static void announce(struct gv_cli_session *session, const char *job_id)
{
    const struct gv_cli_args *args = session->args;
    bool id_wanted = args->detach || args->command == &gv_cli_commands[GV_CLI_SUBMIT];
    if (id_wanted && !args->json) {
        puts(job_id);
        fflush(stdout);
    }
    gv_cli_progress_say(session->progress, "job %s accepted", job_id);
}

static int submit(struct gv_cli_session *session, const struct gv_operation *operation, enum gv_cli_until until,
                  struct gv_error *err)
{
    struct gv_job_id id;
    int code = gv_submit(&id, session->engine, operation, err);
    if (code != GV_OK)
        return code;
    announce(session, id.text);
    return gv_cli_follow(session, id.text, until, -1, err);
}

static int ask(struct gv_cli_args *args, struct gv_operation *operation, enum gv_cli_until until, struct gv_error *err)
{
    if (until == GV_CLI_UNTIL_SENT && args->output != NULL)
        return usage(err, "--output", "--output needs the job's end; without waiting, fetch the film later");
    if (gv_cli_check_output(args, err) != GV_OK)
        return GV_CLI_USAGE;
    add_common(operation, args);
    gv_cli_catch_signals();
    struct gv_cli_session session;
    int code = gv_cli_open(&session, args, err);
    if (code == GV_OK)
        code = args->dry_run ? check(&session, operation, err) : submit(&session, operation, until, err);
    gv_cli_close(&session);
    return code;
}

static int ask_and_wait(struct gv_cli_args *args, struct gv_operation *operation, struct gv_error *err)
{
    return ask(args, operation, args->detach ? GV_CLI_UNTIL_SENT : GV_CLI_UNTIL_END, err);
}

/* ---- the wishes ------------------------------------------------------------------------------------------ */

static const char *operand(const struct gv_cli_args *args, size_t i)
{
    return i < args->positional_count ? args->positionals[i] : NULL;
}

/* The interface's video input has no prompt of its own: providers take one as the option "prompt". */
int gv_cli_generate(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_operation operation = {.operation = GV_OP_GENERATE, .u.generate.config = args->config};
    struct gv_media_input *input = &operation.u.generate.input;
    const char *prompt = operand(args, 0);
    bool image = args->image.kind != GV_MEDIA_UNSET, video = args->video.kind != GV_MEDIA_UNSET;
    if (image && video)
        return usage(err, "--video", "a film begins from --image or from --video, not from both");
    if (args->image_role != GV_ROLE_UNSET && !image)
        return usage(err, "--image-role", "--image-role says what --image is: give one");
    if (!image && !video && prompt == NULL)
        return usage(err, "PROMPT", "generate needs a prompt, --image or --video");
    if (image) {
        *input = (struct gv_media_input){.kind = GV_INPUT_IMAGE, .image = {args->image, prompt, args->image_role}};
    } else if (video) {
        *input = (struct gv_media_input){.kind = GV_INPUT_VIDEO, .video = args->video};
        if (prompt != NULL && gv_cli_add_pair(&operation.u.generate.config.provider_options, &args->arena,
                                              (struct gv_kv){"prompt", prompt}, err) != GV_OK)
            return GV_CLI_USAGE;
    } else {
        *input = (struct gv_media_input){.kind = GV_INPUT_TEXT, .text = prompt};
    }
    return ask_and_wait(args, &operation, err);
}

/* The language that the voice is listed with, where nobody named one. */
static enum gv_voice_language language_of(const struct gv_cli_args *args)
{
    const struct gv_voice_info *voices;
    size_t count;
    if (args->language != GV_LANGUAGE_UNSET)
        return args->language;
    if (gv_list_voices(&voices, &count, args->provider, NULL, NULL) != GV_OK)
        return GV_LANGUAGE_UNSET;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(voices[i].voice_id, args->voice) == 0)
            return voices[i].language;
    }
    return GV_LANGUAGE_UNSET;
}

static int fill_speech(struct gv_audio_source *out, const struct gv_cli_args *args, struct gv_error *err)
{
    bool spoken = args->voice != NULL || args->language != GV_LANGUAGE_UNSET || args->has_speed;
    if ((args->text != NULL) == (args->audio.kind != GV_MEDIA_UNSET))
        return usage(err, "--text", "what is to be said comes by --text or by --audio: one of them");
    if (args->text == NULL && spoken)
        return usage(err, "--audio", "--voice, --language and --speed go with --text, not with --audio");
    if (args->text == NULL) {
        *out = (struct gv_audio_source){.kind = GV_AUDIO_FROM_AUDIO, .from_audio = args->audio};
        return GV_OK;
    }
    const struct gv_voice_info *voices;
    size_t count;
    if (args->voice == NULL && gv_list_voices(&voices, &count, args->provider, NULL, err) == GV_UNSUPPORTED_FEATURE)
        return GV_UNSUPPORTED_FEATURE;
    if (args->voice == NULL)
        return usage(err, "--voice", "--text needs --voice ID; golem-video voices lists them");
    enum gv_voice_language language = language_of(args);
    if (language == GV_LANGUAGE_UNSET)
        return usage(err, "--language", "the voice is not among those listed by golem-video voices: say --language");
    *out = (struct gv_audio_source){
        .kind = GV_AUDIO_FROM_TEXT,
        .from_text = {args->text, args->voice, language, args->has_speed ? args->speed : 1.0f},
    };
    return GV_OK;
}

int gv_cli_lip_sync(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_operation operation = {.operation = GV_OP_GENERATE_LIP_SYNC};
    struct gv_lip_sync_video *video = &operation.u.lip_sync.video;
    if ((args->video_id != NULL) == (args->video.kind != GV_MEDIA_UNSET))
        return usage(err, "--video", "the film comes by --video or by --video-id: one of them");
    video->kind = args->video_id != NULL ? GV_LIP_SYNC_VIDEO_ID : GV_LIP_SYNC_VIDEO;
    video->video = args->video;
    video->video_id = args->video_id;
    int code = fill_speech(&operation.u.lip_sync.audio, args, err);
    return code == GV_OK ? ask_and_wait(args, &operation, err) : code;
}

int gv_cli_extend(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_operation operation = {
        .operation = GV_OP_EXTEND_VIDEO,
        .u.extend = {.video_id = operand(args, 0),
                     .prompt = operand(args, 1),
                     .negative_prompt = args->config.negative_prompt,
                     .has_cfg_scale = args->has_cfg_scale,
                     .cfg_scale = args->cfg_scale},
    };
    return ask_and_wait(args, &operation, err);
}

int gv_cli_upscale(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_operation operation = {.operation = GV_OP_UPSCALE_VIDEO};
    if (gv_cli_media(&operation.u.upscale.input, args, "FILE", operand(args, 0), err) != GV_OK)
        return GV_CLI_USAGE;
    return ask_and_wait(args, &operation, err);
}

int gv_cli_effects(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_operation operation = {
        .operation = GV_OP_GENERATE_VIDEO_EFFECTS,
        .u.effects = {.model = args->config.model,
                      .has_duration = args->config.has_duration_seconds,
                      .duration = args->config.duration_seconds,
                      .mode = args->mode},
    };
    struct gv_op_effects *effects = &operation.u.effects;
    if (gv_cli_media(&effects->input, args, "IMAGE", operand(args, 0), err) != GV_OK ||
        gv_cli_effect(&effects->effect, args, err) != GV_OK)
        return GV_CLI_USAGE;
    return ask_and_wait(args, &operation, err);
}

int gv_cli_multi_image(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_media images[GV_CLI_POSITIONALS_MAX];
    for (size_t i = 0; i < args->positional_count; i++) {
        if (gv_cli_media(&images[i], args, "IMAGE", operand(args, i), err) != GV_OK)
            return GV_CLI_USAGE;
    }
    struct gv_operation operation = {
        .operation = GV_OP_MULTI_IMAGE_GENERATION,
        .u.multi_image = {images, args->positional_count, args->prompt, args->config},
    };
    return ask_and_wait(args, &operation, err);
}

/* ---- documents ------------------------------------------------------------------------------------------- */

static int read_document(struct gv_buf *out, const char *path, struct gv_error *err)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL)
        return gv_fail(err, GV_INVALID_INPUT, "reading the document %s: %s", path, strerror(errno));
    char chunk[1 << 16];
    size_t got;
    while (!out->overflow && (got = fread(chunk, 1, sizeof chunk, file)) > 0)
        gv_buf_add(out, chunk, got);
    int code = GV_OK;
    if (ferror(file))
        code = gv_fail(err, GV_INVALID_INPUT, "reading the document %s: %s", path, strerror(errno));
    else if (out->overflow)
        code = gv_fail(err, GV_INVALID_INPUT, "the document %s is larger than %u MB: give media as {\"path\": ...}",
                       path, DOCUMENT_BYTES_MAX >> 20);
    if (file != stdin)
        fclose(file);
    return code;
}

int gv_cli_submit(struct gv_cli_args *args, struct gv_error *err)
{
    struct gv_buf text;
    struct gv_operation *operation = NULL;
    gv_buf_init(&text, DOCUMENT_BYTES_MAX);
    int code = read_document(&text, operand(args, 0), err);
    if (code == GV_OK)
        code = gv_operation_from_json(&operation, text.data != NULL ? text.data : "", text.len, true, err);
    if (code == GV_OK)
        code = ask(args, operation, args->wait ? GV_CLI_UNTIL_END : GV_CLI_UNTIL_SENT, err);
    gv_operation_free(operation);
    gv_buf_free(&text);
    return code;
}
