#include "support/sim_suite.h"

extern const struct gv_provider gv_provider_runway;
extern const struct gv_emulator gv_emulator_runway;

#define GENERATE(input, model)                                                                                         \
    "{\"operation\":\"generate\",\"provider\":\"runway\",\"input\":" input ",\"config\":{\"model\":\"" model "\"}}"

static const char *const requests[] = {
    GENERATE("{\"text\":\"a boat\"}", "gen4.5"),
    GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"},\"prompt\":\"go\"}}", "gen4.5"),
    GENERATE("{\"text\":\"a boat\"}", "gen4_turbo"),
    GENERATE("{\"text\":\"[fail: SAFETY.INPUT.TEXT no luck]\"}", "gen4.5"),
    "{\"operation\":\"upscale_video\",\"provider\":\"runway\",\"input\":{\"url\":\"https://x.example/v.mp4\"}}",
    NULL,
};

/* One for each request, and one more for the picture that gen4_turbo needs. */
#define CREATES_MAX 6

int main(void)
{
    return gv_sim_suite_main(&(struct gv_sim_suite){&gv_provider_runway, &gv_emulator_runway, requests, CREATES_MAX});
}
