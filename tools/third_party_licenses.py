"""Write THIRD_PARTY_LICENSES: the licences of the Rust crates that are compiled into the core.

python tools/third_party_licenses.py          write the file
python tools/third_party_licenses.py --check  exit with status 1 if the file does not match core/Cargo.lock

A crate without a licence text, or under a licence outside `ALLOWED`, is an error.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
OUTPUT = ROOT / "THIRD_PARTY_LICENSES"
ALLOWED = frozenset(
    {"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "MIT", "Unicode-3.0", "Unlicense", "Zlib"},
)
PLATFORMS = (
    "x86_64-unknown-linux-gnu",
    "x86_64-unknown-linux-musl",
    "aarch64-unknown-linux-gnu",
    "aarch64-unknown-linux-musl",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
    "x86_64-pc-windows-msvc",
)
TEXT_NAMES = re.compile(r"(licen[cs]e|copying|copyright|notice|unlicense)([-._].*)?", re.IGNORECASE)
OTHER_CHOICES = re.compile(r".*(apache|bsd|boost|zlib|unlicense).*", re.IGNORECASE)
"""Names of texts that are left out where a crate may be used under MIT and has the text of MIT."""

TEXTS_OF_ANOTHER_CRATE = {
    # Published without the text of their repository.
    "pulp-wasm-simd-flag": "pulp",  # same repository and author
    "pyo3-arrow": "arrow-buffer",  # "MIT OR Apache-2.0": the text of Apache-2.0
}
"""Crates whose package has no licence file, and the crate that has the same text."""

STANDARD_LIBRARY = "the Rust standard library (MIT OR Apache-2.0)"
SAME_TEXT_AS_STANDARD_LIBRARY = "serde"

INTRODUCTION = """\
Licences of third-party software in malmoi's compiled core
===========================================================

The compiled module of malmoi (malmoi/_core) contains the Rust standard library, the Rust crates listed below and, in
zstd-sys, the C library Zstandard. Wheels for Linux that are built with Zig also contain LLVM's libunwind
(Apache-2.0 WITH LLVM-exception). The crates of every supported platform are listed; one platform uses a part of them.
Each text stands once, below the names of what it applies to. Written by tools/third_party_licenses.py.
"""


class LicenseError(Exception):
    """A crate has no licence text, or its licence is not allowed."""


def is_allowed(expression: str) -> bool:
    """Return whether an SPDX expression can be met by allowed licences only; `/` is an old form of OR."""
    tokens = re.findall(r"[()]|[^\s()/]+|/", expression)
    words = {"(": "(", ")": ")", "OR": "or", "/": "or", "AND": "and"}
    if "WITH" in tokens or not tokens:
        return False
    python = " ".join(words.get(token, str(token in ALLOWED)) for token in tokens)
    return bool(eval(python))  # only True, False, and, or, parentheses


def cargo_metadata() -> dict[str, Any]:
    """Return what `cargo metadata` prints for the core on all platforms."""
    platforms = [word for platform in PLATFORMS for word in ("--filter-platform", platform)]
    manifest = ROOT / "core" / "python" / "Cargo.toml"
    command = ["cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path", str(manifest), *platforms]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def compiled_crates(metadata: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the packages that are linked into the module, sorted; macros and build scripts are not linked."""
    packages = {package["id"]: package for package in metadata["packages"]}
    dependencies = {node["id"]: node["deps"] for node in metadata["resolve"]["nodes"]}
    found: set[str] = set()
    pending = [identifier for identifier, package in packages.items() if package["name"] == "malmoi-python"]
    while pending:
        identifier = pending.pop()
        kinds = {kind for target in packages[identifier]["targets"] for kind in target["kind"]}
        if identifier in found or "proc-macro" in kinds:
            continue
        found.add(identifier)
        linked = [
            dependency["pkg"]
            for dependency in dependencies[identifier]
            if any(kind["kind"] is None for kind in dependency["dep_kinds"])
        ]
        pending.extend(linked)
    third_party = [packages[identifier] for identifier in found if packages[identifier]["source"] is not None]
    return sorted(third_party, key=lambda package: (package["name"], package["version"]))


def texts_of(package: dict[str, Any]) -> list[str]:
    """Return the licence texts and notices in the folder of a package."""
    folder = Path(package["manifest_path"]).parent
    files = [path for path in sorted(folder.iterdir()) if path.is_file() and TEXT_NAMES.fullmatch(path.name)]
    if " AND " not in package["license"] and any("mit" in path.name.lower() for path in files):
        files = [path for path in files if not OTHER_CHOICES.fullmatch(path.name)]
    texts = [path.read_text(encoding="utf-8").replace("\r\n", "\n").strip("\n") for path in files]
    return [text for text in texts if text.strip()]


def gather(packages: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return every text once, with the names of its crates."""
    by_name = {package["name"]: package for package in packages}
    crates_of: dict[str, list[str]] = {}
    for package in packages:
        name = f"{package['name']} {package['version']} ({package['license']})"
        if not is_allowed(package["license"] or ""):
            raise LicenseError(f"{name}: the licence is not in the list of allowed licences")
        texts = texts_of(package)
        if not texts and package["name"] in TEXTS_OF_ANOTHER_CRATE:
            texts = texts_of(by_name[TEXTS_OF_ANOTHER_CRATE[package["name"]]])
        if not texts:
            raise LicenseError(f"{name}: the package has no licence text")
        for text in dict.fromkeys(texts):
            crates_of.setdefault(text, []).append(name)
            if package["name"] == SAME_TEXT_AS_STANDARD_LIBRARY:
                crates_of[text].append(STANDARD_LIBRARY)
    return crates_of


def document(packages: list[dict[str, Any]]) -> str:
    """Return the content of THIRD_PARTY_LICENSES."""
    parts = [INTRODUCTION]
    for text, crates in gather(packages).items():
        parts.append("\n".join(["-" * 80, *crates, "-" * 80, "", text, ""]))
    return "\n".join(parts)


def main(arguments: list[str]) -> str | None:
    """Write or check the file; return a message if something is wrong."""
    try:
        content = document(compiled_crates(cargo_metadata()))
    except LicenseError as error:
        return f"third-party licences: {error}"
    if "--check" not in arguments:
        OUTPUT.write_text(content, encoding="utf-8", newline="\n")
    elif not OUTPUT.exists() or OUTPUT.read_text(encoding="utf-8") != content:
        return "THIRD_PARTY_LICENSES does not match core/Cargo.lock; run: python tools/third_party_licenses.py"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
