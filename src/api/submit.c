/* From a wish to a job on disk: choose the provider, hold the wish against its rows, copy its files in, write the
 * row, and only then say the job's name. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/engine.h"
#include "api/front.h"
#include "base/assert.h"
#include "base/codec.h"
#include "base/error.h"
#include "core/interface.h"
#include "engine/id.h"
#include "engine/intake.h"
#include "engine/outputs.h"

#define GV_REQUEST_BYTES_MAX (4u << 20)

/* On whose behalf. Whoever opens the store himself names files by their paths; a front's callers bring them as
 * blobs. */
struct caller {
    bool front;
    const char *tenant; /* sees his own jobs only; NULL: all of the store */
};

/* A wish on its way to being a job. */
struct wish {
    struct gv_engine *engine;
    const struct caller *caller;
    struct gv_arena arena;
    struct gv_operation *op; /* our own copy */
    const struct gv_account *account;
    struct gv_intake intake;
    struct gv_admission admission;
    struct gv_job_row row;
};

/* ---- which provider ---------------------------------------------------------------------------------- */

static const char **video_id_of(struct gv_operation *op)
{
    if (op->operation == GV_OP_EXTEND_VIDEO)
        return &op->u.extend.video_id;
    if (op->operation == GV_OP_GENERATE_LIP_SYNC && op->u.lip_sync.video.kind == GV_LIP_SYNC_VIDEO_ID)
        return &op->u.lip_sync.video.video_id;
    return NULL;
}

static const char *model_of(const struct gv_operation *op)
{
    const struct gv_generation_config *config = gv_operation_config(op);
    if (config != NULL)
        return config->model;
    return op->operation == GV_OP_GENERATE_VIDEO_EFFECTS ? op->u.effects.model : NULL;
}

static int no_credentials(struct gv_engine *engine, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const char *names = "";
    for (size_t i = 0; i < engine->account_count; i++) {
        const struct gv_provider *provider = engine->accounts[i].provider;
        unsigned set = 0;
        for (size_t j = 0; j < provider->setting_count; j++) {
            const struct gv_setting *row = &provider->settings[j];
            if (row->set == 0)
                continue;
            const char *glue = names[0] == '\0' ? "" : row->set == set ? " with " : ", or ";
            names = gv_arena_printf(&arena, "%s%s%s", names, glue, row->name);
            set = row->set;
        }
    }
    gv_fail_field(err, GV_INVALID_INPUT, "provider",
                  "no provider's credentials are set: set %s in the environment; the sandbox (--sandbox) needs none",
                  names);
    gv_arena_free(&arena);
    return GV_INVALID_INPUT;
}

static const struct gv_account *account_with_model(struct gv_engine *engine, const char *model)
{
    for (size_t i = 0; model != NULL && i < engine->account_count; i++)
        if (gv_model_named(engine->accounts[i].provider, model) != NULL)
            return &engine->accounts[i];
    return NULL;
}

static const struct gv_account *account_by_default(struct gv_engine *engine)
{
    for (size_t i = 0; i < engine->account_count; i++)
        if (engine->accounts[i].credential_set != 0 && !engine->accounts[i].provider->by_name_only)
            return &engine->accounts[i];
    return NULL;
}

static int choose_account(struct wish *wish, struct gv_error *err)
{
    struct gv_engine *engine = wish->engine;
    const char *name = wish->op->provider;
    if (name != NULL) {
        wish->account = gv_account_named(engine->accounts, engine->account_count, name);
        return wish->account != NULL
                   ? GV_OK
                   : gv_fail_field(err, GV_INVALID_INPUT, "provider",
                                   "there is no provider %s; `golem-video providers` lists them", name);
    }
    wish->account = account_with_model(engine, model_of(wish->op));
    if (wish->account == NULL)
        wish->account = account_by_default(engine);
    return wish->account != NULL ? GV_OK : no_credentials(engine, err);
}

