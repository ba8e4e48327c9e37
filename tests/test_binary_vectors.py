import json
import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from binary_files import SUPERVISED, Model, word2vec_bytes
from malmoi import FormatError, _core

GENSIM = json.loads((Path(__file__).parent / "data" / "binary-vectors.json").read_text(encoding="utf-8"))
PRUNED = {5: 1, 2: 0, 6: 2}
MODELS = {
    "skipgram": Model(),
    "old layout": Model(version=None, kind=1),
    "version 11": Model(version=11),
    "supervised": Model(kind=SUPERVISED, labels=[b"__label__pos", b"__label__neg"]),
    "supervised, version 11": Model(kind=SUPERVISED, labels=[b"__label__pos"], version=11),
    "supervised, old layout": Model(kind=SUPERVISED, labels=[b"__label__pos"], version=None),
    "no n-grams": Model(buckets=0, shortest=0, longest=0),
    "single characters": Model(shortest=1, longest=2),
    "pruned": Model(kept=PRUNED),
    "all pruned": Model(kept={}),
}
UNKNOWN = [b"cats", "고양".encode(), b"\xa7", b"q", b"", b"__label__pos", b"\x80\x80", b"a" * 70_000]
ROWS = [(b"the", [1.0, 2.0]), (b"cat", [0.5, -1.0]), (b"\xa7\xec", [3.0, 4.0])]


def vectors_of(file, words, *, subwords=True, threads=2):
    found = file.matrix_for(words, subwords, threads)
    return found.matrix, list(found.how)


def fasttext(model, name="model.bin"):
    return _core.FastTextFile.open(model if isinstance(model, bytes) else model.to_bytes(), name)


def word2vec(content, name="vectors.bin"):
    return _core.Word2VecFile.open(content, name)


def rows_of(file):
    rows = file.read()
    return rows.words, rows.matrix


def text_vectors(path):
    """Words and float32 (words, dimension) of a text file as fastText wrote it."""
    fields = [line.rstrip(b" ").split(b" ") for line in path.read_bytes().split(b"\n")[1:-1]]
    return [field[0] for field in fields], np.array([field[1:] for field in fields], dtype=np.float32)


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_vectors_equal_the_slow_twin(model):
    file = fasttext(model)
    assert (file.words, file.dimension) == (model.words, model.dimension)
    assert file.counts.tolist() == [10 + place for place in range(len(model.words))]
    words = model.words + UNKNOWN[:-1]
    vectors, how = vectors_of(file, words)
    assert np.allclose(vectors, [model.vector(word) for word in words], atol=1e-6)
    assert how == [1 if word in model.words else 2 if model.rows(word) else 0 for word in words]
    known_only, how = vectors_of(file, words, subwords=False)
    assert np.array_equal(known_only[: len(model.words)], vectors[: len(model.words)])
    assert not known_only[len(model.words) :].any()
    assert how == [1] * len(model.words) + [0] * len(UNKNOWN[:-1])


@pytest.mark.parametrize("name", [name for name in GENSIM if "fasttext" in name or "crime" in name])
def test_fasttext_samples_equal_gensim(data, name):
    file, expected = _core.FastTextFile.open(str(data / "vectors" / name)), GENSIM[name]
    assert (len(file.words), file.dimension) == (expected["words"], expected["dimension"])
    for kind, how in (("known", 1), ("unknown", 2)):
        words = [word.encode() for word in expected[kind]]
        vectors, found = vectors_of(file, words)
        assert np.allclose(vectors, list(expected[kind].values()), rtol=0, atol=1e-6)
        assert found == [how] * len(words)


