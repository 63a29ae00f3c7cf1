#include "core/multipart.h"

#include <string.h>
#include <strings.h>

#include "base/assert.h"
#include "base/error.h"

/* ---- parameters of headers ------------------------------------------------------------------- */

/* Behind a value, quoted or not; copies it as far as there is room. */
static const char *take_value(char *out, size_t room, size_t *length, const char *at)
{
    bool quoted = *at == '"';
    *length = 0;
    for (at += quoted; *at != '\0' && (quoted ? *at != '"' : strchr("; \t", *at) == NULL); at++) {
        if (quoted && *at == '\\' && (at[1] == '"' || at[1] == '\\'))
            at++;
        if (*length + 1 < room)
            out[*length] = *at;
        ++*length;
    }
    out[*length < room ? *length : room - 1] = '\0';
    return at + (quoted && *at == '"');
}

static const char *next_parameter(const char *at)
{
    at += strcspn(at, ";");
    at += strspn(at, "; \t");
    return at;
}

bool gv_header_parameter(char *out, size_t room, bool *found, const char *header, const char *name)
{
    bool ignored, fits = false;
    size_t length = 0, bytes = strlen(name);
    if (found == NULL)
        found = &ignored;
    *found = false;
    for (const char *at = next_parameter(header); *at != '\0' && !*found; at = next_parameter(at)) {
        size_t key = strcspn(at, "=;");
        *found = at[key] == '=' && key == bytes && strncasecmp(at, name, bytes) == 0;
        if (at[key] == '=')
            at = take_value(out, room, &length, at + key + 1);
        fits = *found && length < room;
    }
    return fits;
}

/* ---- begin ------------------------------------------------------------------------------------ */

static bool is_boundary(const char *text)
{
    static const char allowed[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'()+_,-./:=? ";
    size_t bytes = strlen(text);
    return bytes > 0 && strspn(text, allowed) == bytes && text[bytes - 1] != ' ';
}

int gv_multipart_init(struct gv_multipart *m, const char *content_type, const struct gv_multipart_sink *sink,
                      struct gv_error *err)
{
    char boundary[GV_BOUNDARY_CHARS_MAX + 1];
    *m = (struct gv_multipart){.sink = *sink};
    gv_buf_init(&m->held, GV_PART_HEAD_BYTES_MAX);
    if (!gv_header_parameter(boundary, sizeof(boundary), NULL, content_type, "boundary") || !is_boundary(boundary))
        return gv_fail(err, GV_INVALID_INPUT,
                       "multipart/form-data needs a boundary of 1 to %d of RFC 2046's characters in its content type",
                       GV_BOUNDARY_CHARS_MAX);
    memcpy(m->delimiter, "\r\n--", 4);
    memcpy(m->delimiter + 4, boundary, strlen(boundary));
    m->delimiter_bytes = 4 + strlen(boundary);
    m->matched = 2; /* the first one needs no line before it */
    return GV_OK;
}

void gv_multipart_free(struct gv_multipart *m)
{
    gv_buf_free(&m->held);
}

/* ---- a part's head ---------------------------------------------------------------------------- */

/* The value of the header in the line, or NULL. */
static char *header_value(char *line, const char *name)
{
    size_t bytes = strlen(name);
    if (strncasecmp(line, name, bytes) != 0 || line[bytes] != ':')
        return NULL;
    return line + bytes + 1 + strspn(line + bytes + 1, " \t");
}

static int read_disposition(struct gv_part *part, const char *value, struct gv_error *err)
{
    char file_name[GV_PART_NAME_BYTES];
    bool found;
    if (strncasecmp(value, "form-data", 9) != 0 || strchr("; \t", value[9]) == NULL)
        return gv_fail(err, GV_INVALID_INPUT, "a part of the form has a content-disposition other than form-data");
    gv_header_parameter(file_name, sizeof(file_name), &part->file, value, "filename");
    if (!part->file)
        gv_header_parameter(file_name, sizeof(file_name), &part->file, value, "filename*");
    if (gv_header_parameter(part->name, sizeof(part->name), &found, value, "name") && part->name[0] != '\0')
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "a part of the form has %s",
                   found && part->name[0] != '\0' ? "a name that is too long" : "no name");
}

static int read_line(struct gv_part *part, char *line, struct gv_error *err)
{
    const char *value = header_value(line, "content-disposition");
    if (value != NULL)
        return read_disposition(part, value, err);
    value = header_value(line, "content-transfer-encoding");
    if (value == NULL || strcasecmp(value, "binary") == 0 || strcasecmp(value, "8bit") == 0 ||
        strcasecmp(value, "7bit") == 0)
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT,
                   "a part of the form has content-transfer-encoding %.32s; send the bytes as they are", value);
}

