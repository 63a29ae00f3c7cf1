#include "core/wit.h"

#include "base/assert.h"
#include "base/error.h"
#include "core/interface.h"

/* ---- names and types ------------------------------------------------------------------------- */

static void print_kebab(struct gv_buf *out, const char *snake)
{
    for (; *snake != '\0'; snake++)
        gv_buf_add(out, *snake == '_' ? "-" : snake, 1);
}

static const char *type_of(const struct gv_field *field)
{
    if (field->wit_type != NULL)
        return field->wit_type;
    switch (field->shape) {
    case GV_SHAPE_STRING: return "string";
    case GV_SHAPE_BOOL: return "bool";
    case GV_SHAPE_U32: return "u32";
    case GV_SHAPE_U64: return "u64";
    case GV_SHAPE_F32:
    case GV_SHAPE_F64: return "f32";
    case GV_SHAPE_ENUM:
    case GV_SHAPE_RECORD:
    case GV_SHAPE_VARIANT: return field->schema->name;
    case GV_SHAPE_MEDIA: return "media-data";
    case GV_SHAPE_KVS: return "list<kv>";
    case GV_SHAPE_BYTES: return "list<u8>";
    case GV_SHAPE_I64:
    case GV_SHAPE_CHARS:
    case GV_SHAPE_PERCENT:
    case GV_SHAPE_KNOWN: break;
    }
    GV_UNREACHABLE();
}

static void print_type(struct gv_buf *out, const struct gv_field *field)
{
    bool optional = (field->flags & GV_FIELD_OPTIONAL) != 0, list = (field->flags & GV_FIELD_LIST) != 0;
    gv_buf_addf(out, "%s%s%s%s%s", optional ? "option<" : "", list ? "list<" : "", type_of(field), list ? ">" : "",
                optional ? ">" : "");
}

/* "negative-prompt: option<string>" */
static void print_member(struct gv_buf *out, const struct gv_field *field)
{
    print_kebab(out, field->name);
    gv_buf_adds(out, ": ");
    print_type(out, field);
}

/* ---- types ----------------------------------------------------------------------------------- */

static void print_case(struct gv_buf *out, const struct gv_case *its_case)
{
    gv_buf_adds(out, "    ");
    print_kebab(out, its_case->name);
    if (its_case->has_payload)
        gv_buf_addf(out, "(%s)", type_of(&its_case->payload));
    gv_buf_adds(out, ",\n");
}

static const char *kind_of(const struct gv_schema *schema)
{
    for (size_t i = 0; i < schema->case_count; i++) {
        if (schema->cases[i].has_payload)
            return "variant";
    }
    return schema->case_count > 0 ? "enum" : "record";
}

static void print_schema(struct gv_buf *out, const struct gv_schema *schema)
{
    gv_buf_addf(out, "\n  %s %s {\n", kind_of(schema), schema->name);
    for (size_t i = 0; i < schema->case_count; i++)
        print_case(out, &schema->cases[i]);
    for (size_t i = 0; i < schema->field_count; i++) {
        if ((schema->fields[i].flags & GV_FIELD_EXTENSION) != 0)
            continue;
        gv_buf_adds(out, "    ");
        print_member(out, &schema->fields[i]);
        gv_buf_adds(out, ",\n");
    }
    gv_buf_adds(out, "  }\n");
}

/* The WIT's error has no room for more than a message. */
static void print_error(struct gv_buf *out)
{
    static const struct {
        enum gv_code code;
        const char *payload;
    } cases[] = {
        {GV_INVALID_INPUT, "(string)"},
        {GV_UNSUPPORTED_FEATURE, "(string)"},
        {GV_QUOTA_EXCEEDED, ""},
        {GV_GENERATION_FAILED, "(string)"},
        {GV_CANCELLED, ""},
        {GV_INTERNAL_ERROR, "(string)"},
    };
    gv_buf_adds(out, "  variant video-error {\n");
    for (size_t i = 0; i < GV_COUNT(cases); i++) {
        gv_buf_adds(out, "    ");
        print_kebab(out, gv_code_name(cases[i].code));
        gv_buf_addf(out, "%s,\n", cases[i].payload);
    }
    gv_buf_adds(out, "  }\n");
}

