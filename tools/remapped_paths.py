"""Print flags of rustc that replace the folders of this machine in the compiled module by short names.

python tools/remapped_paths.py           flags separated as in CARGO_ENCODED_RUSTFLAGS
python tools/remapped_paths.py --github  a line for the environment file of GitHub Actions: RUSTFLAGS=...

rustc writes the paths of sources into panic messages. With the flags they are the same on every machine.
If IN_CONTAINER is set, the folders of crates are those of root, as in the containers of manylinux.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path, PurePath, PurePosixPath

ROOT = Path(__file__).parents[1]


def folders_of_crates() -> list[PurePath]:
    """Return the folders in which cargo keeps the sources of crates; `cargo fetch` creates them."""
    home = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo")
    found: list[PurePath] = sorted((home / "registry" / "src").iterdir())
    if os.environ.get("IN_CONTAINER"):
        return [PurePosixPath("/root/.cargo/registry/src", folder.name) for folder in found]
    return found


def flags() -> list[str]:
    """Return one flag for each folder."""
    command = ["rustc", "--print", "sysroot"]
    toolchain = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    names = {str(ROOT): "malmoi", **{str(folder): "crates" for folder in folders_of_crates()}, toolchain: "rust"}
    return [f"--remap-path-prefix={folder}={name}" for folder, name in names.items()]


if __name__ == "__main__":
    is_github = "--github" in sys.argv[1:]
    sys.stdout.write("RUSTFLAGS=" + " ".join(flags()) + "\n" if is_github else "\x1f".join(flags()))
