/* An exchange as the front has it: on its connection, between its portions, and while a worker has it. */
#ifndef GV_SERVER_PASSAGE_H
#define GV_SERVER_PASSAGE_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "server/http/exchange.h"
#include "server/http/gate.h"
#include "server/parts/workers.h"

#define GV_PORTION_BYTES (64u << 10) /* of a body, handed to a worker at a time */

/*  new --headers--> opening --form--> body --all--> handling --> answered
 *   \--refused, no body comes--> answered ^           drain (what was refused is read within bounds) --> answered */
enum gv_passage_stage {
    GV_PASSAGE_NEW = 0,
    GV_PASSAGE_OPENED, /* a worker has begun the form, or refused it */
    GV_PASSAGE_BODY,
    GV_PASSAGE_DRAIN, /* refused already */
    GV_PASSAGE_ANSWERED,
};

struct gv_passage {
    struct gv_exchange x;
    struct gv_front *front;
    struct MHD_Connection *connection;
    struct gv_task task;     /* while `held` */
    struct gv_ticket ticket; /* of a create without a key */
    enum gv_passage_stage stage;
    atomic_bool held; /* suspended, and the worker's or the hub's */
    bool head;        /* HEAD, handled as GET */
    bool http_1_0;
    bool closes; /* where the request ends is not certain: its answer is the connection's last */
    bool has_body, expects_continue;
    uint64_t announced, received, drained; /* bytes of the body; announced 0 where it comes in chunks */
    char *portion;                         /* of GV_PORTION_BYTES, or NULL */
    size_t portion_bytes;
    uint64_t sent_bytes;
    int64_t began_ms;
};

/* What a request's headers decide, before its body. Fills route and tenant, or the answer that refuses it. */
void gv_passage_admit(struct gv_passage *v);

/* Tasks of workers: each leaves the passage to the front by gv_front_release. */
void gv_passage_open_form(struct gv_task *task);
void gv_passage_put_portion(struct gv_task *task);
void gv_passage_handle(struct gv_task *task);
/* Frees it with what its form has on disk. */
void gv_passage_free(struct gv_passage *v);

#endif
