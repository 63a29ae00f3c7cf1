/* Runway's emulator: a body held against its product's table; everything that is wrong is found. Fact sheet 3. */
#include "provider/runway/runway_sandbox.h"

#include <ctype.h>
#include <math.h>

#define TAG_UNITS_MIN 3
#define TAG_UNITS_MAX 16

/* One member under check. */
struct member {
    struct runway_emu *e;
    const struct runway_product *product;
    const struct runway_field *field;
    const struct gv_json *value; /* there */
    struct runway_at at;
};

static bool is_number(const struct gv_json *value)
{
    return value->kind == GV_JSON_INT || value->kind == GV_JSON_REAL;
}

static void check_text(struct member *m)
{
    if (m->value->kind != GV_JSON_STRING)
        gv_runway_emu_wrong_type(m->e, &m->at, "string", m->value);
    else
        gv_runway_emu_within(m->e, &m->at, "string", (double)gv_runway_emu_units(m->value->text), m->field->least,
                             m->field->most);
}

static void check_number(struct member *m)
{
    bool any = m->field->kind == RUNWAY_NUMBER;
    if (!is_number(m->value))
        gv_runway_emu_wrong_type(m->e, &m->at, "number", m->value);
    else if (!any && floor(m->value->real) < m->value->real)
        gv_runway_emu_wrong_type(m->e, &m->at, "int", m->value);
    else
        gv_runway_emu_within(m->e, &m->at, "number", m->value->real, m->field->least, m->field->most);
}

static void check_seconds(struct member *m)
{
    bool automatic = m->value->kind == GV_JSON_STRING && is(m->value->text, "auto");
    if (automatic && m->field->traits & RUNWAY_AUTO)
        return;
    if (m->field->traits & RUNWAY_AUTO && !is_number(m->value)) {
        gv_runway_emu_wrong_union(m->e, &m->at);
        return;
    }
    if (!m->field->choices) {
        check_number(m);
        return;
    }
    const char *text = is_number(m->value) ? gv_arena_printf(m->e->world->arena, "%.15g", m->value->real) : "";
    if (gv_runway_emu_among(m->field->choices, text))
        return;
    gv_runway_emu_issue(m->e, "invalid_value");
    gv_runway_emu_issue_end(m->e, &m->at, "Invalid option: expected one of %s", m->field->choices);
}

static void check_one(struct member *m)
{
    gv_runway_emu_media(m->e, &m->at, m->value, m->field->media, &m->product->demand, m->field->name);
}

/* ---- lists ------------------------------------------------------------------------------------------------------- */

static void check_tag(struct member *m, const struct runway_at *at, const struct gv_json *value)
{
    if (!value)
        return;
    bool good = value->kind == GV_JSON_STRING && isalpha((unsigned char)value->text[0]);
    for (const char *p = good ? value->text : ""; *p; p++)
        good = good && (isalnum((unsigned char)*p) || *p == '_');
    if (good)
        gv_runway_emu_within(m->e, at, "string", (double)value->text_bytes, TAG_UNITS_MIN, TAG_UNITS_MAX);
    else
        gv_runway_emu_custom(m->e, at, "Invalid tag: a letter, then letters, digits and underscores");
}

static void check_item(struct member *m, const struct gv_json *item, size_t index)
{
    static const char *const types[] = {[RUNWAY_IMAGE] = "image", [RUNWAY_VIDEO] = "video", [RUNWAY_AUDIO] = "audio"};
    struct runway_at here = {&m->at, NULL, index}, type = {&here, "type", 0}, uri = {&here, "uri", 0},
                     tag = {&here, "tag", 0};
    if (item->kind != GV_JSON_OBJECT) {
        gv_runway_emu_wrong_type(m->e, &here, "object", item);
        return;
    }
    if (m->field->traits & RUNWAY_TYPED)
        gv_runway_emu_choice(m->e, &type, types[m->field->media], gv_json_member(item, "type"));
    gv_runway_emu_media(m->e, &uri, gv_json_member(item, "uri"), m->field->media, &m->product->demand, m->field->name);
    if (m->field->traits & RUNWAY_TAGGED)
        check_tag(m, &tag, gv_json_member(item, "tag"));
}

