/* Webhook endpoints: whom a tenant wants told. Each is a document of the journal; its secret is derived from the
 * store's key, its id and how often it was rotated, and is nowhere written down. */
#ifndef GV_SERVER_ENDPOINT_H
#define GV_SERVER_ENDPOINT_H

#include "api/front.h"
#include "core/webhook.h"
#include "server/parts/internal.h"

#define GV_ENDPOINTS_MAX 64 /* of a tenant */
#define GV_ENDPOINT_NAME_BYTES_MAX 256
#define GV_ENDPOINT_OLD_SECRET_S (24 * 60 * 60)

/* What may be told of, as bits of gv_endpoint.events. */
enum { GV_EVENT_COMPLETED = 1, GV_EVENT_FAILED = 2 };
extern const char *const gv_event_types[]; /* by bit: "video.completed" ...; NULL-ended */
/* 0: none of that name. */
unsigned gv_event_bit(const char *type);

struct gv_endpoint {
    const char *tenant; /* NULL: nobody's */
    const char *id;     /* "we_..." */
    const char *url, *name;
    uint32_t events;
    bool enabled;
    int64_t created_s, updated_s;
    uint32_t generation; /* of its secret, 1.. */
    int64_t old_until_s; /* so long the generation before is good, too; 0: it is not */
};

/* All strings live in the arena. *found false: there is none. */
int gv_endpoint_get(struct gv_endpoint *out, bool *found, struct gv_journal *journal, const char *tenant,
                    const char *id, struct gv_arena *arena, struct gv_error *err);
/* The tenant's, the oldest first. */
int gv_endpoint_list(struct gv_endpoint out[GV_ENDPOINTS_MAX], size_t *count, struct gv_journal *journal,
                     const char *tenant, struct gv_arena *arena, struct gv_error *err);
/* The ops that write it down, or strike it out. */
struct gv_journal_op gv_endpoint_put(const struct gv_endpoint *endpoint, struct gv_arena *arena);
struct gv_journal_op gv_endpoint_drop(const struct gv_endpoint *endpoint, struct gv_arena *arena);

void gv_endpoint_key(struct gv_webhook_key *out, const struct gv_server *server, const char *id, uint32_t generation);

#endif
