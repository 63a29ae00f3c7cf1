#include "media/helper/film/sound.h"

#include <math.h>
#include <string.h>

#include "media/helper/film/title.h"

static const double attack_seconds = 0.4, release_seconds = 0.6, loudness = 0.07;

void gv_sound_open_chord(struct gv_sound *sound, uint64_t seed, int64_t samples)
{
    static const int chords[][GV_CHORD_TONES] = {{0, 4, 7, 12}, {0, 3, 7, 12}, {0, 5, 7, 12}, {0, 4, 9, 12}};
    uint64_t state = seed;
    int root = (int)(gv_title_random(&state) % 12);
    const int *chord = chords[gv_title_random(&state) % (sizeof chords / sizeof *chords)];
    for (int i = 0; i < GV_CHORD_TONES; i++)
        sound->hertz[i] = 146.83 * pow(2, (root + chord[i]) / 12.0); /* from the D below middle C */
    sound->samples = samples;
}

static int chain(struct gv_graph *graph, const struct gv_decoder *decoder, void *ctx, struct gv_error *err)
{
    (void)decoder;
    (void)ctx;
    /* Gaps in the file become silence, so that the sound stays beside its pictures. */
    int rc = gv_graph_add(graph, err, "aresample", "%d:async=1:first_pts=0", GV_SOUND_HZ);
    return rc == GV_OK ? gv_graph_add(graph, err, "aformat", "sample_fmts=fltp:sample_rates=%d:channel_layouts=stereo",
                                      GV_SOUND_HZ)
                       : rc;
}

int gv_sound_open_file(struct gv_sound *sound, const char *path, struct gv_error *err)
{
    sound->piece = gv_av_frame();
    return gv_reader_open(&sound->reader, path, AVMEDIA_TYPE_AUDIO, chain, NULL, err);
}

static double envelope(const struct gv_sound *sound, int64_t at)
{
    double seconds = (double)at / GV_SOUND_HZ, left = (double)(sound->samples - at) / GV_SOUND_HZ;
    double rise = seconds / attack_seconds, fall = sound->samples ? left / release_seconds : 1;
    double level = fmin(fmin(rise, fall), 1);
    return level < 0 ? 0 : level;
}

static void play_chord(struct gv_sound *sound, AVFrame *chunk)
{
    for (int i = 0; i < chunk->nb_samples; i++) {
        double seconds = (double)(sound->position + i) / GV_SOUND_HZ, sides[2] = {0, 0};
        for (int tone = 0; tone < GV_CHORD_TONES; tone++) {
            double swell = 0.7 + 0.3 * sin(2 * M_PI * (0.11 + 0.05 * tone) * seconds + tone);
            for (int side = 0; side < 2; side++)
                sides[side] += swell * sin(2 * M_PI * (sound->hertz[tone] + 0.4 * side) * seconds);
        }
        double level = loudness * envelope(sound, sound->position + i);
        for (int side = 0; side < 2; side++)
            ((float *)(void *)chunk->data[side])[i] = (float)(level * sides[side]);
    }
}

static int play_file(struct gv_sound *sound, AVFrame *chunk, struct gv_error *err)
{
    for (int done = 0; done < chunk->nb_samples && !sound->over;) {
        if (sound->piece_used == sound->piece->nb_samples) {
            av_frame_unref(sound->piece);
            sound->piece_used = 0;
            enum gv_step step = gv_reader_next(&sound->reader, sound->piece, err);
            if (step == GV_STEP_FAILED)
                return (int)err->code;
            sound->over = step == GV_STEP_END;
            continue;
        }
        int left = sound->piece->nb_samples - sound->piece_used, room = chunk->nb_samples - done;
        int count = left < room ? left : room;
        for (int side = 0; side < 2; side++)
            memcpy(chunk->data[side] + sizeof(float) * (size_t)done,
                   sound->piece->data[side] + sizeof(float) * (size_t)sound->piece_used, sizeof(float) * (size_t)count);
        sound->piece_used += count;
        done += count;
    }
    return GV_OK;
}

int gv_sound_next(AVFrame **out, struct gv_sound *sound, int samples, struct gv_error *err)
{
    AVFrame *chunk = gv_av_chunk(samples, err);
    if (!chunk)
        return GV_INTERNAL_ERROR;
    for (int side = 0; side < 2; side++)
        memset(chunk->data[side], 0, sizeof(float) * (size_t)samples);
    chunk->pts = sound->position;
    int rc = GV_OK;
    if (sound->piece)
        rc = play_file(sound, chunk, err);
    else
        play_chord(sound, chunk);
    sound->position += samples;
    *out = chunk;
    if (rc != GV_OK)
        av_frame_free(out);
    return rc;
}

void gv_sound_close(struct gv_sound *sound)
{
    gv_reader_close(&sound->reader);
    av_frame_free(&sound->piece);
}