static void check_list(struct member *m)
{
    size_t index = 0;
    if (m->value->kind != GV_JSON_ARRAY) {
        gv_runway_emu_wrong_type(m->e, &m->at, "array", m->value);
        return;
    }
    if (!gv_runway_emu_within(m->e, &m->at, "array", (double)m->value->count, m->field->least, m->field->most))
        return;
    for (const struct gv_json *item = m->value->child; item; item = item->next)
        check_item(m, item, index++);
}

/* ---- frames ------------------------------------------------------------------------------------------------------ */

struct positions {
    unsigned first, last, none;
};

static void check_frame(struct member *m, const struct gv_json *item, size_t index, struct positions *seen)
{
    struct runway_at here = {&m->at, NULL, index}, uri = {&here, "uri", 0}, position = {&here, "position", 0};
    if (item->kind != GV_JSON_OBJECT) {
        gv_runway_emu_wrong_type(m->e, &here, "object", item);
        return;
    }
    const struct gv_json *where = gv_json_member(item, "position");
    const char *role = where && where->kind == GV_JSON_STRING ? where->text : "reference";
    if (where || m->field->traits & (RUNWAY_FIRST | RUNWAY_KEYED))
        gv_runway_emu_choice(m->e, &position, m->field->traits & RUNWAY_FIRST ? "first" : "first|last", where);
    seen->first += is(role, "first");
    seen->last += is(role, "last");
    seen->none += where == NULL;
    gv_runway_emu_media(m->e, &uri, gv_json_member(item, "uri"), RUNWAY_IMAGE, &m->product->demand, role);
}

static void check_positions(struct member *m, const struct positions *seen)
{
    if (seen->first > 1 || seen->last > 1)
        gv_runway_emu_custom(m->e, &m->at, "Each position may be used only once");
    else if (seen->none > 0 && seen->first + seen->last > 0)
        gv_runway_emu_custom(m->e, &m->at, "Keyframes and reference images can't be mixed");
    else if (m->field->traits & RUNWAY_KEYED && seen->last > 0 && seen->first == 0)
        gv_runway_emu_custom(m->e, &m->at, "A last frame needs a first frame");
}

