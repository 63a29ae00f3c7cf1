#include "engine/id.h"

#include <string.h>

#define GV_ID_TIME_CHARS 10
#define GV_ID_CHANCE_CHARS 16
#define GV_ID_PREFIX "gv_"
#define GV_ID_CHARS (sizeof(GV_ID_PREFIX) - 1 + GV_ID_TIME_CHARS + GV_ID_CHANCE_CHARS)

static const char alphabet[] = "0123456789abcdefghjkmnpqrstvwxyz";

void gv_job_id_make(struct gv_job_id *out, int64_t wall_ms, const struct gv_crypto *crypto)
{
    uint8_t chance[GV_ID_CHANCE_CHARS];
    crypto->random(chance, sizeof(chance));
    char *text = out->text;
    memcpy(text, GV_ID_PREFIX, sizeof(GV_ID_PREFIX));
    text += sizeof(GV_ID_PREFIX) - 1;
    uint64_t time = (uint64_t)wall_ms;
    for (int i = GV_ID_TIME_CHARS - 1; i >= 0; i--, time >>= 5)
        text[i] = alphabet[time & 31];
    for (int i = 0; i < GV_ID_CHANCE_CHARS; i++)
        text[GV_ID_TIME_CHARS + i] = alphabet[chance[i] & 31];
    text[GV_ID_TIME_CHARS + GV_ID_CHANCE_CHARS] = '\0';
}

bool gv_job_id_looks_right(const char *text)
{
    size_t prefix = sizeof(GV_ID_PREFIX) - 1;
    return strncmp(text, GV_ID_PREFIX, prefix) == 0 && strlen(text) == GV_ID_CHARS &&
           strspn(text + prefix, alphabet) == GV_ID_CHARS - prefix;
}
