#include "support/veo_kit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "support/veo_words.h"

struct provider_kit veo_kit;

struct veo_state *veo_kit_job(void)
{
    return veo_kit.state;
}

void veo_kit_begin(const char *document)
{
    provider_kit_begin(&veo_kit, &gv_provider_veo, document);
    provider_kit_set(&veo_kit, "VEO_PROJECT_ID", "my-proj");
    provider_kit_event(&veo_kit, GV_EV_START);
}

void veo_kit_expect(const char *trace)
{
    provider_kit_expect(&veo_kit, trace);
}

void veo_kit_expect_words(const char *text, const char *words)
{
    if (text == NULL || strstr(text, words) == NULL)
        fail_msg("\"%s\" lacks \"%s\"", text != NULL ? text : "", words);
}

int veo_kit_tear_down(void **state)
{
    (void)state;
    provider_kit_free(&veo_kit);
    return 0;
}

void veo_kit_reply_lifted(const char *body, const char *type)
{
    static struct gv_blob_info blobs[2];
    for (size_t i = 0; i < 2; i++)
        blobs[i] = (struct gv_blob_info){.sha256 = "abc", .bytes = 9, .mime_type = type};
    struct gv_event event = {.kind = GV_EV_REPLY, .lifted = blobs, .lifted_count = 2};
    event.reply =
        (struct gv_reply){.status = 200, .content_type = "application/json", .body = body, .body_bytes = strlen(body)};
    provider_kit_feed(&veo_kit, &event);
}

void veo_kit_to_running(const char *document)
{
    veo_kit_begin(document);
    provider_kit_reply(&veo_kit, 200, CREATED);
    provider_kit_event(&veo_kit, GV_EV_TIMER);
    gv_buf_clear(&veo_kit.trace);
}

void veo_kit_to_fetching(void)
{
    veo_kit_to_running(STORED);
    provider_kit_reply(&veo_kit, 200, DONE("\"videos\":[" FILM("sample_0.mp4") "," FILM("sample_1.mp4") "]"));
    gv_buf_clear(&veo_kit.trace);
}

void veo_kit_to_uncertain(void)
{
    veo_kit_begin(TEXT);
    provider_kit_no_reply(&veo_kit, GV_MAYBE_SENT);
    gv_buf_clear(&veo_kit.trace);
}
