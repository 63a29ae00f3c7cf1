/* Folders that are still there after a loss of power. All return 0 or an errno. */
#ifndef GV_BASE_DIR_H
#define GV_BASE_DIR_H

/* Its names: what was made in it, moved or removed. */
int gv_dir_sync(const char *path);

/* Makes it if missing. One that is there is synced into its parent all the same: who made it may have died before. */
int gv_dir_make(const char *path);

/* With all folders above it that are missing. */
int gv_dir_make_all(const char *path);

#endif
