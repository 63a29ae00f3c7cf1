#include "provider/kling/kling_wire.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "port/crypto.h"

#define KLING_MESSAGE_BYTES_MAX 400
#define KLING_TOKEN_SECONDS 1800 /* life of a token, as in the vendor's samples (README, section 1.3) */
#define KLING_TOKEN_BACK_SECONDS 5
#define KLING_SPEECH_MS_MAX 3600000

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

static struct gv_call make_call(enum gv_call_kind kind, const char *what, const char *path,
                                const struct kling_state *state)
{
    return (struct gv_call){
        .kind = kind,
        .what = what,
        .method = kind == GV_CALL_CREATE ? "POST" : "GET",
        .path = path,
        .clock_skew_s = state->clock_skew_s,
    };
}

static const char *gen1_path(enum kling_product product, const char *id, struct gv_arena *arena)
{
    const char *words = kling_products[product].gen1;
    return id == NULL ? gv_arena_printf(arena, "/v1/%s", words)
                      : gv_arena_printf(arena, "/v1/%s/%s", words, escape(id, arena));
}

struct gv_call kling_call_create(const struct kling_plan *plan, const struct kling_state *state, struct gv_arena *arena)
{
    const struct kling_product_row *product = &kling_products[plan->route.product];
    if (plan->route.gen2) {
        GV_ASSERT(product->gen2 != NULL);
        struct gv_call call = make_call(GV_CALL_CREATE, gv_arena_printf(arena, "create %s task", product->gen2),
                                        gv_arena_printf(arena, "/%s/%s", product->gen2, plan->model->name), state);
        call.body = kling_body_gen2(plan, state->external_id, arena);
        return call;
    }
    struct gv_call call =
        make_call(GV_CALL_CREATE, gv_arena_printf(arena, "create %s task", strrchr(product->gen1, '/') + 1),
                  gen1_path(plan->route.product, NULL, arena), state);
    call.body = plan->route.product == KLING_LIP_SYNC ? kling_body_lip_sync(plan, state, arena)
                                                      : kling_body_gen1(plan, state->external_id, arena);
    return call;
}

struct gv_call kling_call_speak(const struct kling_plan *plan, const struct kling_state *state, struct gv_arena *arena)
{
    const struct gv_text_to_speech *speech = &plan->op->u.lip_sync.audio.from_text;
    struct gv_call call = make_call(GV_CALL_CREATE, "make speech", "/v1/audio/tts", state);
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    gv_json_put_text(&b.json, "text", speech->text);
    gv_json_put_text(&b.json, "voice_id", speech->voice_id);
    gv_json_put_text(&b.json, "voice_language", speech->language == GV_LANGUAGE_EN ? "en" : "zh");
    gv_json_put_raw(&b.json, "voice_speed", gv_arena_printf(arena, "%.1f", (double)speech->speed));
    gv_json_close(&b.json, '}');
    call.body = gv_body_end(&b, "application/json");
    return call;
}

struct gv_call kling_call_identify(const struct kling_plan *plan, const struct kling_state *state,
                                   struct gv_arena *arena)
{
    const struct gv_lip_sync_video *video = &plan->op->u.lip_sync.video;
    struct gv_call call = make_call(GV_CALL_CREATE, "identify the face", "/v1/videos/identify-face", state);
    struct gv_body_builder b;
    gv_body_begin(&b, arena);
    gv_json_open(&b.json, NULL, '{');
    if (video->kind == GV_LIP_SYNC_VIDEO_ID)
        gv_json_put_text(&b.json, "video_id", video->video_id);
    else
        gv_json_put_text(&b.json, "video_url", video->video.url);
    gv_json_close(&b.json, '}');
    call.body = gv_body_end(&b, "application/json");
    return call;
}

struct gv_call kling_call_poll(struct kling_route route, const struct kling_state *state, struct gv_arena *arena)
{
    const char *id = state->adopting != NULL ? state->adopting : state->task_id;
    const char *path = route.gen2 ? gv_arena_printf(arena, "/tasks?task_ids=%s", escape(id, arena))
                                  : gen1_path(route.product, id, arena);
    return make_call(GV_CALL_READ, "ask for the task", path, state);
}

struct gv_call kling_call_look_up(struct kling_route route, const struct kling_state *state, unsigned credential_set,
                                  struct gv_arena *arena)
{
    bool by_list = route.gen2 || (!kling_products[route.product].looked_up_by_path && credential_set != KLING_SET_JWT);
    const char *path = by_list
                           ? gv_arena_printf(arena, "/tasks?external_task_ids=%s", escape(state->external_id, arena))
                           : gen1_path(route.product, state->external_id, arena);
    return make_call(GV_CALL_READ, "look the task up by our id", path, state);
}

/* ---- out: signing ----------------------------------------------------------------------------------- */

