/* Filling a caller's gv_error. */
#ifndef GV_BASE_ERROR_H
#define GV_BASE_ERROR_H

#include <stdbool.h>

#include "golem_video/error.h"

/* The codes that are errors, with their names in JSON. */
#define GV_CODES(X)                                                                                                    \
    X(GV_INVALID_INPUT, "invalid_input")                                                                               \
    X(GV_UNSUPPORTED_FEATURE, "unsupported_feature")                                                                   \
    X(GV_QUOTA_EXCEEDED, "quota_exceeded")                                                                             \
    X(GV_GENERATION_FAILED, "generation_failed")                                                                       \
    X(GV_CANCELLED, "cancelled")                                                                                       \
    X(GV_INTERNAL_ERROR, "internal_error")                                                                             \
    X(GV_UNCERTAIN, "uncertain")

/* Clears *err, sets code and message (one line, its URLs and its length cut), returns code. err may be NULL. */
int gv_fail(struct gv_error *err, enum gv_code code, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* The same with the document's member that is wrong. */
int gv_fail_field(struct gv_error *err, enum gv_code code, const char *field, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What to do about an errno of the system, or `otherwise`. */
const char *gv_advice(int reason, const char *otherwise);
/* Whether it is the process that lacks something, and not the file at fault. */
bool gv_is_shortage(int reason);

/* Control characters become blanks: what a provider wrote must not move a terminal's cursor or forge a line. */
void gv_text_one_line(char *text);
/* URLs lose user name, password, query and fragment, where keys and signatures are; also those in JSON, with its
 * escapes. In place: the text only gets shorter. */
void gv_text_cut_urls(char *text);

#endif
