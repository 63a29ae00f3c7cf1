#include "media/helper/av/av.h"

#include <libavutil/channel_layout.h>
#include <libavutil/error.h>
#include <libavutil/log.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"

enum { MESSAGE_BYTES = 256 };

/* The program does one thing and ends, so one place for the last message is enough. */
static char last_message[MESSAGE_BYTES];

static void keep_message(void *avcl, int level, const char *format, va_list args)
{
    (void)avcl;
    if (level > AV_LOG_ERROR)
        return;
    vsnprintf(last_message, sizeof last_message, format, args);
    last_message[strcspn(last_message, "\r\n")] = '\0';
}

void gv_av_capture_log(void)
{
    av_log_set_callback(keep_message);
}

int gv_av_fail(struct gv_error *err, enum gv_code code, int averror, const char *format, ...)
{
    char what[512], reason[AV_ERROR_MAX_STRING_SIZE];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    av_strerror(averror, reason, sizeof reason);
    if (last_message[0])
        return gv_fail(err, code, "%s: %s (%s)", what, reason, last_message);
    return gv_fail(err, code, "%s: %s", what, reason);
}

AVFrame *gv_av_frame(void)
{
    AVFrame *frame = av_frame_alloc();
    GV_ASSERT(frame);
    return frame;
}

static AVFrame *with_buffer(AVFrame *frame, struct gv_error *err)
{
    int rc = av_frame_get_buffer(frame, 0);
    if (rc < 0) {
        gv_av_fail(err, GV_INTERNAL_ERROR, rc, "no room for a frame");
        av_frame_free(&frame);
    }
    return frame;
}

AVFrame *gv_av_picture(int width, int height, int pixel_format, struct gv_error *err)
{
    AVFrame *frame = gv_av_frame();
    frame->width = width;
    frame->height = height;
    frame->format = pixel_format;
    frame->sample_aspect_ratio = (AVRational){1, 1};
    return with_buffer(frame, err);
}

AVFrame *gv_av_chunk(int samples, struct gv_error *err)
{
    AVFrame *frame = gv_av_frame();
    frame->nb_samples = samples;
    frame->format = AV_SAMPLE_FMT_FLTP;
    frame->sample_rate = GV_SOUND_HZ;
    frame->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
    return with_buffer(frame, err);
}

void gv_av_tag_colours(AVFrame *frame)
{
    frame->color_range = AVCOL_RANGE_MPEG;
    frame->colorspace = AVCOL_SPC_BT709;
    frame->color_primaries = AVCOL_PRI_BT709;
    frame->color_trc = AVCOL_TRC_BT709;
}
