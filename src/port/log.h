/* Where the engine tells operators what it does. Never a secret, never a whole picture. */
#ifndef GV_PORT_LOG_H
#define GV_PORT_LOG_H

enum gv_log_level { GV_LOG_ERROR = 1, GV_LOG_WARN, GV_LOG_INFO, GV_LOG_DEBUG, GV_LOG_TRACE };

struct gv_log {
    enum gv_log_level level; /* lines above it are not written; 0: none */
    /* One line; job_id may be NULL. Any thread. */
    void (*write)(const struct gv_log *log, enum gv_log_level level, const char *job_id, const char *text);
};

#endif