@pytest.mark.parametrize("name", [name for name in GENSIM if name.endswith(("euclidean_vectors.bin", "kv.bin"))])
def test_word2vec_samples_equal_gensim(data, name):
    file, expected = _core.Word2VecFile.open(str(data / "vectors" / name)), GENSIM[name]
    wanted = [word.encode() for word in expected["known"]]
    words, matrix = rows_of(file)
    assert (file.rows, len(words), file.dimension) == (expected["words"], expected["words"], expected["dimension"])
    expected = np.array(list(expected["known"].values()))
    assert np.allclose(matrix[[words.index(word) for word in wanted]], expected, rtol=0, atol=1e-6)
    scan = file.scan([*wanted, b"no such word"])
    assert np.allclose(scan.matrix[:-1], expected, rtol=0, atol=1e-6)
    assert (list(scan.found), scan.repeated) == ([1] * len(wanted) + [0], 0)


@pytest.mark.parametrize("name", ["crime-and-punishment", "pang_lee_polarity_fasttext"])
def test_every_word_equals_what_fasttext_printed(data, name):
    file = _core.FastTextFile.open(str(data / "vectors" / f"gensim_{name}.bin"))
    words, expected = text_vectors(data / "vectors" / f"gensim_{name}.vec")
    assert set(words) == set(file.words)
    assert np.allclose(vectors_of(file, words)[0], expected, rtol=1e-4, atol=1e-7)


def test_words_of_any_encoding_are_bytes(data):
    old = _core.FastTextFile.open(str(data / "vectors" / "gensim_cp852_fasttext.bin"))
    new = _core.FastTextFile.open(str(data / "vectors" / "gensim_non_ascii_fasttext.bin"))
    assert [word.decode("cp852") for word in old.words] == [word.decode() for word in new.words]
    assert b"kter\xec" in old.words
    assert vectors_of(old, old.words)[1] == [1] * len(old.words)


def test_the_words_of_a_supervised_model_have_vectors_and_its_labels_have_none(data):
    path = data / "fasttext" / "trec.bin"
    file = _core.FastTextFile.open(str(path))
    assert (len(file.words), file.dimension, file.subwords) == (9449, 10, (2, 4, 50_000))
    assert not any(word.startswith(b"__label__") for word in file.words)
    # The same by hand: settings and sizes are 92 bytes; the rows' sizes stand behind the entries and a flag.
    content, start = path.read_bytes(), 92
    for _ in range(9449 + 6):
        start = content.index(b"\0", start) + 10
    rows, columns = struct.unpack_from("<2q", content, start + 1)
    assert (rows, columns) == (9449 + 50_000, 10)
    matrix = np.frombuffer(content, "<f4", rows * columns, start + 17).reshape(rows, columns)
    twin = Model(words=file.words, kind=SUPERVISED, buckets=50_000, shortest=2, longest=4)
    words = [*file.words[:200], "caractère".encode(), b"unheard-of"]
    expected = [matrix[twin.rows(word)].mean(axis=0) for word in words]
    assert np.allclose(vectors_of(file, words)[0], expected, rtol=0, atol=1e-6)


def test_quantised_models_are_refused_with_the_cure(data):
    with pytest.raises(FormatError, match=r"trec\.ftz: byte 191573: the matrix is quantised .* use the \.bin"):
        _core.FastTextFile.open(str(data / "fasttext" / "trec.ftz"))


def test_files_and_bytes_give_the_same_on_any_number_of_threads(tmp_path):
    content, words = Model().to_bytes(), Model().words * 50 + UNKNOWN
    (tmp_path / "model.bin").write_bytes(content)
    expected = vectors_of(fasttext(content), words, threads=1)
    for threads in (2, 5):
        vectors, how = vectors_of(_core.FastTextFile.open(str(tmp_path / "model.bin")), words, threads=threads)
        assert np.array_equal(vectors, expected[0])
        assert how == expected[1]


def test_no_words_no_vectors():
    assert vectors_of(fasttext(Model()), [])[0].shape == (0, 3)


def entry_start(model, number):
    return len(model.settings()) + (28 if model.version else 20) + sum(len(word) + 10 for word in model.words[:number])


def patched(model, offset, form, value):
    content = bytearray(model.to_bytes())
    struct.pack_into(form, content, offset, value)
    return bytes(content)


