/* The columns of a job row, named once: the statements, the binding and reading of SQLite and the copying of the
 * memory journal are made from these lists. X(kind, member of struct gv_job_row). */
#ifndef GV_JOURNAL_COLUMNS_H
#define GV_JOURNAL_COLUMNS_H

/* What a step writes anew, all of it. */
#define GV_JOB_STEP_COLUMNS(X)                                                                                         \
    X(STATUS, status)                                                                                                  \
    X(BOOL, parked)                                                                                                    \
    X(BOOL, cancelled)                                                                                                 \
    X(TEXT, phase)                                                                                                     \
    X(INTEGER, progress)                                                                                               \
    X(INTEGER, backoffs)                                                                                               \
    X(INTEGER, updated_ms)                                                                                             \
    X(INTEGER, deadline_ms)                                                                                            \
    X(INTEGER, wake_ms)                                                                                                \
    X(REAL, usd)                                                                                                       \
    X(TEXT, note)                                                                                                      \
    X(TEXT, error)                                                                                                     \
    X(TEXT, warnings)                                                                                                  \
    X(TEXT, outputs)                                                                                                   \
    X(TEXT, state)

/* What no step changes; `announce` goes out with GV_JOURNAL_ANNOUNCED, the rest stays as it was accepted. */
#define GV_JOB_FIXED_COLUMNS(X)                                                                                        \
    X(TEXT, id)                                                                                                        \
    X(TEXT, provider)                                                                                                  \
    X(TEXT, model)                                                                                                     \
    X(TEXT, operation)                                                                                                 \
    X(TEXT, tenant)                                                                                                    \
    X(BOOL, announce)                                                                                                  \
    X(INTEGER, created_ms)                                                                                             \
    X(TEXT, idempotency_key)                                                                                           \
    X(TEXT, request_sha256)                                                                                            \
    X(TEXT, metadata)                                                                                                  \
    X(TEXT, request)

#endif
