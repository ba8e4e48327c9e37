"""Writes the seeds of the fuzz targets to `core/fuzz/corpus/`: the small files of the tests.

python tools/fuzz_seeds.py
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import zlib
from pathlib import Path

import zstandard

ROOT = Path(__file__).parents[1]
TEXT = b"the 0.418 0.24968\ncat -1.5 2e-3\nof the 1 2\nthe 9 9\n"
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
        "text/plain": b"\x00\x01" + TEXT,
        "text/odd": b"\x00\x00a b 1\r\nc\xff -1e-3 \n\xec\x95\xbc .5\na 1e999\n",
        "text/gzip": b"\x01\x01" + gzip.compress(TEXT, mtime=0),
        "text/zstd": b"\x02\x01" + zstandard.compress(TEXT),
        "text/deflated": b"\x04\x01" + zlib.compress(TEXT, wbits=-15),
        "numbers/plain": b"-0.038194 ",
        "numbers/long": b"123456789012345678901234567890.5e-20",
        "numbers/tiny": b"1.17549429e-38",
        "numbers/half": b"16777217.0000000000000000000000001",
        "checkpoint/small": checkpoint_bytes(),
    }


def checkpoint_bytes() -> bytes:
    """Of two words, each with 32 numbers a side, after one epoch."""
    from malmoi import Whitespace, WordVectors

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "state"
        WordVectors.train(["a b"], tokens=Whitespace(), dimension=6, min_count=1, epochs=1, window=1, checkpoint=path)
        return path.read_bytes()


def main() -> None:
    """Write them all."""
    for name, content in seeds().items():
        path = ROOT / "core" / "fuzz" / "corpus" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


if __name__ == "__main__":
    main()
