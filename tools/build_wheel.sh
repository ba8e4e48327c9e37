#!/bin/sh
# Build the wheel and the source distribution into dist/: `make wheel`.
# The same commit and the same tools give the same bytes, whatever folder and time it is.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
umask 022

[ -x .venv-wheel/bin/python ] || "${PYTHON:-python3}" -m venv .venv-wheel
.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check --requirement tools/wheel-requirements.txt
PATH="$root/.venv-wheel/bin:$PATH"

cargo fetch --locked --quiet --manifest-path core/Cargo.toml
.venv-wheel/bin/python tools/third_party_licenses.py --check

unset RUSTFLAGS
CARGO_ENCODED_RUSTFLAGS="$(.venv-wheel/bin/python tools/remapped_paths.py)"
export CARGO_ENCODED_RUSTFLAGS
export CARGO_TARGET_DIR="$root/core/target/wheel"
export CARGO_INCREMENTAL=0
# Files in the archives carry the time of the last commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || echo 1735689600)}
export SOURCE_DATE_EPOCH

rm -rf dist
case "$(uname -s)" in
Linux) set -- --zig --compatibility "${WHEEL_PLATFORM:-manylinux2014}" ;;
*) set -- ;;
esac
maturin build --release --locked --quiet --out dist "$@"
maturin sdist --out dist
.venv-wheel/bin/python tools/check_wheel.py dist
sh tools/try_wheel.sh dist
