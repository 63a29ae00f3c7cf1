/* The head of an answer. Every field comes from outside: what does not have exactly the form that RFC 9110 gives it
 * counts as not told. */
#include "http/curl_head.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

/* A field's value is cut here before it is read; no field that is read is longer in any honest answer. */
#define VALUE_BYTES_MAX 256

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Moves *text behind the digits; false without one, or beyond 64 bits. */
static bool read_number(uint64_t *out, const char **text)
{
    const char *at = *text;
    uint64_t value = 0;
    if (!is_digit(*at))
        return false;
    for (; is_digit(*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    *text = at;
    return true;
}

static bool read_whole_number(uint64_t *out, const char *text)
{
    return read_number(out, &text) && *text == '\0';
}

static int64_t read_date(const char *text)
{
    time_t at = curl_getdate(text, NULL);
    return at > 0 ? (int64_t)at : 0;
}

bool gv_curl_etag_is_strong(const char *etag)
{
    size_t n = strlen(etag);
    if (n < 2 || etag[0] != '"' || etag[n - 1] != '"')
        return false;
    for (size_t i = 1; i < n - 1; i++)
        if (etag[i] <= ' ' || etag[i] == '"' || etag[i] > '~')
            return false;
    return true;
}

static void read_content_type(struct gv_curl_head *head, const char *value)
{
    size_t n = strcspn(value, "; \t");
    if (n >= sizeof head->content_type)
        n = 0;
    for (size_t i = 0; i < n; i++) {
        char c = value[i];
        head->content_type[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
    }
    head->content_type[n] = '\0';
}

static void read_content_length(struct gv_curl_head *head, const char *value)
{
    head->has_length = read_whole_number(&head->content_length, value);
}

static void read_content_range(struct gv_curl_head *head, const char *value)
{
    const char *at = value;
    uint64_t first, last, total = 0;

    head->has_range = false;
    if (strncasecmp(at, "bytes ", 6) != 0)
        return;
    at += 6;
    if (!read_number(&first, &at) || *at++ != '-' || !read_number(&last, &at) || *at++ != '/')
        return;
    if (strcmp(at, "*") != 0 && (!read_whole_number(&total, at) || total <= last))
        return;
    if (last < first)
        return;
    head->has_range = true;
    head->range_first = first;
    head->range_last = last;
    head->range_total = total;
}

static void read_etag(struct gv_curl_head *head, const char *value)
{
    size_t n = strlen(value);
    if (n >= sizeof head->etag || !gv_curl_etag_is_strong(value))
        n = 0;
    memcpy(head->etag, value, n);
    head->etag[n] = '\0';
}

static void read_retry_after(struct gv_curl_head *head, const char *value)
{
    uint64_t seconds;
    if (read_whole_number(&seconds, value))
        head->retry_after_s = seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
    else
        head->retry_at_s = read_date(value);
}

static void read_date_field(struct gv_curl_head *head, const char *value)
{
    head->date_s = read_date(value);
}

static const struct field {
    const char *name;
    void (*read)(struct gv_curl_head *head, const char *value);
} fields[] = {
    {"content-type", read_content_type},   {"content-length", read_content_length},
    {"content-range", read_content_range}, {"etag", read_etag},
    {"retry-after", read_retry_after},     {"date", read_date_field},
};

/* Copies the value without the white space around it; false if it does not fit. */
static bool trimmed(char out[VALUE_BYTES_MAX], const char *value, size_t bytes)
{
    while (bytes > 0 && strchr(" \t\r\n", value[bytes - 1]))
        bytes--;
    while (bytes > 0 && (*value == ' ' || *value == '\t'))
        value++, bytes--;
    if (bytes >= VALUE_BYTES_MAX)
        return false;
    memcpy(out, value, bytes);
    out[bytes] = '\0';
    return true;
}

static void read_field(struct gv_curl_head *head, const char *line, size_t bytes)
{
    char value[VALUE_BYTES_MAX];
    const char *colon = memchr(line, ':', bytes);
    if (!colon)
        return;
    size_t name_bytes = (size_t)(colon - line);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strlen(fields[i].name) != name_bytes || strncasecmp(fields[i].name, line, name_bytes) != 0)
            continue;
        if (trimmed(value, colon + 1, bytes - name_bytes - 1))
            fields[i].read(head, value);
        return;
    }
}

/* "HTTP/1.1 200 OK" */
static int read_status(const char *line, size_t bytes)
{
    const char *at = memchr(line, ' ', bytes);
    if (!at || bytes - (size_t)(at - line) < 4 || !is_digit(at[1]) || !is_digit(at[2]) || !is_digit(at[3]))
        return 0;
    return (at[1] - '0') * 100 + (at[2] - '0') * 10 + (at[3] - '0');
}

bool gv_curl_head_add(struct gv_curl_head *head, const char *line, size_t bytes)
{
    if (bytes >= 5 && memcmp(line, "HTTP/", 5) == 0) {
        /* The counts go on, so that interim answers are bounded too. */
        *head = (struct gv_curl_head){.status = read_status(line, bytes), .lines = head->lines, .bytes = head->bytes};
    }
    head->bytes += bytes;
    if (++head->lines > GV_CURL_HEAD_LINES_MAX || head->bytes > GV_CURL_HEAD_BYTES_MAX)
        return false;
    if (head->complete)
        return true; /* a trailer: too late to change what was acted upon */
    if (bytes == 0 || *line == '\r' || *line == '\n')
        head->complete = true;
    else
        read_field(head, line, bytes);
    return true;
}

uint32_t gv_curl_head_retry_after_ms(const struct gv_curl_head *head, int64_t now_s)
{
    int64_t seconds = head->retry_after_s;
    if (head->retry_at_s)
        seconds = head->retry_at_s - (head->date_s ? head->date_s : now_s);
    if (seconds <= 0)
        return 0;
    return seconds < UINT32_MAX / 1000 ? (uint32_t)seconds * 1000 : UINT32_MAX;
}
