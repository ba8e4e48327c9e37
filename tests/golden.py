"""What the text path makes of fixed texts: digests of ids, hashes and bags over all tokenizers and settings.

`python tests/golden.py` writes `tests/data/golden.json` again; only a change that is meant to change results may.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy.sparse import issparse

import malmoi as mm
from malmoi.tokenizers import Tokenizer

GOLDEN = Path(__file__).parent / "data" / "golden.json"

# Every script the word-boundary rules tell apart, marks, emoji, tags, separators, and what lower-casing finds hard.
WORDS = """
the The THE a not good GOOD bad film film's can't U.S.A. 3.14 1,000 e-mail snake_case x2
naïve café ﬁne İ ΟΔΟΣ
영화 영화가 영화를 재미있어요 재미 없다 배우들의 연기 최고 ㅋㅋㅋ ㅠㅠ 학교에서 아버지께서
\u1112\u1161\u11ab 한국어 나는 너무
映画 映画が とても よかった カタカナ ｶﾞ 電影 很好看 不 好 ภาษาไทย ดีมาก မြန်မာ ខ្មែរ
фильм Ёлка очень хороший ήλιος Σίσυφος שלום צה״ל مرحبا العَرَبِيَّة हिन्दी नमस्ते தமிழ் বাংলা
😀 👍🏽 👨‍👩‍👧 🇰🇷 ❤️ ☆ © ① ½ ² e\u0301 A\u030a ² … — “quoted” ‘q’ !!! ??? ... :) <3 # @user
https://a.b/c?d=e
<br /> <b>bold</b> &amp; <!-- c --> a<b b>c 1<2
"""
SIGNS = ["\t", "\n", "\r\n", "\u00a0", "\u3000", "\u200b", "\u200d", "\ufeff", "\x00", "\x1c", "_", "'", "a'", "'a"]
PIECES = [*WORDS.split(), *SIGNS, "ǅ", "ß", "𝒳", "\U0010ffff"]
JOINTS = [" ", " ", " ", " ", " ", "", ", ", ". ", "  ", "\n", "-"]
MULTIPLIER, INCREMENT, MODULUS = 6364136223846793005, 1442695040888963407, 1 << 64


def numbers(seed: int) -> Iterator[int]:
    """Yield the same numbers on every machine, in every version of Python: Knuth's linear congruential generator."""
    state = seed
    while True:
        state = (state * MULTIPLIER + INCREMENT) % MODULUS
        yield state >> 33


def texts() -> list[str]:
    """Return 600 texts of 0 to 60 pieces, the frequent pieces first, some of them empty, equal or of one script."""
    draw = numbers(7)
    found = ["", " ", "a", "!", "가", "\x00", "a" * 300, "가" * 300, "a b " * 200]
    while len(found) < 600:
        few = len(found) % 3 == 0
        start = next(draw) % (len(PIECES) - 12) if few else 0
        pool = PIECES[start : start + 12] if few else PIECES
        text = ""
        for _ in range(next(draw) % (60 if len(found) % 5 == 0 else 18)):
            rank = next(draw) % len(pool) * (next(draw) % 997) // 997
            text += pool[rank] + JOINTS[next(draw) % len(JOINTS)]
        found.append(text)
    return found


def pieces(text: str) -> list[str]:
    """Return what stands between white space, as a tokenizer of somebody else would."""
    return text.replace("\0", " ").split()


TOKENIZERS: dict[str, Tokenizer] = {
    "words": mm.Words(),
    "words plain": mm.Words(lowercase=False, emoji=False),
    "words punctuation": mm.Words(keep_punctuation=True, normalization="NFKC"),
    "words all": mm.Words(strip_accents=True, normalization="NFC", drop_html=True),
    "characters": mm.Characters(),
    "characters points": mm.Characters(graphemes=False, lowercase=False),
    "characters words": mm.Characters(inside_words=True),
    "characters words points": mm.Characters(inside_words=True, graphemes=False, squeeze_spaces=True),
    "characters all": mm.Characters(squeeze_spaces=True, strip_accents=True, normalization="NFKC", drop_html=True),
    "characters alphabet": mm.Characters(alphabet="abcdefghij가나다!?😀"),
    "keras": mm.KerasWords(),
    "keras split": mm.KerasWords(filters="!?", lower=False, split="aé"),
    "whitespace": mm.Whitespace(),
    "whitespace all": mm.Whitespace(lowercase=True, strip_accents=True, normalization="NFC", drop_html=True),
    "pattern": mm.Pattern(),
    "pattern group": mm.Pattern(r"(?:^|\s)(\S{1,3})", lowercase=False),
    "syllables": mm.Hangul(),
    "syllables bare": mm.Hangul(keep_punctuation=False, lowercase=False, normalization="NFKC"),
    "jamo": mm.Hangul("jamo"),
    "jamo all": mm.Hangul("jamo", keep_punctuation=False, strip_accents=True, drop_html=True),
    "eojeol": mm.Eojeol(),
    "eojeol bare": mm.Eojeol(keep_particles=False),
    "eojeol punctuation": mm.Eojeol(keep_punctuation=True, strip_accents=True, drop_html=True),
    "external": mm.External(pieces),
}


