#include "server/http/negotiate.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t"
#define UNSAID (-1)

/* Weights in thousandths. */
struct weights {
    int gzip, identity, others;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "0", "0.5", "1.000": RFC 9110, 12.4.2. UNSAID: it is none. */
static int read_weight(const char *text, size_t bytes)
{
    int weight = 0;
    if (bytes < 1 || bytes > 5 || (text[0] != '0' && text[0] != '1') || (bytes > 1 && text[1] != '.'))
        return UNSAID;
    for (size_t i = 2, worth = 100; i < bytes; i++, worth /= 10) {
        if (!is_digit(text[i]))
            return UNSAID;
        weight += (text[i] - '0') * (int)worth;
    }
    weight += (text[0] - '0') * 1000;
    return weight <= 1000 ? weight : UNSAID;
}

static int *weight_of(struct weights *weights, const char *name, size_t bytes)
{
    const struct {
        const char *name;
        int *weight;
    } known[] = {{"gzip", &weights->gzip},
                 {"x-gzip", &weights->gzip},
                 {"identity", &weights->identity},
                 {"*", &weights->others}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strlen(known[i].name) == bytes && strncasecmp(known[i].name, name, bytes) == 0)
            return known[i].weight;
    return NULL;
}

/* What follows a name: nothing, or "; q=0.5". */
static int weight_behind(const char *at, const char *end)
{
    at += strspn(at, BLANKS);
    if (at >= end)
        return 1000;
    if (*at++ != ';')
        return UNSAID;
    at += strspn(at, BLANKS);
    bool weighs = end - at > 2 && strncasecmp(at, "q=", 2) == 0;
    return weighs ? read_weight(at + 2, (size_t)(end - at - 2)) : UNSAID;
}

/* "gzip" or "gzip;q=0.5", ended by a comma or the list's end. */
static void take_element(struct weights *weights, const char *element, size_t bytes)
{
    size_t name_bytes = strcspn(element, ";," BLANKS);
    int *place = weight_of(weights, element, name_bytes);
    int weight = weight_behind(element + name_bytes, element + bytes);
    if (place != NULL)
        *place = weight != UNSAID ? weight : 0;
}

bool gv_negotiate_gzip(const char *list)
{
    struct weights weights = {.gzip = UNSAID, .identity = UNSAID, .others = UNSAID};
    while (list != NULL && *list != '\0') {
        list += strspn(list, "," BLANKS);
        size_t bytes = strcspn(list, ","), whole = bytes;
        while (bytes > 0 && strchr(BLANKS, list[bytes - 1]) != NULL)
            bytes--;
        if (bytes > 0)
            take_element(&weights, list, bytes);
        list += whole;
    }
    int gzip = weights.gzip != UNSAID ? weights.gzip : weights.others;
    return gzip > 0 && gzip >= weights.identity;
}

bool gv_negotiate_tag(const char *list, const char *etag)
{
    return list != NULL && (strcmp(list, "*") == 0 || strstr(list, etag) != NULL);
}
