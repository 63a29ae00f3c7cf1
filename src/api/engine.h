/* The engine handle: everything wired together, and one thread that runs the loop. */
#ifndef GV_API_ENGINE_H
#define GV_API_ENGINE_H

#include <pthread.h>

#include "api/intact.h"
#include "base/list.h"
#include "engine/driver.h"
#include "golem_video/golem_video.h"

#define GV_ACCOUNTS_MAX 16
#define GV_ALLOWED_MAX (GV_ACCOUNTS_MAX * 4)

struct gv_engine {
    struct gv_arena arena; /* settings and names; for the handle's life */
    char *store;
    struct gv_log log;
    bool log_json;
    struct gv_account accounts[GV_ACCOUNTS_MAX];
    size_t account_count;
    const char *allowed[GV_ALLOWED_MAX + 1]; /* "host:port" that may be private */
    struct gv_loop *loop;
    struct gv_journal *journal;
    struct gv_blobs *blobs;
    struct gv_http *http;
    struct gv_media_tools *media;
    struct gv_driver *driver;
    struct gv_driver_config config;
    uint64_t deadline_ms;
    gv_transition_fn *on_transition;
    gv_download_fn *on_download;
    void *ctx;
    struct gv_intact intact;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t moved; /* a question was answered, or a job moved */
    uint64_t beats;       /* of the loop, for whoever asks whether it turns */
    struct gv_list watches;
    struct gv_error broken; /* the journal is damaged; under the mutex */
};

/* A caller that waits for a job to come to rest: a wait, an end, or parked. Under the engine's mutex. */
struct gv_watch {
    struct gv_list link;
    const char *job_id;
    bool rested;
};

/* A question put to the loop's thread. */
struct gv_question {
    struct gv_engine *engine;
    void (*ask)(struct gv_question *question); /* on the loop's thread; leads to gv_question_answer */
    const void *what;
    bool answered;
    int code;
    struct gv_error error;
    struct gv_job_id id;
    bool yes;
    int number;
};

/* Asks and waits for the answer; returns its code. */
int gv_engine_ask(struct gv_question *question, struct gv_error *err);
void gv_question_answer(struct gv_question *question, int code, const struct gv_error *err);

/* follow.c */
int gv_engine_put(struct gv_engine *engine, const struct gv_inbox_row *message, struct gv_error *err);

/* ways.c */
/* GV_INVALID_INPUT on how or task_id, with the reason: the parked job can't be settled so. */
int gv_check_way(struct gv_engine *engine, const struct gv_job_row *row, enum gv_resolve how, const char *task_id,
                 struct gv_arena *arena, struct gv_error *err);

/* settings.c */
typedef const char *gv_setting_fn(void *ctx, const char *name);
int gv_settings_load(struct gv_engine *engine, gv_setting_fn *setting, void *ctx, struct gv_error *err);
/* Where golem-video-media is, in the arena. */
const char *gv_media_helper_path(struct gv_arena *arena, const char *chosen, gv_setting_fn *setting, void *ctx);

/* log.c */
void gv_log_open(struct gv_engine *engine, gv_setting_fn *setting, void *ctx);

#endif
