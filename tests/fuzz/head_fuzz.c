/* The head of an answer, in lines as libcurl hands them over. */
#include <string.h>

#include "base/assert.h"
#include "http/curl_head.h"
#include "support/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gv_curl_head head = {0};
    const char *line = (const char *)data, *end = line + size;

    while (line < end) {
        const char *feed = memchr(line, '\n', (size_t)(end - line));
        const char *next = feed ? feed + 1 : end;
        if (!gv_curl_head_add(&head, line, (size_t)(next - line)))
            break;
        line = next;
    }
    GV_ASSERT(head.status >= 0 && head.status <= 999);
    GV_ASSERT(memchr(head.content_type, '\0', sizeof head.content_type));
    GV_ASSERT(head.etag[0] == '\0' || gv_curl_etag_is_strong(head.etag));
    GV_ASSERT(!head.has_range || head.range_first <= head.range_last);
    GV_ASSERT(!head.has_range || head.range_total == 0 || head.range_last < head.range_total);
    (void)gv_curl_head_retry_after_ms(&head, 784111777);
    return 0;
}
