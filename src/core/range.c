#include "core/range.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool number(const char **text, uint64_t *out)
{
    char *end;
    if (**text < '0' || **text > '9')
        return false;
    errno = 0;
    *out = strtoull(*text, &end, 10);
    *text = end;
    return errno == 0;
}

/* Several ranges, other units and nonsense are answered with everything, as RFC 9110 allows. */
enum gv_range gv_range_parse(uint64_t *first, uint64_t *count, const char *header, uint64_t total)
{
    uint64_t from = 0, to = total - 1;
    *first = 0;
    *count = total;
    if (!header || strncmp(header, "bytes=", 6) != 0)
        return GV_RANGE_WHOLE;
    const char *p = header + 6;
    bool has_from = number(&p, &from);
    if (*p++ != '-')
        return GV_RANGE_WHOLE;
    bool has_to = number(&p, &to);
    if (*p || (!has_from && !has_to) || (has_from && has_to && to < from))
        return GV_RANGE_WHOLE;
    if (!has_from) { /* the last `to` bytes */
        from = to < total ? total - to : 0;
        if (to == 0)
            return GV_RANGE_UNSATISFIABLE;
        to = total - 1;
    }
    if (from >= total)
        return GV_RANGE_UNSATISFIABLE;
    *first = from;
    *count = (to < total ? to : total - 1) - from + 1;
    return GV_RANGE_PART;
}

void gv_range_text(char out[GV_RANGE_TEXT_BYTES], enum gv_range range, uint64_t first, uint64_t count, uint64_t total)
{
    unsigned long long from = first, last = first + count - 1, all = total;
    if (range == GV_RANGE_PART)
        snprintf(out, GV_RANGE_TEXT_BYTES, "bytes %llu-%llu/%llu", from, last, all);
    else
        snprintf(out, GV_RANGE_TEXT_BYTES, "bytes */%llu", all);
}
