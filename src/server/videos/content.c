/* GET /v1/videos/{id}/content: the film and its pictures as files are handed out, to whoever has a token or a link
 * that was signed for him. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/codec.h"
#include "base/error.h"
#include "core/range.h"
#include "server/http/negotiate.h"
#include "server/parts/internal.h"
#include "server/videos/video.h"
#include "server/videos/videos.h"

#define LINK_SECONDS 3600
#define LINK_STEP_SECONDS 300 /* links of that time are the same, so that a page may keep what it has loaded */
#define SIGNATURE_CHARS 43    /* of 32 bytes */

enum variant { FILM = 0, THUMBNAIL, SPRITESHEET };
static const char *const variants[] = {"video", "thumbnail", "spritesheet"};

/* What is asked for, and what it is. */
struct content {
    const char *job_id;
    enum variant variant;
    size_t index;
    struct gv_blob_info blob;
    char etag[80];
};

/* ---- links -------------------------------------------------------------------------------------------------- */

static void sign(char out[SIGNATURE_CHARS + 1], struct gv_exchange *x, const char *job_id, const char *variant,
                 size_t index, long long expires)
{
    uint8_t secret[32], digest[32];
    const char *text = gv_arena_printf(&x->arena, "%s\n%s\n%zu\n%lld", job_id, variant, index, expires);
    gv_exchange_secret(secret, x->server, "content");
    gv_engine_crypto(x->engine)->hmac_sha256(digest, secret, sizeof(secret), text, strlen(text));
    gv_base64url_encode(out, digest, sizeof(digest));
}

static long long now_s(void)
{
    return gv_server_wall_ms() / 1000;
}

const char *gv_content_link(struct gv_exchange *x, const char *job_id, const char *variant, size_t index)
{
    char signature[SIGNATURE_CHARS + 1];
    long long expires = (now_s() / LINK_STEP_SECONDS + 1) * LINK_STEP_SECONDS + LINK_SECONDS;
    sign(signature, x, job_id, variant, index, expires);
    return gv_arena_printf(&x->arena, "/v1/videos/%s/content?variant=%s&index=%zu&expires=%lld&signature=%s", job_id,
                           variant, index, expires, signature);
}

static bool is_signed(struct gv_exchange *x, const struct content *c, const char *signature)
{
    char wanted[SIGNATURE_CHARS + 1];
    const char *until = gv_exchange_query(x, "expires");
    long long expires = until != NULL ? strtoll(until, NULL, 10) : 0;
    sign(wanted, x, c->job_id, variants[c->variant], c->index, expires);
    return strlen(signature) == SIGNATURE_CHARS &&
           gv_engine_crypto(x->engine)->equal(wanted, signature, SIGNATURE_CHARS) && expires > now_s();
}

/* A link stands for the token of whom it was made for, so that what follows asks for no other. */
static bool may_see(struct gv_exchange *x, const struct content *c)
{
    const char *signature = gv_exchange_query(x, "signature");
    if (signature != NULL && is_signed(x, c, signature)) {
        x->tenant = NULL;
        return true;
    }
    if (x->tenant != NULL || gv_exchange_options(x)->token_file == NULL)
        return true;
    if (signature != NULL) {
        gv_answer_error(x, 401, "link_expired", "signature",
                        "This link is over, or was never made here: the Video object has a new one");
        return false;
    }
    gv_answer_header(x, "WWW-Authenticate", "Bearer");
    gv_answer_error(x, 401, "invalid_api_key", NULL, "No token of this server's came, and no signed link");
    return false;
}

/* ---- what is asked for -------------------------------------------------------------------------------------- */

static bool read_arguments(struct content *c, struct gv_exchange *x)
{
    const char *variant = gv_exchange_query(x, "variant"), *index = gv_exchange_query(x, "index");
    char *end = "";
    *c = (struct content){.job_id = x->ids[0], .index = index != NULL ? strtoul(index, &end, 10) : 0};
    if (index != NULL && (index[0] < '0' || index[0] > '9' || *end != '\0' || c->index > INT32_MAX)) {
        gv_answer_error(x, 400, "invalid_request", "index", "index counts the videos of the job from 0");
        return false;
    }
    for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++)
        if (variant == NULL || strcmp(variants[i], variant) == 0) {
            c->variant = (enum variant)i;
            return true;
        }
    gv_answer_error(x, 400, "invalid_request", "variant", "variant must be video, thumbnail or spritesheet");
    return false;
}

static void answer_not_completed(struct gv_exchange *x, const struct gv_job_row *row,
                                 const struct gv_video_result *result)
{
    const char *why = result->failed != NULL ? result->failed : row->note;
    const char *glue = why != NULL && why[0] != '\0' ? ": " : "";
    gv_answer_error(x, 400, "video_not_completed", "video_id", "Video %s has no content; it is %s%s%s", row->id,
                    gv_video_status(row->status), glue, why != NULL ? why : "");
}

