#include "provider/runway/runway_wire.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "core/url.h"

/* What comes from the network is not endless. */
#define RUNWAY_URI_BYTES_MAX 5000
#define RUNWAY_OUTPUT_URL_BYTES_MAX 8192
#define RUNWAY_MESSAGE_BYTES_MAX 480
#define RUNWAY_DATA_URI_BYTES_MAX 5242880 /* whole, of every kind (README, section 3.1) */
#define RUNWAY_SLOT_FIELDS_MAX 64
#define RUNWAY_VERSION "2024-11-06"

/* ---- out: calls ------------------------------------------------------------------------------------- */

/* Percent-encodes what is not unreserved, so that no id can leave its place in the path. */
static const char *escape(const char *text, struct gv_arena *arena)
{
    char *out = gv_arena_alloc(arena, strlen(text) * 3 + 1), *at = out;
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
        if (isalnum(*p) || strchr("-_~", *p) != NULL) {
            *at++ = (char)*p;
        } else {
            *at++ = '%';
            *at++ = "0123456789ABCDEF"[*p >> 4];
            *at++ = "0123456789ABCDEF"[*p & 15];
        }
    }
    *at = '\0';
    return out;
}

struct gv_call runway_call_create(const struct runway_plan *plan, const struct runway_state *state,
                                  struct gv_arena *arena)
{
    const char *word = runway_route_words[plan->route];
    return (struct gv_call){.kind = GV_CALL_CREATE,
                            .what = gv_arena_printf(arena, "create %s task with %s", word, plan->model->name),
                            .method = "POST",
                            .path = gv_arena_printf(arena, "/v1/%s", word),
                            .body = runway_body_film(plan, state, arena)};
}

struct gv_call runway_call_image(const struct runway_plan *plan, struct gv_arena *arena)
{
    return (struct gv_call){.kind = GV_CALL_CREATE,
                            .what = "create text_to_image task with " RUNWAY_IMAGE_MODEL,
                            .method = "POST",
                            .path = "/v1/text_to_image",
                            .body = runway_body_image(plan, arena)};
}

static struct gv_call call_task(const char *method, const char *what, const char *task_id, struct gv_arena *arena)
{
    return (struct gv_call){.kind = GV_CALL_READ,
                            .what = what,
                            .method = method,
                            .path = gv_arena_printf(arena, "/v1/tasks/%s", escape(task_id, arena))};
}

struct gv_call runway_call_poll(const char *task_id, struct gv_arena *arena)
{
    return call_task("GET", "ask for the task", task_id, arena);
}

struct gv_call runway_call_delete(const char *task_id, struct gv_arena *arena)
{
    return call_task("DELETE", "stop the task", task_id, arena);
}

/* ---- out: uploads (section 7) ----------------------------------------------------------------------- */

bool runway_goes_inside(const struct gv_blob_info *blob)
{
    size_t head = strlen("data:") + strlen(blob->mime_type) + strlen(";base64,");
    return head + gv_base64_length(blob->bytes) <= RUNWAY_DATA_URI_BYTES_MAX;
}

const char *runway_uploaded_uri(const struct runway_state *state, const char *sha256)
{
    for (size_t i = 0; i < state->upload_count; i++) {
        if (strcmp(state->uploads[i].sha256, sha256) == 0)
            return state->uploads[i].uri;
    }
    return NULL;
}

/* Named by its content: the caller's names are nobody's business. */
static const char *file_name(const struct gv_blob_info *blob, struct gv_arena *arena)
{
    static const char *const endings[][2] = {
        {"image/jpeg", "jpg"},  {"image/png", "png"},       {"image/webp", "webp"},
        {"video/mp4", "mp4"},   {"video/quicktime", "mov"}, {"video/x-matroska", "mkv"},
        {"video/webm", "webm"}, {"video/3gpp", "3gp"},      {"video/ogg", "ogv"},
    };
    for (size_t i = 0; i < GV_COUNT(endings); i++) {
        if (strcmp(endings[i][0], blob->mime_type) == 0)
            return gv_arena_printf(arena, "%.16s.%s", blob->sha256, endings[i][1]);
    }
    GV_UNREACHABLE();
}

