/* Posting a task's status changes to its callback_url, from a thread of its own; as well as it can be done. */
#ifndef GV_SANDBOX_CALLBACKS_H
#define GV_SANDBOX_CALLBACKS_H

#include "core/emulator.h"
#include "core/webhook.h"
#include "port/crypto.h"

#define GV_CALLBACKS_MAX 65536 /* not yet posted; what comes on top is not posted */
#define GV_CALLBACK_SECONDS_MAX 5

struct gv_callbacks;

/* Writes the body that the task's provider posts at the time; owned by the caller. NULL: none. */
typedef char *gv_callback_body_fn(void *ctx, const struct gv_emu_task *task, int64_t at_ms);

/* `secret` ("whsec_" and base64, or NULL: unsigned) is copied. */
struct gv_callbacks *gv_callbacks_open(const char *secret, gv_callback_body_fn *body, void *ctx);
void gv_callbacks_close(struct gv_callbacks *callbacks); /* NULL is harmless; forgets what was not posted */
/* Any thread; the task is borrowed until close. */
void gv_callbacks_add(struct gv_callbacks *callbacks, const struct gv_emu_task *task);

/* The header of the Standard Webhooks scheme: "v1," and the base64 of an HMAC over id, time and body. False: the
 * secret is none. */
bool gv_callback_sign(char out[GV_WEBHOOK_SIGNATURE_BYTES], const struct gv_crypto *crypto, const char *secret,
                      const char *id, int64_t at_s, const char *body);

#endif
