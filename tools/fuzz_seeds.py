"""Writes the seeds of the fuzz targets to `core/fuzz/corpus/`: the small files of the tests.

python tools/fuzz_seeds.py
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))


def seeds() -> dict[str, bytes]:
    """Target and name of each seed."""
    from binary_files import SUPERVISED, Model, word2vec_bytes

    rows = [(b"the", [1.0, 2.0]), (b"cat", [0.5, -1.0]), (b"cat", [3.0, 4.0])]
    return {
        "fasttext/skipgram.bin": Model().to_bytes(),
        "fasttext/old.bin": Model(version=None).to_bytes(),
        "fasttext/supervised.bin": Model(kind=SUPERVISED, labels=[b"__label__pos"], version=11).to_bytes(),
        "fasttext/pruned.bin": Model(kept={5: 1, 2: 0}).to_bytes(),
        "fasttext/quantised.bin": Model(quantised=1).to_bytes(),
        "word2vec/newlines.bin": word2vec_bytes(rows),
        "word2vec/plain.bin": word2vec_bytes(rows, newlines=False),
    }


def main() -> None:
    """Write them all."""
    for name, content in seeds().items():
        (ROOT / "core" / "fuzz" / "corpus" / name).write_bytes(content)


if __name__ == "__main__":
    main()
