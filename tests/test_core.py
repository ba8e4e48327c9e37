"""The compiled core equals its plain Python twins."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
import reference
from malmoi import _core
from malmoi.tokenizers import KerasWords, Words
from malmoi.tokenizers.keras_words import KERAS_FILTERS

ascii_texts = st.text(st.characters(max_codepoint=127), max_size=40)
# Characters that are assigned in the Unicode of Python 3.11, so that both sides know their lower case.
characters = st.characters(exclude_categories=("Cs", "Cn", "Co"))
unicode_texts = st.text(characters, max_size=30)
word_lists = st.lists(st.text("abAB .,'", max_size=20), max_size=12)


@given(ascii_texts)
def test_words_of_ascii_texts_equal_the_regular_expression(text):
    assert Words(lowercase=False)(text) == reference.ascii_words(text)


@given(
    unicode_texts, st.booleans(), st.sampled_from([KERAS_FILTERS, "", "é!", "가"]), st.sampled_from([" ", "가", "--"])
)
def test_keras_words_equal_the_twin(text, lower, filters, split):
    assert KerasWords(filters, lower, split)(text) == reference.keras_words(text, filters, lower, split)


@given(word_lists, st.integers(1, 5), st.integers(0, 12))
def test_counts_equal_the_twin_at_any_thread_count_and_cut(texts, threads, cut):
    tally = _core.TokenTally(Words().splitter, threads=threads, keep=False)
    tally.add(texts[:cut])
    tally.add(texts[cut:])
    assert tally.counts() == reference.counts(texts, Words())
    assert (tally.texts, tally.tokens) == (len(texts), sum(len(Words()(text)) for text in texts))
    words, counts = tally.words(least=2, most=3)
    assert (words, counts.tolist()) == tally.counts(least=2, most=3)[:2]


@pytest.mark.parametrize("keep_unknown", [True, False])
def test_texts_that_several_threads_share_become_the_same_rows(keep_unknown):
    random = np.random.default_rng(5)
    words = [
        f"w{number}" if number % 3 else f"낱말{number} 긴_낱말_열여섯_바이트_넘는_{number}" for number in range(4_000)
    ]
    chosen = np.minimum(random.zipf(1.3, 60_000), len(words)) - 1
    texts = [" ".join(words[word] for word in chosen[start : start + 40]) for start in range(0, len(chosen), 40)]
    settings = {"max_tokens": 900, "max_length": 30, "keep_unknown": keep_unknown}
    ids = mm.SequenceVectorizer(Words(), n_jobs=1, **settings).fit_encode(texts)
    bag, hashed = (
        mm.BagVectorizer(Words(), (1, 3), "tfidf", n_jobs=1),
        mm.HashedBagVectorizer(Words(), (1, 2), 500, n_jobs=1),
    )
    rows, hashed_rows = bag.fit_transform(texts), hashed.transform(texts)
    by_hand = mm.BagVectorizer(Words(), (1, 3), "tfidf", n_jobs=1).fit(texts).transform(texts)
    assert (rows != by_hand).nnz == 0
    for threads in (2, 3, 5):
        again = mm.SequenceVectorizer(Words(), n_jobs=threads, **settings)
        encoded, transformed = again.fit_encode(texts), again.encode(texts)
        for name in ("ids", "lengths", "unknown"):
            expected = getattr(ids, name)
            assert np.array_equal(expected, getattr(encoded, name))
            assert np.array_equal(expected, getattr(transformed, name))
        assert (mm.BagVectorizer(Words(), (1, 3), "tfidf", n_jobs=threads).fit_transform(texts) != rows).nnz == 0
        assert (mm.HashedBagVectorizer(Words(), (1, 2), 500, n_jobs=threads).transform(texts) != hashed_rows).nnz == 0


@settings(max_examples=200)
@given(word_lists, st.integers(1, 4), st.integers(1, 6), st.booleans(), st.booleans(), st.sampled_from([None, 1]))
def test_padded_ids_equal_the_twin_from_one_pass_and_from_two(texts, threads, length, pad_left, keep_last, unknown):
    tally = _core.TokenTally(Words().splitter, threads=threads, keep=True)
    tally.add(texts)
    words = tally.counts()[0][:3]
    ids = {word: number for number, word in enumerate(words, 2)}
    sequences = [[ids.get(token, unknown) for token in Words()(text)] for text in texts]
    known = [[number for number in sequence if number is not None] for sequence in sequences]
    row = {"unknown": unknown, "length": length, "pad_left": pad_left, "keep_last": keep_last}
    one_pass = tally.padded(kept=3, first_id=2, **row)
    two_passes = _core.TokenIndex(words, 2).padded(texts, Words().splitter, threads=threads, **row)
    assert all(map(np.array_equal, one_pass, two_passes))
    assert one_pass[0].tolist() == reference.padded(known, length, pad_left, keep_last)
    assert one_pass[1].tolist() == [len(sequence) for sequence in known]
    assert one_pass[2] == sum(token not in ids for text in texts for token in Words()(text))


@given(st.lists(st.tuples(st.sampled_from("abcdé"), st.lists(st.floats(-1e6, 1e6, width=32), min_size=3, max_size=3))))
def test_scanned_vectors_equal_the_notes_loop(rows):
    import tempfile

    text = "".join(f"{word} {' '.join(map(repr, values))}\n" for word, values in rows)
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        place = _core.Place(file.name, "", None, 0, 1, 3)
        scan = _core.scan_vectors(place, [b"a", "é".encode(), b"zz"], 2, None)
        words, ends, values = _core.VectorRows(place, 2).next(None) or (b"", np.zeros(0), np.zeros((0, 3)))
    expected, found = reference.vectors(text, ["a", "é", "zz"], 3)
    assert np.array_equal(scan.matrix, np.array(expected, "f4"))
    assert [bool(flag) for flag in scan.found] == found
    assert scan.lines == len(rows)
    wanted = [word for word, _ in rows if word in ("a", "é")]
    assert scan.repeated == len(wanted) - len(set(wanted))
    assert words.decode() == "".join(word for word, _ in rows)
    assert ends.tolist() == np.cumsum([len(word.encode()) for word, _ in rows]).tolist()
    assert np.array_equal(values, np.array([row for _, row in rows], "f4").reshape(-1, 3))


def test_words_are_distinct_in_an_index():
    with pytest.raises(ValueError, match='words must be distinct, got "a" again at position 1'):
        _core.TokenIndex(["a", "a"], 2)


def test_a_tally_that_keeps_nothing_says_so():
    tally = _core.TokenTally(Words().splitter, threads=1, keep=False)
    with pytest.raises(RuntimeError, match="keep=True"):
        tally.padded(kept=1, first_id=2, unknown=1, length=1, pad_left=True, keep_last=True)


def test_an_interrupt_in_the_progress_stops_a_scan(tmp_path):
    path = tmp_path / "vectors.txt"
    path.write_text("a 1\n" * 100_000)

    def progress(done, total):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _core.scan_vectors(_core.Place(str(path), "", None, 0, 1, 1), [b"a"], 2, progress)
    with pytest.raises(KeyboardInterrupt):
        _core.VectorRows(_core.Place(str(path), "", None, 0, 1, 1), 2).next(progress)


LONG_PARTS = ("영화가 좋았다! e\u0301 ΟΔΟΣ 😀 ", "a 1 ")


@pytest.mark.parametrize("part", LONG_PARTS)
def test_a_long_text_has_the_tokens_of_its_parts(part):
    count = 300_000 // len(part)
    text, words, characters = part * count, Words(), mm.Characters()
    assert words(text) == words(part) * count
    assert characters(text) == characters(part) * count
    places = [
        (start + turn * len(part), end + turn * len(part)) for turn in range(count) for start, end in words.spans(part)
    ]
    assert words.spans(text) == places
    assert "".join(_core.word_segments(text)) == text
    one, long = words.coverage([part]), words.coverage([text])
    assert (long.characters, long.punctuation) == (one.characters * count, one.punctuation * count)
    short, whole = [mm.HashedBagVectorizer(ngrams=(1, 1)).transform([texts]) for texts in (part, text)]
    assert (whole != short * count).nnz == 0


def test_what_is_counted_of_a_list_does_not_depend_on_its_runs():
    # Some 10 MB have to be encoded, in two runs; in a column they lie as they are.
    some = ["영화가 정말 좋았다 " * 900, "so good " * 30, "<b>é</b> &amp; cafÃ© \ufffd", "★ ", "é" * 50_000]
    listed = [f"{text}{number % 90}" for number, text in enumerate(some * 150)]
    listed.insert(7, "é" * 200_000)
    column = _core.TextColumn(listed)
    for count in (
        lambda texts: [array.tolist() for array in _core.text_facts(texts, 2)],
        lambda texts: _core.text_damage(texts, 2).tolist(),
        lambda texts: _core.text_markup(texts, 2),
        lambda texts: _core.letters(texts, 2),
        lambda texts: _core.first_equals(texts, 2),
        lambda texts: Words().coverage(texts),
    ):
        assert count(listed) == count(column)


class Stubborn(str):
    """A part of it cannot be encoded, for want of memory."""

    def __getitem__(self, place):
        return Stubborn(str(self)[place])

    def encode(self, *_):
        raise MemoryError


def test_other_errors_of_an_encoder_stay_what_they_are():
    with pytest.raises(MemoryError):
        _core.check_texts([Stubborn("é" * 200_000)])
    with pytest.raises(ValueError, match=r"texts\[0\] contains a lone surrogate at character 150000,"):
        _core.check_texts(["é" * 150_000 + "\ud800"])
