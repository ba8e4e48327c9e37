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
        "delimited/quotes": b'\x00\x00\x01\x00\x05a,b\r\n"x, ""y""\nz",\n\n"",""\n,\n',
        "delimited/faults": b'\x00\x00\x01\x02\x09"x" y,b\n1,2,3\nc\xff,d\ne,f\0\n"1,a\n2,b",c\n"open,b\n',
        "delimited/tabs": b"\x01\x02\x02\x00\x03a\tb\t\xea\xb0\x80\n'x'\t\t\n",
        "feed/plain": b"\x00\x03some text",
        "feed/gzip": b"\x01\x03" + gzip.compress(TEXT, mtime=0) + gzip.compress(TEXT, mtime=0),
        "feed/zstd": b"\x02\x03" + zstandard.compress(TEXT * 9),
        "json/lines": b'\x00\x05{"a": "x\\n", "b": {"c": 1.5, "d": [1, {}]}}\n\n{"d": -3, "b": null}\r\n[1]\n{"a"',
        "json/items": b'\x01\x09 {"a": "x]"} ,\n{"a": 12, "d": true}\n, {"b": [1,\n2]}] ',
        "json/texts": b'\x02\x40{"a": "\\ud83d\\ude00", "b": {"c": "y"}}\n{"a": 1}\n'
        b'{"d": 123456789012345678901234567890}\n',
        "ngrams/two": b"\x01\x00\x02\x03ab\x01\x01\x02\0\x01\0\x01\x03\x02\x02\x01\x01\x01\x01\x02\x03\x02\x05",
        "pattern/words": b"\\w+(?:-\\w+)*\nso-so good",
        "pattern/group": b"(?i)[a-z]{2,5}(\\d|[^\\s\\pL])\nab1 cd! EF2",
        "series/two": bytes([1, 0, 2, 2, 0, 1, 3, 1, 1])
        + bytes(84 * 2 * [1])
        + bytes(84 * 2 * [0])
        + bytes(84 * 2 * [140]),
        "similar/alike": b"\x1e\x02"
        + b"the cat sat on the mat today\nThe cat sat on the mat today!\n" * 2
        + b"\xea\xb3\xa0\xec\x96\x91",
        "tokens/words": "\0\x14<b>The</b> cat's 3.14 &amp; e\u0301 \U0001f44d\U0001f3fd\u200d \ufffd".encode(),
        "tokens/korean": "\x06\xd0영화가 정말 좋았다ㅋㅋㅋ 감독에서는 Ã©Â° ABC-123 http://a.b/c 1999-01-02".encode(),
        "tokens/marks": "\x05\x41\u1112\u1161\u11ab e\u0301 ﬁ ① ｶﾞ ÀÁÂ°¡²± <!-- x --> [/b] &#39; #39;".encode(),
        "vocabulary/some": b"".join(number.to_bytes(8, "little") for number in (3, 5, 1 << 63, 7, (1 << 64) - 1)),
        "vocabulary/twice": b"".join(number.to_bytes(8, "little") for number in (3, 5, 3)),
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
