#include "support/runway_kit.h"

#include "support/runway_words.h"

void runway_kit_start(struct provider_kit *kit, const char *document)
{
    provider_kit_begin(kit, &gv_provider_runway, document);
    provider_kit_event(kit, GV_EV_START);
}

void runway_kit_to_running(struct provider_kit *kit)
{
    runway_kit_start(kit, TEXT);
    provider_kit_reply(kit, 200, CREATED);
    provider_kit_event(kit, GV_EV_TIMER);
    gv_buf_clear(&kit->trace);
}

void runway_kit_to_fetching(struct provider_kit *kit)
{
    runway_kit_to_running(kit);
    provider_kit_reply(kit, 200, DONE);
    gv_buf_clear(&kit->trace);
}
