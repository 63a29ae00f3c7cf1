/* Runway's emulator: media URIs and what is behind them. They are fetched and looked into while the create waits, so
 * a bad one is an issue of the create. Fact sheet 3.1, 6, 7. */
#include "provider/runway/runway_sandbox.h"

#include <ctype.h>

#include "base/codec.h"

#define URI_CHARS_MIN 13
#define HTTPS_CHARS_MAX 2048
#define RUNWAY_CHARS_MAX 5000
#define DATA_CHARS_MAX 5242880
#define LIFTED "blob:"

static const struct {
    const char *name;  /* as data: URIs and messages call it */
    const char *types; /* what a file may be */
    uint64_t url_bytes_max;
} kinds[] = {
    [RUNWAY_IMAGE] = {"image", "image/jpeg|image/png|image/webp", 16u << 20},
    [RUNWAY_VIDEO] = {"video",
                      "video/mp4|video/quicktime|video/webm|video/x-matroska|video/matroska|video/3gpp|video/ogg|"
                      "application/ogg",
                      32u << 20},
    [RUNWAY_AUDIO] = {"audio",
                      "audio/mpeg|audio/mp3|audio/wav|audio/x-wav|audio/flac|audio/x-flac|audio/mp4|audio/x-m4a|"
                      "audio/aac|video/mp4",
                      32u << 20},
};

/* A client of a sandbox has its files on the same machine. */
static bool is_loopback(const char *uri)
{
    return begins(uri, "http://127.0.0.1") || begins(uri, "http://localhost") || begins(uri, "https://127.0.0.1");
}

/* Four numbers with points between, or brackets: no name. */
static bool has_ip_host(const char *uri)
{
    const char *host = strstr(uri, "://") + 3;
    size_t n = strcspn(host, ":/?#");
    return host[0] == '[' || (n > 0 && strspn(host, "0123456789.") == n);
}

static bool url_fits(struct runway_emu *e, const struct runway_at *at, const char *uri)
{
    if (is_loopback(uri))
        return true;
    if (begins(uri, "http://"))
        gv_runway_emu_custom(e, at, "Invalid asset URL. Only HTTPS URLs are allowed.");
    else if (has_ip_host(uri))
        gv_runway_emu_custom(e, at, "Invalid asset URL. The host must be a domain name, not an IP address.");
    else
        return true;
    return false;
}

/* The characters that were sent: long base64 has been taken out since. */
static size_t data_chars(const char *uri, const struct gv_emu_media *media)
{
    const char *data = strchr(uri, ',');
    bool lifted = data && begins(data + 1, LIFTED);
    return lifted ? (size_t)(data + 1 - uri) + gv_base64_length(media->bytes) : strlen(uri);
}

static const struct gv_emu_media *obtain_data(struct runway_emu *e, const struct runway_at *at, const char *uri,
                                              enum runway_media kind)
{
    if (strncmp(uri + strlen("data:"), kinds[kind].name, strlen(kinds[kind].name)) != 0) {
        gv_runway_emu_custom(e, at, "Invalid data URI. Expected the type %s/*.", kinds[kind].name);
        return NULL;
    }
    const struct gv_emu_media *media = e->world->media(e->world, uri);
    bool fits = gv_runway_emu_within(e, at, "string", (double)data_chars(uri, media), URI_CHARS_MIN, DATA_CHARS_MAX);
    if (fits && media->failure)
        gv_runway_emu_custom(e, at, "Invalid data URI: %s.", media->failure);
    return fits && !media->failure ? media : NULL;
}

static void not_fetched(struct runway_emu *e, const struct runway_at *at, const char *why)
{
    char *sentence = gv_arena_strdup(e->world->arena, why);
    sentence[0] = (char)toupper((unsigned char)sentence[0]);
    gv_runway_emu_custom(e, at, "Failed to fetch asset. %s.", sentence);
}

static const struct gv_emu_media *obtain_url(struct runway_emu *e, const struct runway_at *at, const char *uri,
                                             enum runway_media kind)
{
    if (!gv_runway_emu_within(e, at, "string", (double)strlen(uri), URI_CHARS_MIN, HTTPS_CHARS_MAX) ||
        !url_fits(e, at, uri))
        return NULL;
    const struct gv_emu_media *media = e->world->media(e->world, uri);
    if (media->failure)
        not_fetched(e, at, media->failure);
    else if (media->bytes > kinds[kind].url_bytes_max)
        gv_runway_emu_custom(e, at, "Asset size must be at most %u MB.", (unsigned)(kinds[kind].url_bytes_max >> 20));
    else
        return media;
    return NULL;
}