NEW = Model()
MATRIX = entry_start(NEW, 5) + 1
LIES = {
    "version": (patched(NEW, 4, "<i", 13), r"^model\.bin: byte 4: the version must be 11 or 12, found 13$"),
    "no dimension": (patched(NEW, 8, "<i", 0), "byte 8: the dimension must be 1 or more, found 0; is this"),
    "negative dimension": (patched(NEW, 8, "<i", -5), "the dimension must be 1 or more, found -5"),
    "huge dimension": (patched(NEW, 8, "<i", 2**31 - 1), "must have 2147483647 columns, the dimension, found 3"),
    "kind": (patched(NEW, 36, "<i", 9), "byte 36: the kind of model .* must be from 1 to 3, found 9"),
    "buckets": (patched(NEW, 40, "<i", -1), "byte 40: the buckets must be from 0 to 2147483647, found -1"),
    "other buckets": (patched(NEW, 40, "<i", 8), "a row for every word and bucket, 13, found 12"),
    "longest": (patched(NEW, 48, "<i", 2**30), "byte 48: the longest n-gram must be from 0 to 100, found 1073741824"),
    "entries": (patched(NEW, 64, "<i", -1), "byte 64: the dictionary's entries must be from 0 to"),
    "words": (patched(NEW, 68, "<i", 2**31 - 1), "byte 64: expected 2147483647 words and 0 labels, found 5 entries"),
    "no words": (patched(NEW, 68, "<i", 0), "byte 68: the words must be from 1 to"),
    "labels": (patched(NEW, 72, "<i", -1), "byte 72: the labels must be from 0 to"),
    "kept": (patched(NEW, 84, "<q", 2**62), "expected 4611686018427387904 kept buckets, the file ends"),
    "count": (patched(NEW, entry_start(NEW, 1) + 4, "<q", -1), 'the count of "cat" must be 0 or more, found -1'),
    "type": (patched(NEW, entry_start(NEW, 2) - 1, "<B", 1), r"entry 1 must be a word \(type 0\), found type 1"),
    "flag": (patched(NEW, MATRIX - 1, "<B", 7), "the flag of a quantised matrix must be 0 or 1, found 7"),
    "rows": (patched(NEW, MATRIX, "<q", 2**60), f"byte {MATRIX}: the word matrix must have a row for every"),
    "negative rows": (patched(NEW, MATRIX, "<q", -1), "the rows of the word matrix must be 0 or more, found -1"),
    "columns": (patched(NEW, MATRIX + 8, "<q", 4), f"byte {MATRIX + 8}: the word matrix must have 3 columns"),
    "outputs": (
        patched(NEW, MATRIX + 161, "<q", 2**62),
        "expected 4611686018427387904 rows of 3 numbers in the output",
    ),
    "quantised": (Model(quantised=1), "the matrix is quantised .* use the .bin"),
    "twice": (Model(words=[b"cat", b"cat"]), 'every word must be unique, found "cat" again'),
    "long": (Model(words=[b"a" * 70_000]), "must end with NUL within 65536 bytes, entry 0 does not"),
    "place": (Model(kept={5: 3, 2: 0}), "a kept bucket must be from 0 to 7 and its index below 2, found 5 and 3"),
    "kept twice": (patched(Model(kept=PRUNED), entry_start(NEW, 5) + 8, "<i", 5), "must be kept once, found 5 again"),
    "more": (Model().to_bytes() + b"x", "expected the end of the file, found 1 more bytes"),
    "empty": (b"", "byte 0: expected fastText's magic number, the file ends"),
    "text": (b"the 0.1 0.2\ncat 0.3 0.4\n" * 9, "byte 28: the kind of model .* is this a fastText .bin file"),
}


@pytest.mark.parametrize(("model", "message"), LIES.values(), ids=LIES)
def test_headers_that_lie_are_refused(model, message):
    with pytest.raises(FormatError, match=message):
        fasttext(model)


