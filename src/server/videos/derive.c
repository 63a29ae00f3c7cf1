/* Films made of films: remix, edits, extensions. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "core/provider.h"
#include "server/http/form.h"
#include "server/videos/create.h"
#include "server/videos/video.h"
#include "server/videos/videos.h"

/* ---- the film ----------------------------------------------------------------------------------------------- */

static struct gv_media media_of(const struct gv_video *film)
{
    struct gv_media media = {
        .kind = GV_MEDIA_BLOB,
        .blob = {.bytes = film->bytes,
                 .mime_type = film->mime_type,
                 .width = film->width,
                 .height = film->height,
                 .duration_seconds = film->duration_seconds,
                 .fps = film->fps},
    };
    snprintf(media.blob.sha256, sizeof(media.blob.sha256), "%s", film->sha256);
    return media;
}

/* The first film of a completed job. */
static bool find_film(struct gv_media *out, struct gv_exchange *x, const struct gv_job_row *row, const char *param)
{
    struct gv_video_result result;
    struct gv_error err;
    if (gv_engine_result(&result, x->engine, row, &x->arena, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return false;
    }
    if (row->status != GV_SUCCEEDED || result.video_count == 0) {
        gv_answer_error(x, 400, "video_not_completed", param, "Video %s is %s: there is no film of it to work on",
                        row->id, gv_video_status(row->status));
        return false;
    }
    *out = media_of(&result.videos[0]);
    return true;
}

/* ---- which model -------------------------------------------------------------------------------------------- */

static const char *models_that_take(uint32_t bit, struct gv_arena *arena)
{
    const char *list = "";
    for (const struct gv_provider *const *p = gv_providers; *p != NULL; p++)
        for (size_t i = 0; i < (*p)->model_count; i++)
            if (((*p)->models[i].takes & bit) != 0 && (*p)->models[i].retired_on == NULL && !(*p)->by_name_only)
                list = gv_arena_printf(arena, "%s%s%s/%s", list, list[0] != '\0' ? ", " : "", (*p)->name,
                                       (*p)->models[i].name);
    return list;
}

/* Where the caller names no model, the film's own. */
static bool choose_model(struct gv_asked_wish *wish, struct gv_exchange *x, const struct gv_job_row *source)
{
    struct gv_generation_config *config = &wish->op.u.generate.config;
    if (source == NULL || config->model != NULL || wish->op.provider != NULL)
        return true;
    const struct gv_provider *provider = gv_provider_named(source->provider);
    const struct gv_model *model = provider != NULL ? gv_model_named(provider, source->model) : NULL;
    if (model == NULL || (model->takes & GV_TAKES_VIDEO) == 0) {
        gv_answer_error(x, 400, "unsupported", "model",
                        "%s/%s, which made video %s, takes no video as its input. These do: %.640s", source->provider,
                        source->model != NULL ? source->model : "-", source->id,
                        models_that_take(GV_TAKES_VIDEO, &x->arena));
        return false;
    }
    wish->op.provider = source->provider;
    config->model = source->model;
    return true;
}

static void work_on(struct gv_exchange *x, struct gv_asked *asked, const struct gv_job_row *source)
{
    struct gv_asked_wish wish;
    if (gv_create_wish(&wish, asked, x) && choose_model(&wish, x, source))
        gv_create_submit(x, &wish);
}

/* ---- remix -------------------------------------------------------------------------------------------------- */

void gv_videos_remix(struct gv_exchange *x)
{
    struct gv_asked asked;
    struct gv_media film;
    const struct gv_job_row *source = gv_exchange_job(x, x->ids[0]);
    if (source == NULL || !gv_create_asked(&asked, x, GV_ASKED_REMIX) || !find_film(&film, x, source, "video_id"))
        return;
    asked.film = &film;
    asked.remixed_from = source->id;
    work_on(x, &asked, source);
}

/* ---- video: an id or a file --------------------------------------------------------------------------------- */

static const char *id_of(const struct gv_asked *asked)
{
    const struct gv_json *video = gv_json_member(asked->tree, "video");
    return video != NULL && video->kind == GV_JSON_OBJECT && video->count == 1
               ? gv_json_text(gv_json_member(video, "id"), NULL)
               : NULL;
}

static bool answer_bad_video(struct gv_exchange *x, const char *why)
{
    gv_answer_error(x, 400, "invalid_request", "video", "%s", why);
    return false;
}

static bool find_upload(struct gv_media *out, struct gv_exchange *x, const struct gv_asked *asked)
{
    const struct gv_json *video = gv_json_member(asked->tree, "video");
    struct gv_asked_wish reader = {.asked = asked, .arena = &x->arena};
    struct gv_error why;
    *out = (struct gv_media){0};
    if (video == NULL)
        return answer_bad_video(x, "video is missing: send {\"id\"} of a video, or a file");
    if (gv_wish_media(&reader, out, video, &why) != GV_OK)
        return answer_bad_video(x, gv_arena_printf(&x->arena, "video can't be used: %s", why.message));
    return out->kind != GV_MEDIA_UNSET || answer_bad_video(x, "video must be {\"id\"} of a video, or a file");
}

void gv_videos_edit(struct gv_exchange *x)
{
    struct gv_asked asked;
    struct gv_media film;
    const struct gv_job_row *source = NULL;
    if (!gv_create_asked(&asked, x, GV_ASKED_EDIT))
        return;
    const char *id = id_of(&asked);
    if (id != NULL) {
        source = gv_exchange_job(x, id);
        if (source == NULL || !find_film(&film, x, source, "video"))
            return;
    } else if (!find_upload(&film, x, &asked)) {
        return;
    }
    asked.film = &film;
    work_on(x, &asked, source);
}

void gv_videos_extend(struct gv_exchange *x)
{
    struct gv_asked asked;
    struct gv_asked_wish wish;
    struct gv_media film;
    if (!gv_create_asked(&asked, x, GV_ASKED_EXTENSION))
        return;
    const char *id = id_of(&asked);
    const struct gv_job_row *source = id != NULL ? gv_exchange_job(x, id) : NULL;
    if (id != NULL && (source == NULL || !find_film(&film, x, source, "video")))
        return;
    if (id == NULL && gv_json_member(asked.tree, "video") != NULL) {
        gv_answer_error(x, 400, "unsupported", "video",
                        "Providers lengthen films of their own only: send {\"id\"} of a video, or the provider's id as "
                        "golem_video.video_id");
        return;
    }
    asked.video_id = id;
    if (gv_create_wish(&wish, &asked, x))
        gv_create_submit(x, &wish);
}
