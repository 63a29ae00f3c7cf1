/* Reading a film's description. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media/helper/av/file.h"
#include "media/helper/film/film.h"

enum { SPEC_BYTES_MAX = 1 << 20, SIDE_PX_MIN = 16, SIDE_PX_DEFAULT = 1280, OTHER_SIDE_PX_DEFAULT = 720 };

static const char *const motions[] = {
    [GV_MOTION_ZOOM_IN] = "zoom_in",     [GV_MOTION_ZOOM_OUT] = "zoom_out", [GV_MOTION_PAN_LEFT] = "pan_left",
    [GV_MOTION_PAN_RIGHT] = "pan_right", [GV_MOTION_PAN_UP] = "pan_up",     [GV_MOTION_PAN_DOWN] = "pan_down",
};

static int wrong(struct gv_error *err, const struct gv_json *member, const char *wanted)
{
    return gv_fail_field(err, GV_INVALID_INPUT, member->key, "\"%s\" of a film is %s, not %s", member->key, wanted,
                         gv_json_kind_name(member->kind));
}

static int read_text(struct gv_film *out, const struct gv_json *member, struct gv_error *err)
{
    const struct {
        const char *name, **to;
    } texts[] = {{"text", &out->text},
                 {"first", &out->first},
                 {"last", &out->last},
                 {"source", &out->source},
                 {"audio_source", &out->audio_source}};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (strcmp(member->key, texts[i].name) == 0) {
            *texts[i].to = member->text;
            return member->kind == GV_JSON_STRING ? GV_OK : wrong(err, member, "a string");
        }
    }
    return gv_fail_field(err, GV_INVALID_INPUT, member->key, "a film has no member \"%s\"", member->key);
}

static int read_side(int *out, const struct gv_json *member, struct gv_error *err)
{
    if (member->kind != GV_JSON_INT || member->integer < SIDE_PX_MIN || member->integer > GV_FILM_SIDE_PX_MAX)
        return gv_fail_field(err, GV_INVALID_INPUT, member->key, "\"%s\" of a film is a whole number from %d to %d",
                             member->key, SIDE_PX_MIN, GV_FILM_SIDE_PX_MAX);
    *out = (int)member->integer;
    return GV_OK;
}

static int read_positive(double *out, const struct gv_json *member, double most, struct gv_error *err)
{
    bool number = member->kind == GV_JSON_INT || member->kind == GV_JSON_REAL;
    if (!number || !(member->real > 0) || member->real > most)
        return gv_fail_field(err, GV_INVALID_INPUT, member->key, "\"%s\" of a film is a number above 0, at most %g",
                             member->key, most);
    *out = member->real;
    return GV_OK;
}

static int read_fps(struct gv_film *out, const struct gv_json *member, struct gv_error *err)
{
    double fps = 0;
    int rc = read_positive(&fps, member, GV_FILM_FPS_MAX, err);
    out->fps = av_d2q(fps, 30000); /* 23.976 and the like become hundredths or 24000/1001 */
    if (rc == GV_OK && out->fps.num <= 0)
        rc = gv_fail_field(err, GV_INVALID_INPUT, member->key, "\"fps\" of a film is too small");
    return rc;
}

static int read_images(struct gv_film *out, const struct gv_json *member, struct gv_error *err)
{
    size_t most = sizeof out->images / sizeof *out->images;
    if (member->kind != GV_JSON_ARRAY || member->count > most)
        return gv_fail_field(err, GV_INVALID_INPUT, member->key,
                             "\"images\" of a film is an array of at most %zu paths", most);
    for (const struct gv_json *image = member->child; image; image = image->next) {
        if (image->kind != GV_JSON_STRING)
            return gv_fail_field(err, GV_INVALID_INPUT, member->key, "\"images\" of a film holds paths");
        out->images[out->image_count++] = image->text;
    }
    return GV_OK;
}

static int read_motion(struct gv_film *out, const struct gv_json *member, struct gv_error *err)
{
    for (size_t i = 1; member->kind == GV_JSON_STRING && i < sizeof motions / sizeof *motions; i++) {
        if (strcmp(member->text, motions[i]) == 0) {
            out->motion = (enum gv_motion)i;
            return GV_OK;
        }
    }
    return gv_fail_field(err, GV_INVALID_INPUT, member->key,
                         "\"motion\" of a film is zoom_in, zoom_out, pan_left, "
                         "pan_right, pan_up or pan_down");
}

static int read_member(struct gv_film *out, const struct gv_json *member, struct gv_error *err)
{
    if (member->kind == GV_JSON_NULL)
        return GV_OK;
    if (strcmp(member->key, "width") == 0)
        return read_side(&out->width, member, err);
    if (strcmp(member->key, "height") == 0)
        return read_side(&out->height, member, err);
    if (strcmp(member->key, "fps") == 0)
        return read_fps(out, member, err);
    if (strcmp(member->key, "duration_seconds") == 0)
        return read_positive(&out->duration_seconds, member, GV_FILM_SECONDS_MAX, err);
    if (strcmp(member->key, "images") == 0)
        return read_images(out, member, err);
    if (strcmp(member->key, "motion") == 0)
        return read_motion(out, member, err);
    if (strcmp(member->key, "seed") == 0) {
        out->seed = (uint64_t)member->integer;
        return member->kind == GV_JSON_INT ? GV_OK : wrong(err, member, "a whole number");
    }
    if (strcmp(member->key, "audio") == 0) {
        out->audio = member->boolean ? GV_YES : GV_NO;
        return member->kind == GV_JSON_BOOL ? GV_OK : wrong(err, member, "true or false");
    }
    if (strcmp(member->key, "resize_source") == 0) {
        out->resize_source = member->boolean;
        return member->kind == GV_JSON_BOOL ? GV_OK : wrong(err, member, "true or false");
    }
    return read_text(out, member, err);
}

static char *read_file(size_t *bytes, const char *path, struct gv_arena *arena, struct gv_error *err)
{
    FILE *file = gv_file_stream(path, err);
    if (!file)
        return NULL;
    char *text = gv_arena_alloc(arena, SPEC_BYTES_MAX);
    *bytes = fread(text, 1, SPEC_BYTES_MAX, file);
    bool whole = !ferror(file) && *bytes < SPEC_BYTES_MAX;
    fclose(file);
    if (!whole)
        gv_fail(err, GV_INVALID_INPUT, "%s can't be read, or is over %d bytes", path, SPEC_BYTES_MAX - 1);
    return whole ? text : NULL;
}

int gv_film_read(struct gv_film *out, const char *path, struct gv_arena *arena, struct gv_error *err)
{
    size_t bytes = 0;
    const char *why = NULL, *text = read_file(&bytes, path, arena, err);
    if (!text)
        return GV_INVALID_INPUT;
    const struct gv_json *json = gv_json_parse(arena, text, bytes, &why);
    if (!json || json->kind != GV_JSON_OBJECT)
        return gv_fail(err, GV_INVALID_INPUT, "%s is no JSON object: %s", path,
                       why ? why : gv_json_kind_name(json->kind));
    *out = (struct gv_film){.width = SIDE_PX_DEFAULT, .height = OTHER_SIDE_PX_DEFAULT};
    int rc = GV_OK;
    for (const struct gv_json *member = json->child; member && rc == GV_OK; member = member->next)
        rc = read_member(out, member, err);
    return rc;
}
