/* Who may ask: a file of lines "TENANT SHA256", the hash being that of the tenant's token. */
#ifndef GV_SERVER_TOKENS_H
#define GV_SERVER_TOKENS_H

#include <stdbool.h>

#include "base/arena.h"
#include "golem_video/error.h"
#include "port/crypto.h"

#define GV_TENANT_BYTES_MAX 64 /* letters, digits, '.', '_' and '-' */
#define GV_TOKENS_MAX 10000
#define GV_TOKEN_FILE_BYTES_MAX (2u << 20)
#define GV_TOKEN_TEXT_BYTES 64 /* room for a token with its NUL */

struct gv_tokens;

/* Reads the file; GV_INVALID_INPUT names the line that can't be read; GV_INTERNAL_ERROR: the file can't be. `path` is
 * copied. */
int gv_tokens_open(struct gv_tokens **out, const char *path, const struct gv_crypto *crypto, struct gv_error *err);
void gv_tokens_close(struct gv_tokens *tokens); /* NULL is harmless */

size_t gv_tokens_count(struct gv_tokens *tokens);

/* Whether the file is another one than was read last, or is gone. */
bool gv_tokens_changed(struct gv_tokens *tokens);
/* Reads it again; where that fails, what was read before stays in force. One without tokens lets nobody in. Any
 * thread. */
int gv_tokens_reload(struct gv_tokens *tokens, struct gv_error *err);

/* The tenant (copied into the arena) that has the token, or NULL. Takes as long whatever the token. Any thread. */
const char *gv_tokens_tenant(struct gv_tokens *tokens, const char *token, struct gv_arena *arena);

/* ---- making them ------------------------------------------------------------------------------------------- */

bool gv_tenant_is_valid(const char *tenant);
/* A new token, and the hash by which the file knows it. */
void gv_token_make(char token[GV_TOKEN_TEXT_BYTES], char sha256[65], const struct gv_crypto *crypto);

#endif
