/* The files of src/server/page, and openapi.json, as parts of the program, as they are and compressed;
 * cmake/Embed.cmake makes the table. */
#ifndef GV_SERVER_ASSETS_H
#define GV_SERVER_ASSETS_H

#include <stddef.h>

struct gv_asset_form {
    const char *etag; /* with its quotes */
    const unsigned char *data;
    size_t bytes;
};

struct gv_asset {
    const char *name; /* "index.html" */
    const char *content_type;
    struct gv_asset_form plain, gzip;
};

extern const struct gv_asset gv_assets[]; /* ends with a NULL name */

#endif
