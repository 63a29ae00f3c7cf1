/* What golem-video-media can be told to do. Each verb writes members into the open object of its answer. */
#ifndef GV_MEDIA_HELPER_VERBS_H
#define GV_MEDIA_HELPER_VERBS_H

#include "core/json.h"
#include "golem_video/error.h"

/* `args` are as many as the verb's usage allows; absent ones are NULL. */
typedef int gv_verb_fn(struct gv_json_out *answer, char *const *args, struct gv_error *err);

gv_verb_fn gv_verb_probe, gv_verb_film, gv_verb_upscale, gv_verb_still, gv_verb_poster, gv_verb_spritesheet,
    gv_verb_resize;

#endif
