/* The journal in a SQLite file: dir/journal.db, beside it dir/owners/ with one lock file per living process. */
#ifndef GV_JOURNAL_SQLITE_H
#define GV_JOURNAL_SQLITE_H

#include "port/crypto.h"
#include "port/journal.h"

/* Opens or makes the journal and starts its writer thread. The folder is made if only its last part is missing; files
 * get the rights that the umask leaves. `loop` and `crypto` are borrowed until close. A process that forks must open
 * its own journal in the child. GV_INTERNAL_ERROR: the folder or the file can't be used, and why. */
int gv_journal_sqlite_open(struct gv_journal **out, const char *dir, struct gv_loop *loop,
                           const struct gv_crypto *crypto, struct gv_error *err);

#endif
