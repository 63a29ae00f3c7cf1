/* Runway's emulator: files that are put into its storage before they are named in a create. Fact sheet 7.
 *
 * A slot is nothing but its signed fields; what was stored is a note whose id is the slot's. */
#include "provider/runway/runway_sandbox.h"

#include "base/codec.h"
#include "port/crypto.h"

#define SCHEME "runway://"
#define FILE_BYTES_MIN 512
#define FILE_BYTES_MAX (200ull << 20)
#define NAME_UNITS_MIN 3
#define NAME_UNITS_MAX 255
#define UUID_CHARS 36
#define POLICY_BYTES_MAX 1024
#define ENDINGS "jpg|jpeg|png|webp|mp4|mov|mkv|webm|3gp|ogv|ogg|mp3|wav|flac|m4a|aac"

/* ---- POST /v1/uploads -------------------------------------------------------------------------------------------- */

static const char *ending_of(struct gv_emu_world *world, const char *name)
{
    const char *point = strrchr(name, '.');
    char *ending = gv_arena_strdup(world->arena, point ? point + 1 : "");
    for (char *p = ending; *p; p++)
        *p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 'a' - 'A') : *p;
    return ending;
}

static void check_slot(struct runway_emu *e)
{
    const struct gv_json *body = e->request->body;
    const struct runway_at name_at = {NULL, "filename", 0}, type_at = {NULL, "type", 0};
    const struct gv_json *name = gv_json_member(body, "filename");
    if (!name || name->kind != GV_JSON_STRING)
        gv_runway_emu_wrong_type(e, &name_at, "string", name);
    else if (gv_runway_emu_within(e, &name_at, "string", (double)gv_runway_emu_units(name->text), NAME_UNITS_MIN,
                                  NAME_UNITS_MAX) &&
             !gv_runway_emu_among(ENDINGS, ending_of(e->world, name->text)))
        gv_runway_emu_custom(e, &name_at, "The filename must have a supported extension");
    gv_runway_emu_choice(e, &type_at, "ephemeral", gv_json_member(body, "type"));
}

static const char *signature(struct gv_emu_world *world, const char *policy)
{
    uint8_t digest[32];
    char text[65];
    const char *key = gv_arena_printf(world->arena, "storage of sandbox %llu", (unsigned long long)world->seed);
    world->crypto->hmac_sha256(digest, key, strlen(key), policy, strlen(policy));
    gv_hex_encode(text, digest, sizeof digest);
    return gv_arena_strdup(world->arena, text);
}

/* What the signature covers: whose slot, which, until when. */
static const char *policy_of(struct runway_emu *e, const char *key)
{
    char text[POLICY_BYTES_MAX / 3 * 4 + 5];
    const char *policy = gv_arena_printf(e->world->arena, "{\"key\":\"%s\",\"account\":\"%s\",\"expires_ms\":%lld}",
                                         key, e->account, (long long)(e->world->now_ms + RUNWAY_EMU_DAY_MS));
    gv_base64_encode(text, policy, strlen(policy));
    return gv_arena_strdup(e->world->arena, text);
}

void gv_runway_emu_upload(struct runway_emu *e)
{
    struct gv_emu_world *world = e->world;
    check_slot(e);
    if (e->issue_count > 0) {
        gv_runway_emu_refuse_issues(e);
        return;
    }
    uint64_t salt; /* nothing is remembered of a slot, so two of one moment must differ by chance */
    world->crypto->random(&salt, sizeof salt);
    const char *slot = gv_runway_emu_uuid(world, salt);
    const char *key = gv_arena_printf(world->arena, "ephemeral/%s", slot), *policy = policy_of(e, key);
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "uploadUrl", gv_arena_printf(world->arena, "%s" RUNWAY_EMU_STORAGE, world->origin));
    gv_json_open(&out, "fields", '{');
    gv_json_put_text(&out, "key", key);
    gv_json_put_text(&out, "policy", policy);
    gv_json_put_text(&out, "x-amz-algorithm", "AWS4-HMAC-SHA256");
    gv_json_put_text(&out, "x-amz-signature", signature(world, policy));
    gv_json_close(&out, '}');
    gv_json_put_text(&out, "runwayUri", gv_arena_printf(world->arena, SCHEME "%s", slot));
    gv_json_close(&out, '}');
    e->reply = (struct gv_emu_reply){.status = 200, .body = gv_runway_emu_finish(world, &buf)};
}

/* ---- the storage ------------------------------------------------------------------------------------------------- */

static void refuse(struct runway_emu *e, int status, const char *code, const char *message)
{
    e->reply = (struct gv_emu_reply){
        .status = status,
        .content_type = "application/xml",
        .body = gv_arena_printf(e->world->arena,
                                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                "<Error><Code>%s</Code><Message>%s</Message></Error>",
                                code, message),
    };
}

static const struct gv_json *read_policy(struct runway_emu *e, const char *text)
{
    struct gv_base64_decoder decoder = {0};
    size_t bytes, n = strlen(text);
    char *policy = gv_arena_alloc(e->world->arena, n / 4 * 3 + 4);
    if (!gv_base64_decode(&decoder, policy, &bytes, text, n) || !gv_base64_decode_end(&decoder))
        return NULL;
    return gv_json_parse(e->world->arena, policy, bytes, NULL);
}

