# The sandbox's Runway with the official TypeScript SDK as its client, and golem-video's requests beside the SDK's.
source "$(dirname "$0")/lib.sh"
install_sdk runway
start_sandbox
make_image "$WORK/first.png" 1280x720
make_image "$WORK/last.png" 1280x720 brown

assert_exit 0 node "$PLACE/test.mjs" "$WORK/first.png"
assert_eq "$(ledger '[.[] | select(.provider == "runway")] | length')" 5
assert_exit 0 node "$PLACE/same.mjs" "$WORK/first.png" "$WORK/last.png"
finish
