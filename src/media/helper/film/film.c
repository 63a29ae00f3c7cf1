#include "media/helper/film/film.h"

#include <math.h>

#include "base/assert.h"
#include "media/helper/av/encoder.h"
#include "media/helper/film/sound.h"
#include "media/helper/film/title.h"

static const double seconds_default = 5;

/* Where the pictures come from at the moment: the source film, then the show or the title. */
struct making {
    const struct gv_film *film;
    AVRational fps;
    int width, height;
    int64_t frames; /* of the whole film; -1: as long as the source */
    struct gv_reader source;
    bool in_source;
    AVFrame *source_last; /* the newest frame of the source: what it is continued from */
    struct gv_show show;
    struct gv_title title;
    struct gv_sound sound;
    bool sounding;
    struct gv_encoder encoder;
};

static int source_chain(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    const struct making *m = ctx;
    int rc = gv_graph_add(graph, err, "fps", "fps=%d/%d", m->fps.num, m->fps.den);
    if (rc == GV_OK)
        rc = gv_graph_add_upright(graph, decoder->orientation, err);
    if (rc != GV_OK)
        return rc;
    return m->film->resize_source ? gv_graph_add_cover(graph, m->width, m->height, err)
                                  : gv_graph_add_own_size(graph, err);
}

static int open_source(struct making *m, struct gv_error *err)
{
    int rc = gv_reader_open(&m->source, m->film->source, AVMEDIA_TYPE_VIDEO, source_chain, m, err);
    if (rc != GV_OK)
        return rc;
    AVRational fps = gv_decoder_fps(&m->source.decoder, m->source.decoder.stream);
    if (m->film->fps.num == 0 && fps.num > 0 && av_q2d(fps) <= GV_FILM_FPS_MAX)
        m->fps = fps;
    m->in_source = true;
    m->source_last = gv_av_frame();
    return GV_OK;
}

/* The shots in their order: where the source left off, first, the images, last. */
static void plan_show(struct making *m, int64_t begin)
{
    const struct gv_film *film = m->film;
    struct gv_show *show = &m->show;
    *show = (struct gv_show){
        .width = m->width,
        .height = m->height,
        .fps = m->fps,
        .begin = begin,
        .end = m->frames,
        .motion = film->motion,
        .seed = gv_title_mix(film->seed, film->text),
        .ends_still = film->last != NULL,
    };
    if (m->source_last) {
        show->shots[show->shot_count++].picture = m->source_last;
        m->source_last = NULL;
    }
    if (film->first)
        show->shots[show->shot_count++].path = film->first;
    for (size_t i = 0; i < film->image_count; i++)
        show->shots[show->shot_count++].path = film->images[i];
    if (film->last)
        show->shots[show->shot_count++].path = film->last;
    if (show->shot_count > 0)
        gv_show_plan(show);
}

static int open_title(struct making *m, struct gv_error *err)
{
    struct gv_title_options options = {.width = m->width,
                                       .height = m->height,
                                       .fps = m->fps,
                                       .frames = m->frames,
                                       .seed = m->film->seed,
                                       .text = m->film->text};
    return gv_title_open(&m->title, &options, err);
}

static int open_pictures(struct making *m, struct gv_error *err)
{
    const struct gv_film *film = m->film;
    m->fps = film->fps.num ? film->fps : (AVRational){24, 1};
    m->width = (film->width + 1) / 2 * 2;
    m->height = (film->height + 1) / 2 * 2;
    int rc = film->source ? open_source(m, err) : GV_OK;
    double seconds = film->duration_seconds > 0 ? film->duration_seconds : film->source ? 0 : seconds_default;
    m->frames = seconds > 0 ? (int64_t)fmax(1, round(seconds * av_q2d(m->fps))) : -1;
    if (rc != GV_OK || film->source)
        return rc;
    plan_show(m, 0);
    return m->show.shot_count > 0 ? GV_OK : open_title(m, err);
}

static enum gv_step next_of_source(struct making *m, AVFrame *frame, int64_t number, struct gv_error *err)
{
    enum gv_step step = gv_reader_next(&m->source, frame, err);
    if (step == GV_STEP_FRAME && number >= GV_FILM_SECONDS_MAX * (int64_t)GV_FILM_FPS_MAX) {
        gv_fail(err, GV_INVALID_INPUT, "%s has more than %lld frames", m->film->source, (long long)number);
        return GV_STEP_FAILED;
    }
    if (step == GV_STEP_FRAME) {
        m->width = frame->width;
        m->height = frame->height;
        av_frame_unref(m->source_last);
        int rc = av_frame_ref(m->source_last, frame);
        GV_ASSERT(rc == 0);
    }
    return step;
}

