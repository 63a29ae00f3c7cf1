#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/http/framing.h"

#define HEADERS_MAX 4

struct header {
    const char *name, *value;
};

static const char *fault_of(bool http_1_0, const struct header headers[HEADERS_MAX])
{
    struct gv_framing framing = {.http_1_0 = http_1_0};
    for (size_t i = 0; i < HEADERS_MAX && headers[i].name != NULL; i++)
        gv_framing_take(&framing, headers[i].name, strlen(headers[i].name), headers[i].value, strlen(headers[i].value));
    return gv_framing_fault(&framing);
}

static void plain_requests_are_taken(void **state)
{
    (void)state;
    static const struct header requests[][HEADERS_MAX] = {
        {{"Host", "a"}},
        {{"host", "a"}, {"content-length", "5"}},
        {{"HOST", "a"}, {"transfer-encoding", "Chunked"}},
        {{"Host", ""}, {"X-Odd!#$%&'*+-.^_`|~9", "tab\tand \xc3\xa4"}},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        assert_null(fault_of(false, requests[i]));
    assert_null(fault_of(true, (struct header[HEADERS_MAX]){{"Accept", "*/*"}}));
    assert_null(fault_of(true, (struct header[HEADERS_MAX]){{"Host", "a"}, {"Content-Length", "5"}}));
}

static void what_others_may_read_otherwise_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *says;
        struct header headers[HEADERS_MAX];
    } requests[] = {
        {"Host", {{"Accept", "*/*"}}},
        {"Host", {{"Host", "a"}, {"Host", "a"}}},
        {"more than once", {{"Host", "a"}, {"Content-Length", "2"}, {"Content-Length", "3"}}},
        {"more than once", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"transfer-encoding", "chunked"}}},
        {"chunks, too", {{"Host", "a"}, {"Content-Length", "2"}, {"Transfer-Encoding", "chunked"}}},
        {"chunks, too", {{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "2"}}},
        {"nothing else", {{"Host", "a"}, {"Transfer-Encoding", "gzip, chunked"}}},
        {"nothing else", {{"Host", "a"}, {"Transfer-Encoding", "xchunked"}}},
        {"nothing else", {{"Host", "a"}, {"Transfer-Encoding", "identity"}}},
        {"nothing else", {{"Host", "a"}, {"Transfer-Encoding", ""}}},
        {"name", {{"Host", "a"}, {"Content-Length ", "2"}}},
        {"name", {{"Host", "a"}, {" Content-Length", "2"}}},
        {"name", {{"Host", "a"}, {"Content\x0bLength", "2"}}},
        {"name", {{"Host", "a"}, {"", "2"}}},
        {"name", {{"Host", "a"}, {"\xc3\xa4", "2"}}},
        {"control", {{"Host", "a"}, {"X", "a\rb"}}},
        {"control", {{"Host", "a"}, {"X", "\x7f"}}},
    };
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const char *fault = fault_of(false, requests[i].headers);
        if (fault == NULL || strstr(fault, requests[i].says) == NULL)
            fail_msg("request %zu: wanted \"%s\", got \"%s\"", i, requests[i].says, fault != NULL ? fault : "");
    }
    assert_non_null(fault_of(true, (struct header[HEADERS_MAX]){{"Transfer-Encoding", "chunked"}}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_requests_are_taken),
        cmocka_unit_test(what_others_may_read_otherwise_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
