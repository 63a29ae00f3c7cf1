/* What Kling's emulator charges, in units; a unit lists at US$0.14. Fact sheet 2.11. */
#include "provider/kling/kling_sandbox.h"

#include <string.h>

/* Units per second at 720p, 1080p, 4k. A use without a row is not sold and never gets this far. */
static const struct {
    const char *model, *use;
    double units[3];
} by_second[] = {
    {"3.0-turbo", "", {0.8, 1.0, 0}},
    {"3.0", "", {0.6, 0.8, 3.0}},
    {"3.0", "audio", {0.9, 1.2, 3.0}},
    {"3.0", "voices", {0.9, 1.2, 3.0}},
    {"3.0", "motion", {0.9, 1.2, 0}},
    {"3.0-omni", "", {0.6, 0.8, 3.0}},
    {"3.0-omni", "audio", {0.8, 1.0, 3.0}},
    {"3.0-omni", "film", {0.9, 1.2, 3.0}},
    {"o1", "", {0.6, 0.8, 0}},
    {"o1", "film", {0.9, 1.2, 0}},
    {"2.6", "", {0.3, 0.5, 0}},
    {"2.6", "audio", {0, 1.0, 0}},
    {"2.6", "voices", {0, 1.2, 0}},
    {"2.6", "motion", {0.5, 0.8, 0}},
    {"2.5-turbo", "", {0.3, 0.5, 0}},
    {"v1", "", {0.2, 0.7, 0}},
    {"v1-5", "", {0.4, 0.7, 0}},
    {"v1-6", "", {0.4, 0.7, 0}},
    {"v2-1", "", {0.4, 0.7, 0}},
    {"v2-master", "", {2.0, 2.0, 0}},
    {"v2-1-master", "", {2.0, 2.0, 0}},
};

/* The names of both generations, without their common beginning; one price for both. */
static const struct {
    const char *legacy, *modern;
} names[] = {
    {"v3", "3.0"}, {"v3-omni", "3.0-omni"}, {"video-o1", "o1"}, {"v2-6", "2.6"}, {"v2-5-turbo", "2.5-turbo"},
};

double gv_kling_emu_units(const char *model, bool audio, bool voices, bool film_input, bool motion, unsigned short_side,
                          unsigned seconds)
{
    const char *use = motion ? "motion" : film_input ? "film" : voices ? "voices" : audio ? "audio" : "";
    const char *name = model + strlen("kling-");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(names[i].legacy, name) == 0)
            name = names[i].modern;
    }
    if (strcmp(name, "3.0-turbo") == 0)
        use = ""; /* always with sound, at one price */
    for (size_t i = 0; i < sizeof by_second / sizeof by_second[0]; i++) {
        if (strcmp(by_second[i].model, name) == 0 && strcmp(by_second[i].use, use) == 0)
            return seconds * by_second[i].units[short_side <= 720 ? 0 : short_side <= 1080 ? 1 : 2];
    }
    return 0;
}