struct gv_call runway_call_slot(const struct gv_blob_info *blob, struct gv_arena *arena)
{
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "filename", file_name(blob, arena));
    gv_json_put_text(&b.json, "type", "ephemeral");
    gv_json_close(&b.json, '}');
    return (struct gv_call){.kind = GV_CALL_READ,
                            .what = "ask for an upload slot",
                            .method = "POST",
                            .path = "/v1/uploads",
                            .body = gv_body_end(&b, "application/json")};
}

static const char *boundary_of(const char *job_id, struct gv_arena *arena)
{
    return gv_arena_printf(arena, "golem-video-%s", job_id);
}

struct gv_call runway_call_upload(const struct runway_slot *slot, const struct gv_blob_info *blob, const char *job_id,
                                  struct gv_arena *arena)
{
    const char *boundary = boundary_of(job_id, arena);
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    for (const struct gv_json *field = slot->fields->child; field != NULL; field = field->next)
        gv_body_add_text(&b, gv_arena_printf(arena, "--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n",
                                             boundary, field->key, field->text));
    gv_body_add_text(&b, gv_arena_printf(arena,
                                         "--%s\r\nContent-Disposition: form-data; name=\"file\"; filename=\"%s\"\r\n"
                                         "Content-Type: %s\r\n\r\n",
                                         boundary, file_name(blob, arena), blob->mime_type));
    gv_body_add_blob(&b, blob);
    gv_body_add_text(&b, gv_arena_printf(arena, "\r\n--%s--\r\n", boundary));
    return (struct gv_call){.kind = GV_CALL_READ,
                            .what = gv_arena_printf(arena, "upload %llu bytes", (unsigned long long)blob->bytes),
                            .method = "POST",
                            .url = slot->url,
                            .body =
                                gv_body_end(&b, gv_arena_printf(arena, "multipart/form-data; boundary=%s", boundary))};
}

/* ---- out: signing ----------------------------------------------------------------------------------- */

