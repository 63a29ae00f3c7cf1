/* Which models Veo's emulator serves, and what a second of film costs. Fact sheet 2, 8, 10. */
#include "provider/veo/veo_sandbox.h"

#define FULL                                                                                                           \
    {                                                                                                                  \
        {0.40, 0.20}, {0.40, 0.20},                                                                                    \
        {                                                                                                              \
            0.60, 0.40                                                                                                 \
        }                                                                                                              \
    }
#define FAST                                                                                                           \
    {                                                                                                                  \
        {0.10, 0.08}, {0.12, 0.10},                                                                                    \
        {                                                                                                              \
            0.30, 0.25                                                                                                 \
        }                                                                                                              \
    }
#define LITE                                                                                                           \
    {                                                                                                                  \
        {0.05, 0.03}, {0.08, 0.05},                                                                                    \
        {                                                                                                              \
            0, 0                                                                                                       \
        }                                                                                                              \
    }

static const struct veo_model models[] = {
    {"veo-3.1-generate-001", true, false, false, FULL},
    {"veo-3.1-fast-generate-001", true, false, false, FAST},
    {"veo-3.1-lite-generate-001", true, false, true, LITE},
    {"veo-3.1-generate-preview", true, true, false, FULL},
    {"veo-3.1-fast-generate-preview", true, true, false, FAST},
    {"veo-3.1-lite-generate-preview", false, true, true, LITE},
};

const struct veo_model *gv_veo_emu_model(const struct veo_emu *e, const char *name)
{
    for (size_t i = 0; i < sizeof models / sizeof models[0] && !e->world->bend.retired; i++) {
        if (is(models[i].name, name) && (e->gemini ? models[i].gemini : models[i].vertex))
            return &models[i];
    }
    return NULL;
}
