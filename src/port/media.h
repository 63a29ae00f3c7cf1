/* Looking into pictures and films. */
#ifndef GV_PORT_MEDIA_H
#define GV_PORT_MEDIA_H

#include "golem_video/types.h"

struct gv_media_tools {
    const struct gv_media_vtable *vtable;
};

struct gv_media_vtable {
    /* Fills width, height, fps and duration_seconds of the file at `path`; mime_type and the rest are left alone.
     * Blocks; any thread. GV_INVALID_INPUT: the file is no media that can be read. */
    int (*probe)(struct gv_blob_info *io, struct gv_media_tools *tools, const char *path, struct gv_error *err);
    /* Writes the picture at `path`, cropped to the ratio about its middle and scaled to width x height, as PNG to
     * `out_path`. Blocks; any thread. */
    int (*resize)(struct gv_media_tools *tools, const char *path, const char *out_path, uint32_t width, uint32_t height,
                  struct gv_error *err);
    /* Both write a JPEG to `out_path`, which ends in .jpg: a picture of the film, and twenty of them, evenly spread
     * over it, in rows of five. Block; any thread. */
    int (*poster)(struct gv_media_tools *tools, const char *path, const char *out_path, struct gv_error *err);
    int (*spritesheet)(struct gv_media_tools *tools, const char *path, const char *out_path, struct gv_error *err);
    void (*close)(struct gv_media_tools *tools);
};

#endif