static const char *make_token(const char *access_key, const char *secret_key, int64_t now_s,
                              const struct gv_crypto *crypto, struct gv_arena *arena)
{
    static const char head[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
    struct gv_buf claims;
    gv_buf_init(&claims, 4096);
    struct gv_json_out json = {.buf = &claims};
    gv_json_open(&json, NULL, '{');
    gv_json_put_text(&json, "iss", access_key);
    gv_json_put_int(&json, "exp", now_s + KLING_TOKEN_SECONDS);
    gv_json_put_int(&json, "nbf", now_s - KLING_TOKEN_BACK_SECONDS);
    gv_json_close(&json, '}');
    const char *token = NULL;
    if (!claims.overflow) {
        size_t room = sizeof(head) * 2 + claims.len * 2 + 64;
        char *out = gv_arena_alloc(arena, room);
        size_t n = gv_base64url_encode(out, head, sizeof(head) - 1);
        out[n++] = '.';
        n += gv_base64url_encode(out + n, claims.data, claims.len);
        uint8_t mac[32];
        crypto->hmac_sha256(mac, secret_key, strlen(secret_key), out, n);
        out[n++] = '.';
        n += gv_base64url_encode(out + n, mac, sizeof(mac));
        GV_ASSERT(n < room);
        token = out;
    }
    gv_buf_free(&claims);
    return token;
}

int kling_sign(struct gv_header *headers, size_t *count, const struct gv_call *call, const struct gv_sign_with *with,
               struct gv_arena *arena, struct gv_error *err)
{
    const char *const *values = with->settings->values;
    const char *bearer = NULL;
    if (with->credential_set == KLING_SET_API_KEY)
        bearer = values[KLING_AT_API_KEY];
    else if (with->credential_set == KLING_SET_JWT && values[KLING_AT_ACCESS_KEY] && values[KLING_AT_SECRET_KEY])
        bearer = make_token(values[KLING_AT_ACCESS_KEY], values[KLING_AT_SECRET_KEY], with->now_s + call->clock_skew_s,
                            with->crypto, arena);
    if (bearer == NULL || *bearer == '\0')
        return gv_fail(err, GV_INTERNAL_ERROR,
                       "Could not sign a request to Kling: no credentials. Set KLING_API_KEY, or KLING_ACCESS_KEY and "
                       "KLING_SECRET_KEY.");
    GV_ASSERT(*count < GV_HEADERS_MAX);
    headers[(*count)++] = (struct gv_header){"Authorization", gv_arena_printf(arena, "Bearer %s", bearer)};
    return GV_OK;
}

/* ---- in: the envelope ------------------------------------------------------------------------------- */

#define ADVICE_KEY "Check KLING_API_KEY, or KLING_ACCESS_KEY and KLING_SECRET_KEY."
#define ADVICE_PACK "Add to the account's balance or resource pack at kling.ai, then submit the job again."

const struct kling_code kling_codes[] = {
    {401, 1000, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_KEY},
    {401, 1001, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_KEY},
    {401, 1002, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO, ADVICE_KEY},
    {401, 1003, KLING_CLOCK, GV_INTERNAL_ERROR, GV_YES, "Set this machine's clock: it runs ahead of Kling's."},
    {401, 1004, KLING_CLOCK, GV_INTERNAL_ERROR, GV_YES, "Set this machine's clock: it runs behind Kling's."},
    {429, 1100, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, "Kling calls the account abnormal: ask its support."},
    {429, 1101, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, "Settle the account's bill at kling.ai."},
    {429, 1102, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, ADVICE_PACK},
    {403, 1103, KLING_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO,
     "The account has no permission for this model or product."},
    {400, 1200, KLING_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {400, 1201, KLING_REFUSED, GV_INVALID_INPUT, GV_NO, NULL},
    {404, 1202, KLING_REFUSED, GV_INTERNAL_ERROR, GV_NO, "Check KLING_BASE_URL."},
    {404, 1203, KLING_REFUSED, GV_UNSUPPORTED_FEATURE, GV_NO, "Kling does not serve this model or product here."},
    {400, 1300, KLING_REFUSED, GV_GENERATION_FAILED, GV_NO, "Kling's platform policy forbids this input: change it."},
    {400, 1301, KLING_REFUSED, GV_GENERATION_FAILED, GV_NO, "Kling's content policy forbids this input: change it."},
    {429, 1302, KLING_BUSY, GV_QUOTA_EXCEEDED, GV_YES, NULL},
    {429, 1303, KLING_BUSY, GV_QUOTA_EXCEEDED, GV_YES, NULL},
    {429, 1304, KLING_REFUSED, GV_QUOTA_EXCEEDED, GV_NO, "Add this machine's address to the key's IP whitelist."},
    {500, 5000, KLING_LOST, GV_INTERNAL_ERROR, GV_YES, NULL},
    {503, 5001, KLING_LOST, GV_INTERNAL_ERROR, GV_YES, NULL},
    {504, 5002, KLING_LOST, GV_INTERNAL_ERROR, GV_YES, NULL},
};
const size_t kling_code_count = GV_COUNT(kling_codes);

static const struct kling_code *find_code(int64_t code)
{
    for (size_t i = 0; i < kling_code_count; i++) {
        if (kling_codes[i].code == code)
            return &kling_codes[i];
    }
    return NULL;
}

/* What is left to go by where there is no business code that the table knows. */
static enum kling_class class_of_status(int http)
{
    if (http == 429)
        return KLING_BUSY;
    if (http == 408 || http < 400 || http >= 500)
        return KLING_LOST;
    return KLING_REFUSED;
}

static bool contains(const char *text, const char *word)
{
    return strcasestr(text, word) != NULL;
}

static enum kling_class class_of(const struct kling_answer *answer)
{
    if (answer->code == 0)
        return answer->http >= 200 && answer->http < 300 ? KLING_DONE : class_of_status(answer->http);
    if (answer->row == NULL)
        return class_of_status(answer->http);
    if (answer->code == 1201 && contains(answer->message, "already exist"))
        return KLING_EXISTS;
    if (answer->code == 1201 && contains(answer->message, "task not found"))
        return KLING_ABSENT;
    return answer->row->class;
}

struct kling_answer kling_read(const struct gv_reply *reply, struct gv_arena *arena)
{
    struct kling_answer answer = {.http = reply->status, .code = -1};
    const char *why = NULL;
    const struct gv_json *json = gv_json_parse(arena, reply->body, reply->body_bytes, &why);
    const struct gv_json *code = gv_json_member(json, "code");
    if (code != NULL && code->kind == GV_JSON_INT && code->integer >= 0) {
        answer.code = code->integer;
        answer.row = find_code(answer.code);
        answer.message = gv_json_text(json, "message");
        answer.request_id = gv_json_text(json, "request_id");
        answer.data = gv_json_member(json, "data");
    }
    if (answer.message == NULL)
        answer.message = answer.code >= 0 ? "no message" : "an answer that is not Kling's";
    answer.message = gv_arena_strndup(arena, answer.message, strnlen(answer.message, KLING_MESSAGE_BYTES_MAX));
    answer.class = class_of(&answer);
    return answer;
}

static enum gv_code error_of_status(int http)
{
    switch (http) {
    case 400:
    case 413:
    case 422: return GV_INVALID_INPUT;
    case 404: return GV_UNSUPPORTED_FEATURE;
    case 402:
    case 429: return GV_QUOTA_EXCEEDED;
    default: return GV_INTERNAL_ERROR;
    }
}

struct gv_error kling_refusal(const struct kling_answer *answer, const char *doing, enum gv_stage stage,
                              enum gv_known charged)
{
    struct gv_error err = {0};
    const struct kling_code *row = answer->row;
    const char *advice = row != NULL ? row->advice : NULL;
    char code[32] = "no code";
    if (answer->code >= 0)
        snprintf(code, sizeof(code), "code %" PRId64, answer->code);
    gv_fail(&err, row != NULL ? row->error : error_of_status(answer->http),
            "Kling refused to %s: %s (HTTP %d, %s%s%.64s).%s%s", doing, answer->message, answer->http, code,
            answer->request_id != NULL ? ", request " : "", answer->request_id != NULL ? answer->request_id : "",
            advice != NULL ? " " : "", advice != NULL ? advice : "");
    snprintf(err.provider, sizeof(err.provider), "kling");
    snprintf(err.provider_code, sizeof(err.provider_code), "%" PRId64,
             answer->code >= 0 ? answer->code : (int64_t)answer->http);
    err.retryable = row != NULL ? row->retryable : GV_NO;
    err.charged = charged;
    err.stage = stage;
    return err;
}

/* ---- in: tasks -------------------------------------------------------------------------------------- */

static const char *usable_id(const char *id)
{
    return id != NULL && *id != '\0' && strlen(id) <= KLING_ID_BYTES_MAX ? id : NULL;
}

const char *kling_read_created(const struct kling_answer *answer)
{
    const char *id = usable_id(gv_json_text(answer->data, "task_id"));
    return id != NULL ? id : usable_id(gv_json_text(answer->data, "id"));
}

static enum kling_status status_of(const char *word)
{
    if (strcmp(word, "submitted") == 0 || strcmp(word, "processing") == 0)
        return KLING_PENDING;
    if (strcmp(word, "succeed") == 0 || strcmp(word, "succeeded") == 0)
        return KLING_ENDED_WELL;
    return strcmp(word, "failed") == 0 ? KLING_ENDED_BADLY : KLING_STATUS_UNKNOWN;
}

static void add_output(struct kling_task *task, const char *id, const char *url)
{
    if (url == NULL || *url == '\0')
        return;
    task->outputs_seen++;
    if (task->output_count < GV_OUTPUTS_MAX)
        task->outputs[task->output_count++] = (struct kling_output){id, url};
}

static void add_outputs(struct kling_task *task, const struct gv_json *list, bool typed, bool watermark)
{
    if (list == NULL || list->kind != GV_JSON_ARRAY)
        return;
    for (const struct gv_json *item = list->child; item != NULL; item = item->next) {
        const char *type = gv_json_text(item, "type");
        if (typed && (type == NULL || strcmp(type, "video") != 0))
            continue;
        const char *id = usable_id(gv_json_text(item, "id"));
        add_output(task, id, gv_json_text(item, "url"));
        if (watermark)
            add_output(task, id, gv_json_text(item, "watermark_url"));
    }
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* One object of data: Gen 1's has task_id, Gen 2's has id. */
static bool read_one(struct kling_task *out, const struct gv_json *json, const char *external_id, bool watermark)
{
    bool gen1 = gv_json_member(json, "task_id") != NULL;
    const char *id = usable_id(gv_json_text(json, gen1 ? "task_id" : "id"));
    const char *word = gv_json_text(json, gen1 ? "task_status" : "status");
    const char *named = gv_json_text(json, gen1 ? "task_info.external_task_id" : "external_id");
    if (id == NULL || word == NULL)
        return false;
    if (external_id != NULL && named != NULL && *named != '\0' && strcmp(named, external_id) != 0)
        return false;
    *out = (struct kling_task){
        .id = id,
        .word = word,
        .message = or_empty(gv_json_text(json, gen1 ? "task_status_msg" : "message")),
        .status = status_of(word),
    };
    add_outputs(out, gv_json_at(json, gen1 ? "task_result.videos" : "outputs"), !gen1, watermark);
    return true;
}

bool kling_read_task(struct kling_task *out, const struct kling_answer *answer, const char *external_id, bool watermark)
{
    const struct gv_json *data = answer->data;
    if (data != NULL && data->kind == GV_JSON_ARRAY) {
        for (const struct gv_json *item = data->child; item != NULL; item = item->next) {
            if (read_one(out, item, external_id, watermark))
                return true;
        }
        return false;
    }
    return read_one(out, data, external_id, watermark);
}

/* Seconds as Kling writes them: a string holding a decimal, or a number. 0 where there is none. */
static uint32_t read_ms(const struct gv_json *value)
{
    double seconds = 0;
    if (value != NULL && value->kind == GV_JSON_STRING)
        seconds = strtod(value->text, NULL);
    else
        seconds = gv_json_real(value, "", 0);
    return seconds > 0 && seconds * 1000 < KLING_SPEECH_MS_MAX ? (uint32_t)(seconds * 1000) : 0;
}

bool kling_read_speech(struct kling_state *state, const struct kling_answer *answer)
{
    const struct gv_json *audio = gv_json_at(answer->data, "task_result.audios.0");
    const char *id = usable_id(gv_json_text(audio, "id"));
    if (id == NULL)
        return false;
    state->audio_id = id;
    state->audio_ms = read_ms(gv_json_member(audio, "duration"));
    return true;
}

static uint32_t bounded_ms(int64_t ms)
{
    return ms < 0 ? 0 : ms > KLING_SPEECH_MS_MAX ? KLING_SPEECH_MS_MAX : (uint32_t)ms;
}

enum kling_faces kling_read_faces(struct kling_state *state, const struct kling_answer *answer)
{
    const char *session = usable_id(gv_json_text(answer->data, "session_id"));
    const struct gv_json *faces = gv_json_member(answer->data, "face_data");
    if (session == NULL || faces == NULL || faces->kind != GV_JSON_ARRAY)
        return KLING_FACES_UNREADABLE;
    if (faces->count == 0)
        return KLING_FACES_NONE;
    const char *face = usable_id(gv_json_text(faces->child, "face_id"));
    if (face == NULL)
        return KLING_FACES_UNREADABLE;
    state->session_id = session;
    state->face_id = face;
    state->face_start_ms = bounded_ms(gv_json_int(faces->child, "start_time", 0));
    state->face_end_ms = bounded_ms(gv_json_int(faces->child, "end_time", 0));
    return KLING_FACES_FOUND;
}

bool kling_is_moderation(const char *message)
{
    static const char *const words[] = {"moderat",   "risk control", "content security", "policy",
                                        "sensitive", "censor",       "not allowed",      "violat"};
    for (size_t i = 0; i < GV_COUNT(words); i++) {
        if (contains(message, words[i]))
            return true;
    }
    return false;
}
