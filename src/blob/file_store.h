/* What the parts of the file store share. */
#ifndef GV_BLOB_FILE_STORE_H
#define GV_BLOB_FILE_STORE_H

#include <pthread.h>

#include "port/blob.h"
#include "port/crypto.h"

#define GV_BLOB_SHA256_DIGITS 64

/* Blobs share so many locks, by their first digits. */
#define GV_BLOB_HOLDS 4096u

struct gv_blob_holds {
    pthread_mutex_t mutex;
    int fd; /* of the file `holds`, or -1 before the first hold */
    unsigned count[GV_BLOB_HOLDS];
};

struct gv_blobs_file {
    struct gv_blobs base;
    const struct gv_crypto *crypto;
    char *dir;        /* absolute */
    char boot_id[40]; /* of this start of the machine; "" where it isn't told */
    struct gv_blob_holds holds;
};

static inline struct gv_blobs_file *gv_blobs_file(struct gv_blobs *blobs)
{
    return (struct gv_blobs_file *)(void *)blobs;
}

/* file.c */
bool gv_blob_name_valid(const char *sha256); /* as what a blob can be called */
/* free() it. */
char *gv_blob_file_path(const struct gv_blobs_file *store, const char *sha256);
/* flock that goes on after signals. */
bool gv_blob_file_lock(int fd, int how);
/* "writing", path, errno and what to do about it. */
int gv_blob_file_fail(const char *tried, const char *path, int reason, struct gv_error *err);

/* Makes it if missing, durably. */
int gv_blob_file_make_folder(const char *folder, struct gv_error *err);
int gv_blob_file_sync_folder(const char *folder, struct gv_error *err);

/* file_writer.c, as in port/blob.h. */
int gv_blob_file_writer_open(struct gv_blob_writer **out, struct gv_blobs *blobs, const char *name,
                             struct gv_error *err);
uint64_t gv_blob_file_writer_offset(const struct gv_blob_writer *writer);
const char *gv_blob_file_writer_validator(const struct gv_blob_writer *writer);
int gv_blob_file_writer_set_validator(struct gv_blob_writer *writer, const char *etag, struct gv_error *err);
int gv_blob_file_writer_restart(struct gv_blob_writer *writer, struct gv_error *err);
int gv_blob_file_writer_write(struct gv_blob_writer *writer, const void *data, size_t bytes, struct gv_error *err);
size_t gv_blob_file_writer_head(const struct gv_blob_writer *writer, const void **data);
int gv_blob_file_writer_commit(struct gv_blob_info *out, struct gv_blob_writer *writer, struct gv_error *err);
void gv_blob_file_writer_close(struct gv_blob_writer *writer);
void gv_blob_file_writer_discard(struct gv_blob_writer *writer);
void gv_blob_file_partial_remove(struct gv_blobs *blobs, const char *name);

/* file_hold.c */
void gv_blob_file_holds_init(struct gv_blob_holds *holds);
void gv_blob_file_holds_close(struct gv_blob_holds *holds);
int gv_blob_file_hold(struct gv_blobs *blobs, const char *sha256, struct gv_error *err);
void gv_blob_file_release(struct gv_blobs *blobs, const char *sha256);
/* The file whose bytes are the locks; close it, which gives them back. */
int gv_blob_file_open_holds(int *out, const struct gv_blobs_file *store, struct gv_error *err);
/* Whether nobody holds the blob, nor can until it is unlocked. */
bool gv_blob_file_lock_alone(int fd, const char *sha256);
void gv_blob_file_unlock(int fd, const char *sha256);

/* file_collect.c */
int gv_blob_file_remove(struct gv_blobs *blobs, const char *sha256, bool (*keep)(void *ctx, const char *sha256),
                        void *ctx, struct gv_error *err);
int gv_blob_file_collect(uint64_t *removed, struct gv_blobs *blobs, bool (*keep)(void *ctx, const char *sha256),
                         void *ctx, struct gv_error *err);

#endif