static int need_credentials(const struct gv_account *account, struct gv_error *err)
{
    if (account->credential_set != 0)
        return GV_OK;
    struct gv_arena arena = {0};
    const char *names = "";
    for (size_t i = 0; i < account->provider->setting_count; i++)
        if (account->provider->settings[i].set != 0)
            names = gv_arena_printf(&arena, "%s%s%s", names, names[0] != '\0' ? ", " : "",
                                    account->provider->settings[i].name);
    gv_fail_field(err, GV_INVALID_INPUT, "provider", "%s needs credentials in the environment: a complete set of %s",
                  account->provider->title, names);
    gv_arena_free(&arena);
    return GV_INVALID_INPUT;
}

static bool is_seen(const struct gv_job_row *row, const struct caller *caller)
{
    return caller->tenant == NULL || (row->tenant != NULL && strcmp(row->tenant, caller->tenant) == 0);
}

/* A job's name stands for the video that it made. */
static int resolve_video_id(struct wish *wish, struct gv_error *err)
{
    const char **video_id = video_id_of(wish->op);
    if (video_id == NULL || *video_id == NULL || !gv_job_id_looks_right(*video_id))
        return GV_OK;
    const char *field = wish->op->operation == GV_OP_EXTEND_VIDEO ? "video_id" : "video.video_id";
    struct gv_journal *journal = wish->engine->journal;
    const struct gv_job_row *row;
    int code = journal->vtable->get(&row, journal, *video_id, &wish->arena, err);
    if (code != GV_OK || row == NULL || !is_seen(row, wish->caller))
        return code != GV_OK
                   ? code
                   : gv_fail_field(err, GV_INVALID_INPUT, field, "there is no job %s in this store", *video_id);
    struct gv_output outputs[GV_OUTPUTS_MAX] = {0};
    code = gv_outputs_read(outputs, row, &wish->arena, err);
    if (code != GV_OK)
        return code;
    if (row->status != GV_SUCCEEDED || outputs[0].generation_id == NULL)
        return gv_fail_field(err, GV_INVALID_INPUT, field, "job %s has no video at its provider yet (phase %s)",
                             row->id, row->phase);
    if (wish->op->provider == NULL)
        wish->op->provider = row->provider;
    *video_id = outputs[0].generation_id;
    return GV_OK;
}

/* ---- the row ------------------------------------------------------------------------------------------- */

static const char *taken(struct gv_buf *buf, struct gv_arena *arena)
{
    GV_ASSERT(!buf->overflow);
    const char *text = gv_arena_strndup(arena, buf->data, buf->len);
    gv_buf_free(buf);
    return text;
}

static const char *warnings_json(const struct gv_admission *admission, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_REQUEST_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '[');
    for (size_t i = 0; i < admission->warning_count; i++)
        gv_json_put_text(&out, NULL, admission->warnings[i]);
    gv_json_close(&out, ']');
    return taken(&buf, arena);
}

static const char *metadata_json(const struct gv_kv_list *metadata, struct gv_arena *arena)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_REQUEST_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    for (size_t i = 0; i < metadata->count; i++)
        gv_json_put_text(&out, metadata->items[i].key, metadata->items[i].value);
    gv_json_close(&out, '}');
    return taken(&buf, arena);
}

static const char *sha256_hex(const char *text, const struct gv_crypto *crypto, struct gv_arena *arena)
{
    uint8_t digest[32];
    struct gv_sha256 *running = crypto->sha256_begin();
    crypto->sha256_add(running, text, strlen(text));
    crypto->sha256_end(running, digest);
    char *hex = gv_arena_alloc(arena, 2 * sizeof(digest) + 1);
    gv_hex_encode(hex, digest, sizeof(digest));
    return hex;
}

/* The operation document, metadata included, with its files by their hashes and the model's provider named: what two
 * wishes must have in common to be the same. The idempotency key belongs to it: two keys are two wishes. */
