/* Any fault script: refused with a reason, or obeyed. */
#include "base/assert.h"
#include "core/json.h"
#include "sandbox/faults.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const routes[] = {"create", "query", "download", "list"};
    struct gv_arena arena = {0};
    struct gv_faults faults;
    struct gv_error err = {0};
    const char *script = gv_arena_strndup(&arena, (const char *)data, size);
    if (gv_faults_parse(&faults, script, 7, &err) != GV_OK) {
        GV_ASSERT(err.code == GV_INVALID_INPUT && err.message[0] != '\0' && strcmp(err.field, "faults") == 0);
    } else {
        for (size_t i = 0; i < 16; i++)
            gv_faults_draw(&faults, routes[i % 4]);
        struct gv_buf text;
        gv_buf_init(&text, 1u << 20);
        gv_faults_json(&faults, &text);
        GV_ASSERT(gv_json_parse(&arena, text.data, text.len, NULL) != NULL);
        gv_buf_free(&text);
    }
    gv_arena_free(&arena);
    return 0;
}
