/* What people and programs read. */
#ifndef GV_CLI_PRINT_H
#define GV_CLI_PRINT_H

#include <time.h>

#include "cli/args.h"
#include "core/json.h"

/* "3.1 MB", in `out`, which it returns. */
const char *gv_cli_size(char *out, size_t bytes, uint64_t amount);
/* Local time, "2026-10-04 12:31:09". */
const char *gv_cli_time(char *out, size_t bytes, int64_t at_ms);

/* "golem-video: ..." on standard error; with --json also {"error": ...} on standard output. */
void gv_cli_print_error(const struct gv_cli_args *args, const struct gv_error *err);
/* Warnings of a job, on standard error. */
void gv_cli_print_warnings(const struct gv_video_result *result);
void gv_cli_print_result_json(const struct gv_video_result *result);
/* How the job stands, for people, on standard output. */
void gv_cli_print_status(const struct gv_video_result *result);
/* The file's path, or the URI where it isn't a file of this machine. */
void gv_cli_print_place(const char *uri);

/* Parses JSON that the library made. */
const struct gv_json *gv_cli_read_json(struct gv_arena *arena, const char *text);
/* One JSON value on standard output, for people: members line by line, lists indented. */
void gv_cli_print_json(const struct gv_json *json, int indent);

/* A table that finds its own widths. Cells are borrowed until the table is printed. */
#define GV_CLI_COLUMNS_MAX 10
struct gv_cli_table {
    struct gv_arena *arena;
    size_t columns, rows, rows_cap;
    const char **cells;
};
/* A row of `table->columns` texts; NULL is shown as "-". */
void gv_cli_table_add(struct gv_cli_table *table, const char *const *cells);
void gv_cli_table_print(const struct gv_cli_table *table);

#endif