static bool find_blob(struct content *c, struct gv_exchange *x, const struct gv_video *film)
{
    struct gv_error err;
    if (c->variant == FILM) {
        c->blob = (struct gv_blob_info){.bytes = film->bytes, .mime_type = film->mime_type};
        snprintf(c->blob.sha256, sizeof(c->blob.sha256), "%s", film->sha256);
        return true;
    }
    enum gv_picture kind = c->variant == THUMBNAIL ? GV_PICTURE_POSTER : GV_PICTURE_SPRITESHEET;
    if (gv_film_picture(&c->blob, x->engine, c->job_id, film->sha256, kind, &err) == GV_OK)
        return true;
    gv_answer_failure(x, &err);
    return false;
}

static bool find_content(struct content *c, struct gv_exchange *x)
{
    struct gv_video_result result;
    struct gv_error err;
    const struct gv_job_row *row = gv_exchange_job(x, c->job_id);
    if (row == NULL)
        return false;
    if (gv_engine_result(&result, x->engine, row, &x->arena, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return false;
    }
    if (row->status != GV_SUCCEEDED) {
        answer_not_completed(x, row, &result);
        return false;
    }
    if (c->index >= result.video_count) {
        gv_answer_error(x, 404, "not_found", "index", "Video %s has %zu videos, counted from 0", row->id,
                        result.video_count);
        return false;
    }
    if (!find_blob(c, x, &result.videos[c->index]))
        return false;
    snprintf(c->etag, sizeof(c->etag), "\"%s\"", c->blob.sha256);
    return true;
}

/* ---- the answer --------------------------------------------------------------------------------------------- */

static const char *ending(const char *mime_type)
{
    static const char *const rows[][2] = {
        {"video/mp4", "mp4"}, {"video/webm", "webm"}, {"video/quicktime", "mov"}, {"image/jpeg", "jpg"}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (strcmp(rows[i][0], mime_type) == 0)
            return rows[i][1];
    return "bin";
}

static const char *file_name(struct gv_exchange *x, const struct content *c)
{
    const char *number = c->index > 0 ? gv_arena_printf(&x->arena, "_%zu", c->index) : "";
    const char *what = c->variant == FILM ? "" : gv_arena_printf(&x->arena, "_%s", variants[c->variant]);
    return gv_arena_printf(&x->arena, "inline; filename=\"%s%s%s.%s\"", c->job_id, number, what,
                           ending(c->blob.mime_type));
}

static void answer_nothing(struct gv_exchange *x, int status)
{
    x->answer.kind = GV_ANSWER_STATIC;
    x->answer.status = status;
    x->answer.still = "";
}

static void answer_tags(struct gv_exchange *x, const struct content *c)
{
    gv_answer_header(x, "ETag", c->etag);
    gv_answer_header(x, "Cache-Control", "private, max-age=300");
}

static void answer_range(struct gv_exchange *x, const struct content *c, enum gv_range range)
{
    char text[GV_RANGE_TEXT_BYTES];
    gv_range_text(text, range, x->answer.offset, x->answer.bytes, c->blob.bytes);
    gv_answer_header(x, "Content-Range", text);
}

/* Tags are for what is handed out; an error is not to be kept in its place. */
static void answer_bytes(struct gv_exchange *x, const struct content *c)
{
    const char *only = gv_exchange_header(x, "If-Range"), *wanted = gv_exchange_header(x, "Range");
    bool same = only == NULL || strcmp(only, c->etag) == 0;
    struct gv_answer *answer = &x->answer;
    struct gv_error err;
    int fd;
    enum gv_range range = gv_range_parse(&answer->offset, &answer->bytes, same ? wanted : NULL, c->blob.bytes);
    if (range == GV_RANGE_UNSATISFIABLE) {
        answer_tags(x, c);
        answer_range(x, c, range);
        answer_nothing(x, 416);
        return;
    }
    if (gv_blob_open(&fd, x->engine, &c->blob, &err) != GV_OK) {
        gv_answer_failure(x, &err);
        return;
    }
    answer_tags(x, c);
    if (range == GV_RANGE_PART)
        answer_range(x, c, range);
    gv_answer_header(x, "Accept-Ranges", "bytes");
    gv_answer_header(x, "Content-Disposition", file_name(x, c));
    answer->kind = GV_ANSWER_FILE;
    answer->status = range == GV_RANGE_PART ? 206 : 200;
    answer->content_type = c->blob.mime_type;
    answer->fd = fd;
}

void gv_content_get(struct gv_exchange *x)
{
    struct content c;
    if (!read_arguments(&c, x) || !may_see(x, &c) || !find_content(&c, x))
        return;
    if (gv_negotiate_tag(gv_exchange_header(x, "If-None-Match"), c.etag)) {
        answer_tags(x, &c);
        answer_nothing(x, 304);
        return;
    }
    answer_bytes(x, &c);
}
