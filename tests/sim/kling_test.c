#include "support/sim_suite.h"

extern const struct gv_provider gv_provider_kling;
extern const struct gv_emulator gv_emulator_kling;

#define GENERATE(input, model)                                                                                         \
    "{\"operation\":\"generate\",\"provider\":\"kling\",\"input\":" input ",\"config\":{\"model\":\"" model "\"}}"

static const char *const requests[] = {
    GENERATE("{\"text\":\"a boat\"}", "kling-v3"),
    GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"}}}", "kling-v3"),
    GENERATE("{\"text\":\"a boat\"}", "kling-3.0"),
    GENERATE("{\"text\":\"[fail: no luck]\"}", "kling-v3"),
    "{\"operation\":\"generate_lip_sync\",\"provider\":\"kling\","
    "\"video\":{\"video\":{\"url\":\"https://x.example/v.mp4\"}},\"audio\":{\"from_text\":"
    "{\"text\":\"hello there\",\"voice_id\":\"oversea_male1\",\"language\":\"en\",\"speed\":1}}}",
    NULL,
};

int main(void)
{
    return gv_sim_suite_main(&(struct gv_sim_suite){&gv_provider_kling, &gv_emulator_kling, requests, 0});
}
