"""The checksum of a corpus: equal for equal data alone."""

import hashlib

import pytest

from malmoi import Corpus
from malmoi.data.corpus_checksum import corpus_checksum

CORPORA = {
    "no texts": Corpus([]),
    "an empty text": Corpus([""]),
    "two empty texts": Corpus(["", ""]),
    "no labels": Corpus(["ab", "c"]),
    "other borders": Corpus(["a", "bc"]),
    "other order": Corpus(["c", "ab"]),
    "text labels": Corpus(["ab", "c"], ["0", "1"]),
    "swapped labels": Corpus(["ab", "c"], ["1", "0"]),
    "numbers": Corpus(["ab", "c"], [0, 1]),
    "flags": Corpus(["ab", "c"], [False, True]),
    "sets": Corpus(["ab", "c"], [["0"], ["1"]]),
    "larger sets": Corpus(["ab", "c"], [["0", "1"], ["1"]]),
    "other sets": Corpus(["ab", "c"], [["0"], ["0", "1"]]),
    "no label": Corpus(["ab", "c"], [["0", "1"], []]),
    "Korean": Corpus(["좋아요", "나빠요"], ["긍정", "부정"]),
}


def test_checksums_differ_where_anything_differs():
    found = {corpus_checksum(corpus) for corpus in CORPORA.values()}
    assert len(found) == len(CORPORA)
    assert all(len(one) == 64 and int(one, 16) >= 0 for one in found)


@pytest.mark.parametrize("name", CORPORA)
def test_the_way_to_the_data_does_not_matter(name):
    corpus = CORPORA[name]
    again = Corpus(corpus.texts, corpus.labels, groups=list(range(len(corpus))))
    backwards = list(range(len(corpus)))[::-1]
    assert corpus_checksum(again) == corpus_checksum(corpus)
    assert corpus_checksum(corpus.take(backwards).take(backwards)) == corpus_checksum(corpus)


def test_classes_of_other_texts_do_not_matter():
    larger = Corpus(["ab", "x", "c"], ["b", "a", "c"])
    assert corpus_checksum(larger.take([0, 2])) == corpus_checksum(Corpus(["ab", "c"], ["b", "c"]))


def test_the_encoding_is_fixed():
    """Written by hand: the checksum must not change between versions."""

    def sized(part):
        return len(part).to_bytes(8, "little") + part

    codes = b"\x00\x00\x00\x00\x01\x00\x00\x00"
    expected = b"malmoi corpus 1\n" + (2).to_bytes(8, "little") + sized(b"ab") + sized("é".encode())
    expected += sized(b"one") + sized(b'["x", "y"]') + sized(codes)
    assert corpus_checksum(Corpus(["ab", "é"], ["x", "y"])) == hashlib.sha256(expected).hexdigest()
