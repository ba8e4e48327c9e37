import hashlib
import json
import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.errors import DataError
from malmoi.keras.datasets import files, imdb
from malmoi.keras.preprocessing.text import text_to_word_sequence

os.environ.setdefault("KERAS_BACKEND", "jax")
DATA = Path(__file__).parents[2] / "shared" / "data"
PUBLISHED_SHA256 = imdb.REVIEWS_SHA256
REVIEWS = {
    "train": {"neg": ["Bad, bad film", "so bad"], "pos": ["a good film, a good one"]},
    "test": {"neg": ["bad unseen"], "pos": ["good", "one good film"]},
}


@pytest.fixture
def raw(tmp_path):
    folder = tmp_path / "aclImdb"
    for half, classes in REVIEWS.items():
        for label, texts in classes.items():
            (folder / half / label).mkdir(parents=True)
            for number, text in enumerate(texts):
                (folder / half / label / f"{number}.txt").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def tables(tmp_path):
    for half, classes in REVIEWS.items():
        rows = [(text, label) for label, texts in classes.items() for text in texts]
        pl.DataFrame(rows, ["text", "label"], orient="row").write_parquet(tmp_path / f"imdb-{half}.parquet")
    return tmp_path


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """A small file of the form of Keras' own."""
    random = np.random.RandomState(0)
    arrays = {}
    for half, samples in (("train", 13), ("test", 7)):
        reviews = np.empty(samples, dtype=object)
        for position in range(samples):
            reviews[position] = random.randint(1, 40, size=random.randint(1, 15)).tolist()
        arrays |= {f"x_{half}": reviews, f"y_{half}": random.randint(0, 2, size=samples)}
    path = tmp_path_factory.mktemp("keras") / "imdb.npz"
    np.savez(path, **arrays)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(imdb, "REVIEWS_SHA256", hashlib.sha256(path.read_bytes()).hexdigest())
        yield path


@pytest.fixture(scope="module")
def theirs(archive):
    pytest.importorskip("keras")
    from keras.src.datasets import imdb as module

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "get_file", lambda **arguments: archive)
        yield module


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No cached file, and an origin that nobody listens at."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(files, "ORIGIN", "http://127.0.0.1:1/")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return tmp_path / "home" / "datasets"


def by_words(path, reviews, index_from=3):
    """Undo the ids, as the notes' readers do."""
    words = {rank + index_from: word for word, rank in imdb.get_word_index(path).items()}
    return [" ".join(words.get(number, {1: "<start>", 2: "<oov>"}.get(number)) for number in row) for row in reviews]


def test_raw_folder_becomes_ids_by_frequency(raw):
    (x_train, y_train), (x_test, y_test) = imdb.load_data(raw, num_words=100)
    assert x_train.shape == y_train.shape == (3,)
    assert x_train.dtype == object
    assert y_train.dtype == np.int64
    assert imdb.get_word_index(raw) == {"bad": 1, "film": 2, "a": 3, "good": 4, "so": 5, "one": 6}
    found = set(zip(by_words(raw, x_train), y_train.tolist(), strict=True))
    assert found == {("<start> bad bad film", 0), ("<start> so bad", 0), ("<start> a good film a good one", 1)}
    # A word that no training text holds is left out, as Keras' file leaves it out.
    assert sorted(by_words(raw, x_test)) == ["<start> bad", "<start> good", "<start> one good film"]
    assert y_test.tolist().count(1) == 2


def test_tables_give_what_the_raw_folder_gives(raw, tables):
    for first, second in zip(imdb.load_data(raw), imdb.load_data(tables), strict=True):
        assert [row.tolist() for row in map(np.array, first[0])] == [row.tolist() for row in map(np.array, second[0])]
        assert first[1].tolist() == second[1].tolist()
    assert imdb.get_word_index(raw) == imdb.get_word_index(tables)


def test_rare_and_frequent_words_are_marked_or_left_out(raw):
    (marked, _), _ = imdb.load_data(raw, num_words=7, skip_top=5, start_char=None)
    assert sorted(map(tuple, marked)) == [(2, 2), (2, 2, 5), (6, 2, 5, 6, 2, 2)]
    (kept, _), _ = imdb.load_data(raw, num_words=7, skip_top=5, start_char=None, oov_char=None)
    assert sorted(map(tuple, kept)) == [(), (5,), (6, 5, 6)]