def test_a_dictionary_longer_than_the_file_says_where_it_ends():
    content = Model(words=[b"word%d" % number for number in range(30)], buckets=0).to_bytes()
    start = content.index(b"word17\0")
    lying = bytearray(content[:start])
    struct.pack_into("<3i", lying, 64, 20, 20, 0)
    with pytest.raises(
        FormatError, match=rf"byte {start}: expected 20 entries in the dictionary, the file ends after 17"
    ):
        fasttext(bytes(lying))
    struct.pack_into("<3i", lying, 64, 2000, 2000, 0)
    with pytest.raises(FormatError, match="byte 64: expected 2000 entries in the dictionary, the file has only"):
        fasttext(bytes(lying))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused_where_they_are_wanted(value):
    file = fasttext(Model(changed={(1, 2): value}))
    place = MATRIX + 16 + 4 * (1 * 3 + 2)
    with pytest.raises(FormatError, match=rf'byte {place}: every number must be finite, found .* in a row of "cat"'):
        vectors_of(file, [b"dog", b"cat"])
    assert vectors_of(file, [b"dog"])[1] == [1]


def test_sums_beyond_float32_are_refused():
    model = Model(buckets=1, changed={(row, 0): 3e38 for row in range(6)})
    with pytest.raises(FormatError, match='the sum of the rows of "cat" exceeds the range of float32'):
        vectors_of(fasttext(model), [b"cat"])


def refused_or_read(open_file, content, use):
    """What a damaged file gives: None where it is refused, as every damaged file may be."""
    try:
        return use(open_file(content))
    except FormatError as error:
        message = str(error)
    assert "byte" in message
    return None


def all_vectors(file):
    assert len(file.words) * 10 + file.dimension * 4 < 10_000
    return vectors_of(file, [*file.words, b"unheard"])


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_model_cut_at_any_byte_is_refused(model):
    content = model.to_bytes()
    for size in range(len(content)):
        with pytest.raises(FormatError):
            fasttext(content[:size])


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)
def test_a_model_with_any_byte_changed_is_refused_or_read(model):
    content = bytearray(model.to_bytes())
    for place, right in enumerate(content):
        for wrong in {0, 1, 0x7F, 0x80, 0xFF, right ^ 1, right ^ 0x40} - {right}:
            content[place] = wrong
            refused_or_read(fasttext, bytes(content), all_vectors)
        content[place] = right


@given(st.binary(max_size=300), st.integers(0, 400))
def test_any_bytes_are_refused_or_read(content, place):
    model = MODELS["pruned"].to_bytes()
    for damaged in (content, model[:64] + content, model[:place] + content + model[place + len(content) :]):
        refused_or_read(fasttext, damaged, all_vectors)
    for damaged in (content, b"3 2\n" + content, word2vec_bytes(ROWS)[:place] + content):
        refused_or_read(word2vec, damaged, lambda file: file.read())


@pytest.mark.parametrize("newlines", [True, False])
def test_rows_are_read_with_and_without_newlines(newlines):
    words, matrix = rows_of(word2vec(word2vec_bytes(ROWS, newlines=newlines)))
    assert words == [word for word, _ in ROWS]
    assert matrix.tolist() == [row for _, row in ROWS]


