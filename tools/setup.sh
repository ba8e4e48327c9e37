#!/bin/sh
# Makes .venv with everything that the demo and the tests need. Says what to install where a tool is missing.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "set-up: $1" >&2
    exit 2
}

python=${PYTHON:-python3}
command -v "$python" >/dev/null 2>&1 ||
    fail "Python 3.11 or later is needed, and '$python' is not there; install it (Debian: apt-get install python3 python3-venv)"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    fail "Python 3.11 or later is needed, $("$python" --version 2>&1) is there; install a later one, then: make PYTHON=python3.12 ..."
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    fail "Python's venv module is missing; install it (Debian: apt-get install python3-venv)"
command -v cargo >/dev/null 2>&1 ||
    fail "the Rust toolchain is needed, 1.85 or later, and cargo is not there; install it with rustup (https://rustup.rs)"
rust=$(cargo --version | sed 's/^cargo 1\.\([0-9]*\).*/\1/')
[ "$rust" -ge 85 ] 2>/dev/null ||
    fail "Rust 1.85 or later is needed, $(cargo --version) is there; run: rustup update stable"
command -v cc >/dev/null 2>&1 ||
    fail "a C linker is needed, and cc is not there; install it (Debian: apt-get install gcc)"

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check --upgrade pip
# Python compiles what is imported when it is: all of it at once takes longer than the rest of the installation.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile --constraint requirements.lock \
    --editable '.[train,dev]'
touch .venv/ready
