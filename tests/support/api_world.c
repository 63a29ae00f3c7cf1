#include "support/api_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *no_setting(void *ctx, const char *name)
{
    (void)ctx, (void)name;
    return NULL;
}

struct gv_options api_world_options(struct api_world *w)
{
    return (struct gv_options){.setting = w->sandbox.pid != 0 ? sandbox_process_setting : no_setting,
                               .setting_ctx = &w->sandbox,
                               .poll_ms = API_WORLD_POLL_MS,
                               .media_helper = getenv("GOLEM_VIDEO_MEDIA")};
}

void api_world_open_engine(struct api_world *w, uint32_t poll_ms)
{
    struct gv_options options = api_world_options(w);
    struct gv_error err;
    options.poll_ms = poll_ms;
    if (gv_open(&w->engine, w->store, &options, &err) != GV_OK)
        fail_msg("%s", err.message);
}

static void make_folder(struct api_world *w)
{
    gv_folder_make(&w->folder);
    snprintf(w->store, sizeof(w->store), "%s/store", w->folder.path);
}

void api_world_open(struct api_world *w)
{
    make_folder(w);
    api_world_open_engine(w, API_WORLD_POLL_MS);
}

void api_world_open_sandbox(struct api_world *w)
{
    make_folder(w);
    sandbox_process_start(&w->sandbox, w->folder.path);
    api_world_open_engine(w, API_WORLD_POLL_MS);
}

int api_world_make(void **state)
{
    struct api_world *w = calloc(1, sizeof(*w));
    api_world_open_sandbox(w);
    *state = w;
    return 0;
}

int api_world_end(void **state)
{
    struct api_world *w = *state;
    gv_close(w->engine);
    if (w->sandbox.pid != 0)
        sandbox_process_stop(&w->sandbox);
    gv_folder_remove(&w->folder);
    gv_arena_free(&w->arena);
    free(w);
    return 0;
}
