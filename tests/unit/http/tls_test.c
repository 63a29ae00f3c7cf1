/* Verification of servers: a certificate that nobody vouches for, one that is trusted, one for another name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/assert.h"
#include "support/http_bench.h"

struct tls_server {
    SSL_CTX *tls;
    int listening;
    unsigned port;
    pthread_t thread;
    const char *answer;
    bool asked; /* a request came through */
};

static EVP_PKEY *key;
static X509 *certificate;
static char ca_path[] = "/tmp/gv_tls_test_XXXXXX";
static struct gv_bench bench;
static const struct gv_segment segment = {.kind = GV_SEGMENT_TEXT, .text = "{}", .bytes = 2};
static const struct gv_body body = {.segments = &segment, .segment_count = 1, .content_type = "application/json"};

/* For 127.0.0.1, signed by itself. */
static X509 *make_certificate(void)
{
    X509 *cert = X509_new();
    X509V3_CTX ctx;
    X509_set_version(cert, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -3600);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC, (const uint8_t *)"test", -1, -1, 0);
    X509_set_issuer_name(cert, X509_get_subject_name(cert));
    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, cert, cert, NULL, NULL, 0);
    X509_EXTENSION *names = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_alt_name, "IP:127.0.0.1");
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert, key, EVP_sha256());
    return cert;
}

/* All of it: closing on something unread would reset the connection, and the answer with it. */
static bool read_request(SSL *ssl)
{
    char request[4096] = "";
    for (int have = 0; !strstr(request, "\r\n\r\n{}") && strncmp(request, "GET", 3) != 0;) {
        int got = SSL_read(ssl, request + have, (int)sizeof request - 1 - have);
        if (got <= 0)
            return false;
        have += got;
    }
    return true;
}

static void *serve_one(void *ctx)
{
    struct tls_server *server = ctx;
    struct pollfd wait = {.fd = server->listening, .events = POLLIN};

    GV_ASSERT(poll(&wait, 1, GV_WIRE_PATIENCE_MS) == 1);
    int fd = accept(server->listening, NULL, NULL);
    SSL *ssl = SSL_new(server->tls);
    SSL_set_fd(ssl, fd);
    if (SSL_accept(ssl) == 1 && read_request(ssl)) {
        server->asked = true;
        SSL_write(ssl, server->answer, (int)strlen(server->answer));
        SSL_shutdown(ssl);
    }
    SSL_free(ssl);
    close(fd);
    return NULL;
}

static void serve(struct tls_server *server, const char *answer)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    *server = (struct tls_server){.tls = SSL_CTX_new(TLS_server_method()), .answer = answer};
    SSL_CTX_use_certificate(server->tls, certificate);
    SSL_CTX_use_PrivateKey(server->tls, key);
    server->listening = socket(AF_INET, SOCK_STREAM, 0);
    GV_ASSERT(bind(server->listening, (struct sockaddr *)&address, sizeof address) == 0);
    GV_ASSERT(listen(server->listening, 4) == 0);
    GV_ASSERT(getsockname(server->listening, (struct sockaddr *)&address, &length) == 0);
    server->port = ntohs(address.sin_port);
    GV_ASSERT(pthread_create(&server->thread, NULL, serve_one, server) == 0);
}

static void stop(struct tls_server *server)
{
    pthread_join(server->thread, NULL);
    close(server->listening);
    SSL_CTX_free(server->tls);
}

static int set_up(void **state)
{
    (void)state;
    signal(SIGPIPE, SIG_IGN); /* the server's, when its client goes */
    key = EVP_RSA_gen(2048);
    certificate = make_certificate();
    int fd = mkstemp(ca_path);
    FILE *file = fdopen(fd, "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return unlink(ca_path);
}

static const struct gv_http_done *create(const char *host, unsigned port)
{
    static char url[64];
    snprintf(url, sizeof url, "https://%s:%u/?key=secret", host, port);
    struct gv_http_request request = gv_bench_create(url, &body);
    return gv_bench_ask(&bench, &request);
}

static void a_stranger_is_refused_before_anything_is_sent(void **state)
{
    (void)state;
    struct tls_server server;
    unsetenv("SSL_CERT_FILE");
    gv_bench_open(&bench);
    serve(&server, "");
    const struct gv_http_done *done = create("127.0.0.1", server.port);
    assert_int_equal(done->failure, GV_HTTP_NOT_SENT);
    assert_int_equal(done->sent, GV_NOT_SENT);
    assert_non_null(strstr(done->why, "TLS with 127.0.0.1:"));
    assert_non_null(strstr(done->why, "certificate"));
    assert_null(strstr(done->why, "secret"));
    stop(&server);
    assert_false(server.asked);
    gv_bench_close(&bench);
}

static void one_that_is_vouched_for_is_asked(void **state)
{
    (void)state;
    struct tls_server server;
    setenv("SSL_CERT_FILE", ca_path, 1);
    gv_bench_open(&bench);
    serve(&server, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
    const struct gv_http_done *done = create("127.0.0.1", server.port);
    assert_string_equal(done->why, "");
    assert_string_equal(done->reply.body, "hello");
    stop(&server);
    assert_true(server.asked);
    gv_bench_close(&bench);
}

static void another_name_is_refused(void **state)
{
    (void)state;
    struct tls_server server;
    setenv("SSL_CERT_FILE", ca_path, 1);
    gv_bench_open(&bench);
    serve(&server, "");
    const struct gv_http_done *done = create("localhost", server.port);
    assert_int_equal(done->failure, GV_HTTP_NOT_SENT);
    assert_non_null(strstr(done->why, "TLS with localhost:"));
    stop(&server);
    assert_false(server.asked);
    gv_bench_close(&bench);
}

static void a_redirect_does_not_leave_tls(void **state)
{
    (void)state;
    struct tls_server server;
    char url[64];
    setenv("SSL_CERT_FILE", ca_path, 1);
    gv_bench_open(&bench);
    serve(&server, "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", server.port);
    struct gv_http_request request = gv_bench_get(url);
    request.limits.redirects_max = 3;
    const struct gv_http_done *done = gv_bench_ask(&bench, &request);
    assert_int_equal(done->failure, GV_HTTP_REFUSED);
    assert_int_equal(done->sent, GV_MAYBE_SENT);
    assert_non_null(strstr(done->why, "redirects from https to http"));
    stop(&server);
    gv_bench_close(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stranger_is_refused_before_anything_is_sent),
        cmocka_unit_test(one_that_is_vouched_for_is_asked),
        cmocka_unit_test(another_name_is_refused),
        cmocka_unit_test(a_redirect_does_not_leave_tls),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
