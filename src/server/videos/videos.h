/* The routes of jobs and of what can be asked for. */
#ifndef GV_SERVER_VIDEOS_H
#define GV_SERVER_VIDEOS_H

#include "server/http/exchange.h"

/* videos.c, create.c, derive.c */
gv_handler_fn gv_videos_create, gv_videos_list, gv_videos_check, gv_videos_retrieve, gv_videos_delete, gv_videos_remix,
    gv_videos_edit, gv_videos_extend, gv_videos_cancel, gv_videos_resolve, gv_videos_log;
/* catalog.c */
gv_handler_fn gv_catalog_models, gv_catalog_voices, gv_characters_create, gv_characters_retrieve;
/* content.c */
gv_handler_fn gv_content_get;

#endif
