/* A Kling job that a test feeds by hand: short ways to where a story begins. */
#ifndef GV_TESTS_KLING_KIT_H
#define GV_TESTS_KLING_KIT_H

#include "provider/kling/kling_machine.h"
#include "support/provider_kit.h"

static inline struct kling_state *kling_kit_state(struct provider_kit *kit)
{
    return kit->state;
}

/* A document begun; a film's job whose task renders; one whose film is ready. The last two with an empty trace. */
void kling_kit_start(struct provider_kit *kit, const char *document);
void kling_kit_to_running(struct provider_kit *kit);
void kling_kit_to_fetching(struct provider_kit *kit);

#endif
