#!/usr/bin/env bash
# Each public header compiles alone, as C17 and as C++11, under strict flags; each internal one compiles alone as C17.
set -euo pipefail
strict=(-fsyntax-only -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror)
failures=0

alone() { # HEADER COMPILER...
    local header=$1
    shift
    "$@" - <<<"#include \"$header\"" || {
        echo "does not compile alone: $header with $*" >&2
        failures=$((failures + 1))
    }
}

for header in include/golem_video/*.h; do
    header=${header#include/}
    alone "$header" gcc -std=c17 -x c "${strict[@]}" -Wstrict-prototypes -Iinclude
    alone "$header" clang -std=c17 -x c "${strict[@]}" -Wstrict-prototypes -Iinclude
    alone "$header" g++ -std=c++11 -x c++ "${strict[@]}" -Iinclude
    alone "$header" clang++ -std=c++11 -x c++ "${strict[@]}" -Iinclude
done

libraries=$(pkg-config --cflags libuv libcurl jansson sqlite3 libcrypto libmicrohttpd libavformat)
while read -r header; do
    # shellcheck disable=SC2086 # the flags are words
    alone "${header#src/}" gcc -std=c17 -x c -fsyntax-only -Wall -Wextra -Werror -D_GNU_SOURCE -Iinclude -Isrc \
        $libraries
done < <(find src -name '*.h' | sort)

[ "$failures" -eq 0 ]
