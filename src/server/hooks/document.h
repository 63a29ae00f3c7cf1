/* Structs as the journal's documents, each by its schema. */
#ifndef GV_SERVER_DOCUMENT_H
#define GV_SERVER_DOCUMENT_H

#include "core/schema.h"
#include "port/journal.h"

/* `key` lives as long as the arena. */
struct gv_journal_op gv_document_put(const char *space, const char *key, const struct gv_schema *schema, const void *in,
                                     struct gv_arena *arena);
struct gv_journal_op gv_document_drop(const char *space, const char *key);

/* Into the zeroed struct at `out`; strings live in the arena. GV_INTERNAL_ERROR: it is none of that schema. */
int gv_document_read(void *out, const struct gv_schema *schema, const struct gv_journal_doc *doc,
                     struct gv_arena *arena, struct gv_error *err);

#endif
