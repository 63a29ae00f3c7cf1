/* What one request carries or points at: its body on the way in, and its media. */
#ifndef GV_SANDBOX_INPUTS_H
#define GV_SANDBOX_INPUTS_H

#include "core/emulator.h"
#include "core/fields.h"
#include "core/lift.h"
#include "core/multipart.h"
#include "sandbox/internal.h"

#define GV_INPUT_BODY_BYTES_MAX (300u << 20)   /* of a request */
#define GV_INPUT_DOCUMENT_BYTES_MAX (4u << 20) /* of what is left when long base64 is taken out */
#define GV_INPUT_FETCH_BYTES_MAX (200u << 20)  /* of a file named by URL */
#define GV_INPUT_LIFTED_MAX 64

struct gv_inputs {
    struct gv_sandbox *sandbox;
    struct gv_arena *arena;
    struct gv_buf document;
    struct gv_lift lift;
    struct gv_blob_writer *writer; /* of the string that is being lifted */
    struct gv_blob_info lifted[GV_INPUT_LIFTED_MAX];
    unsigned lifted_count;
    struct gv_known_media *known; /* resolved already; the arena's */
    bool form;                    /* the body is multipart */
    struct gv_multipart multipart;
    struct gv_part part; /* of the form, under way */
    struct gv_buf text;  /* of that part, where it is no file */
    struct gv_fields fields;
    bool escaped_form; /* the body says that it is name=value&... */
};

/* Borrows all until gv_inputs_free. */
void gv_inputs_init(struct gv_inputs *inputs, struct gv_sandbox *sandbox, struct gv_arena *arena,
                    struct MHD_Connection *connection);
void gv_inputs_free(struct gv_inputs *inputs);

/* The body in any portions; long base64 and a form's files go to disk. GV_INVALID_INPUT: too large or no text. */
int gv_inputs_put(struct gv_inputs *inputs, const char *data, size_t bytes, struct gv_error *err);
/* The document (see gv_emu_request.body), or NULL where it is no JSON and no form. */
const struct gv_json *gv_inputs_end(struct gv_inputs *inputs);

/* See gv_emu_world.media. Fetches and looks into files; blocks. */
const struct gv_emu_media *gv_inputs_media(struct gv_inputs *inputs, const char *text);

#endif