static int write_request(struct wish *wish, struct gv_error *err)
{
    struct gv_buf buf;
    gv_buf_init(&buf, GV_REQUEST_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_operation_write(&out, wish->op);
    if (buf.overflow) {
        gv_buf_free(&buf);
        return gv_fail(err, GV_INVALID_INPUT, "the document is larger than %u bytes without its files",
                       GV_REQUEST_BYTES_MAX);
    }
    wish->row.request = taken(&buf, &wish->arena);
    return GV_OK;
}

static int fill_row(struct wish *wish, struct gv_error *err)
{
    struct gv_engine *engine = wish->engine;
    struct gv_arena *arena = &wish->arena;
    const struct gv_provider *provider = wish->account->provider;
    const struct gv_admission *admission = &wish->admission;
    int64_t now_ms = engine->loop->vtable->wall_ms(engine->loop);
    struct gv_job_id *id = GV_NEW(arena, struct gv_job_id);
    gv_job_id_make(id, now_ms, &gv_crypto_openssl);
    int code = write_request(wish, err);
    if (code != GV_OK)
        return code;
    wish->row = (struct gv_job_row){
        .id = id->text,
        .provider = provider->name,
        .model = admission->model != NULL ? admission->model->name : NULL,
        .operation = gv_operation_name(wish->op->operation),
        .request = wish->row.request,
        .phase = provider->phases[0].name,
        .status = provider->phases[0].status,
        .note = GV_JOB_NOTE_ACCEPTED,
        .warnings = warnings_json(admission, arena),
        .metadata = metadata_json(&wish->op->metadata, arena),
        .tenant = wish->caller->tenant,
        .idempotency_key = wish->op->idempotency_key,
        .request_sha256 = sha256_hex(wish->row.request, engine->config.crypto, arena),
        .usd = admission->usd,
        .progress = -1,
        .created_ms = now_ms,
        .updated_ms = now_ms,
        .deadline_ms = now_ms + (int64_t)engine->deadline_ms,
        .owner = engine->journal->vtable->owner(engine->journal),
    };
    return GV_OK;
}

static int admit(struct wish *wish, struct gv_error *err)
{
    const struct gv_provider *provider = wish->account->provider;
    wish->op->provider = provider->name;
    wish->admission.usd = -1;
    int code = gv_admit_kind(provider, wish->op, err);
    if (code == GV_OK)
        code = gv_admit_options(provider, wish->op, err);
    if (code == GV_OK)
        code = provider->admit(&wish->admission, wish->op, wish->account->credential_set, &wish->arena, err);
    wish->admission.usd = round(wish->admission.usd * 1e6) / 1e6; /* the sum of prices that no fraction holds */
    if (code != GV_OK && err != NULL) {
        strncpy(err->provider, provider->name, sizeof(err->provider) - 1);
        err->stage = GV_STAGE_INPUT;
    }
    return code;
}

/* Everything up to the row; what blocks (copying files, looking into them) is done on the caller's thread. */
static int prepare(struct wish *wish, struct gv_engine *engine, const struct gv_operation *operation,
                   const struct caller *caller, struct gv_error *err)
{
    wish->engine = engine;
    wish->caller = caller;
    int code = gv_operation_check(operation, caller->front ? GV_JSON_JOURNAL : GV_JSON_LOCAL, err);
    if (code != GV_OK)
        return code;
    wish->op = gv_operation_copy(&wish->arena, operation);
    code = resolve_video_id(wish, err);
    if (code == GV_OK)
        code = choose_account(wish, err);
    if (code == GV_OK)
        code = need_credentials(wish->account, err);
    if (code != GV_OK)
        return code;
    wish->intake = (struct gv_intake){
        .blobs = engine->blobs, .media = engine->media, .policy = &engine->config.media_policy, .arena = &wish->arena};
    code = gv_intake(&wish->intake, wish->op, err);
    if (code == GV_OK)
        code = admit(wish, err);
    return code == GV_OK ? fill_row(wish, err) : code;
}

static void free_wish(struct wish *wish)
{
    gv_intake_release(&wish->intake);
    gv_arena_free(&wish->arena);
}

/* ---- submitting ------------------------------------------------------------------------------------------ */

static void accepted(void *ctx, int code, const char *job_id, bool repeated, const struct gv_error *err)
{
    struct gv_question *question = ctx;
    if (code == GV_OK)
        strncpy(question->id.text, job_id, sizeof(question->id.text) - 1);
    question->yes = repeated;
    gv_question_answer(question, code, err);
}

static void ask_accept(struct gv_question *question)
{
    gv_driver_accept(question->engine->driver, question->what, accepted, question);
}

/* An earlier job stands for the wish, unless its caller has deleted it since: then nothing may be made in its place
 * without being asked for anew. */
static int stand_in(struct gv_engine *engine, const char *job_id, struct gv_error *err)
{
    struct gv_arena arena = {0};
    const struct gv_job_row *row;
    int code = engine->journal->vtable->get(&row, engine->journal, job_id, &arena, err);
    if (code == GV_OK && row == NULL)
        code = gv_fail_field(err, GV_INVALID_INPUT, "idempotency_key",
                             "this was asked for before, as job %s, which was deleted; send another idempotency key to "
                             "have it made again",
                             job_id);
    gv_arena_free(&arena);
    return code;
}

static int submit(struct gv_job_id *out, bool *repeated, struct gv_engine *engine, const struct gv_operation *operation,
                  const struct caller *caller, const struct gv_submit_options *options, struct gv_error *err)
{
    struct wish wish = {0};
    int code = prepare(&wish, engine, operation, caller, err);
    if (code == GV_OK) {
        wish.row.announce = options->announce;
        int64_t since_ms = wish.row.created_ms - (int64_t)options->same_within_ms;
        struct gv_wish accept = {.row = &wish.row,
                                 .refs = wish.intake.refs,
                                 .ref_count = wish.intake.ref_count,
                                 .same_since_ms = options->same_within_ms != 0 ? since_ms : 0,
                                 .full = options->full};
        struct gv_question question = {.engine = engine, .ask = ask_accept, .what = &accept};
        code = gv_engine_ask(&question, err);
        *out = question.id;
        if (repeated != NULL)
            *repeated = question.yes;
        if (code == GV_OK && question.yes)
            code = stand_in(engine, question.id.text, err);
    }
    free_wish(&wish);
    return code;
}

int gv_submit_as(struct gv_job_id *out, bool *repeated, struct gv_engine *engine, const struct gv_operation *operation,
                 const struct gv_submit_options *options, struct gv_error *err)
{
    return submit(out, repeated, engine, operation, &(struct caller){.front = true, .tenant = options->tenant}, options,
                  err);
}

int gv_submit(struct gv_job_id *out, struct gv_engine *engine, const struct gv_operation *operation,
              struct gv_error *err)
{
    return submit(out, NULL, engine, operation, &(struct caller){0}, &(struct gv_submit_options){0}, err);
}

/* ---- showing what would be done ---------------------------------------------------------------------------- */

static void put_body(struct gv_json_out *out, const struct gv_body *body)
{
    struct gv_buf text;
    gv_buf_init(&text, 2 * GV_REQUEST_BYTES_MAX);
    for (size_t i = 0; i < body->segment_count; i++) {
        const struct gv_segment *s = &body->segments[i];
        if (s->kind == GV_SEGMENT_TEXT)
            gv_buf_add(&text, s->text, s->bytes);
        else
            gv_buf_addf(&text, "(%s of blob %s, %llu bytes)", s->kind == GV_SEGMENT_BLOB ? "bytes" : "base64",
                        s->sha256, (unsigned long long)s->bytes);
    }
    struct gv_arena arena = {0};
    const struct gv_json *json = gv_json_parse(&arena, text.data, text.len, NULL);
    if (json != NULL)
        gv_json_put_json(out, "body", json);
    else
        gv_json_put_text_n(out, "body", text.data, text.len);
    gv_arena_free(&arena);
    gv_buf_free(&text);
}

/* The machine's first effect; it is a value, so that looking at it sends nothing. */
static struct gv_effect first_effect(struct wish *wish)
{
    const struct gv_account *account = wish->account;
    void *state = gv_arena_alloc(&wish->arena, account->provider->state->size);
    struct gv_step in = {.arena = &wish->arena,
                         .job_id = wish->row.id,
                         .op = wish->op,
                         .model = wish->admission.model,
                         .credential_set = account->credential_set,
                         .settings = &account->settings,
                         .now_ms = wish->row.created_ms};
    return account->provider->step(&in, state, &(struct gv_event){.kind = GV_EV_START});
}

static void put_call(struct gv_json_out *out, struct wish *wish, const struct gv_call *call)
{
    gv_json_open(out, "request", '{');
    gv_json_put_text(out, "what", call->what);
    gv_json_put_text(out, "method", call->method);
    gv_json_put_text(out, "url", gv_account_url(wish->account, call, &wish->arena));
    if (call->body.content_type != NULL)
        put_body(out, &call->body);
    gv_json_close(out, '}');
}

/* What comes before the first request, where something does: a file is fetched, a picture is scaled. */
static void put_first(struct gv_json_out *out, struct wish *wish, const struct gv_effect *effect)
{
    const struct gv_transform *transform = &effect->transform;
    if (effect->kind == GV_EFF_CALL)
        put_call(out, wish, &effect->call);
    if (effect->kind == GV_EFF_FETCH)
        gv_json_put_text(out, "fetch", effect->fetch.url);
    if (effect->kind == GV_EFF_TRANSFORM)
        gv_json_put_text(
            out, "scale",
            gv_arena_printf(&wish->arena, "%ux%u", (unsigned)transform->width, (unsigned)transform->height));
}

static int check(char **out_json, struct gv_engine *engine, const struct gv_operation *operation,
                 const struct caller *caller, struct gv_error *err)
{
    struct wish wish = {0};
    struct gv_effect first = {.kind = GV_EFF_NOTHING};
    int code = prepare(&wish, engine, operation, caller, err);
    if (code == GV_OK)
        first = first_effect(&wish);
    if (first.kind == GV_EFF_FAIL) {
        code = (int)first.error.code;
        if (err != NULL)
            *err = first.error;
    }
    if (code == GV_OK) {
        struct gv_buf buf;
        gv_buf_init(&buf, 4 * GV_REQUEST_BYTES_MAX);
        struct gv_json_out out = {.buf = &buf};
        gv_json_open(&out, NULL, '{');
        gv_json_put_text(&out, "provider", wish.row.provider);
        gv_json_put_text(&out, "model", wish.row.model);
        gv_json_put_text(&out, "operation", wish.row.operation);
        gv_json_put_raw(&out, "warnings", wish.row.warnings);
        if (wish.row.usd >= 0)
            gv_json_put_real(&out, "usd", wish.row.usd);
        put_first(&out, &wish, &first);
        gv_json_close(&out, '}');
        *out_json = buf.data;
    }
    free_wish(&wish);
    return code;
}

int gv_check_as(char **out_json, struct gv_engine *engine, const struct gv_operation *operation, const char *tenant,
                struct gv_error *err)
{
    return check(out_json, engine, operation, &(struct caller){.front = true, .tenant = tenant}, err);
}

int gv_check(char **out_json, struct gv_engine *engine, const struct gv_operation *operation, struct gv_error *err)
{
    return check(out_json, engine, operation, &(struct caller){0}, err);
}
