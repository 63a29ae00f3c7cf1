/* What went wrong, in the six cases of the interface's video-error, plus the parked case. */
#ifndef GOLEM_VIDEO_ERROR_H
#define GOLEM_VIDEO_ERROR_H

#define GV_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* The values are the exit codes of the command line. */
enum gv_code {
    GV_OK = 0,
    GV_INVALID_INPUT = 3,
    GV_UNSUPPORTED_FEATURE = 4,
    GV_QUOTA_EXCEEDED = 5,
    GV_GENERATION_FAILED = 6,
    GV_CANCELLED = 7,
    GV_INTERNAL_ERROR = 8,
    GV_UNCERTAIN = 9, /* parked: whether the provider took the job is not known; gv_resolve settles it */
};

enum gv_known { GV_UNKNOWN = 0, GV_YES, GV_NO };

enum gv_stage {
    GV_STAGE_NONE = 0,
    GV_STAGE_INPUT,  /* before anything was sent */
    GV_STAGE_CREATE, /* the provider refused, or its answer was lost */
    GV_STAGE_RENDER, /* the provider's task failed */
    GV_STAGE_OUTPUT, /* the provider withheld what it made */
    GV_STAGE_FETCH,  /* the film could not be brought home */
};

/* Owned by the caller; functions that fail fill it whole, functions that succeed leave it alone. */
struct gv_error {
    enum gv_code code;
    char message[768];       /* what was tried, on what, why it failed, what to do */
    char field[96];          /* the member of the document that is wrong, or "" */
    char provider[24];       /* or "" */
    char provider_code[64];  /* the provider's own code, verbatim, or "" */
    enum gv_known retryable; /* would the same request, sent as a new job, have a chance */
    enum gv_known charged;   /* GV_UNKNOWN is said as such from stage create on */
    enum gv_stage stage;
};

/* "invalid_input" and so on; "uncertain" for GV_UNCERTAIN. Any thread. */
GV_API const char *gv_code_name(enum gv_code code);

#ifdef __cplusplus
}
#endif
#endif
