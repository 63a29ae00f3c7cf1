/* What a Stability job is fed beyond the shared kit: pictures and films that were lifted, fetched and scaled. */
#ifndef GV_TESTS_STABILITY_KIT_H
#define GV_TESTS_STABILITY_KIT_H

#include "provider/stability/stability_machine.h"
#include "support/provider_kit.h"

#define STABILITY_KIT_ID "a6dc6c6e20acda010fe14d71f180658f2896ed9b4ec25aa99a6ff06c796987c4"
#define STABILITY_KIT_SHA "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define STABILITY_KIT_FRAME_SHA "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"

static inline struct stability_state *stability_kit_state(struct provider_kit *kit)
{
    return kit->state;
}

void stability_kit_begin(struct provider_kit *kit, const char *document);
/* `lifted`: the type of what "blob:0" of the body is, or NULL. */
void stability_kit_reply(struct provider_kit *kit, int status, const char *body, const char *lifted);
void stability_kit_no_reply(struct provider_kit *kit, enum gv_sent sent, bool final);
/* A picture of the size comes from where it was fetched. */
void stability_kit_fetched(struct provider_kit *kit, uint32_t width, uint32_t height);
/* The picture is scaled as asked for. */
void stability_kit_transformed(struct provider_kit *kit);
/* The parts of the call's form, an object of strings as the sandbox makes it: the picture as "blob:0". Fails the test
 * where it is no form. */
const struct gv_json *stability_kit_form(struct provider_kit *kit);
/* Its text as JSON. */
const char *stability_kit_form_text(struct provider_kit *kit);

#endif
