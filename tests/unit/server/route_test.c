#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/parts/route.h"

struct found {
    const struct gv_route *route;
    const char *ids[GV_ROUTE_IDS_MAX];
    const char *allow;
    struct gv_arena arena;
};

static struct found look(const char *method, const char *path)
{
    struct found f = {.route = NULL};
    f.route = gv_route_find(f.ids, &f.allow, &f.arena, method, path);
    return f;
}

static void is_at(const char *method, const char *path, const char *pattern, const char *id)
{
    struct found f = look(method, path);
    assert_non_null(f.route);
    assert_string_equal(f.route->pattern, pattern);
    assert_string_equal(f.route->method, method);
    if (id != NULL)
        assert_string_equal(f.ids[0], id);
    else
        assert_null(f.ids[0]);
    gv_arena_free(&f.arena);
}

static void is_nowhere(const char *path)
{
    struct found f = look("GET", path);
    assert_null(f.route);
    assert_null(f.allow);
    gv_arena_free(&f.arena);
}

static void is_not_allowed(const char *method, const char *path, const char *allow)
{
    struct found f = look(method, path);
    assert_null(f.route);
    assert_string_equal(f.allow, allow);
    gv_arena_free(&f.arena);
}

/* Every row of the table is reached by its own pattern, so none hides another. */
static void every_route_is_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < gv_route_count; i++) {
        struct found f = look(gv_routes[i].method, gv_routes[i].pattern);
        assert_ptr_equal(f.route, &gv_routes[i]);
        gv_arena_free(&f.arena);
    }
}

static bool takes(const char *method, const char *path, const char *name)
{
    struct found f = look(method, path);
    assert_non_null(f.route);
    bool yes = gv_route_takes(f.route, name);
    gv_arena_free(&f.arena);
    return yes;
}

static void a_query_has_known_names(void **state)
{
    (void)state;
    assert_true(takes("GET", "/v1/videos", "after"));
    assert_true(takes("GET", "/v1/videos", "limit"));
    assert_true(takes("GET", "/v1/videos", "provider"));
    assert_false(takes("GET", "/v1/videos", "lim"));
    assert_false(takes("GET", "/v1/videos", "limits"));
    assert_false(takes("GET", "/v1/videos", "after limit"));
    assert_false(takes("GET", "/v1/videos", ""));
    assert_false(takes("GET", "/v1/videos/gv_1", "after"));
    assert_true(takes("GET", "/metrics", "whatever"));
}

static void parts_in_braces_are_ids(void **state)
{
    (void)state;
    is_at("GET", "/v1/videos/gv_1", "/v1/videos/{id}", "gv_1");
    is_at("DELETE", "/v1/videos/gv_1", "/v1/videos/{id}", "gv_1");
    is_at("GET", "/v1/videos/gv_1/content", "/v1/videos/{id}/content", "gv_1");
    is_at("POST", "/callbacks/acme", "/callbacks/{provider}", "acme");
    is_at("GET", "/", "/", NULL);
    is_at("GET", "/page/app.js", "/page/{file}", "app.js");
}

static void escapes_are_undone_after_the_path_was_parted(void **state)
{
    (void)state;
    is_at("GET", "/v1/videos/a%2Fb%20c", "/v1/videos/{id}", "a/b c");
    is_at("GET", "/v1/videos/%67v", "/v1/videos/{id}", "gv");
    is_nowhere("/v1/videos/%");
    is_nowhere("/v1/videos/%2");
    is_nowhere("/v1/videos/%zz");
    is_nowhere("/v1/videos/a%00b");
    is_nowhere("/v1/videos/a%0Ab");
    is_nowhere("/v1/videos/a%");
}

static void a_fixed_part_wins(void **state)
{
    (void)state;
    is_at("POST", "/v1/videos/check", "/v1/videos/check", NULL);
    is_at("GET", "/v1/videos/events", "/v1/videos/events", NULL);
    is_at("GET", "/v1/videos/models", "/v1/videos/models", NULL);
    is_not_allowed("GET", "/v1/videos/check", "POST");
}

static void other_methods_are_told_which_would_do(void **state)
{
    (void)state;
    is_not_allowed("PUT", "/v1/videos", "POST, GET, HEAD");
    is_not_allowed("POST", "/v1/videos/gv_1", "GET, HEAD, DELETE");
    is_not_allowed("get", "/healthz", "GET, HEAD");
}

static void what_is_nowhere(void **state)
{
    (void)state;
    static const char *const paths[] = {"",
                                        "v1",
                                        "//",
                                        "/v1",
                                        "/v1/videos/",
                                        "/v1//videos",
                                        "/v1/videox",
                                        "/v1/videos/a/b/c/d/e/f/g/h/i",
                                        "/healthz/",
                                        "/V1/videos",
                                        "/page/",
                                        "/page/a/b",
                                        "*"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        is_nowhere(paths[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_found),    cmocka_unit_test(parts_in_braces_are_ids),
        cmocka_unit_test(a_query_has_known_names), cmocka_unit_test(escapes_are_undone_after_the_path_was_parted),
        cmocka_unit_test(a_fixed_part_wins),       cmocka_unit_test(other_methods_are_told_which_would_do),
        cmocka_unit_test(what_is_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