def test_wanted_rows_are_found_and_the_first_wins():
    file = word2vec(word2vec_bytes([*ROWS, (b"cat", [9.0, 9.0]), (b"the", [8.0, 8.0])]))
    scan = file.scan([b"cat", b"zebra", b"\xa7\xec"])
    assert scan.matrix.ravel().tolist() == [0.5, -1, 0, 0, 3, 4]
    assert (list(scan.found), scan.repeated) == ([1, 0, 1], 1)
    assert (file.read().words, file.read().repeated) == ([b"the", b"cat", b"\xa7\xec"], 2)
    with pytest.raises(ValueError, match=r"words must be distinct, got b'a' again at position 1"):
        file.scan([b"a", b"a"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (word2vec_bytes(ROWS, header=b"1000000000000 2\n"), "1000000000000 rows of 2 numbers need more than the"),
        (word2vec_bytes(ROWS, header=b"3 1000000000000\n"), "3 rows of 1000000000000 numbers need more than the"),
        (word2vec_bytes(ROWS, header=b"9999999999999999999 9999999999999999999\n"), "need more than the"),
        (word2vec_bytes(ROWS, header=b"0 2\n"), "must be 1 or more, found 0 and 2"),
        (word2vec_bytes(ROWS, header=b"3 0\n"), "must be 1 or more, found 3 and 0"),
        (word2vec_bytes(ROWS, header=b"3 -2\n"), "byte 0: expected a line with the numbers of rows and of columns"),
        (word2vec_bytes(ROWS, header=b"3 2 1\n"), "expected a line with the numbers of rows and of columns"),
        (word2vec_bytes(ROWS, header=b"2 2\n"), "expected the end of the file after 2 rows, found 12 more bytes"),
        (word2vec_bytes(ROWS, header=b"4 2\n"), "expected 4 rows of 2 numbers, the file ends in row 4"),
        (word2vec_bytes(ROWS)[:-3], r"^vectors\.bin: byte 30: expected 3 rows of 2 numbers, the file ends in row 3"),
        (word2vec_bytes([(b"a" * 70_000, [1.0])]), "must end with a space within 65536 bytes, row 1 of 1 does not"),
        (word2vec_bytes([(b"a", [1.0, np.nan])]), 'byte 10: every number must be finite, found NaN in the row of "a"'),
        (word2vec_bytes([(b"a", [np.inf])]), "found inf in the row"),
        (b"", "byte 0: expected a line"),
        (b"x" * 1000, "byte 0: expected a line"),
    ],
)
def test_damaged_word2vec_files_are_refused(content, message):
    with pytest.raises(FormatError, match=message):
        word2vec(content).read()


def test_a_word2vec_file_cut_at_any_byte_is_refused():
    content = word2vec_bytes(ROWS)
    for size in range(len(content) - 1):
        with pytest.raises(FormatError):
            word2vec(content[:size]).scan([b"nothing"])
    assert rows_of(word2vec(content[:-1]))[0] == [word for word, _ in ROWS]


def test_a_word2vec_file_with_any_byte_changed_is_refused_or_read():
    content = bytearray(word2vec_bytes(ROWS))
    for place, right in enumerate(content):
        for wrong in set(range(256)) - {right}:
            content[place] = wrong
            refused_or_read(word2vec, bytes(content), rows_of)
        content[place] = right


def test_rows_over_many_blocks_are_read(tmp_path):
    rows = [(b"word%d" % number, [float(number)] * 50) for number in range(30_000)]
    (tmp_path / "big.bin").write_bytes(word2vec_bytes(rows))
    file, heard = _core.Word2VecFile.open(str(tmp_path / "big.bin")), []
    words, matrix = rows_of(file)
    assert words == [word for word, _ in rows]
    assert np.array_equal(matrix, [row for _, row in rows])
    scan = file.scan([b"word29999", b"word7"], lambda *step: heard.append(step))
    assert scan.matrix.ravel().tolist() == [29999.0] * 50 + [7.0] * 50
    assert heard[-1] == ((tmp_path / "big.bin").stat().st_size,) * 2
    assert len(heard) > 1


def stop(_done, _total):
    raise KeyboardInterrupt


def test_progress_is_heard_and_may_stop_a_pass():
    heard = []
    fasttext(Model()).matrix_for([b"cat", b"dog"], True, 1, lambda *step: heard.append(step))
    assert heard == [(2, 2)]
    with pytest.raises(KeyboardInterrupt):
        fasttext(Model()).matrix_for([b"cat"], True, 1, stop)
    with pytest.raises(KeyboardInterrupt):
        word2vec(word2vec_bytes(ROWS)).read(stop)


def test_missing_files_are_named(tmp_path):
    for kind in (_core.FastTextFile, _core.Word2VecFile):
        with pytest.raises(FileNotFoundError):
            kind.open(str(tmp_path / "nothing.bin"))


def test_other_settings_read_the_same_rows():
    assert vectors_of(fasttext(replace(NEW, shortest=5, longest=4)), [b"unheard"])[1] == [0]
    assert vectors_of(fasttext(NEW), [UNKNOWN[-1]])[1] == [0]
