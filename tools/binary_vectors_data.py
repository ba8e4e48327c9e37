"""Writes what gensim reads from the sample files of binary word vectors to `tests/data/binary-vectors.json`.

    python tools/binary_vectors_data.py FOLDER

FOLDER holds the samples `gensim_*.bin`. Needs gensim, which nothing else here needs: install it where you like.
gensim decodes the words and takes the n-grams of their UTF-8, and gives n-grams to `</s>`; fastText itself does
neither, so words where the two differ are left out.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

USAGE = "usage: python tools/binary_vectors_data.py FOLDER"
TARGET = Path(__file__).parents[1] / "tests" / "data" / "binary-vectors.json"
# A file and the encoding of its words.
FASTTEXT = {
    "gensim_cp852_fasttext.bin": "cp852",
    "gensim_non_ascii_fasttext.bin": "utf-8",
    "gensim_crime-and-punishment.bin": "utf-8",
    "gensim_lee_fasttext_new.bin": "utf-8",
}
WORD2VEC = ["gensim_euclidean_vectors.bin", "gensim_high_precision.kv.bin"]
UNKNOWN = ["zzunknownqq", "q", "naïve-ish", "žluť", "преступлен", "가나다"]
EVERY = 12


def usable(word: str, encoding: str) -> bool:
    """Whether fastText and gensim take the same n-grams of a word."""
    return word != "</s>" and (encoding == "utf-8" or word.isascii())


def numbers(vector: object) -> list[float]:
    """Enough digits for a comparison to 1e-6."""
    return [round(float(number), 8) for number in vector]


def main(arguments: list[str]) -> None:
    """Read the samples, and write some words of each."""
    if len(arguments) != 1:
        raise SystemExit(USAGE)
    from gensim.models import KeyedVectors
    from gensim.models.fasttext import load_facebook_vectors

    folder, found = Path(arguments[0]), {}
    for name, encoding in FASTTEXT.items():
        vectors = load_facebook_vectors(str(folder / name), encoding=encoding)
        known = [word for word in vectors.index_to_key if usable(word, encoding)]
        unknown = [word for word in UNKNOWN if usable(word, encoding) and word not in vectors.key_to_index]
        found[name] = {
            "words": len(vectors),
            "dimension": vectors.vector_size,
            "known": {word: numbers(vectors[word]) for word in known[:: len(known) // EVERY]},
            "unknown": {word: numbers(vectors[word]) for word in unknown},
        }
    for name in WORD2VEC:
        vectors = KeyedVectors.load_word2vec_format(str(folder / name), binary=True)
        words = vectors.index_to_key[:: max(1, len(vectors) // EVERY)]
        found[name] = {
            "words": len(vectors),
            "dimension": vectors.vector_size,
            "known": {word: numbers(vectors[word]) for word in words},
        }
    lines = [f"{json.dumps(name)}: {json.dumps(entry, ensure_ascii=False)}" for name, entry in found.items()]
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
