#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/fields.h"

#define TEXT_BYTES_MAX 1000

static const char *read_form(struct gv_arena *arena, const char *form, struct gv_error *err)
{
    struct gv_fields fields;
    struct gv_buf buf;
    gv_fields_init(&fields, arena, TEXT_BYTES_MAX);
    if (gv_fields_put_escaped(&fields, form, strlen(form), err) != GV_OK)
        return NULL;
    gv_buf_init(&buf, 1 << 20);
    gv_json_put_json(&(struct gv_json_out){.buf = &buf}, NULL, fields.tree);
    const char *text = gv_arena_strdup(arena, buf.data);
    gv_buf_free(&buf);
    return text;
}

static void names_become_a_tree(void **state)
{
    (void)state;
    static const struct {
        const char *form, *tree;
    } rows[] = {
        {"", "{}"},
        {"prompt=a+cat&seconds=8", "{\"prompt\":\"a cat\",\"seconds\":\"8\"}"},
        {"a=%C3%A4%26%3D%2B&b", "{\"a\":\"\xC3\xA4&=+\",\"b\":\"\"}"},
        {"a==&&b=", "{\"a\":\"=\",\"b\":\"\"}"},
        {"a%5Bb%5D=1", "{\"a\":{\"b\":\"1\"}}"},
        {"a[b][c]=1&x=2&a[b][d]=3&a[e]=4", "{\"a\":{\"b\":{\"c\":\"1\",\"d\":\"3\"},\"e\":\"4\"},\"x\":\"2\"}"},
        {"a[]=1&a[]=2", "{\"a\":[\"1\",\"2\"]}"},
        {"c[][id]=1&c[][id]=2", "{\"c\":[{\"id\":\"1\"},{\"id\":\"2\"}]}"},
        {"p[][x]=1&p[][y]=2&p[][x]=3&p[][y]=4", "{\"p\":[{\"x\":\"1\",\"y\":\"2\"},{\"x\":\"3\",\"y\":\"4\"}]}"},
        {"p[][x][a]=1&p[][x][b]=2&p[][x][a]=3", "{\"p\":[{\"x\":{\"a\":\"1\",\"b\":\"2\"}},{\"x\":{\"a\":\"3\"}}]}"},
        {"p[]=1&p[][x]=2", "{\"p\":[\"1\",{\"x\":\"2\"}]}"},
        {"a[0]=1", "{\"a\":{\"0\":\"1\"}}"},
        {"a[b][c][d][e][f][g][h][i][j][k][l][m][n][o][p]=1",
         "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{\"i\":{\"j\":{\"k\":{\"l\":{\"m\":{\"n\":{\"o\":"
         "{\"p\":\"1\"}}}}}}}}}}}}}}}}"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_arena arena = {0};
        struct gv_error err = {0};
        const char *tree = read_form(&arena, rows[i].form, &err);
        if (tree == NULL)
            fail_msg("%s: %s", rows[i].form, err.message);
        assert_string_equal(tree, rows[i].tree);
        gv_arena_free(&arena);
    }
}

static void what_is_no_tree_is_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *form, *field;
    } rows[] = {
        {"a=1&a=2", "a"},
        {"a[b]=1&a[b]=2", "a.b"},
        {"a=1&a[b]=2", "a.b"},
        {"a[b]=1&a=2", "a"},
        {"a[]=1&a[b]=2", "a.b"},
        {"a[b]=1&a[]=2", "a."},
        {"=1", ""},
        {"[a]=1", ".a"},
        {"a]=1", "a"},
        {"a[b=1", "a.b"},
        {"a[b]c=1", "a.bc"},
        {"a[b[c]]=1", "a.b.c"},
        {"a[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]=1", "a.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1.1"},
        {"a=%FF", "a"},
        {"a=%ED%A0%80", "a"},
        {"a=b%00c", "a"},
        {"%FF=1", ""},
        {"a%00=1", ""},
        {"a=%", ""},
        {"a=%4", ""},
        {"a=%4g", ""},
        {"%zz", ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct gv_arena arena = {0};
        struct gv_error err = {0};
        if (read_form(&arena, rows[i].form, &err) != NULL)
            fail_msg("%s was taken", rows[i].form);
        assert_int_equal(err.code, GV_INVALID_INPUT);
        assert_string_equal(err.field, rows[i].field);
        gv_arena_free(&arena);
    }
}

static void forms_are_bounded(void **state)
{
    (void)state;
    struct gv_arena arena = {0};
    struct gv_error err = {0};
    struct gv_fields fields;
    char text[TEXT_BYTES_MAX];
    memset(text, 'a', sizeof(text));
    gv_fields_init(&fields, &arena, TEXT_BYTES_MAX);
    assert_int_equal(gv_fields_put(&fields, "x", text, sizeof(text) - 1, &err), GV_OK);
    assert_int_equal(gv_fields_put(&fields, "y", "", 0, &err), GV_INVALID_INPUT);

    gv_fields_init(&fields, &arena, 1 << 20);
    for (size_t i = 0; i < GV_FIELDS_MAX; i++)
        assert_int_equal(gv_fields_put(&fields, "a[]", "", 0, &err), GV_OK);
    assert_int_equal(gv_fields_put(&fields, "a[]", "", 0, &err), GV_INVALID_INPUT);
    assert_int_equal(fields.tree->child->count, GV_FIELDS_MAX);
    gv_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_become_a_tree),
        cmocka_unit_test(what_is_no_tree_is_refused_by_name),
        cmocka_unit_test(forms_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
