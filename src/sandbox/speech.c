#include "sandbox/speech.h"

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"

#define RATE 22050
#define SECONDS_MAX 600.0
#define SYLLABLES_PER_SECOND 4.0

static void put(uint8_t *out, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (uint8_t)(value >> 8 * i);
}

static void wav_header(uint8_t out[44], uint32_t samples)
{
    memcpy(out, "RIFF....WAVEfmt ", 16);
    put(out + 4, 36 + samples * 2, 4);
    put(out + 16, 16, 4);
    put(out + 20, 1, 2); /* PCM */
    put(out + 22, 1, 2);
    put(out + 24, RATE, 4);
    put(out + 28, RATE * 2, 4);
    put(out + 32, 2, 2);
    put(out + 34, 16, 2);
    memcpy(out + 36, "data", 4);
    put(out + 40, samples * 2, 4);
}

/* A hum that swells with each syllable and changes its pitch from one to the next. */
static int16_t sample(uint32_t n)
{
    double t = (double)n / RATE, beat = t * SYLLABLES_PER_SECOND;
    double pitch = 130 + 18 * (double)((unsigned)beat * 7 % 5);
    double swell = sin(M_PI * (beat - floor(beat)));
    return (int16_t)(9000 * swell * (sin(2 * M_PI * pitch * t) + 0.4 * sin(6 * M_PI * pitch * t)));
}

int gv_speech_write(const char *path, double seconds, struct gv_error *err)
{
    uint32_t samples = (uint32_t)(fmin(seconds, SECONDS_MAX) * RATE);
    uint8_t header[44];
    wav_header(header, samples);
    FILE *file = fopen(path, "we");
    bool good = file && fwrite(header, 1, sizeof header, file) == sizeof header;
    for (uint32_t i = 0; good && i < samples; i++) {
        uint8_t bytes[2];
        put(bytes, (uint16_t)sample(i), 2);
        good = fwrite(bytes, 1, 2, file) == 2;
    }
    good = file && fclose(file) == 0 && good;
    return good ? GV_OK : gv_fail(err, GV_INTERNAL_ERROR, "Writing %s failed: %s", path, strerror(errno));
}
