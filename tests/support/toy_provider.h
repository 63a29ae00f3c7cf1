/* The smallest provider with everything that a machine can do: a paid create with a name of our own, looked up when
 * its answer is lost, a poll, one film. Wire: POST /create NAME -> 200 ID, or 503; GET /find/NAME -> 200 ID or 404;
 * GET /task/ID -> "busy", or a URL, or "failed WORDS". */
#ifndef GV_TESTS_TOY_PROVIDER_H
#define GV_TESTS_TOY_PROVIDER_H

#include "core/provider.h"

extern const struct gv_provider gv_provider_toy;

enum toy_phase {
    TOY_NEW,
    TOY_SUBMITTING,
    TOY_LOOKING,
    TOY_RUNNING,
    TOY_FETCHING,
    TOY_SUCCEEDED,
    TOY_FAILED,
    TOY_CANCELLED,
    TOY_UNCERTAIN,
};

#endif
