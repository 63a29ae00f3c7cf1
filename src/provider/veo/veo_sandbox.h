/* Inside of Veo's emulator: one request on its way through checks to an answer. Independent of the adapter:
 * both are written from the fact sheet, so that a misreading in one shows against the other. */
#ifndef GV_PROVIDER_VEO_SANDBOX_H
#define GV_PROVIDER_VEO_SANDBOX_H

#include <string.h>

#include "core/emulator.h"

#define VEO_EMU_PROJECT "sandbox-project"
#define VEO_EMU_CLIENT_EMAIL "sandbox@sandbox-project.iam.gserviceaccount.com"
#define VEO_EMU_API_KEY "sandbox-key"
#define VEO_EMU_ANSWER_BYTES_MAX (16u << 20)
#define VEO_EMU_REFERENCES_MAX 3
#define VEO_EMU_FPS 24
#define VEO_EMU_EXTENSION_SECONDS 7

static inline bool is(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* google.rpc.Code */
enum veo_rpc {
    VEO_RPC_INVALID_ARGUMENT = 3,
    VEO_RPC_NOT_FOUND = 5,
    VEO_RPC_PERMISSION_DENIED = 7,
    VEO_RPC_RESOURCE_EXHAUSTED = 8,
    VEO_RPC_INTERNAL = 13,
    VEO_RPC_UNAUTHENTICATED = 16,
};

struct veo_emu {
    struct gv_emu_world *world;
    const struct gv_emu_request *request;
    const char *account;
    bool gemini; /* the Developer API's surface, else Vertex */
    struct gv_emu_reply reply;
};

/* What a path names; "" where it has no such part. */
struct veo_path {
    bool gemini;
    char project[64], location[64], model[128], verb[40], operation[64];
};
#define VEO_EMU_MODEL_FORMAT "projects/%s/locations/%s/publishers/google/models/%s"

struct veo_model {
    const char *name;
    bool vertex, gemini; /* where it is served */
    bool lite;           /* no references, no 4k; extended on Vertex only */
    double usd[3][2];    /* a second at 720p, 1080p, 4k; with sound, silent */
};
/* NULL: none that lives on this surface. */
const struct veo_model *gv_veo_emu_model(const struct veo_emu *e, const char *name);

struct veo_media {
    bool present;
    const char *ref; /* "blob:<sha256>" or "film:<task>:<n>"; NULL: an object that only its owner can see */
    uint32_t width, height;
    double seconds;
};

/* A create that passed its checks so far: what it asks for and what comes of it. */
struct veo_wish {
    const struct veo_model *model;
    const char *feature; /* "text_to_video", as refusals spell it */
    const char *prompt, *storage;
    struct veo_media first, last, source;
    struct veo_media references[VEO_EMU_REFERENCES_MAX];
    size_t reference_count;
    unsigned height_class; /* 720, 1080, 2160 */
    bool portrait, audio;
    int64_t seconds;
    int64_t samples, filtered;
    int64_t seed;        /* -1: none was given */
    const char *failure; /* what the operation ends with, or NULL */
    int64_t failure_code;
};

/* ---- answers (veo_sandbox_rules.c) ------------------------------------------------------------------------------- */

bool gv_veo_emu_refuse(struct veo_emu *e, enum veo_rpc rpc, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* status 0: as the code's table says; details: the array's JSON, or NULL. */
struct gv_emu_reply gv_veo_emu_error(struct gv_emu_world *world, int status, int64_t rpc, const char *message,
                                     const char *details);
/* By name, number, or HTTP status; else VEO_RPC_INTERNAL. */
int64_t gv_veo_emu_rpc_of(const char *word);
/* Moves the text into the arena and frees the buffer. */
const char *gv_veo_emu_finish(struct gv_emu_world *world, struct gv_buf *buf);

/* ---- checks: false once the answer in e->reply is a refusal (veo_sandbox_rules.c) -------------------------------- */

/* A path names a member of the body: "instances.0.prompt". Absent leaves *io as it was. */
const struct gv_json *gv_veo_emu_at(const struct veo_emu *e, const char *path);
/* Whether the object at `path` has none but these: "a|b". */
bool gv_veo_emu_members(struct veo_emu *e, const char *path, const char *allowed);
bool gv_veo_emu_text(struct veo_emu *e, const char *path, const char **io);
bool gv_veo_emu_choice(struct veo_emu *e, const char *path, const char *allowed, const char **io);
bool gv_veo_emu_flag(struct veo_emu *e, const char *path, bool *io);
bool gv_veo_emu_integer(struct veo_emu *e, const char *path, int64_t least, int64_t most, int64_t *io);
bool gv_veo_emu_image(struct veo_emu *e, const char *path, struct veo_media *out);
bool gv_veo_emu_film(struct veo_emu *e, const char *path, struct veo_media *out);

/* ---- credentials (veo_sandbox_token.c) --------------------------------------------------------------------------- */

extern const char gv_veo_emu_private_key[]; /* PKCS#8 PEM, each end of line as \n, as environments carry it */
void gv_veo_emu_token(struct veo_emu *e);
void gv_veo_emu_metadata(struct veo_emu *e);
/* Whether the request bears a token that was given out here and has not expired; *missing: bears none. */
bool gv_veo_emu_bearer(const struct veo_emu *e, bool *missing);

/* ---- tasks (veo_sandbox_create.c, _accept.c, _query.c, _storage.c) ----------------------------------------------- */

void gv_veo_emu_create(struct veo_emu *e, const struct veo_path *path);
void gv_veo_emu_accept(struct veo_emu *e, const struct veo_path *path, const struct veo_wish *wish);
void gv_veo_emu_fetch_operation(struct veo_emu *e, const struct veo_path *path);
void gv_veo_emu_get_operation(struct veo_emu *e, const struct veo_path *path);

const struct gv_json *gv_veo_emu_memo(struct gv_emu_world *world, const struct gv_emu_task *task);
/* The films that are handed out: those asked for without those filtered. */
unsigned gv_veo_emu_film_count(const struct gv_json *memo);
/* An operation's number gives the ids of all that belongs to it. */
const char *gv_veo_emu_operation_id(struct gv_emu_world *world, uint64_t number, bool gemini);
const char *gv_veo_emu_file_id(struct gv_emu_world *world, uint64_t number);
/* By a Gemini file's id; NULL: none that is there. */
const struct gv_emu_task *gv_veo_emu_task_by_file(struct gv_emu_world *world, const char *id);
/* A film in a bucket; NULL: no such object. */
const struct gv_emu_task *gv_veo_emu_object(struct gv_emu_world *world, const char *bucket, const char *name,
                                            unsigned *index);
const char *gv_veo_emu_object_name(struct gv_emu_world *world, const struct gv_json *memo, unsigned index);
/* What is known of a task's film as an input. */
struct veo_media gv_veo_emu_media_of(struct gv_emu_world *world, const struct gv_emu_task *task, unsigned index);

void gv_veo_emu_storage(struct veo_emu *e);
void gv_veo_emu_download(struct veo_emu *e);

#endif