/* The file is the form's last part: what comes behind it is not read by such storage. */
static const char *file_of(const struct gv_json *form)
{
    const struct gv_json *last = form->child;
    while (last && last->next)
        last = last->next;
    return last && is(last->key, "file") ? last->text : NULL;
}

/* NULL: refused. Else the slot's policy. */
static const struct gv_json *check_form(struct runway_emu *e, const struct gv_json *form)
{
    const char *key = gv_json_text(form, "key"), *policy = gv_json_text(form, "policy"),
               *signed_as = gv_json_text(form, "x-amz-signature"), *algorithm = gv_json_text(form, "x-amz-algorithm");
    const struct gv_json *terms = policy ? read_policy(e, policy) : NULL;
    const char *granted = gv_json_text(terms, "key");
    if (e->request->authorization)
        refuse(e, 400, "InvalidArgument", "Only one auth mechanism allowed; an Authorization header was sent");
    else if (!form || form->kind != GV_JSON_OBJECT || !file_of(form))
        refuse(e, 400, "InvalidArgument", "POST requires exactly one file upload per request, after all fields");
    else if (!key || !policy || !signed_as || !algorithm)
        refuse(e, 403, "AccessDenied", "Fields of the upload slot are missing");
    else if (!is(signature(e->world, policy), signed_as) || !granted || !is(granted, key))
        refuse(e, 403, "SignatureDoesNotMatch", "The policy was not signed for this key");
    else if (gv_json_int(terms, "expires_ms", 0) <= e->world->now_ms)
        refuse(e, 403, "AccessDenied", "Invalid according to Policy: Policy expired");
    else
        return terms;
    return NULL;
}

static const char *memo_of(struct gv_emu_world *world, const struct gv_emu_media *media)
{
    struct gv_buf buf;
    gv_buf_init(&buf, RUNWAY_EMU_ANSWER_BYTES_MAX);
    struct gv_json_out out = {.buf = &buf};
    gv_json_open(&out, NULL, '{');
    gv_json_put_text(&out, "ref", media->ref);
    gv_json_put_text(&out, "mime_type", media->mime_type);
    gv_json_put_int(&out, "bytes", (int64_t)media->bytes);
    gv_json_put_int(&out, "width", media->width);
    gv_json_put_int(&out, "height", media->height);
    gv_json_put_real(&out, "fps", media->fps);
    gv_json_put_real(&out, "duration_seconds", media->duration_seconds);
    gv_json_put_text(&out, "failure", media->failure);
    gv_json_close(&out, '}');
    return gv_runway_emu_finish(world, &buf);
}

void gv_runway_emu_store(struct runway_emu *e)
{
    struct gv_emu_world *world = e->world;
    const struct gv_json *form = e->request->body, *policy = check_form(e, form);
    if (!policy)
        return;
    const char *id = gv_json_text(form, "key") + strlen("ephemeral/");
    const struct gv_emu_media *media = world->media(world, file_of(form));
    if (world->find(world, RUNWAY_EMU_NAME, id)) {
        refuse(e, 403, "AccessDenied", "The upload slot has been used");
    } else if (media->bytes < FILE_BYTES_MIN) {
        refuse(e, 400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    } else if (media->bytes > FILE_BYTES_MAX) {
        refuse(e, 400, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    } else {
        struct gv_emu_task *note = GV_NEW(world->arena, struct gv_emu_task);
        *note = (struct gv_emu_task){
            .note = true,
            .id = id,
            .provider = RUNWAY_EMU_NAME,
            .product = "upload",
            .account = gv_json_text(policy, "account"),
            .created_ms = world->now_ms,
            .memo = memo_of(world, media),
        };
        e->reply = (struct gv_emu_reply){.status = 204, .accepted = note};
    }
}

/* ---- runway:// --------------------------------------------------------------------------------------------------- */

const struct gv_emu_media *gv_runway_emu_uploaded(struct runway_emu *e, const char *uri)
{
    struct gv_emu_world *world = e->world;
    struct gv_emu_media *media = GV_NEW(world->arena, struct gv_emu_media);
    const struct gv_emu_task *note = world->find(world, RUNWAY_EMU_NAME, uri + strlen(SCHEME));
    if (!note || !note->note || !is(note->account, e->account) || !is(note->product, "upload")) {
        media->failure = "nothing was uploaded under this Runway URI";
        return media;
    }
    if (note->created_ms + RUNWAY_EMU_DAY_MS <= world->now_ms) {
        media->failure = "the Runway URI has expired";
        return media;
    }
    const struct gv_json *memo = gv_runway_emu_memo(world, note);
    *media = (struct gv_emu_media){
        .ref = gv_json_text(memo, "ref"),
        .mime_type = gv_json_text(memo, "mime_type"),
        .bytes = (uint64_t)gv_json_int(memo, "bytes", 0),
        .width = (uint32_t)gv_json_int(memo, "width", 0),
        .height = (uint32_t)gv_json_int(memo, "height", 0),
        .fps = gv_json_real(memo, "fps", 0),
        .duration_seconds = gv_json_real(memo, "duration_seconds", 0),
        .failure = gv_json_text(memo, "failure"),
    };
    return media;
}
