/* What Google's answers mean: errors, operations, lists (README, sections 4, 7 and 9). */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "provider/veo/veo_wire.h"

#define VEO_MESSAGE_BYTES_MAX 400
#define VEO_SUPPORT_CODE_DIGITS 8
#define VEO_RETRY_SECONDS_MAX 3600.0

/* ---- codes (section 7.1) ---------------------------------------------------------------------------- */

#define ADVICE_AGAIN "The same wish can be sent as a new job."
#define ADVICE_ACCESS                                                                                                  \
    "Check that the Vertex AI API is enabled, that billing is, and that the account has the role "                     \
    "roles/aiplatform.user (and access to the bucket)."
#define ADVICE_TOKEN "Check the credentials, and this machine's clock."
#define ADVICE_ABSENT                                                                                                  \
    "The model may be retired or not open to this project or location, or a gs:// file may not be there."

const struct veo_code veo_codes[] = {
    {1, "CANCELLED", 499, VEO_LOST, GV_GENERATION_FAILED, GV_NO, NULL},
    {13, "INTERNAL", 500, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {2, "UNKNOWN", 500, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {15, "DATA_LOSS", 500, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {3, "INVALID_ARGUMENT", 400, VEO_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {11, "OUT_OF_RANGE", 400, VEO_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {9, "FAILED_PRECONDITION", 400, VEO_REFUSED, GV_INTERNAL_ERROR, GV_NO,
     "The account can't do this: check its billing and its region."},
    {4, "DEADLINE_EXCEEDED", 504, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {5, "NOT_FOUND", 404, VEO_ABSENT, GV_INVALID_INPUT, GV_NO, ADVICE_ABSENT},
    {6, "ALREADY_EXISTS", 409, VEO_LOST, GV_INTERNAL_ERROR, GV_NO, NULL},
    {10, "ABORTED", 409, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {7, "PERMISSION_DENIED", 403, VEO_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_ACCESS},
    {8, "RESOURCE_EXHAUSTED", 429, VEO_BUSY, GV_QUOTA_EXCEEDED, GV_YES, "Raise the quota, or wait."},
    {12, "UNIMPLEMENTED", 501, VEO_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO, NULL},
    {14, "UNAVAILABLE", 503, VEO_LOST, GV_GENERATION_FAILED, GV_YES, ADVICE_AGAIN},
    {16, "UNAUTHENTICATED", 401, VEO_TOKEN, GV_INTERNAL_ERROR, GV_NO, ADVICE_TOKEN},
};
const size_t veo_code_count = GV_COUNT(veo_codes);

/* The answer to a bad key is a 400 of the Gemini API (section 9.4). */
static const struct veo_code bad_key = {3,     "API_KEY_INVALID",      400, VEO_REFUSED, GV_INTERNAL_ERROR,
                                        GV_NO, "Check GEMINI_API_KEY."};
/* A prepaid account that is empty has no row in google.rpc.Code. */
static const struct veo_code no_money = {
    8, "PAYMENT_REQUIRED", 402, VEO_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, "Add to the account's balance."};

static const struct veo_code *code_named(const char *name)
{
    for (size_t i = 0; name != NULL && i < veo_code_count; i++) {
        if (strcmp(veo_codes[i].name, name) == 0)
            return &veo_codes[i];
    }
    return NULL;
}

static const struct veo_code *code_numbered(int64_t rpc)
{
    for (size_t i = 0; i < veo_code_count; i++) {
        if (veo_codes[i].rpc == rpc)
            return &veo_codes[i];
    }
    return NULL;
}

/* What is left to go by where the body names no code that the table knows: what surely never arrived, or was turned
 * away at the door, is clear; the rest is not. */
static enum veo_class class_of_status(int http)
{
    switch (http) {
    case 401: return VEO_TOKEN;
    case 404: return VEO_ABSENT;
    case 408:
    case 409:
    case 499: return VEO_LOST;
    case 429: return VEO_BUSY;
    default: return http >= 400 && http < 500 ? VEO_REFUSED : VEO_LOST;
    }
}

/* ---- the envelope ----------------------------------------------------------------------------------- */

static bool contains(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

/* "37s", "1.5s" in google.rpc.RetryInfo. */
static uint32_t retry_ms(const struct gv_json *error)
{
    const struct gv_json *details = gv_json_member(error, "details");
    for (const struct gv_json *item = details != NULL ? details->child : NULL; item != NULL; item = item->next) {
        const char *delay = gv_json_text(item, "retryDelay");
        double seconds = delay != NULL ? strtod(delay, NULL) : 0;
        if (seconds > 0)
            return (uint32_t)((seconds < VEO_RETRY_SECONDS_MAX ? seconds : VEO_RETRY_SECONDS_MAX) * 1000);
    }
    return 0;
}

static const struct veo_code *row_of(const struct gv_json *error, int http, const char *message)
{
    const char *status = gv_json_text(error, "status");
    if (contains(message, "API key not valid") || (status != NULL && strcmp(status, bad_key.name) == 0))
        return &bad_key;
    return http == no_money.http ? &no_money : code_named(status);
}

struct veo_answer veo_read(const struct gv_reply *reply, struct gv_arena *arena)
{
    struct veo_answer answer = {.http = reply->status, .retry_ms = reply->retry_after_ms};
    const struct gv_json *json = gv_json_parse(arena, reply->body, reply->body_bytes, NULL);
    /* Some front ends wrap the envelope in an array of one. */
    if (json != NULL && json->kind == GV_JSON_ARRAY && json->count == 1)
        json = json->child;
    const struct gv_json *error = gv_json_member(json, "error");
    const char *message = gv_json_text(error, "message");
    bool object = json != NULL && json->kind == GV_JSON_OBJECT;
    if (message == NULL)
        message = object ? "no message" : "an answer that is not Google's";
    answer.message = gv_arena_strndup(arena, message, strnlen(message, VEO_MESSAGE_BYTES_MAX));
    if (reply->status / 100 == 2) {
        answer.class = object ? VEO_DONE : VEO_LOST;
        answer.json = json;
        return answer;
    }
    answer.row = row_of(error, reply->status, answer.message);
    bool agrees = answer.row != NULL && answer.row->http == reply->status;
    answer.class = agrees ? answer.row->class : class_of_status(reply->status);
    if (answer.retry_ms == 0)
        answer.retry_ms = retry_ms(error);
    return answer;
}

static enum gv_code error_of_status(int http)
{
    for (size_t i = 0; i < veo_code_count; i++) {
        if (veo_codes[i].http == http)
            return veo_codes[i].error;
    }
    return http == 413 || http == 422 ? GV_INVALID_INPUT : GV_INTERNAL_ERROR;
}

static void name_source(struct gv_error *error, const char *code)
{
    snprintf(error->provider, sizeof(error->provider), "veo");
    snprintf(error->provider_code, sizeof(error->provider_code), "%s", code);
}

struct gv_error veo_refusal(const struct veo_answer *answer, const char *doing, enum gv_stage stage,
                            enum gv_known charged)
{
    struct gv_error error = {0};
    const struct veo_code *row = answer->row;
    bool moderated = veo_is_moderation(answer->message);
    char code[16];
    snprintf(code, sizeof(code), "%d", answer->http);
    enum gv_code kind = row != NULL ? row->error : error_of_status(answer->http);
    const char *advice = moderated ? "Change the prompt or the picture." : row != NULL ? row->advice : NULL;
    gv_fail(&error, moderated ? GV_GENERATION_FAILED : kind, "Google refused to %s: %s (HTTP %d, %s).%s%s", doing,
            answer->message, answer->http, row != NULL ? row->name : "no code", advice != NULL ? " " : "",
            advice != NULL ? advice : "");
    name_source(&error, row != NULL ? row->name : code);
    error.retryable = row != NULL && !moderated ? row->retryable : GV_NO;
    error.charged = charged;
    error.stage = stage;
    return error;
}

const char *veo_read_created(const struct veo_answer *answer, enum veo_surface surface)
{
    const char *name = gv_json_text(answer->json, "name");
    return veo_is_operation(name, surface) ? name : NULL;
}

/* ---- operations ------------------------------------------------------------------------------------- */

/* "blob:3" of an answer that was lifted, if that is a film. */
static bool read_lifted(unsigned *out, const char *text, const struct gv_event *event)
{
    if (strncmp(text, "blob:", 5) != 0 || !isdigit((unsigned char)text[5]))
        return false;
    char *end;
    unsigned long index = strtoul(text + 5, &end, 10);
    if (*end != '\0' || index >= event->lifted_count)
        return false;
    const char *type = event->lifted[index].mime_type;
    *out = (unsigned)index;
    return type != NULL && strncmp(type, "video/", 6) == 0;
}

static void add_film(struct veo_result *result, const char *bytes, const char *uri, const struct gv_event *event)
{
    struct veo_film film = {.uri = uri};
    if (bytes == NULL && uri == NULL)
        return;
    result->films_seen++;
    if (result->film_count == GV_OUTPUTS_MAX || (bytes != NULL && !read_lifted(&film.lifted, bytes, event)))
        return;
    if (bytes != NULL)
        film.uri = NULL;
    result->films[result->film_count++] = film;
}

static void read_films(struct veo_result *result, const struct gv_json *response, enum veo_surface surface,
                       const struct gv_event *event)
{
    bool gemini = surface == VEO_GEMINI;
    const struct gv_json *list = gv_json_member(response, gemini ? "generatedSamples" : "videos");
    if (list == NULL || list->kind != GV_JSON_ARRAY)
        return;
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        const struct gv_json *video = gemini ? gv_json_member(item, "video") : item;
        add_film(result, gv_json_text(video, gemini ? "encodedVideo" : "bytesBase64Encoded"),
                 gv_json_text(video, gemini ? "uri" : "gcsUri"), event);
    }
}

static const char *join_reasons(const struct gv_json *list, struct gv_arena *arena)
{
    const char *all = "";
    bool array = list != NULL && list->kind == GV_JSON_ARRAY;
    for (const struct gv_json *item = array ? list->child : NULL; item != NULL; item = item->next) {
        if (item->kind == GV_JSON_STRING && strlen(all) < VEO_MESSAGE_BYTES_MAX)
            all = gv_arena_printf(arena, "%s%s%.*s", all, *all != '\0' ? "; " : "", VEO_MESSAGE_BYTES_MAX, item->text);
    }
    return gv_arena_strndup(arena, all, strnlen(all, VEO_MESSAGE_BYTES_MAX));
}

/* What a finished operation said that says nothing: its beginning, for people. */
static const char *own_words(const struct gv_json *json, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, 1u << 20);
    struct gv_json_out out = {.buf = &buf};
    gv_json_put_json(&out, NULL, json);
    const char *words = buf.data != NULL ? buf.data : "";
    words = gv_arena_strndup(arena, words, strnlen(words, VEO_MESSAGE_BYTES_MAX));
    gv_buf_free(&buf);
    return words;
}

struct veo_result veo_read_operation(const struct veo_answer *answer, enum veo_surface surface,
                                     const struct gv_event *event, struct gv_arena *arena)
{
    struct veo_result result = {.ending = VEO_RUNS, .reasons = "", .message = ""};
    const struct gv_json *error = gv_json_member(answer->json, "error");
    if (!gv_json_bool(answer->json, "done", false))
        return result;
    if (error != NULL && error->kind == GV_JSON_OBJECT) {
        result.ending = VEO_ENDED_BADLY;
        result.code = (int)gv_json_int(error, "code", 2);
        result.message = answer->message;
        return result;
    }
    const struct gv_json *response = gv_json_member(answer->json, "response");
    if (surface == VEO_GEMINI)
        response = gv_json_member(response, "generateVideoResponse");
    int64_t filtered = gv_json_int(response, "raiMediaFilteredCount", 0);
    result.filtered = filtered > 0 && filtered < 1000 ? (uint32_t)filtered : 0;
    result.reasons = join_reasons(gv_json_member(response, "raiMediaFilteredReasons"), arena);
    read_films(&result, response, surface, event);
    if (result.film_count > 0)
        result.ending = VEO_HAS_FILMS;
    else if (result.films_seen == 0 && (result.filtered > 0 || *result.reasons != '\0'))
        result.ending = VEO_FILTERED;
    else
        result.ending = VEO_ENDED_EMPTY;
    if (result.ending == VEO_ENDED_EMPTY)
        result.message = own_words(answer->json, arena);
    return result;
}

/* ---- lists ------------------------------------------------------------------------------------------ */

static bool is_film_name(const char *name)
{
    size_t bytes = strlen(name);
    return bytes > 4 && strcasecmp(name + bytes - 4, ".mp4") == 0;
}

bool veo_read_list(const char *out[GV_OUTPUTS_MAX], size_t *count, const struct veo_answer *answer, const char *storage,
                   struct gv_arena *arena)
{
    const char *bucket, *prefix, *again, *object;
    const struct gv_json *items = gv_json_member(answer->json, "items");
    *count = 0;
    if (!veo_read_gs(&bucket, &prefix, storage, arena) || (items != NULL && items->kind != GV_JSON_ARRAY))
        return false;
    for (const struct gv_json *item = items != NULL ? items->child : NULL; item != NULL; item = item->next) {
        const char *name = gv_json_text(item, "name");
        if (name == NULL || strncmp(name, prefix, strlen(prefix)) != 0 || !is_film_name(name))
            continue;
        const char *uri = gv_arena_printf(arena, "gs://%s/%s", bucket, name);
        if (*count < GV_OUTPUTS_MAX && veo_read_gs(&again, &object, uri, arena))
            out[(*count)++] = uri;
    }
    return true;
}

/* ---- moderation (sections 7.2 and 7.3) -------------------------------------------------------------- */

bool veo_is_moderation(const char *message)
{
    static const char *const words[] = {"usage guidelines", "Responsible AI", "could not be submitted",
                                        "safety settings", "Support codes"};
    for (size_t i = 0; i < GV_COUNT(words); i++) {
        if (contains(message, words[i]))
            return true;
    }
    return false;
}

static const struct {
    const char *code, *category;
} support[] = {
    {"58061214", "child"},
    {"17301594", "child"},
    {"29310472", "celebrity or likeness"},
    {"15236754", "celebrity or likeness"},
    {"64151117", "video safety violation"},
    {"42237218", "video safety violation"},
    {"62263041", "dangerous"},
    {"57734940", "hate"},
    {"22137204", "hate"},
    {"74803281", "other"},
    {"29578790", "other"},
    {"42876398", "other"},
    {"89371032", "prohibited content"},
    {"49114662", "prohibited content"},
    {"63429089", "prohibited content"},
    {"72817394", "prohibited content"},
    {"60599140", "prohibited content"},
    {"35561574", "third-party content"},
    {"35561575", "third-party content"},
    {"90789179", "sexual"},
    {"43188360", "sexual"},
    {"78610348", "toxic"},
    {"61493863", "violence"},
    {"56562880", "violence"},
    {"32635315", "vulgar"},
};

static const char *category_of(const char *code)
{
    for (size_t i = 0; i < GV_COUNT(support); i++) {
        if (strncmp(support[i].code, code, VEO_SUPPORT_CODE_DIGITS) == 0)
            return support[i].category;
    }
    return "unlisted";
}

const char *veo_support_words(const char *message, struct gv_arena *arena)
{
    const char *words = "", *at = strcasestr(message, "Support codes");
    while (at != NULL && *at != '\0') {
        size_t digits = strspn(at, "0123456789");
        if (digits == VEO_SUPPORT_CODE_DIGITS)
            words = gv_arena_printf(arena, "%s%s%s (%.8s)", words, *words != '\0' ? ", " : "", category_of(at), at);
        at += digits > 0 ? digits : 1;
    }
    return words;
}

/* The first support code, for programs; else the fallback. */
static const char *first_code(const char *message, const char *fallback, struct gv_arena *arena)
{
    const char *words = veo_support_words(message, arena), *code = strchr(words, '(');
    return code != NULL ? gv_arena_strndup(arena, code + 1, VEO_SUPPORT_CODE_DIGITS) : fallback;
}

/* ---- errors of an operation ------------------------------------------------------------------------- */

struct gv_error veo_operation_error(const struct veo_result *result, struct gv_arena *arena)
{
    struct gv_error error = {0};
    const struct veo_code *row = code_numbered(result->code);
    bool moderated = veo_is_moderation(result->message);
    const char *words = veo_support_words(result->message, arena);
    const char *name = row != NULL ? row->name : gv_arena_printf(arena, "%d", result->code);
    const char *advice = moderated ? "Change the prompt or the picture." : row != NULL ? row->advice : NULL;
    enum gv_code kind = row != NULL && !moderated ? row->error : GV_GENERATION_FAILED;
    gv_fail(&error, kind, "%s: %.400s (%s%s%s).%s%s Failed films are not billed.",
            moderated ? "Google's safety filters stopped the film" : "Google failed to make the film", result->message,
            name, *words != '\0' ? ", " : "", words, advice != NULL ? " " : "", advice != NULL ? advice : "");
    name_source(&error, moderated ? first_code(result->message, name, arena) : name);
    error.retryable = moderated ? GV_NO : row != NULL ? row->retryable : GV_UNKNOWN;
    error.charged = GV_NO;
    error.stage = GV_STAGE_RENDER;
    return error;
}

struct gv_error veo_filter_error(const struct veo_result *result, struct gv_arena *arena)
{
    struct gv_error error = {0};
    const char *words = veo_support_words(result->reasons, arena);
    gv_fail(&error, GV_GENERATION_FAILED,
            "Google's safety filters withheld every film: %.400s%s%s%s. Withheld films are not billed. Change the "
            "prompt or the picture.",
            *result->reasons != '\0' ? result->reasons : "no reason was given", *words != '\0' ? " [" : "", words,
            *words != '\0' ? "]" : "");
    name_source(&error, first_code(result->reasons, "RAI_MEDIA_FILTERED", arena));
    error.retryable = GV_NO;
    error.charged = GV_NO;
    error.stage = GV_STAGE_OUTPUT;
    return error;
}