static void check_frames(struct member *m)
{
    struct positions seen = {0};
    size_t index = 0;
    if (m->value->kind == GV_JSON_STRING) {
        gv_runway_emu_media(m->e, &m->at, m->value, RUNWAY_IMAGE, &m->product->demand, "first");
        return;
    }
    if (m->value->kind != GV_JSON_ARRAY) {
        gv_runway_emu_wrong_union(m->e, &m->at);
        return;
    }
    if (!gv_runway_emu_within(m->e, &m->at, "array", (double)m->value->count, 1, m->field->most))
        return;
    for (const struct gv_json *item = m->value->child; item; item = item->next)
        check_frame(m, item, index++, &seen);
    check_positions(m, &seen);
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void check_keyframe(struct member *m, const struct gv_json *item, size_t index)
{
    struct runway_at here = {&m->at, NULL, index}, uri = {&here, "uri", 0}, seconds = {&here, "seconds", 0},
                     share = {&here, "at", 0};
    const struct gv_json *when = gv_json_member(item, "seconds"), *part = gv_json_member(item, "at");
    gv_runway_emu_media(m->e, &uri, gv_json_member(item, "uri"), RUNWAY_IMAGE, &m->product->demand, "keyframe");
    if ((when != NULL) == (part != NULL))
        gv_runway_emu_custom(m->e, &here, "Exactly one of seconds and at is needed");
    if (when && !is_number(when))
        gv_runway_emu_wrong_type(m->e, &seconds, "number", when);
    else if (when)
        gv_runway_emu_within(m->e, &seconds, "number", when->real, 0, 30);
    if (part && !is_number(part))
        gv_runway_emu_wrong_type(m->e, &share, "number", part);
    else if (part)
        gv_runway_emu_within(m->e, &share, "number", part->real, 0, 1);
}

/* All have a range, or none has. */
static void check_keyframes(struct member *m)
{
    size_t index = 0, ranges = 0;
    if (m->value->kind != GV_JSON_ARRAY) {
        gv_runway_emu_wrong_type(m->e, &m->at, "array", m->value);
        return;
    }
    if (!gv_runway_emu_within(m->e, &m->at, "array", (double)m->value->count, m->field->least, m->field->most))
        return;
    for (const struct gv_json *item = m->value->child; item; item = item->next) {
        ranges += gv_json_member(item, "range") != NULL;
        check_keyframe(m, item, index++);
    }
    if (ranges > 0 && ranges < m->value->count)
        gv_runway_emu_custom(m->e, &m->at, "Either all keyframes have a range or none has");
}

static void check_moderation(struct member *m)
{
    struct runway_at at = {&m->at, "publicFigureThreshold", 0};
    const struct gv_json *threshold = gv_json_member(m->value, "publicFigureThreshold");
    if (m->value->kind != GV_JSON_OBJECT)
        gv_runway_emu_wrong_type(m->e, &m->at, "object", m->value);
    else if (threshold)
        gv_runway_emu_choice(m->e, &at, "auto|low", threshold);
}

static void check_member(struct member *m)
{
    switch (m->field->kind) {
    case RUNWAY_TEXT: check_text(m); break;
    case RUNWAY_CHOICE: gv_runway_emu_choice(m->e, &m->at, m->field->choices, m->value); break;
    case RUNWAY_INT:
    case RUNWAY_NUMBER: check_number(m); break;
    case RUNWAY_FLAG:
        if (m->value->kind != GV_JSON_BOOL)
            gv_runway_emu_wrong_type(m->e, &m->at, "boolean", m->value);
        break;
    case RUNWAY_SECONDS: check_seconds(m); break;
    case RUNWAY_ONE: check_one(m); break;
    case RUNWAY_LIST: check_list(m); break;
    case RUNWAY_FRAMES: check_frames(m); break;
    case RUNWAY_KEYFRAMES: check_keyframes(m); break;
    case RUNWAY_MODERATION: check_moderation(m); break;
    }
}

/* As a validator says it of an absent member of that kind. */
static void missing(struct runway_emu *e, const struct runway_field *field, const struct runway_at *at)
{
    bool automatic = field->kind == RUNWAY_SECONDS && field->traits & RUNWAY_AUTO;
    if (field->kind == RUNWAY_FRAMES || automatic)
        gv_runway_emu_wrong_union(e, at);
    else if (field->kind == RUNWAY_CHOICE)
        gv_runway_emu_choice(e, at, field->choices, NULL);
    else
        gv_runway_emu_wrong_type(e, at,
                                 field->kind == RUNWAY_SECONDS ? "number"
                                 : field->kind == RUNWAY_LIST  ? "array"
                                                               : "string",
                                 NULL);
}

static bool is_known(const struct runway_product *product, const char *key)
{
    bool known = is(key, "model");
    for (const struct runway_field *f = product->fields; f->name; f++)
        known = known || is(f->name, key);
    return known;
}

static void check_keys(struct runway_emu *e, const struct runway_product *product)
{
    struct gv_buf list;
    gv_buf_init(&list, RUNWAY_EMU_ANSWER_BYTES_MAX);
    unsigned count = 0;
    for (const struct gv_json *m = e->request->body->child; m; m = m->next) {
        if (is_known(product, m->key))
            continue;
        if (count++ == 0) {
            gv_runway_emu_issue(e, "unrecognized_keys");
            gv_json_open(&e->issues, "keys", '[');
        }
        gv_json_put_text(&e->issues, NULL, m->key);
        gv_buf_addf(&list, "%s\"%s\"", count > 1 ? ", " : "", m->key);
    }
    if (count > 0) {
        gv_json_close(&e->issues, ']');
        gv_runway_emu_issue_end(e, NULL, "Unrecognized key%s: %s", count > 1 ? "s" : "", list.data);
    }
    gv_buf_free(&list);
}

/* ---- what members say of each other ------------------------------------------------------------------------------ */

static void check_mode(struct runway_emu *e)
{
    const struct gv_json *body = e->request->body;
    const char *mode = gv_json_text(body, "mode"), *duration = gv_json_text(body, "duration");
    const struct runway_at prompt = {NULL, "promptText", 0}, ratio = {NULL, "ratio", 0},
                           seconds = {NULL, "duration", 0};
    bool edit = mode && is(mode, "edit");
    if (!mode || (!edit && !is(mode, "extend")))
        return;
    if (!gv_json_member(body, "promptText"))
        gv_runway_emu_custom(e, &prompt, "promptText is required in mode %s", mode);
    if (gv_json_member(body, "ratio"))
        gv_runway_emu_custom(e, &ratio, "ratio is not allowed in mode %s", mode);
    if (edit && (!duration || !is(duration, "auto")))
        gv_runway_emu_custom(e, &seconds, "duration must be \"auto\" in mode edit");
}

/* With keyframes wan3 follows the picture. */
static void check_wan(struct runway_emu *e)
{
    const struct runway_at at = {NULL, "ratio", 0};
    const char *ratio = gv_json_text(e->request->body, "ratio");
    bool keyed = gv_json_at(e->request->body, "promptImage.0.position") != NULL;
    if (keyed && ratio && !begins(ratio, "auto_"))
        gv_runway_emu_custom(e, &at, "ratio must be one of the automatic sizes with keyframes");
}

void gv_runway_emu_check(struct runway_emu *e, const struct runway_product *product)
{
    for (const struct runway_field *field = product->fields; field->name; field++) {
        struct member m = {e, product, field, gv_json_member(e->request->body, field->name), {NULL, field->name, 0}};
        if (m.value)
            check_member(&m);
        else if (field->traits & RUNWAY_NEEDED)
            missing(e, field, &m.at);
    }
    if (product->strict)
        check_keys(e, product);
    if (is(product->model, "seedance2_5") && product->source)
        check_mode(e);
    if (begins(product->model, "wan3"))
        check_wan(e);
}

/* ---- which product ----------------------------------------------------------------------------------------------- */

bool gv_runway_emu_is_endpoint(const char *path)
{
    for (const struct runway_product *p = gv_runway_emu_products; p->endpoint; p++) {
        if (begins(path, "/v1/") && is(path + strlen("/v1/"), p->endpoint))
            return true;
    }
    return false;
}

static void no_such_model(struct runway_emu *e, const struct gv_json *model)
{
    const struct runway_at at = {NULL, "model", 0};
    if (!model || model->kind != GV_JSON_STRING)
        gv_runway_emu_wrong_type(e, &at, "string", model);
    gv_runway_emu_issue(e, "invalid_union");
    gv_json_open(&e->issues, "errors", '[');
    gv_json_close(&e->issues, ']');
    gv_json_put_text(&e->issues, "note", "No matching discriminator");
    gv_json_put_text(&e->issues, "discriminator", "model");
    gv_runway_emu_issue_end(e, &at, "Invalid input");
}

const struct runway_product *gv_runway_emu_product(struct runway_emu *e)
{
    const struct gv_json *body = e->request->body;
    const char *endpoint = e->request->path + strlen("/v1/"), *model = gv_json_text(body, "model");
    if (!body || body->kind != GV_JSON_OBJECT) {
        gv_runway_emu_wrong_type(e, NULL, "object", body);
        return NULL;
    }
    for (const struct runway_product *p = gv_runway_emu_products; p->endpoint && model; p++) {
        if (is(p->endpoint, endpoint) && is(p->model, model))
            return p;
    }
    no_such_model(e, gv_json_member(body, "model"));
    return NULL;
}