def digest(value: object) -> str:
    """Return a digest of an array, a CSR matrix, or what JSON holds: kinds, shapes and every bit."""
    seen = hashlib.sha256()
    if issparse(value):
        arrays = [value.data, value.indices, value.indptr]
        seen.update(repr(value.shape).encode())
    elif isinstance(value, np.ndarray):
        arrays = [value]
    else:
        arrays = []
        seen.update(json.dumps(value, ensure_ascii=True).encode())
    for array in arrays:
        if array.dtype == object:
            seen.update(json.dumps(array.tolist(), ensure_ascii=True).encode())
        else:
            seen.update(f"{array.dtype.str} {array.shape}".encode())
            seen.update(np.ascontiguousarray(array).tobytes())
    return seen.hexdigest()[:24]


def ids(tokens: Tokenizer, train: list[str], new: list[str]) -> Iterator[tuple[str, object]]:
    """Yield tokens, vocabularies and rows of ids."""
    yield "tokens", [tokens(text) for text in new]
    yield "spans", [tokens.spans(text) for text in new] if type(tokens) is not mm.External else []
    for keep, side in ((True, "pre"), (False, "post")):
        vectorizer = mm.SequenceVectorizer(tokens, 400, 30, padding=side, truncating=side, keep_unknown=keep)
        encoded = vectorizer.fit_encode(train)
        yield f"ids {side} vocabulary", [*vectorizer.vocabulary_.words]
        yield f"ids {side} train", encoded.ids
        yield f"ids {side} lengths", encoded.lengths
        new_rows = vectorizer.encode(new)
        yield f"ids {side} new", new_rows.ids
        yield f"ids {side} new lengths", new_rows.lengths
        yield f"ids {side} unknown", [encoded.unknown, new_rows.unknown]
    parts = mm.SequenceVectorizer(tokens, min_count=2)
    for start in range(0, len(train), 170):
        parts.partial_fit(train[start : start + 170])
    yield "ids in parts", parts.transform(new)
    yield (
        "buckets",
        mm.HashedSequenceVectorizer(tokens, (1, 3), 5000, 12, padding="post", seed=3).fit(train).transform(new),
    )
    yield "one-hot", mm.OneHotVectorizer(tokens, 7, sparse_output=True).fit(train).transform(new)
    yield "hashed one-hot", mm.HashedOneHotVectorizer(tokens, 99, 7, sparse_output=True).transform(new)


def bags(tokens: Tokenizer, train: list[str], new: list[str]) -> Iterator[tuple[str, object]]:
    """Yield learned and hashed bags."""
    labels = [place % 2 for place in range(len(train))]
    for ngrams in ((1, 1), (1, 3), (2, 4)):
        for weighting in ("count", "binary", "frequency", "sublinear", "tfidf", "sublinear-tfidf", "naive-bayes"):
            bag = mm.BagVectorizer(tokens, ngrams, weighting, stop_words=["the", "a", "영화"], max_tokens=3000)
            name = f"bag {ngrams[0]}-{ngrams[1]} {weighting}"
            yield f"{name} train", bag.fit_transform(train, labels)
            yield f"{name} new", bag.transform(new)
            if weighting == "count":
                yield f"{name} names", bag.get_feature_names_out()
                yield f"{name} texts", bag.text_counts_
        for signed, seed, local in ((True, 0, "count"), (False, 9, "sublinear"), (True, 1, "frequency")):
            hashed = mm.HashedBagVectorizer(tokens, ngrams, 2**14, local, signed=signed, seed=seed, stop_words=["the"])
            yield f"hashed {ngrams[0]}-{ngrams[1]} {local}", hashed.transform(new)
    parts = mm.BagVectorizer(tokens, (1, 2), min_count=2, min_texts=2, max_share=0.9)
    for start in range(0, len(train), 170):
        parts.partial_fit(train[start : start + 170])
    yield "bag in parts", parts.transform(new)


def results() -> dict[str, str]:
    """Return every digest by its name."""
    found = {}
    all_texts = texts()
    train, new = all_texts[:450], all_texts[400:] + all_texts[:20]
    for name, tokens in TOKENIZERS.items():
        for make in (ids, bags):
            found.update({f"{name}: {what}": digest(value) for what, value in make(tokens, train, new)})
    return found


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(results(), indent=0) + "\n", "utf-8")