static const struct gv_emu_media *obtain_upload(struct runway_emu *e, const struct runway_at *at, const char *uri)
{
    if (!gv_runway_emu_within(e, at, "string", (double)strlen(uri), URI_CHARS_MIN, RUNWAY_CHARS_MAX))
        return NULL;
    const struct gv_emu_media *media = gv_runway_emu_uploaded(e, uri);
    if (!media->failure)
        return media;
    not_fetched(e, at, media->failure);
    return NULL;
}

static const struct gv_emu_media *obtain(struct runway_emu *e, const struct runway_at *at, const char *uri,
                                         enum runway_media kind)
{
    if (begins(uri, "data:"))
        return obtain_data(e, at, uri, kind);
    if (begins(uri, "runway://"))
        return obtain_upload(e, at, uri);
    if (begins(uri, "https://") || begins(uri, "http://"))
        return obtain_url(e, at, uri, kind);
    gv_runway_emu_wrong_union(e, at);
    return NULL;
}

static bool image_suits(struct runway_emu *e, const struct runway_at *at, const struct runway_demand *demand,
                        const struct gv_emu_media *m)
{
    double aspect = m->height ? (double)m->width / m->height : 0;
    if (demand->aspect_max > 0 && (aspect < demand->aspect_min || aspect > demand->aspect_max))
        gv_runway_emu_custom(e, at, "Asset aspect ratio must be between %g and %g", demand->aspect_min,
                             demand->aspect_max);
    else if (m->width < demand->side_min || m->height < demand->side_min)
        gv_runway_emu_custom(e, at, "Asset sides must be at least %u pixels", demand->side_min);
    else
        return true;
    return false;
}

/* A container's last frame may pass the second by a little. */
static bool length_suits(struct runway_emu *e, const struct runway_at *at, double seconds, double most)
{
    if (most <= 0 || seconds <= most + 0.1)
        return true;
    gv_runway_emu_issue(e, "too_big");
    gv_json_put_real(&e->issues, "maximum", most);
    gv_json_put_text(&e->issues, "type", "number");
    gv_json_put_bool(&e->issues, "inclusive", true);
    gv_json_put_text(&e->issues, "origin", "number");
    gv_runway_emu_issue_end(e, at, "Asset duration must be at most %g seconds", most);
    return false;
}

static double sound_seconds(const struct runway_emu *e, const char *role)
{
    double sum = 0;
    for (size_t i = 0; i < e->input_count; i++)
        sum += is(e->inputs[i].role, role) ? e->inputs[i].media->duration_seconds : 0;
    return sum;
}

static bool suits(struct runway_emu *e, const struct runway_at *at, enum runway_media kind,
                  const struct runway_demand *demand, const struct gv_emu_media *m, const char *role)
{
    if (!m->mime_type || !gv_runway_emu_among(kinds[kind].types, m->mime_type)) {
        gv_runway_emu_custom(e, at, "Unsupported asset type. Expected %s, received %s.", kinds[kind].name,
                             m->mime_type ? m->mime_type : "an unknown type");
        return false;
    }
    if (kind == RUNWAY_IMAGE)
        return image_suits(e, at, demand, m);
    if (kind == RUNWAY_VIDEO)
        return length_suits(e, at, m->duration_seconds, demand->film_seconds_max);
    return length_suits(e, at, sound_seconds(e, role) + m->duration_seconds, demand->sound_seconds_max);
}

void gv_runway_emu_media(struct runway_emu *e, const struct runway_at *at, const struct gv_json *value,
                         enum runway_media kind, const struct runway_demand *demand, const char *role)
{
    if (!value || value->kind != GV_JSON_STRING) {
        gv_runway_emu_wrong_type(e, at, "string", value);
        return;
    }
    const struct gv_emu_media *media = obtain(e, at, value->text, kind);
    if (media && suits(e, at, kind, demand, media, role) && e->input_count < RUNWAY_EMU_INPUTS_MAX)
        e->inputs[e->input_count++] = (struct runway_input){role, media};
}

const struct gv_emu_media *gv_runway_emu_input(const struct runway_emu *e, const char *role)
{
    for (size_t i = 0; i < e->input_count; i++) {
        if (is(e->inputs[i].role, role))
            return e->inputs[i].media;
    }
    return NULL;
}
