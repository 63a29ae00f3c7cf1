/* The films of a job as its journal row keeps them, and the row as callers see it. */
#ifndef GV_ENGINE_OUTPUTS_H
#define GV_ENGINE_OUTPUTS_H

#include "core/provider.h"
#include "port/blob.h"
#include "port/journal.h"

struct gv_output {
    bool stored;
    struct gv_blob_info blob;
    const char *generation_id, *source_url; /* the URL without its query, which may hold a signature */
};

/* The row's; strings live in the arena. GV_INTERNAL_ERROR: the journal is damaged there. */
int gv_outputs_read(struct gv_output outputs[GV_OUTPUTS_MAX], const struct gv_job_row *row, struct gv_arena *arena,
                    struct gv_error *err);
/* JSON that a row's column holds. NULL with err where it is none, which only damage can do. */
const struct gv_json *gv_row_json(const struct gv_job_row *row, const char *column, const char *text,
                                  struct gv_arena *arena, struct gv_error *err);
/* In the arena; NULL if none is stored. */
const char *gv_outputs_write(const struct gv_output outputs[GV_OUTPUTS_MAX], struct gv_arena *arena);

/* All of it lives in the arena. */
int gv_result_of_row(struct gv_video_result *out, const struct gv_job_row *row, struct gv_blobs *blobs,
                     struct gv_arena *arena, struct gv_error *err);

#endif
