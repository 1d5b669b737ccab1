#!/usr/bin/env bash
# Makes the offline kit and uses it with the network off and without cargo's own cache.
#   .ci/offline_test.sh          every crate is there and the wheels install
#   .ci/offline_test.sh --full   also builds the grader and a student's folder, and checks lab 1: the starter fails, the solution passes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
[ $# -eq 0 ] || [ "$*" = --full ] || { echo "offline_test.sh: only --full is known, not '$*'" >&2; exit 2; }
# Root needs no user namespace, and others stay who they are in theirs: the grader does something else for root.
without_network=(unshare -n)
"${without_network[@]}" true 2>/dev/null || without_network=(unshare -cn)
if ! "${without_network[@]}" true 2>/dev/null; then
    echo "== not checked: the offline kit with the network off (unshare -n is not allowed here)"
    exit 0
fi
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
"$here/offline.sh" "$temp/kit"
export RUSTUP_HOME="${RUSTUP_HOME:-$HOME/.rustup}" CARGO_HOME="$temp/cargo" CARGO_TARGET_DIR="$temp/target" FULL="${1-}"
# Inside there is a loopback device that is down, and nothing else.
"${without_network[@]}" bash -euo pipefail -c '
    cd "$1/repository"
    [ "$(grep -c : /proc/net/dev)" = 1 ] || { echo "the network is still on" >&2; exit 1; }
    cargo metadata --locked --format-version 1 >/dev/null
    echo "== every crate is there"
    python3 -m venv ../python
    ../python/bin/python3 -m pip install --quiet --disable-pip-version-check --no-index --find-links ../wheels -r ../wheels/requirements.txt
    ../python/bin/python3 -c "import PIL, numpy"
    echo "== the wheels install"
    [ -n "$FULL" ] || exit 0
    grade() { cargo run --quiet --locked -p exercises -- "$@"; }
    grade start ../labs --lang en
    starter=$(grade check 1 --lang en) && { echo "the starter of lab 1 passes" >&2; exit 1; }
    grep "^✗ together" <<<"$starter" || { echo "the starter of lab 1 fails for another reason: $starter" >&2; exit 1; }
    cp exercises/labs/01-*/solution.rs ../labs/01-*/submission.rs
    grade check 1 --lang en || { echo "the solution of lab 1 fails" >&2; exit 1; }
    echo "== lab 1: the starter fails, the solution passes"
    # As an editor builds it.
    cd ../labs && cargo build --quiet
    echo "== the folder of a student builds"
' offline "$temp/kit"
echo "== the kit works without a network"