static enum gv_step next_picture(struct making *m, AVFrame *frame, int64_t number, struct gv_error *err)
{
    if (m->in_source) {
        enum gv_step step = next_of_source(m, frame, number, err);
        if (step != GV_STEP_END || m->frames < 0)
            return step;
        m->in_source = false;
        gv_reader_close(&m->source);
        plan_show(m, number);
    }
    if (m->show.shot_count == 0)
        return gv_title_next(&m->title, frame, number, err);
    return gv_show_frame(&m->show, frame, number, err) == GV_OK ? GV_STEP_FRAME : GV_STEP_FAILED;
}

static int64_t samples_until(const struct making *m, int64_t frames)
{
    return av_rescale(frames * GV_SOUND_HZ, m->fps.den, m->fps.num);
}

static int open_sound(struct making *m, struct gv_error *err)
{
    const struct gv_film *film = m->film;
    bool own = film->source && film->audio == GV_UNKNOWN && gv_decoder_has(&m->source.decoder, AVMEDIA_TYPE_AUDIO);
    const char *path = film->audio_source ? film->audio_source : own ? film->source : NULL;
    m->sounding = path || film->audio == GV_YES;
    if (path)
        return gv_sound_open_file(&m->sound, path, err);
    gv_sound_open_chord(&m->sound, film->seed, m->frames > 0 ? samples_until(m, m->frames) : 0);
    return GV_OK;
}

/* Lays sound up to the end of that frame. Whole chunks are laid until the last frame, which takes what is left. */
static int sound_until(struct making *m, int64_t frames, bool last, struct gv_error *err)
{
    int64_t end = samples_until(m, frames);
    int rc = GV_OK;
    while (m->sounding && rc == GV_OK && m->sound.position < end) {
        int64_t left = end - m->sound.position;
        if (left < GV_SOUND_CHUNK_SAMPLES && !last)
            break;
        AVFrame *chunk = NULL;
        rc = gv_sound_next(&chunk, &m->sound, left < GV_SOUND_CHUNK_SAMPLES ? (int)left : GV_SOUND_CHUNK_SAMPLES, err);
        if (rc == GV_OK)
            rc = gv_encoder_put(&m->encoder, &m->encoder.sound, chunk, err);
        av_frame_free(&chunk);
    }
    return rc;
}

static int put_picture(struct making *m, AVFrame *frame, int64_t number, const char *path, struct gv_error *err)
{
    gv_av_tag_colours(frame);
    frame->pts = number;
    frame->pict_type = AV_PICTURE_TYPE_NONE;
    int rc = number == 0 ? gv_encoder_open_film(&m->encoder, path, frame, m->fps, m->sounding, err) : GV_OK;
    if (rc == GV_OK)
        rc = gv_encoder_put(&m->encoder, &m->encoder.pictures, frame, err);
    return rc == GV_OK ? sound_until(m, number + 1, false, err) : rc;
}

static int make_frames(struct making *m, const char *path, struct gv_error *err)
{
    AVFrame *frame = gv_av_frame();
    int rc = GV_OK;
    int64_t number = 0;
    for (; rc == GV_OK && number != m->frames; number++) {
        enum gv_step step = next_picture(m, frame, number, err);
        if (step == GV_STEP_END)
            break;
        rc = step == GV_STEP_FRAME ? put_picture(m, frame, number, path, err) : (int)err->code;
        av_frame_unref(frame);
    }
    av_frame_free(&frame);
    m->frames = number;
    if (rc == GV_OK)
        rc = sound_until(m, number, true, err);
    return rc == GV_OK ? gv_encoder_finish(&m->encoder, err) : rc;
}

static void describe(struct gv_json_out *answer, const struct making *m)
{
    gv_json_put_text(answer, "mime_type", "video/mp4");
    gv_json_put_int(answer, "width", m->width);
    gv_json_put_int(answer, "height", m->height);
    gv_json_put_real(answer, "fps", av_q2d(m->fps));
    gv_json_put_int(answer, "frames", m->frames);
    gv_json_put_real(answer, "duration_seconds", (double)m->frames / av_q2d(m->fps));
}

int gv_film_make(struct gv_json_out *answer, const struct gv_film *film, const char *path, struct gv_error *err)
{
    struct making m = {.film = film};
    int rc = open_pictures(&m, err);
    if (rc == GV_OK)
        rc = open_sound(&m, err);
    if (rc == GV_OK)
        rc = make_frames(&m, path, err);
    if (rc == GV_OK)
        describe(answer, &m);
    gv_encoder_close(&m.encoder);
    gv_sound_close(&m.sound);
    gv_title_close(&m.title);
    gv_show_close(&m.show);
    gv_reader_close(&m.source);
    av_frame_free(&m.source_last);
    return rc;
}