/* The lines are in `held`, each with its CRLF. */
static int read_head(struct gv_multipart *m, struct gv_error *err)
{
    struct gv_part part = {0};
    int code = GV_OK;
    if (memchr(m->held.data, '\0', m->held.len) != NULL)
        return gv_fail(err, GV_INVALID_INPUT, "a part of the form has a NUL in its headers");
    for (char *line = m->held.data, *end; code == GV_OK && *line != '\0'; line = end + 2) {
        end = strstr(line, "\r\n");
        *end = '\0';
        code = read_line(&part, line, err);
    }
    gv_buf_clear(&m->held);
    if (code == GV_OK && part.name[0] == '\0')
        code = gv_fail(err, GV_INVALID_INPUT, "a part of the form has no name");
    return code == GV_OK ? m->sink.begin(m->sink.ctx, &part, err) : code;
}

static int take_head(struct gv_multipart *m, char c, struct gv_error *err)
{
    if (!gv_buf_add(&m->held, &c, 1))
        return gv_fail(err, GV_INVALID_INPUT, "a part of the form has more than %u bytes of headers",
                       GV_PART_HEAD_BYTES_MAX);
    size_t n = m->held.len;
    bool blank = n >= 2 && memcmp(m->held.data + n - 2, "\r\n", 2) == 0 &&
                 (n == 2 || (n >= 4 && memcmp(m->held.data + n - 4, "\r\n", 2) == 0));
    if (!blank)
        return GV_OK;
    m->held.len = n - 2;
    m->held.data[n - 2] = '\0';
    m->place = GV_MULTIPART_BODY;
    return read_head(m, err);
}

/* ---- the bytes -------------------------------------------------------------------------------- */

/* Behind a delimiter: "--" ends the form, blanks and a line's end begin a part. */
static int take_boundary(struct gv_multipart *m, char c, struct gv_error *err)
{
    gv_buf_add(&m->held, &c, 1);
    size_t n = m->held.len;
    const char *text = m->held.data;
    bool last = n == 2 && memcmp(text, "--", 2) == 0, line = n >= 2 && memcmp(text + n - 2, "\r\n", 2) == 0;
    if (last || line) {
        gv_buf_clear(&m->held);
        m->place = last ? GV_MULTIPART_BEHIND : GV_MULTIPART_HEAD;
        return GV_OK;
    }
    bool padding = text[0] != '-' && (c == ' ' || c == '\t' || c == '\r') && n < GV_BOUNDARY_CHARS_MAX;
    return padding || (n == 1 && c == '-')
               ? GV_OK
               : gv_fail(err, GV_INVALID_INPUT, "a boundary of the form has something behind it");
}

static int give(struct gv_multipart *m, const char *data, size_t n, struct gv_error *err)
{
    return n > 0 && m->place == GV_MULTIPART_BODY ? m->sink.bytes(m->sink.ctx, data, n, err) : GV_OK;
}

/* The delimiter is whole. */
static int delimited(struct gv_multipart *m, struct gv_error *err)
{
    bool inside = m->place == GV_MULTIPART_BODY;
    m->matched = 0;
    m->place = GV_MULTIPART_BOUNDARY;
    return inside ? m->sink.end(m->sink.ctx, err) : GV_OK;
}

/* A run of bytes of which none may begin a delimiter, and those that match one. A delimiter's CR stands at its
 * beginning only, so what matched in vain is the part's. Sets *taken. */
static int take_bytes(struct gv_multipart *m, const char *data, size_t bytes, size_t *taken, struct gv_error *err)
{
    if (m->matched == 0) {
        const char *begin = memchr(data, '\r', bytes);
        *taken = begin != NULL ? (size_t)(begin - data) + 1 : bytes;
        m->matched = begin != NULL;
        return give(m, data, *taken - m->matched, err);
    }
    *taken = 0;
    if (data[0] != m->delimiter[m->matched]) {
        size_t kept = m->matched;
        m->matched = 0;
        return give(m, m->delimiter, kept, err);
    }
    *taken = 1;
    return ++m->matched == m->delimiter_bytes ? delimited(m, err) : GV_OK;
}

int gv_multipart_put(struct gv_multipart *m, const char *data, size_t bytes, struct gv_error *err)
{
    GV_ASSERT(!m->failed);
    int code = GV_OK;
    for (size_t at = 0, taken; code == GV_OK && at < bytes; at += taken) {
        taken = 1;
        switch (m->place) {
        case GV_MULTIPART_BEFORE:
        case GV_MULTIPART_BODY: code = take_bytes(m, data + at, bytes - at, &taken, err); break;
        case GV_MULTIPART_BOUNDARY: code = take_boundary(m, data[at], err); break;
        case GV_MULTIPART_HEAD: code = take_head(m, data[at], err); break;
        case GV_MULTIPART_BEHIND: taken = bytes - at; break;
        }
    }
    m->failed = code != GV_OK;
    return code;
}

int gv_multipart_end(struct gv_multipart *m, struct gv_error *err)
{
    GV_ASSERT(!m->failed);
    if (m->place == GV_MULTIPART_BEHIND)
        return GV_OK;
    return gv_fail(err, GV_INVALID_INPUT, "the form ends without its last boundary: it is not whole");
}
