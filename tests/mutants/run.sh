#!/usr/bin/env bash
# tests/mutants/run.sh [NAME...]: breaks one promise at a time and demands that the named test sees it.
#
# Each patch is one mutant. Before its diff stand three lines: what it breaks, the test program that must catch it, and
# a pattern of what that program must say. Only the changed objects are compiled, as the build in BUILD_DIR does it, and
# put before the libraries of the test program. A patch that does not apply any more is a failure.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export SOURCE_DIR=${SOURCE_DIR:-$(cd "$here/../.." && pwd)}
export BUILD_DIR=${BUILD_DIR:-$SOURCE_DIR/build/dev}
export SIM_ONLY='test_fixed*' SIM_SEEDS=${SIM_SEEDS:-120}
SECONDS_MAX=600 # guards against hanging only

head_of() { # FIELD PATCH
    sed -n "s/^$1: //p" "$2" | head -n 1
}

# compile SOURCE COPY OBJECT: as the build compiles SOURCE.
compile() {
    local command
    command=$(jq -r --arg file "$1" 'map(select(.file == $file)) | first | .command' "$BUILD_DIR/compile_commands.json")
    command=$(sed -E "s| -o [^ ]+| -o $3|; s| -c [^ ]+| -c $2|; s| -Werror||" <<<"$command")
    (cd "$BUILD_DIR" && bash -c "$command")
}

# link PROGRAM OUT WORK FILE...: with the mutated objects in the place of the build's own, before all libraries.
link() {
    local program=$1 out=$2 work=$3 command objects="" file
    shift 3
    command=$(ninja -C "$BUILD_DIR" -t commands "$program" | tail -n 1)
    for file in "$@"; do
        command=$(sed -E "s| [^ ]*/${file//./\\.}\.o | |" <<<"$command")
        objects+=" $work/$file.o"
    done
    (cd "$BUILD_DIR" && bash -c "${command/ -o tests\/$program / -o $out $objects }")
}

mutate() { # PATCH
    local patch=$1 name program says work file status=0 files
    name=$(basename "$patch" .patch)
    program=$(head_of 'Caught by' "$patch")
    says=$(head_of 'Says' "$patch")
    work=$BUILD_DIR/mutants/$name
    rm -rf "$work"
    mkdir -p "$work"
    files=$(sed -n 's|^+++ b/||p' "$patch")
    for file in $files; do
        mkdir -p "$work/$(dirname "$file")"
        cp "$SOURCE_DIR/$file" "$work/$file"
    done
    if ! patch -s -p1 -F0 -d "$work" <"$patch" >"$work/log" 2>&1; then
        echo "$name: the patch does not apply: $(tail -n 1 "$work/log")"
        return 1
    fi
    for file in $files; do
        compile "$SOURCE_DIR/$file" "$work/$file" "$work/$file.o"
    done
    link "$program" "$work/$program" "$work" $files
    { timeout $SECONDS_MAX "$work/$program" >"$work/log" 2>&1 || status=$?; } 2>/dev/null # not of its end
    if [ "$status" -eq 0 ]; then
        echo "$name: $program did not see it"
        return 1
    elif ! grep -qE -- "$says" "$work/log"; then
        echo "$name: $program failed (status $status), but nothing says: $says"
        return 1
    fi
    echo "$name: $(grep -m 1 -oE -- "$says" "$work/log")"
    rm -f "$work/$program"
}

if [ "${1-}" = --one ]; then
    mutate "$2"
    exit
fi
[ $# -gt 0 ] || set -- $(cd "$here" && ls -- *.patch | sed 's/\.patch$//')
printf '%s\n' "$@" | xargs -P "$(nproc)" -I NAME "$0" --one "$here/NAME.patch"
echo "$# mutants, all caught"