/* Types that C and JSON show as what they hold. */
static const char wrappers[] = "\n  variant media-data {\n    url(string),\n    bytes(raw-bytes),\n  }\n"
                               "\n  record raw-bytes {\n    bytes: list<u8>,\n    mime-type: string,\n  }\n"
                               "\n  record input-image {\n    data: media-data,\n  }\n"
                               "\n  record base-video {\n    data: media-data,\n  }\n"
                               "\n  record narration {\n    data: media-data,\n  }\n"
                               "\n  record static-mask {\n    mask: input-image,\n  }\n"
                               "\n  record kv {\n    key: string,\n    value: string,\n  }\n";

/* ---- functions ------------------------------------------------------------------------------- */

/* Functions that ask for a job take their operation's members; the others are written out. */
struct function {
    enum gv_operation_kind operation;
    const char *text;
};

static const char uses_generation[] = "media-input, generation-config, video-result, video-error";
static const char uses_lip_sync[] = "lip-sync-video, audio-source, voice-info, video-error";
static const char uses_advanced[] = "base-video, input-image, effect-type, generation-config, kv, video-error";

static const struct function generation_functions[] = {
    {GV_OP_GENERATE, NULL},
    {GV_OP_UNSET, "poll: func(job-id: string) -> result<video-result, video-error>;"},
    {GV_OP_UNSET, "cancel: func(job-id: string) -> result<string, video-error>;"},
    {0},
};
static const struct function lip_sync_functions[] = {
    {GV_OP_GENERATE_LIP_SYNC, NULL},
    {GV_OP_UNSET, "list-voices: func(language: option<string>) -> result<list<voice-info>, video-error>;"},
    {0},
};
static const struct function advanced_functions[] = {
    {GV_OP_EXTEND_VIDEO, NULL},
    {GV_OP_UPSCALE_VIDEO, NULL},
    {GV_OP_GENERATE_VIDEO_EFFECTS, NULL},
    {GV_OP_MULTI_IMAGE_GENERATION, NULL},
    {0},
};

static const struct {
    const char *name, *uses;
    const struct function *functions;
} interfaces[] = {
    {"video-generation", uses_generation, generation_functions},
    {"lip-sync", uses_lip_sync, lip_sync_functions},
    {"advanced", uses_advanced, advanced_functions},
};

static void print_operation(struct gv_buf *out, const struct gv_schema *schema)
{
    const char *separator = "";
    gv_buf_addf(out, "%s: func(", schema->name);
    for (size_t i = 0; i < schema->field_count; i++) {
        if ((schema->fields[i].flags & GV_FIELD_EXTENSION) != 0)
            continue;
        gv_buf_adds(out, separator);
        print_member(out, &schema->fields[i]);
        separator = ", ";
    }
    gv_buf_adds(out, ") -> result<string, video-error>;");
}

static void print_functions(struct gv_buf *out, const struct function *functions)
{
    for (const struct function *f = functions; f->operation != GV_OP_UNSET || f->text != NULL; f++) {
        gv_buf_adds(out, "\n  ");
        if (f->text != NULL)
            gv_buf_adds(out, f->text);
        else
            print_operation(out, gv_operation_schema(f->operation));
        gv_buf_adds(out, "\n");
    }
}

void gv_wit_print(struct gv_buf *out)
{
    gv_buf_adds(out, "package golem:video-generation@1.0.0;\n\ninterface types {\n");
    print_error(out);
    gv_buf_adds(out, wrappers);
    for (size_t i = 0; gv_schemas[i] != NULL; i++)
        print_schema(out, gv_schemas[i]);
    gv_buf_adds(out, "}\n");
    for (size_t i = 0; i < GV_COUNT(interfaces); i++) {
        gv_buf_addf(out, "\ninterface %s {\n  use types.{%s};\n", interfaces[i].name, interfaces[i].uses);
        print_functions(out, interfaces[i].functions);
        gv_buf_adds(out, "}\n");
    }
    gv_buf_adds(out, "\nworld video-library {\n  export types;\n");
    for (size_t i = 0; i < GV_COUNT(interfaces); i++)
        gv_buf_addf(out, "  export %s;\n", interfaces[i].name);
    gv_buf_adds(out, "}\n");
}
