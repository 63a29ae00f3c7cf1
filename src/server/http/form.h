/* What a request's body says, whatever its encoding: JSON, multipart/form-data and urlencoded forms give the same tree.
 * Files, data: URLs and long base64 stream into the store while they come. */
#ifndef GV_SERVER_FORM_H
#define GV_SERVER_FORM_H

#include "api/front.h"
#include "core/json.h"

#define GV_FORM_TEXT_BYTES_MAX (4u << 20) /* of the tree, without its files */
#define GV_FORM_FILES_MAX 64
#define GV_FORM_RAW_BYTES_MAX (256u << 10)

struct gv_form;

/* Borrows engine and arena until free; `content_type` for the call. `raw`: the body is kept as it is.
 * GV_INVALID_INPUT: a type of body that is not taken (415 to the caller). */
int gv_form_begin(struct gv_form **out, struct gv_engine *engine, const char *content_type, bool raw,
                  struct gv_arena *arena, struct gv_error *err);
/* A portion of the body; blocks (worker's thread). After a failure nothing more may be put. */
int gv_form_put(struct gv_form *form, const char *data, size_t bytes, struct gv_error *err);
/* The body is whole. GV_INVALID_INPUT: it can't be read, and where. */
int gv_form_end(struct gv_form *form, struct gv_error *err);
void gv_form_free(struct gv_form *form); /* discards uploads under way; NULL is harmless */

/* The tree: an object; an empty body is an empty object. "a[b][c]" of a form is a member of a member; "a[][b]" an
 * array's element. A file's value is "blob:N", or a data: URL that ends so. */
const struct gv_json *gv_form_tree(const struct gv_form *form);
/* Whether numbers and booleans may stand as texts, since everything in a form is text. */
bool gv_form_is_text(const struct gv_form *form);
/* The file that a text of the tree stands for, or NULL. Notes that it was asked for. */
const struct gv_media *gv_form_file(struct gv_form *form, const struct gv_json *value);
/* Where a file came that nobody asked for: its field. NULL: there is none. */
const char *gv_form_unused_file(const struct gv_form *form);
/* A raw body. */
const char *gv_form_raw(const struct gv_form *form, size_t *bytes);

#endif
