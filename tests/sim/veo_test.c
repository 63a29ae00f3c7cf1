#include "support/sim_suite.h"

extern const struct gv_provider gv_provider_veo;
extern const struct gv_emulator gv_emulator_veo;

#define GENERATE(input, more)                                                                                          \
    "{\"operation\":\"generate\",\"provider\":\"veo\",\"input\":" input                                                \
    ",\"config\":{\"model\":\"veo-3.1-fast-generate-001\"" more "}}"

static const char *const requests[] = {
    GENERATE("{\"text\":\"a boat\"}", ""),
    GENERATE("{\"text\":\"three boats\"}", ",\"provider_options\":{\"sample_count\":\"3\"}"),
    GENERATE("{\"text\":\"a boat\"}", ",\"provider_options\":{\"storage_uri\":\"gs://films/out/\"}"),
    GENERATE("{\"text\":\"[fail: 8 no room]\"}", ""),
    GENERATE("{\"image\":{\"data\":{\"url\":\"https://x.example/a.png\"}}}", ""),
    NULL,
};

#define CREATES_MAX 5

int main(void)
{
    return gv_sim_suite_main(&(struct gv_sim_suite){&gv_provider_veo, &gv_emulator_veo, requests, CREATES_MAX});
}
