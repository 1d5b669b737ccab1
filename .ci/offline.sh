#!/usr/bin/env bash
# A kit for machines without a network: everything that the labs need, in one folder.
#   .ci/offline.sh DIR           the sources, every crate of Cargo.lock, wheels of Pillow and NumPy, the book, a README
#   .ci/offline.sh DIR --rust    also this machine's Rust toolchain, for machines that have none
# The kit is for Linux (WSL 2 too) on this machine's architecture. What is not committed is not in it.
set -euo pipefail

die() { echo "offline.sh: $1" >&2; exit "${2:-1}"; }
root=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] && [ -n "$1" ] && [ "${1#-}" = "$1" ] || die "say where: .ci/offline.sh DIR [--rust]" 2
[ $# -eq 1 ] || [ "$*" = "$1 --rust" ] || die "only --rust may follow DIR, not '${*:2}'" 2
if [ -e "$1" ] && ! { [ -d "$1" ] && [ -z "$(ls -A "$1")" ]; }; then
    die "$1 exists and is not an empty folder; give another one" 2
fi
kit=$(realpath -m "$1")
case "$kit/" in "$root"/*) die "$1 is inside the repository; give a folder outside" 2 ;; esac
for program in git cargo rustc python3; do
    command -v "$program" >/dev/null || die "needs $program"
done
commit=$(git -C "$root" rev-parse --short HEAD) || die "needs the git repository, not a copy of its files"
changed=$(git -C "$root" status --porcelain | wc -l)
mkdir -p "$kit" || die "cannot make $1"
# Nothing half-made is left: neither after an error nor after Ctrl-C.
trap '[ "${made-}" ] || rm -rf "$kit"' EXIT
[ "$changed" = 0 ] || echo "== not in the kit: $changed changes that are not committed"

echo "== sources of $commit"
mkdir "$kit/repository" "$kit/.cargo"
git -C "$root" archive HEAD | tar -x -C "$kit/repository"

echo "== crates"
# Beside the repository: students' folders beside it find them too, because cargo looks for .cargo/config.toml upwards.
cargo vendor --quiet --locked --versioned-dirs --manifest-path "$kit/repository/Cargo.toml" "$kit/vendor" >/dev/null
cat >"$kit/.cargo/config.toml" <<'CONFIG'
[source.crates-io]
replace-with = "vendored-sources"

[source.vendored-sources]
directory = "vendor"

[net]
offline = true
CONFIG

echo "== wheels"
for tag in cp311 cp312 cp313 cp313t cp314 cp314t; do
    digits=${tag#cp3}
    python3 -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --python-version "3.${digits%t}" --implementation cp --abi "$tag" \
        --platform "manylinux_2_28_$(uname -m)" --platform "manylinux_2_27_$(uname -m)" \
        --dest "$kit/wheels" --requirement "$root/.devcontainer/requirements.txt" || die "no wheels for $tag"
done
cp "$root/.devcontainer/requirements.txt" "$kit/wheels/"

mdbook=$(command -v mdbook || echo "$root/target/ci/bin/mdbook")
if [ -x "$mdbook" ]; then
    echo "== the book"
    for language in ko en; do
        "$mdbook" build "$root/docs/$language" --dest-dir "$kit/book/$language" >/dev/null 2>&1 || die "mdbook failed"
    done
else
    echo "== not in the kit: the book (needs mdbook)"
fi

if [ "${2-}" = --rust ]; then
    echo "== $(rustc --version)"
    mkdir "$kit/rust"
    # `rustc` in the repository: the toolchain that rust-toolchain.toml names.
    tar -c -C "$(cd "$root" && rustc --print sysroot)" --exclude=share/doc . | tar -x -C "$kit/rust"
fi

sed "s/@COMMIT@/$commit/" "$root/.ci/offline.README.md" >"$kit/README.md"
made=yes
echo "== $kit: $(du -sh "$kit" | cut -f1). To copy it: tar -caf labs.tar.xz -C $(dirname "$kit") $(basename "$kit")"
