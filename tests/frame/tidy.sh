#!/usr/bin/env bash
# tools/tidy, rule by rule: each line below makes a small tree with one fault and expects that fault to be named.
set -euo pipefail
tidy=$PWD/tools/tidy
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0

# red WHAT PATH CONTENT: a tree of that one file, beside a clean frame, is refused with a line that says WHAT.
red() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/src/provider/acme" "$tree/src/provider/other" "$tree/$(dirname "$2")"
    printf '%b' "$3" >"$tree/$2"
    local said
    if said=$("$tidy" "$tree") || ! grep -qF "$2:" <<<"$said" || ! grep -qF "$1" <<<"$said"; then
        echo "not refused as '$1': $2 with $3; tidy said: $said" >&2
        failures=$((failures + 1))
    fi
}

# green PATH CONTENT: is accepted.
green() {
    rm -rf "${tree:?}"/*
    mkdir -p "$tree/src/provider/acme" "$tree/src/provider/other" "$tree/$(dirname "$1")"
    printf '%b' "$2" >"$tree/$1"
    local said
    if ! said=$("$tidy" "$tree"); then
        echo "refused: $1 with $2; tidy said: $said" >&2
        failures=$((failures + 1))
    fi
}

lines() { # COUNT TEXT
    local i
    for ((i = 0; i < $1; i++)); do printf '%s\\n' "$2"; done
}

red 'includes upward' src/core/a.c '#include "engine/driver.h"\n'
red 'includes upward' src/base/a.h '#include "core/json.h"\n'
red 'includes its sibling' src/journal/a.c '#include "http/curl.h"\n'
red 'includes its sibling' src/provider/acme/a.c '#include "provider/other/other_wire.h"\n'
red 'includes upward' src/server/http/a.c '#include "server/watch/hub.h"\n'
red 'includes upward' src/server/parts/a.h '#include "server/server.h"\n'
red 'includes upward' src/media/helper/av/a.c '#include "media/helper/verbs.h"\n'
red 'includes its sibling' src/server/access/a.c '#include "server/parts/lines.h"\n'
red 'includes its sibling' src/media/process.c '#include "media/helper/confine.h"\n'
red 'no place in its layer' src/server/a.c '#include "server/elsewhere/x.h"\n'
red 'no place in its layer' src/core/a.c '#include "core/elsewhere/x.h"\n'
green src/server/watch/a.c '#include "server/videos/video.h"\n#include "server/watch/b.h"\n#include "core/b.h"\n'
red 'no layer is known' src/journal/a.c '#include "elsewhere/x.h"\n'
red 'names its folder' src/core/a.c '#include "json.h"\n'
green src/engine/a.c '#include "core/json.h"\n#include "port/http.h"\n#include "engine/b.h"\n#include <uv.h>\n'
green src/provider/acme/a.c '#include "provider/acme/acme_wire.h"\n#include "golem_video/types.h"\n'

red '601 lines' src/core/a.c "$(lines 601 'int x;')"
green src/core/a.c "$(lines 600 'int x;')"
red 'function of 71 lines' src/core/a.c "int f(void)\n{\n$(lines 71 '    x++;')}\n"
green src/core/a.c "int f(void)\n{\n$(lines 70 '    x++;')}\n"
red '121 columns' src/core/a.c "/* $(printf '%0115d' 0) */\n"
green src/core/a.c "/* $(printf '%0114d' 0) */\n"
red 'trailing whitespace' docs/a.md 'a line \n'

for call in strcpy strcat sprintf vsprintf gets atoi strtok; do
    red 'banned call' src/core/a.c "int x = $call(y);\n"
done
for call in malloc calloc realloc; do
    red 'memory comes from' src/core/a.c "void *x = $call(y);\n"
    green src/base/a.c "void *x = $call(y);\n"
done
green src/core/a.c '/* strcpy(a) */ int x = snprintf("gets(b)", 1); // atoi(c)\n/*\n * malloc(d)\n */\n'

for word in TO''DO FIX''ME X''XX; do
    red 'a leftover' src/core/a.c "/* $word */\n"
done
green tests/integration/a.sh 'mktemp /tmp/a.XXXXXX\n'

red 'named outside its folder' src/core/a.c 'const char *x = "acme";\n'
red 'named outside its folder' src/cli/a.c 'int ACME_API_KEY;\n'
green src/core/a.c '/* "acme" */\n'
green src/provider/acme/acme.c 'int acme_x;\n'
green tests/unit/core/a.c 'int acme_x;\n'

[ "$failures" -eq 0 ]
