#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/access/tokens.h"
#include "support/folder.h"

static char path[512];

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A line of the file for a token that is made here. */
static const char *line_of(char out[256], char token[GV_TOKEN_TEXT_BYTES], const char *tenant)
{
    char sha256[65];
    gv_token_make(token, sha256, &gv_crypto_openssl);
    snprintf(out, 256, "%s %s\n", tenant, sha256);
    return out;
}

static void assert_tenant(struct gv_tokens *tokens, const char *token, const char *tenant)
{
    struct gv_arena arena = {0};
    const char *found = gv_tokens_tenant(tokens, token, &arena);
    if (tenant == NULL)
        assert_null(found);
    else
        assert_string_equal(found, tenant);
    gv_arena_free(&arena);
}

static void tokens_name_their_tenants(void **state)
{
    (void)state;
    char a[256], b[256], text[1024], token_a[GV_TOKEN_TEXT_BYTES], token_b[GV_TOKEN_TEXT_BYTES];
    struct gv_tokens *tokens;
    line_of(a, token_a, "alice");
    line_of(b, token_b, "bob.the-2nd");
    assert_string_not_equal(token_a, token_b);
    snprintf(text, sizeof text, "# who may ask\n\n  %s\t%s", a, b);
    text[strlen(text) - 1] = '\0'; /* the last line may lack its end */
    write_file(text);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, NULL), GV_OK);
    assert_tenant(tokens, token_a, "alice");
    assert_tenant(tokens, token_b, "bob.the-2nd");
    assert_tenant(tokens, "", NULL);
    assert_tenant(tokens, "gvt_other", NULL);
    token_a[strlen(token_a) - 1] ^= 1;
    assert_tenant(tokens, token_a, NULL);
    gv_tokens_close(tokens);
}

static void a_bad_line_is_named(void **state)
{
    (void)state;
    static const char hash[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
    static const char *const names[] = {"a/b", "a b", "\xc3\xa4", "", "a:b"};
    char text[512];
    struct gv_tokens *tokens;
    struct gv_error err;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(text, sizeof text, "ok %s\n%s %s\n", hash, names[i], hash);
        write_file(text);
        assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
        assert_string_equal(err.field, "tokens");
        assert_non_null(strstr(err.message, "line 2 "));
    }
    snprintf(text, sizeof text, "ok %.63s\n", hash);
    write_file(text);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
    snprintf(text, sizeof text, "ok %s more\n", hash);
    write_file(text);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
    write_file("# nobody\n");
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "golem-video token"));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
}

/* What can't be read changes nothing: nobody is let in or shut out by a slip of an editor. What can be read holds. */
static void reading_again(void **state)
{
    (void)state;
    char a[256], b[256], token_a[GV_TOKEN_TEXT_BYTES], token_b[GV_TOKEN_TEXT_BYTES];
    struct gv_tokens *tokens;
    struct gv_error err;
    write_file(line_of(a, token_a, "alice"));
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, NULL), GV_OK);
    assert_false(gv_tokens_changed(tokens));
    write_file("rubbish\n");
    assert_true(gv_tokens_changed(tokens));
    assert_int_equal(gv_tokens_reload(tokens, &err), GV_INVALID_INPUT);
    assert_false(gv_tokens_changed(tokens));
    assert_tenant(tokens, token_a, "alice");
    write_file(line_of(b, token_b, "bob"));
    assert_true(gv_tokens_changed(tokens));
    assert_int_equal(gv_tokens_reload(tokens, &err), GV_OK);
    assert_tenant(tokens, token_a, NULL);
    assert_tenant(tokens, token_b, "bob");

    assert_int_equal(unlink(path), 0);
    assert_true(gv_tokens_changed(tokens));
    assert_int_equal(gv_tokens_reload(tokens, &err), GV_INVALID_INPUT);
    assert_false(gv_tokens_changed(tokens)); /* told once */
    assert_tenant(tokens, token_b, "bob");
    write_file(b);
    assert_true(gv_tokens_changed(tokens));

    write_file("# nobody any more\n");
    assert_int_equal(gv_tokens_reload(tokens, &err), GV_OK);
    assert_int_equal(gv_tokens_count(tokens), 0);
    assert_tenant(tokens, token_b, NULL);
    gv_tokens_close(tokens);
}

static void a_file_that_everybody_may_write_is_no_list_of_guests(void **state)
{
    (void)state;
    char line[256], token[GV_TOKEN_TEXT_BYTES];
    struct gv_tokens *tokens;
    struct gv_error err;
    write_file(line_of(line, token, "alice"));
    assert_int_equal(chmod(path, 0646), 0);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_INVALID_INPUT);
    assert_non_null(strstr(err.message, "chmod o-w"));
    assert_int_equal(chmod(path, 0664), 0);
    assert_int_equal(gv_tokens_open(&tokens, path, &gv_crypto_openssl, &err), GV_OK);
    gv_tokens_close(tokens);
}

static int set_up(void **state)
{
    gv_folder_set_up(state);
    const struct gv_folder *folder = *state;
    snprintf(path, sizeof path, "%s/tokens", folder->path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_name_their_tenants),
        cmocka_unit_test(a_bad_line_is_named),
        cmocka_unit_test(reading_again),
        cmocka_unit_test(a_file_that_everybody_may_write_is_no_list_of_guests),
    };
    return cmocka_run_group_tests(tests, set_up, gv_folder_tear_down);
}
