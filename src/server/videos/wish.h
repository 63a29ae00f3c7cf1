/* From a body of the OpenAI wire to an operation: what the top level says is put where the operation has its place.
 * Pure: files and aliases come as arguments. */
#ifndef GV_SERVER_WISH_H
#define GV_SERVER_WISH_H

#include "core/interface.h"
#include "core/json.h"

/* Which body it is: what it may hold, and what the operation is unless golem_video says so. */
enum gv_asked_kind { GV_ASKED_CREATE = 0, GV_ASKED_REMIX, GV_ASKED_EDIT, GV_ASKED_EXTENSION };

/* What the wish is read from. Borrowed as long as the wish. */
struct gv_asked {
    enum gv_asked_kind kind;
    const struct gv_json *tree;
    bool texts; /* of a form */
    const struct gv_kv_list *aliases;
    const char *idempotency_key; /* of the header, or NULL */
    /* The file that a text of the tree stands for, or NULL. May be NULL. */
    const struct gv_media *(*file)(void *ctx, const struct gv_json *value);
    void *ctx;
    const struct gv_media *film; /* GV_ASKED_REMIX, _EDIT: what is worked on */
    const char *video_id;        /* GV_ASKED_EXTENSION */
    const char *remixed_from;    /* the job, or NULL */
};

struct gv_asked_wish {
    struct gv_operation op;
    const char *callback_url; /* or NULL */
    const char *code;         /* of a refusal, where it has a name of its own on the wire */
    /* private */
    const struct gv_asked *asked;
    struct gv_arena *arena;
    struct gv_error *err;
    const char *prompt, *model, *size, *seconds, *warning;
    bool has_reference;
};

/* The operation is whole and holds what every provider asks for. GV_INVALID_INPUT, GV_UNSUPPORTED_FEATURE: err->field
 * is in the caller's spelling, "golem_video.config.seed". */
int gv_wish_read(struct gv_asked_wish *out, const struct gv_asked *asked, struct gv_arena *arena, struct gv_error *err);

/* A place in the operation document in the caller's spelling. */
void gv_wish_field(char out[GV_PLACE_TEXT_BYTES], const struct gv_asked_wish *wish, const char *field);

/* ---- its parts --------------------------------------------------------------------------------------------- */

/* "provider/model", "model", "provider" or an alias of one. *provider and *model are NULL where it doesn't say. False:
 * there is none of that name; err says so. */
bool gv_wish_model(const char **provider, const char **model, const char *text, const struct gv_kv_list *aliases,
                   struct gv_arena *arena, struct gv_error *err);

/* "1280x720". *exact false: what comes nearest was taken. False: no size that there is. */
bool gv_wish_size(enum gv_aspect_ratio *ratio, enum gv_resolution *resolution, bool *exact, const char *text);
/* "1280x720" of these, or NULL where one of them is not known. */
const char *gv_wish_size_text(struct gv_arena *arena, enum gv_aspect_ratio ratio, enum gv_resolution resolution);

/* A gv_media_read_fn over struct gv_asked_wish: files of the request, and short data: URLs. */
int gv_wish_media(void *wish, struct gv_media *out, const struct gv_json *json, struct gv_error *err);

#endif