def test_reviews_of_one_length_stay_lists(raw):
    (x_train, y_train), _ = imdb.load_data(raw, maxlen=4)
    assert x_train.shape == y_train.shape == (1,)
    assert isinstance(x_train[0], list)


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "num_words": st.sampled_from([None, 0, 5, 20]),
            "skip_top": st.integers(0, 8),
            "maxlen": st.sampled_from([None, 0, 8, 12]),
            "seed": st.integers(0, 200),
            "start_char": st.sampled_from([None, 1, 30]),
            "oov_char": st.sampled_from([None, 2]),
            "index_from": st.integers(0, 4),
        },
    )
)
def test_keras_reads_the_same_from_its_file(archive, theirs, arguments):
    found = imdb.load_data(archive, **arguments)
    expected = theirs.load_data(**arguments)
    for (x, y), (their_x, their_y) in zip(found, expected, strict=True):
        assert x.tolist() == [list(row) for row in their_x]
        np.testing.assert_array_equal(y, their_y)


def test_cached_file_is_used_without_a_network(archive, offline):
    offline.mkdir(parents=True)
    (offline / "imdb.npz").write_bytes(archive.read_bytes())
    (x_train, _), _ = imdb.load_data()
    assert x_train.shape == (13,)


def test_local_word_index_is_read(tmp_path):
    path = tmp_path / "ranks.json"
    path.write_text(json.dumps({"the": 1, "갑": 2}), encoding="utf-8")
    assert imdb.get_word_index(path) == {"the": 1, "갑": 2}


@pytest.mark.skipif(not (DATA / "imdb-train.parquet").exists(), reason="needs shared/data/imdb-train.parquet")
def test_most_frequent_words_of_imdb_are_those_that_keras_publishes():
    ranks = imdb.get_word_index(DATA)
    assert list(ranks)[:10] == ["the", "and", "a", "of", "to", "is", "br", "in", "it", "i"]
    assert set(text_to_word_sequence("Never expected fawn")) <= set(ranks)


# Errors.


def test_without_a_network_the_error_says_where_to_put_the_file(offline):
    for call, name in ((imdb.load_data, "imdb.npz"), (imdb.get_word_index, "imdb_word_index.json")):
        with pytest.raises(DataError) as caught:
            call()
        assert str(caught.value).startswith(f"http://127.0.0.1:1/{name}: the download failed (")
        assert str(caught.value).endswith(f"; try again, or download it manually to {offline / name}")
        assert "\n" not in str(caught.value)


def test_file_that_keras_did_not_publish_is_not_opened(tmp_path):
    path = tmp_path / "imdb.npz"
    path.write_bytes(b"anything")
    with pytest.raises(DataError) as caught:
        imdb.load_data(path)
    digest = hashlib.sha256(b"anything").hexdigest()
    cure = "remove it, so that it is downloaded again"
    assert (
        str(caught.value) == f"{path} must be Keras' file with the SHA-256 {imdb.REVIEWS_SHA256}, got {digest}; {cure}"
    )


def test_published_checksum_is_that_of_keras(theirs):
    source = Path(theirs.__file__).read_text(encoding="utf-8")
    assert PUBLISHED_SHA256 in source
    assert imdb.WORD_INDEX_MD5 in source


def test_missing_folder_is_not_downloaded(offline):
    with pytest.raises(DataError) as caught:
        imdb.load_data("no/such/folder")
    assert str(caught.value) == "path must be a folder, or a name that ends in .npz, got 'no/such/folder'"
    with pytest.raises(DataError, match=r"that ends in \.json, got 'words'$"):
        imdb.get_word_index("words")


def test_folder_of_something_else_says_what_it_lacks(tmp_path):
    with pytest.raises(DataError) as caught:
        imdb.load_data(tmp_path)
    missing = "must contain imdb-train.parquet, or .txt files in train/neg, found neither"
    assert str(caught.value) == f"{tmp_path} {missing}"


def test_table_of_something_else_says_what_is_wrong(tables):
    table = tables / "imdb-test.parquet"
    pl.DataFrame({"text": ["a", None], "label": ["neg", "good"]}).write_parquet(table)
    with pytest.raises(DataError) as caught:
        imdb.load_data(tables)
    rule = "row 1 must contain a text, and the label neg or pos"
    assert str(caught.value) == f"{table}: {rule}, got ('good', None)"
    for damage in (lambda: pl.DataFrame({"a": [1]}).write_parquet(table), lambda: table.write_bytes(b"PAR1")):
        damage()
        with pytest.raises(DataError) as caught:
            imdb.load_data(tables)
        assert str(caught.value).startswith(f"{table} must be Parquet with the columns text and label: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "rule"),
    [("{", "must be valid JSON: "), ('{"a": "b"}', "must contain words and their ranks, got {'a': 'b'}")],
)
def test_damaged_word_index_says_what_is_wrong(tmp_path, content, rule):
    path = tmp_path / "ranks.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DataError) as caught:
        imdb.get_word_index(path)
    assert str(caught.value).startswith(f"{path} {rule}")


def test_maxlen_that_leaves_nothing_says_the_shortest(raw):
    with pytest.raises(ValueError, match=r"^maxlen must be above the length of the shortest text, 3, got 2$"):
        imdb.load_data(raw, maxlen=2)
