#include "provider/stability/stability_wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/error.h"

#define STABILITY_MESSAGE_BYTES_MAX 400
#define STABILITY_NAME_BYTES_MAX 63
#define STABILITY_DRAW_MS 180000 /* a picture is made while the caller waits (README, section 4) */
#define STABILITY_PARTS_MAX 8
#define STABILITY_VIDEO_PATH "/v2beta/image-to-video"

/* ---- out: forms ------------------------------------------------------------------------------------- */

/* Text parts, then perhaps the picture. */
struct form {
    struct {
        const char *name, *value;
    } parts[STABILITY_PARTS_MAX];
    size_t count;
    const struct gv_blob_info *picture; /* PNG; or NULL */
};

/* A NULL value is left out. */
static void add(struct form *form, const char *name, const char *value)
{
    if (value == NULL)
        return;
    GV_ASSERT(form->count < STABILITY_PARTS_MAX);
    form->parts[form->count].name = name;
    form->parts[form->count++].value = value;
}

static bool holds(const struct form *form, const char *text)
{
    for (size_t i = 0; i < form->count; i++) {
        if (strstr(form->parts[i].value, text) != NULL)
            return true;
    }
    return false;
}

/* Of the job, so that the same step says the same; and in no text, so that no prompt can end its part. The picture
 * was encoded here, and its compressed bytes can't be chosen by whoever made the original. */
static const char *boundary_of(const struct form *form, const char *job_id, struct gv_arena *arena)
{
    const char *boundary;
    unsigned n = 0;
    do
        boundary = gv_arena_printf(arena, "golem-video-%s-%u", job_id, n++);
    while (holds(form, boundary));
    return boundary;
}

static struct gv_body body_of(const struct form *form, const char *job_id, struct gv_arena *arena)
{
    const char *boundary = boundary_of(form, job_id, arena);
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    for (size_t i = 0; i < form->count; i++)
        gv_body_add_text(&b, gv_arena_printf(arena, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
                                             boundary, form->parts[i].name, form->parts[i].value));
    if (form->picture != NULL) {
        gv_body_add_text(&b, gv_arena_printf(arena,
                                             "--%s\r\nContent-Disposition: form-data; name=\"image\"; "
                                             "filename=\"image.png\"\r\nContent-Type: image/png\r\n\r\n",
                                             boundary));
        gv_body_add_blob(&b, form->picture);
        gv_body_add_text(&b, "\r\n");
    }
    gv_body_add_text(&b, gv_arena_printf(arena, "--%s--\r\n", boundary));
    return gv_body_end(&b, gv_arena_printf(arena, "multipart/form-data; boundary=%s", boundary));
}

/* ---- out: calls ------------------------------------------------------------------------------------- */

static struct gv_call make_call(enum gv_call_kind kind, const char *what, const char *method, const char *path)
{
    return (struct gv_call){
        .kind = kind,
        .what = what,
        .method = method,
        .path = path,
        .headers = {{"Accept", "application/json"}},
        .header_count = 1,
    };
}

struct gv_call stability_call_probe(const char *job_id, struct gv_arena *arena)
{
    struct gv_call call = make_call(GV_CALL_READ, "ask whether the video API is there", "POST", STABILITY_VIDEO_PATH);
    struct form form = {0};
    add(&form, "none", ""); /* makes a form of it */
    call.body = body_of(&form, job_id, arena);
    return call;
}

static const char *whole(bool has, uint32_t value, struct gv_arena *arena)
{
    return has ? gv_arena_printf(arena, "%u", value) : NULL;
}

struct gv_call stability_call_draw(const struct stability_plan *plan, const char *job_id, struct gv_arena *arena)
{
    const struct stability_image_model *model = plan->image_model;
    struct gv_call call = make_call(GV_CALL_CREATE, gv_arena_printf(arena, "make the picture with %s", model->name),
                                    "POST", gv_arena_printf(arena, "/v2beta/stable-image/generate/%s", model->path));
    struct form form = {0};
    add(&form, "prompt", plan->prompt);
    add(&form, "negative_prompt", plan->negative_prompt);
    add(&form, "model", model->wire);
    add(&form, "aspect_ratio", stability_size_of(plan->ratio, NULL)->ratio);
    add(&form, "seed", whole(plan->has_image_seed, plan->image_seed, arena));
    add(&form, "style_preset", plan->style);
    add(&form, "output_format", "png");
    call.body = body_of(&form, job_id, arena);
    call.total_ms = STABILITY_DRAW_MS;
    call.lifts = true;
    return call;
}