int runway_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
                struct gv_arena *arena, struct gv_error *err)
{
    (void)call;
    const char *const *values = with->settings->values;
    const char *key = with->credential_set == RUNWAY_SET_API_KEY      ? values[RUNWAY_AT_API_KEY]
                      : with->credential_set == RUNWAY_SET_API_SECRET ? values[RUNWAY_AT_API_SECRET]
                                                                      : NULL;
    if (key == NULL || *key == '\0')
        return gv_fail(
            err, GV_INTERNAL_ERROR,
            "Could not sign a request to Runway: no credentials. Set RUNWAY_API_KEY or RUNWAYML_API_SECRET.");
    GV_ASSERT(*count + 2 <= GV_HEADERS_MAX);
    headers[(*count)++] = (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", key)};
    headers[(*count)++] = (struct gv_header){"X-Runway-Version", RUNWAY_VERSION};
    return GV_OK;
}

/* ---- in: answers ------------------------------------------------------------------------------------ */

#define ADVICE_KEY "Check RUNWAY_API_KEY or RUNWAYML_API_SECRET, and that the account is not suspended."

const struct runway_status runway_statuses[] = {
    {400, "enough credits", RUNWAY_REFUSED, GV_QUOTA_EXCEEDED, GV_NO,
     "Buy credits at https://dev.runwayml.com, then submit the job again."},
    {400, NULL, RUNWAY_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {401, NULL, RUNWAY_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_KEY},
    {402, NULL, RUNWAY_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, NULL},
    {403, NULL, RUNWAY_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_KEY},
    {404, NULL, RUNWAY_ABSENT, GV_INTERNAL_ERROR, GV_NO, "Check RUNWAY_BASE_URL."},
    {405, NULL, RUNWAY_REFUSED, GV_INTERNAL_ERROR, GV_NO, "Check RUNWAY_BASE_URL."},
    {408, NULL, RUNWAY_LOST, GV_INTERNAL_ERROR, GV_YES, NULL},
    {409, NULL, RUNWAY_BUSY, GV_INTERNAL_ERROR, GV_YES, NULL},
    {413, NULL, RUNWAY_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {422, NULL, RUNWAY_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {429, "daily", RUNWAY_REFUSED, GV_QUOTA_EXCEEDED, GV_YES,
     "The limit counts the last 24 hours: submit the job again later, or raise the account's tier."},
    {429, NULL, RUNWAY_BUSY, GV_QUOTA_EXCEEDED, GV_YES, NULL},
};
const size_t runway_status_count = GV_COUNT(runway_statuses);

static const struct runway_status other_refusal = {0, NULL, RUNWAY_REFUSED, GV_INTERNAL_ERROR, GV_NO, NULL};

static bool contains(const char *text, const char *words)
{
    return strcasestr(text, words) != NULL;
}

/* NULL where no row tells: below 400 and from 500 on. */
static const struct runway_status *row_of(int http, const char *message)
{
    for (size_t i = 0; i < runway_status_count; i++) {
        const struct runway_status *row = &runway_statuses[i];
        if (row->http == http && (row->words == NULL || contains(message, row->words)))
            return row;
    }
    return http >= 400 && http < 500 ? &other_refusal : NULL;
}

/* "keyframes.0.uri" */
static const char *path_of(const struct gv_json *issue, struct gv_arena *arena)
{
    const struct gv_json *path = gv_json_member(issue, "path");
    const char *text = "";
    for (const struct gv_json *part = path != NULL && path->kind == GV_JSON_ARRAY ? path->child : NULL; part != NULL;
         part = part->next) {
        const char *dot = *text != '\0' ? "." : "";
        if (part->kind == GV_JSON_STRING)
            text = gv_arena_printf(arena, "%s%s%.64s", text, dot, part->text);
        else if (part->kind == GV_JSON_INT)
            text = gv_arena_printf(arena, "%s%s%lld", text, dot, (long long)part->integer);
    }
    return text;
}

static void read_words(struct runway_answer *answer, struct gv_arena *arena)
{
    const char *error = gv_json_text(answer->json, "error");
    const struct gv_json *issues = gv_json_member(answer->json, "issues");
    const char *text = error != NULL ? error : "an answer that is not Runway's";
    for (const struct gv_json *issue = issues != NULL && issues->kind == GV_JSON_ARRAY ? issues->child : NULL;
         issue != NULL && strlen(text) < RUNWAY_MESSAGE_BYTES_MAX; issue = issue->next) {
        const char *path = path_of(issue, arena), *message = gv_json_text(issue, "message");
        if (*answer->field == '\0')
            answer->field = path;
        text = gv_arena_printf(arena, "%s; %s%s%.300s", text, path, *path != '\0' ? ": " : "",
                               message != NULL ? message : "no message");
    }
    answer->message = gv_arena_strndup(arena, text, strnlen(text, RUNWAY_MESSAGE_BYTES_MAX));
}

struct runway_answer runway_read(const struct gv_reply *reply, struct gv_arena *arena)
{
    struct runway_answer answer = {.http = reply->status, .field = ""};
    answer.json = gv_json_parse(arena, reply->body, reply->body_bytes, NULL);
    read_words(&answer, arena);
    answer.row = row_of(reply->status, answer.message);
    if (answer.row != NULL)
        answer.class = answer.row->class;
    else
        answer.class = reply->status >= 200 && reply->status < 300 ? RUNWAY_DONE : RUNWAY_LOST;
    return answer;
}

struct gv_error runway_refusal(const struct runway_answer *answer, const char *doing, enum gv_stage stage,
                               enum gv_known charged)
{
    struct gv_error err = {0};
    const struct runway_status *row = answer->row;
    GV_ASSERT(row != NULL);
    gv_fail_field(&err, row->error, row->error == GV_INVALID_INPUT ? answer->field : "",
                  "Runway refused to %s: %s (HTTP %d).%s%s", doing, answer->message, answer->http,
                  row->advice != NULL ? " " : "", row->advice != NULL ? row->advice : "");
    snprintf(err.provider_code, sizeof(err.provider_code), "%d", answer->http);
    err.retryable = row->retryable;
    err.charged = charged;
    err.stage = stage;
    return err;
}

/* ---- in: ids and slots ------------------------------------------------------------------------------ */

static const char *usable(const char *text, size_t bytes_max)
{
    return text != NULL && *text != '\0' && strnlen(text, bytes_max + 1) <= bytes_max ? text : NULL;
}

const char *runway_read_created(const struct runway_answer *answer)
{
    return usable(gv_json_text(answer->json, "id"), RUNWAY_ID_BYTES_MAX);
}

/* A name or value that could break out of its part is nothing that a slot needs. */
static bool is_plain_field(const struct gv_json *field, const char *boundary)
{
    if (field->kind != GV_JSON_STRING || strpbrk(field->key, "\"\r\n") != NULL)
        return false;
    return strstr(field->text, boundary) == NULL;
}

bool runway_read_slot(struct runway_slot *out, const struct runway_answer *answer, const char *job_id,
                      struct gv_arena *arena)
{
    const char *boundary = boundary_of(job_id, arena);
    struct gv_url url;
    out->url = gv_json_text(answer->json, "uploadUrl");
    out->uri = usable(gv_json_text(answer->json, "runwayUri"), RUNWAY_URI_BYTES_MAX);
    out->fields = gv_json_member(answer->json, "fields");
    if (out->url == NULL || gv_url_parse(&url, out->url, NULL) != GV_OK || out->uri == NULL || out->fields == NULL ||
        strncmp(out->uri, "runway://", strlen("runway://")) != 0)
        return false;
    if (out->fields->kind != GV_JSON_OBJECT || out->fields->count > RUNWAY_SLOT_FIELDS_MAX)
        return false;
    for (const struct gv_json *field = out->fields->child; field != NULL; field = field->next) {
        if (!is_plain_field(field, boundary))
            return false;
    }
    return true;
}

/* ---- in: tasks (section 5) -------------------------------------------------------------------------- */

static enum runway_task_status status_of(const char *word)
{
    static const struct {
        const char *word;
        enum runway_task_status status;
    } rows[] = {
        {"PENDING", RUNWAY_PENDING},      {"THROTTLED", RUNWAY_THROTTLED}, {"RUNNING", RUNWAY_RENDERING},
        {"SUCCEEDED", RUNWAY_ENDED_WELL}, {"FAILED", RUNWAY_ENDED_BADLY},  {"CANCELLED", RUNWAY_STOPPED},
    };
    for (size_t i = 0; i < GV_COUNT(rows); i++) {
        if (strcmp(rows[i].word, word) == 0)
            return rows[i].status;
    }
    return RUNWAY_STATUS_UNKNOWN;
}

/* The ending of the path in a URL, lower case; "" where there is none. */
static const char *ending_of(const char *url, struct gv_arena *arena)
{
    size_t bytes = strcspn(url, "?#");
    size_t at = bytes;
    while (at > 0 && url[at - 1] != '.' && url[at - 1] != '/')
        at--;
    if (at == 0 || url[at - 1] != '.' || bytes - at > 8)
        return "";
    char *ending = gv_arena_strndup(arena, url + at, bytes - at);
    for (char *p = ending; *p != '\0'; p++)
        *p = (char)tolower((unsigned char)*p);
    return ending;
}

/* Archives and sound that come beside or instead of a film; an unknown ending may be a film. */
static bool is_other(const char *ending)
{
    static const char *const endings[] = {"zip", "tar", "wav", "mp3", "json", "txt", "srt", "png", "jpg", "exr"};
    for (size_t i = 0; i < GV_COUNT(endings); i++) {
        if (strcmp(endings[i], ending) == 0)
            return true;
    }
    return false;
}

static void add_output(struct runway_task *task, const char *url, bool want_image, struct gv_arena *arena)
{
    if (usable(url, RUNWAY_OUTPUT_URL_BYTES_MAX) == NULL)
        return;
    const char *ending = ending_of(url, arena);
    if (!want_image && is_other(ending))
        task->outputs_other =
            gv_arena_printf(arena, "%s%s%s", task->outputs_other, *task->outputs_other != '\0' ? ", " : "", ending);
    else if (task->output_count < GV_OUTPUTS_MAX)
        task->outputs[task->output_count++] = (struct runway_output){url};
    else
        task->outputs_beyond++;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

bool runway_read_task(struct runway_task *out, const struct runway_answer *answer, const char *task_id, bool want_image,
                      struct gv_arena *arena)
{
    const char *id = gv_json_text(answer->json, "id"), *word = gv_json_text(answer->json, "status");
    const struct gv_json *output = gv_json_member(answer->json, "output");
    if (id == NULL || word == NULL || strcmp(id, task_id) != 0)
        return false;
    *out = (struct runway_task){
        .id = id,
        .word = word,
        .status = status_of(word),
        .progress = -1,
        .outputs_other = "",
        .failure = or_empty(gv_json_text(answer->json, "failure")),
        .failure_code = or_empty(gv_json_text(answer->json, "failureCode")),
        .credits = gv_json_real(answer->json, "cost.credits", -1),
    };
    double progress = gv_json_real(answer->json, "progress", -1);
    if (out->status == RUNWAY_RENDERING && progress >= 0 && progress <= 1)
        out->progress = (int)(progress * 100);
    if (output != NULL && output->kind == GV_JSON_ARRAY) {
        for (const struct gv_json *item = output->child; item != NULL; item = item->next)
            add_output(out, gv_json_text(item, NULL), want_image, arena);
    }
    return true;
}

const char *runway_cost_words(double credits, struct gv_arena *arena)
{
    if (!(credits >= 0))
        return "";
    return gv_arena_printf(arena, "; Runway charged %g credits (US$%.2f)", credits, credits * 0.01);
}

/* ---- in: failures (section 5.4) --------------------------------------------------------------------- */

const struct runway_failure runway_failures[] = {
    {"SAFETY.INPUT", "Runway's moderation refused the input", GV_GENERATION_FAILED, GV_NO, GV_YES, GV_STAGE_RENDER},
    {"SAFETY.OUTPUT", "Runway's moderation withheld the film", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN,
     GV_STAGE_OUTPUT},
    {"SAFETY", "Runway's moderation stopped the task", GV_GENERATION_FAILED, GV_NO, GV_UNKNOWN, GV_STAGE_RENDER},
    {"INPUT_PREPROCESSING.INTERNAL", "Runway had trouble preparing the input", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN,
     GV_STAGE_RENDER},
    {"INTERNAL.BAD_OUTPUT", "Runway rejected what the model made", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN,
     GV_STAGE_OUTPUT},
    {"INTERNAL", "Runway had trouble of its own", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER},
    {"ASSET", "a picture or film does not meet the model's rules", GV_INVALID_INPUT, GV_NO, GV_UNKNOWN,
     GV_STAGE_RENDER},
    {"THIRD_PARTY.UNAVAILABLE", "the model's maker does not answer", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN,
     GV_STAGE_RENDER},
    {"THIRD_PARTY.INPUT_VALIDATION", "the model's maker refused the input", GV_INVALID_INPUT, GV_NO, GV_UNKNOWN,
     GV_STAGE_RENDER},
};
const size_t runway_failure_count = GV_COUNT(runway_failures);

static const struct runway_failure unnamed_failure = {
    "", "the task failed without a code", GV_GENERATION_FAILED, GV_YES, GV_UNKNOWN, GV_STAGE_RENDER};
static const struct runway_failure other_failure = {"",    "the task failed", GV_GENERATION_FAILED,
                                                    GV_NO, GV_UNKNOWN,        GV_STAGE_RENDER};

/* "SAFETY.TEXT" begins with the part "SAFETY", "SAFETYX" does not. */
static bool has_prefix(const char *code, const char *prefix)
{
    size_t bytes = strlen(prefix);
    return strncmp(code, prefix, bytes) == 0 && (code[bytes] == '.' || code[bytes] == '\0');
}

/* From the part SAFETY on, wherever it stands: it outweighs what is before it. */
static const char *from_safety(const char *code)
{
    for (const char *at = code; at != NULL; at = strchr(at, '.')) {
        at += *at == '.';
        if (has_prefix(at, "SAFETY"))
            return at;
    }
    return code;
}

const struct runway_failure *runway_failure_of(const char *code)
{
    if (*code == '\0')
        return &unnamed_failure;
    code = from_safety(code);
    for (size_t i = 0; i < runway_failure_count; i++) {
        if (has_prefix(code, runway_failures[i].prefix))
            return &runway_failures[i];
    }
    return &other_failure;
}

struct gv_error runway_task_error(const struct runway_task *task)
{
    struct gv_error err = {0};
    const struct runway_failure *row = runway_failure_of(task->failure_code);
    char charge[64] = "";
    if (task->credits >= 0)
        snprintf(charge, sizeof(charge), " Runway charged %g credits.", task->credits);
    gv_fail(&err, row->error, "Runway's task %.64s failed: %s. In its words: %.400s%s%.64s%s.%s", task->id, row->what,
            *task->failure != '\0' ? task->failure : "no reason given", *task->failure_code != '\0' ? " (" : "",
            task->failure_code, *task->failure_code != '\0' ? ")" : "", charge);
    snprintf(err.provider_code, sizeof(err.provider_code), "%s", task->failure_code);
    err.retryable = row->retryable;
    err.charged = task->credits > 0 ? GV_YES : task->credits == 0 ? GV_NO : row->charged;
    err.stage = row->stage;
    return err;
}