struct gv_call stability_call_create(const struct stability_plan *plan, const struct gv_blob_info *frame,
                                     const char *job_id, struct gv_arena *arena)
{
    struct gv_call call = make_call(GV_CALL_CREATE, "start the film", "POST", STABILITY_VIDEO_PATH);
    struct form form = {.picture = frame};
    add(&form, "seed", whole(plan->has_seed, plan->seed, arena));
    if (plan->has_cfg_scale)
        add(&form, "cfg_scale", gv_arena_printf(arena, "%.7g", (double)plan->cfg_scale));
    add(&form, "motion_bucket_id", whole(plan->motion != 0, plan->motion, arena));
    call.body = body_of(&form, job_id, arena);
    return call;
}

struct gv_call stability_call_poll(const char *task_id, struct gv_arena *arena)
{
    GV_ASSERT(stability_is_task_id(task_id));
    struct gv_call call = make_call(GV_CALL_READ, "ask for the film", "GET",
                                    gv_arena_printf(arena, STABILITY_VIDEO_PATH "/result/%s", task_id));
    call.lifts = true;
    return call;
}

int stability_sign(struct gv_header *headers, size_t *count, const struct gv_call *call,
                   const struct gv_sign_with *with, struct gv_arena *arena, struct gv_error *err)
{
    const char *key = with->settings->values[STABILITY_AT_API_KEY];
    (void)call;
    if (key == NULL || *key == '\0')
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not sign a request to Stability: no credentials. Set STABILITY_API_KEY.");
    GV_ASSERT(*count < GV_HEADERS_MAX);
    headers[(*count)++] = (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", key)};
    return GV_OK;
}

/* ---- in: the envelope ------------------------------------------------------------------------------- */

#define ADVICE_KEY "Check STABILITY_API_KEY."
#define ADVICE_CREDITS "Buy credits at https://platform.stability.ai/account/credits, then submit the job again."
#define ADVICE_WORDS "Change the words or the picture: Stability's rules don't allow them."

/* Named rows before the others of their status. */
const struct stability_code stability_codes[] = {
    {400, NULL, STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, NULL},
    {401, NULL, STABILITY_REFUSED, GV_INTERNAL_ERROR, GV_NO, GV_NO, ADVICE_KEY},
    {402, NULL, STABILITY_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, GV_NO, ADVICE_CREDITS},
    {403, "content_moderation", STABILITY_REFUSED, GV_GENERATION_FAILED, GV_NO, GV_NO, ADVICE_WORDS},
    {403, NULL, STABILITY_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO, GV_NO, "The key has no permission for this."},
    {404, NULL, STABILITY_ABSENT, GV_INTERNAL_ERROR, GV_NO, GV_NO, "Check STABILITY_BASE_URL."},
    {413, NULL, STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, "Stability takes requests of at most 10 MiB."},
    {422, NULL, STABILITY_REFUSED, GV_INVALID_INPUT, GV_NO, GV_NO, NULL},
    {429, NULL, STABILITY_BUSY, GV_QUOTA_EXCEEDED, GV_YES, GV_NO, NULL},
    {500, NULL, STABILITY_LOST, GV_INTERNAL_ERROR, GV_YES, GV_UNKNOWN, NULL},
};
const size_t stability_code_count = GV_COUNT(stability_codes);

static const struct stability_code *find_code(int http, const char *name)
{
    for (size_t i = 0; i < stability_code_count; i++) {
        const struct stability_code *row = &stability_codes[i];
        if (row->http == http && (row->name == NULL || strcmp(row->name, name) == 0))
            return row;
    }
    return NULL;
}

static enum stability_class class_of(const struct stability_answer *answer)
{
    if (answer->http == 200)
        return STABILITY_DONE;
    if (answer->http == 202)
        return STABILITY_PENDING;
    if (answer->row != NULL)
        return answer->row->class;
    return answer->http == 408 || answer->http < 400 || answer->http >= 500 ? STABILITY_LOST : STABILITY_REFUSED;
}

static const char *bounded(const char *text, size_t bytes_max, struct gv_arena *arena)
{
    return text != NULL ? gv_arena_strndup(arena, text, strnlen(text, bytes_max)) : "";
}

/* errors[] of v2beta, message of v1, or plain text. */
static const char *words_in(const struct gv_json *json, const struct gv_reply *reply, struct gv_arena *arena)
{
    const struct gv_json *errors = gv_json_member(json, "errors");
    const char *words = "";
    for (const struct gv_json *e = errors != NULL ? errors->child : NULL; e != NULL; e = e->next) {
        if (e->kind == GV_JSON_STRING)
            words = gv_arena_printf(arena, "%s%s%.*s", words, *words != '\0' ? "; " : "", STABILITY_MESSAGE_BYTES_MAX,
                                    e->text);
        if (strlen(words) >= STABILITY_MESSAGE_BYTES_MAX)
            break;
    }
    if (*words == '\0' && gv_json_text(json, "message") != NULL)
        words = gv_json_text(json, "message");
    if (*words == '\0' && json == NULL && strcmp(reply->content_type, "text/plain") == 0)
        words = reply->body;
    return *words != '\0' ? words : "no reason given";
}

struct stability_answer stability_read(const struct gv_reply *reply, struct gv_arena *arena)
{
    struct stability_answer answer = {.http = reply->status};
    answer.json = gv_json_parse(arena, reply->body, reply->body_bytes, NULL);
    answer.name = bounded(gv_json_text(answer.json, "name"), STABILITY_NAME_BYTES_MAX, arena);
    answer.support_id = bounded(gv_json_text(answer.json, "id"), STABILITY_ID_HEX, arena);
    answer.message = bounded(words_in(answer.json, reply, arena), STABILITY_MESSAGE_BYTES_MAX, arena);
    answer.row = find_code(answer.http, answer.name);
    answer.class = class_of(&answer);
    return answer;
}

bool stability_says_moderated(const struct stability_answer *answer)
{
    return answer->http == 403 && strcmp(answer->name, "content_moderation") == 0;
}

bool stability_says_retired(const struct stability_answer *answer)
{
    switch (answer->http) {
    case 404:
    case 405:
    case 410:
    case 501: return true;
    case 403: return !stability_says_moderated(answer);
    default: return false;
    }
}

struct gv_error stability_refusal(const struct stability_answer *answer, const char *doing, enum gv_stage stage)
{
    struct gv_error err = {0};
    const struct stability_code *row = answer->row;
    const char *advice = row != NULL ? row->advice : NULL;
    bool named = *answer->name != '\0';
    gv_fail(&err, row != NULL ? row->error : GV_INTERNAL_ERROR, "Stability%s refused to %s: %s (HTTP %d%s%s%s%s).%s%s",
            stability_says_moderated(answer) ? "'s moderation" : "", doing, answer->message, answer->http,
            named ? ", " : "", answer->name, *answer->support_id != '\0' ? ", reference " : "", answer->support_id,
            advice != NULL ? " " : "", advice != NULL ? advice : "");
    snprintf(err.provider_code, sizeof(err.provider_code), "%s", answer->name);
    if (!named)
        snprintf(err.provider_code, sizeof(err.provider_code), "%d", answer->http);
    err.retryable = row != NULL ? row->retryable : GV_NO;
    err.charged = row != NULL ? row->charged : GV_NO;
    err.stage = stage;
    return err;
}

/* ---- in: results ------------------------------------------------------------------------------------ */

bool stability_is_task_id(const char *text)
{
    return text != NULL && strspn(text, "0123456789abcdef") == STABILITY_ID_HEX && text[STABILITY_ID_HEX] == '\0';
}

const char *stability_read_created(const struct stability_answer *answer)
{
    const char *id = gv_json_text(answer->json, "id");
    return stability_is_task_id(id) ? id : NULL;
}

static enum stability_finish finish_of(const char *word)
{
    if (strcmp(word, "SUCCESS") == 0)
        return STABILITY_FINE;
    return strcmp(word, "CONTENT_FILTERED") == 0 ? STABILITY_FILTERED : STABILITY_FINISH_UNKNOWN;
}

/* "blob:0" as one of the event's, of the member's family. */
static bool read_lifted(unsigned *out, const char *text, const char *member, const struct gv_event *event)
{
    char *end = NULL;
    if (text == NULL || strncmp(text, "blob:", 5) != 0 || text[5] < '0' || text[5] > '9')
        return false;
    unsigned long index = strtoul(text + 5, &end, 10);
    if (*end != '\0' || index >= event->lifted_count)
        return false;
    const char *type = event->lifted[index].mime_type;
    size_t n = strlen(member);
    *out = (unsigned)index;
    return type != NULL && strncmp(type, member, n) == 0 && type[n] == '/';
}

bool stability_read_result(struct stability_result *out, const struct stability_answer *answer, const char *member,
                           const struct gv_event *event, struct gv_arena *arena)
{
    const char *word = gv_json_text(answer->json, "finish_reason");
    const struct gv_json *seed = gv_json_member(answer->json, "seed");
    *out = (struct stability_result){.word = bounded(word, STABILITY_NAME_BYTES_MAX, arena), .seed = ""};
    out->finish = finish_of(out->word);
    if (seed != NULL && seed->kind == GV_JSON_INT)
        out->seed = gv_arena_printf(arena, ", seed %lld", (long long)seed->integer);
    if (word == NULL)
        return false;
    return read_lifted(&out->lifted, gv_json_text(answer->json, member), member, event) ||
           out->finish != STABILITY_FINE;
}
