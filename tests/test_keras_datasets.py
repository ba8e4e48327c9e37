import inspect
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from malmoi import DataError
from malmoi.keras import batches
from malmoi.keras.layers import TextVectorization
from malmoi.keras.preprocessing import text_dataset_from_directory, timeseries_dataset_from_array

os.environ.setdefault("KERAS_BACKEND", "jax")


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture
def folder(tmp_path):
    """Two classes of 12 and 8 files, each with a file of another type and a folder."""
    for name, count in (("pos", 12), ("neg", 8)):
        (tmp_path / name / "more").mkdir(parents=True)
        for number in range(count):
            place = (
                tmp_path / name / ("more" if number % 4 == 3 else "") / f"{number}.{'TXT' if number == 1 else 'txt'}"
            )
            place.write_text(f"{name} {number} é", encoding="utf-8")
        (tmp_path / name / "notes.md").write_text("no text")
    return tmp_path


def read(dataset):
    """All texts and labels of a dataset."""
    texts, labels = zip(*dataset, strict=True)
    return np.concatenate(texts).tolist(), np.concatenate(labels)


# Texts: examples, by hand.


def test_texts_come_with_the_labels_of_their_folders(folder, capsys):
    (folder / ".hidden").mkdir()
    (folder / ".hidden" / "x.txt").write_text("x")
    dataset = text_dataset_from_directory(folder, shuffle=False, batch_size=6)
    assert capsys.readouterr().out == "Found 20 files belonging to 2 classes.\n"
    assert dataset.class_names == ["neg", "pos"]
    assert len(dataset) == 4
    texts, labels = read(dataset)
    assert texts[:4] == ["neg 0 é", "neg 1 é", "neg 2 é", "neg 4 é"]
    assert texts[6:8] == ["neg 3 é", "neg 7 é"]  # the folder in the folder comes later
    assert texts == [Path(path).read_text(encoding="utf-8") for path in dataset.file_paths]
    assert labels.tolist() == [0] * 8 + [1] * 12
    assert labels.dtype == np.int32
    assert dataset[-1][0].tolist() == texts[18:]
    assert dataset[0][0].dtype == object


def test_labels_have_the_form_of_their_mode(folder):
    binary, categorical, none, other = (
        text_dataset_from_directory(folder, shuffle=False, verbose=False, batch_size=20, **settings)
        for settings in (
            {"label_mode": "binary"},
            {"label_mode": "categorical", "class_names": ["pos", "neg"]},
            {"label_mode": None},
            {"labels": None},
        )
    )
    assert binary[0][1].tolist() == [[0.0]] * 8 + [[1.0]] * 12
    assert binary[0][1].dtype == categorical[0][1].dtype == np.float32
    assert categorical.class_names == ["pos", "neg"]
    assert categorical[0][1].tolist() == [[1, 0]] * 12 + [[0, 1]] * 8
    assert none.class_names is other.class_names is None
    assert none[0].shape == (20,)
    assert sorted(none[0]) == sorted(binary[0][0])


def test_labels_may_be_a_list(folder, capsys):
    dataset = text_dataset_from_directory(folder, labels=[*range(10, 20), *range(10)], shuffle=False)
    assert capsys.readouterr().out == "Found 20 files belonging to 20 classes.\n"
    assert dataset[0][1].tolist() == [*range(10, 20), *range(10)]
    assert dataset.class_names[:3] == ["0", "1", "2"]
    assert dataset[0][0][0] == "neg 0 é"
    text_dataset_from_directory(folder, labels=None)
    assert capsys.readouterr().out == "Found 20 files.\n"


def test_single_texts_and_short_ones(folder):
    single = text_dataset_from_directory(folder, shuffle=False, batch_size=None, verbose=False, max_length=5)
    assert len(single) == 20
    assert single[0] == ("neg 0", 0)
    assert [text for text, _ in single][-1] == "pos 7"
    whole = text_dataset_from_directory(
        folder, shuffle=False, batch_size=None, verbose=False, max_length=7, labels=None
    )
    assert whole[0] == "neg 0 é"  # characters, not bytes


def test_the_parts_are_those_of_keras(folder, keras, capsys):
    from keras.src.utils import dataset_utils

    if Version(keras.__version__) < Version("3.10"):
        pytest.skip("this release lists folders with TensorFlow")
    for seed, share in ((0, 0.2), (7, 0.5), (1234, 0.35)):
        paths, labels, names = dataset_utils.index_directory(
            str(folder), "inferred", (".txt",), shuffle=True, seed=seed, verbose=False
        )
        settings = {"validation_split": share, "seed": seed, "batch_size": 3}
        both = text_dataset_from_directory(folder, subset="both", **settings)
        held_out = int(20 * share)
        lines = [f"Using {20 - held_out} files for training.", f"Using {held_out} files for validation."]
        assert capsys.readouterr().out.splitlines() == ["Found 20 files belonging to 2 classes.", *lines]
        for part, dataset in zip(("training", "validation"), both, strict=True):
            theirs = dataset_utils.get_training_or_validation_split(paths, labels, share, part)
            alone = text_dataset_from_directory(folder, subset=part, **settings)
            assert dataset.file_paths == alone.file_paths == theirs[0]
            assert np.array_equal(read(dataset)[1], theirs[1])
            assert dataset.class_names == names
        capsys.readouterr()
    both = text_dataset_from_directory(folder, subset="both", validation_split=0.2, shuffle=False, verbose=False)
    assert (
        both[0].file_paths + both[1].file_paths
        == dataset_utils.index_directory(str(folder), "inferred", (".txt",), shuffle=False, verbose=False)[0]
    )
    assert capsys.readouterr().out.splitlines() == []


def test_links_are_followed_if_wanted(folder, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (outside / "linked.txt").write_text("linked")
    (folder / "pos" / "link").symlink_to(outside, target_is_directory=True)
    assert len(text_dataset_from_directory(folder, verbose=False).file_paths) == 20
    assert len(text_dataset_from_directory(folder, verbose=False, follow_links=True).file_paths) == 21


def test_every_epoch_has_another_order_that_depends_on_the_seed(folder):
    def orders(seed):
        dataset = text_dataset_from_directory(folder, seed=seed, verbose=False, batch_size=7)
        found = [read(dataset)[0]]
        for _ in range(2):
            dataset.on_epoch_end()
            found.append(read(dataset)[0])
        return found

    first = orders(3)
    assert first == orders(3) != orders(4)
    assert len({tuple(order) for order in first}) == 3
    assert len({tuple(sorted(order)) for order in first}) == 1
    np.random.seed(5)
    unseeded = [orders(None)[0]]
    np.random.seed(5)
    assert [orders(None)[0]] == unseeded
    both = text_dataset_from_directory(folder, seed=3, verbose=False, validation_split=0.5, subset="both")
    before = [read(dataset)[0] for dataset in both]
    for dataset in both:
        dataset.on_epoch_end()
    assert before[0] != read(both[0])[0]
    assert before[1] == read(both[1])[0]  # validation is not shuffled


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"format": "grain"}, ValueError, "format must be 'tf', the default; Grain is not supported, got 'grain'"),
        ({"label_mode": "multi"}, ValueError, "label_mode must be 'int', 'categorical', 'binary' or None"),
        ({"labels": "guessed"}, ValueError, "labels must be 'inferred', None, or a list of integers"),
        ({"labels": [1, 2]}, ValueError, "labels must be one per file, 20 in directory .*, got 2"),
        ({"labels": ["a"] * 20}, ValueError, "labels must be whole numbers"),
        ({"labels": [1, 2] * 10, "label_mode": "binary"}, ValueError, "labels must be 0 to 1 for label_mode='binary'"),
        ({"labels": [0] * 20, "label_mode": "binary"}, ValueError, "needs exactly 2 classes"),
        ({"labels": None, "class_names": ["pos"]}, ValueError, "class_names must be None unless labels is 'inferred'"),
        ({"class_names": ["pos", "other"]}, ValueError, "class_names must be distinct names of folders"),
        ({"class_names": ["pos", "pos"]}, ValueError, "class_names must be distinct names of folders"),
        ({"class_names": ["pos"], "label_mode": "binary"}, ValueError, "needs exactly 2 classes"),
        ({"validation_split": 2, "subset": "both"}, ValueError, "validation_split must be between 0 and 1, got 2"),
        ({"validation_split": 0.5}, ValueError, "If `subset` is set, `validation_split` must be set"),
        ({"subset": "both"}, ValueError, "If `subset` is set, `validation_split` must be set"),
        ({"validation_split": 0.5, "subset": "test"}, ValueError, "subset must be 'training'"),
        ({"validation_split": 0.5, "subset": "both"}, ValueError, "seed must be set"),
        ({"validation_split": 0.01, "subset": "both", "seed": 1}, ValueError, "No training text files found"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"max_length": -1}, ValueError, "max_length must be 0 or more"),
        ({"seed": -1}, ValueError, "seed must be 0 or more"),
    ],
)
def test_bad_settings_are_refused(folder, settings, error, message):
    with pytest.raises(error, match=message):
        text_dataset_from_directory(folder, **settings)


def test_bad_folders_and_files_are_refused(folder, tmp_path_factory):
    with pytest.raises(FileNotFoundError, match="directory must be a folder, found none at"):
        text_dataset_from_directory(folder / "none")
    with pytest.raises(ValueError, match="No text files found in directory"):
        text_dataset_from_directory(tmp_path_factory.mktemp("empty"), verbose=False)
    (folder / "neg" / "0.txt").write_bytes(b"a\xff")
    dataset = text_dataset_from_directory(folder, shuffle=False, verbose=False)
    with pytest.raises(DataError, match=r"0\.txt"):
        dataset[0]
    (folder / "neg" / "0.txt").unlink()
    with pytest.raises((DataError, OSError), match=r"0\.txt"):
        dataset[0]


# Windows.


def test_windows_with_their_targets():
    series = np.arange(10)
    dataset = timeseries_dataset_from_array(series[:-4], series[4:], 4, sampling_rate=1, batch_size=2)
    assert [(windows.tolist(), targets.tolist()) for windows, targets in dataset] == [
        ([[0, 1, 2, 3], [1, 2, 3, 4]], [4, 5]),
        ([[2, 3, 4, 5]], [6]),
    ]
    spread = timeseries_dataset_from_array(np.arange(99), None, 10, sampling_rate=2, sequence_stride=3, batch_size=None)
    assert spread[0].tolist() == [*range(0, 20, 2)]
    assert spread[-1].tolist() == [*range(78, 98, 2)]
    assert len(spread) == 27


@given(st.data())
def test_windows_are_those_of_keras(data):
    keras = pytest.importorskip("keras")
    from keras.src.utils.timeseries_dataset_utils import timeseries_dataset_from_array as checked

    assert keras
    if "format" not in inspect.signature(checked).parameters:
        pytest.skip("this release checks the arguments together with TensorFlow only")
    steps, features = data.draw(st.integers(2, 30)), data.draw(st.integers(0, 2))
    length, stride, rate = (data.draw(st.integers(1, 5)) for _ in range(3))
    start = data.draw(st.none() | st.integers(-1, steps))
    end = data.draw(st.none() | st.integers(0, steps))
    series = np.arange(steps * max(features, 1), dtype=np.float32).reshape((steps, features) if features else steps)
    count = data.draw(st.none() | st.integers(steps - 3, steps + 1))
    targets = None if count is None or count < 1 else np.arange(count) * 10
    given_settings = {"sequence_stride": stride, "sampling_rate": rate, "start_index": start, "end_index": end}
    try:
        checked(series, targets, length, **given_settings, format="neither")
    except ValueError as error:
        is_refused = "`format`" not in str(error)
    expected = reference_windows(series, targets, length, stride, rate, start or 0, steps if end is None else end)
    if is_refused or not expected:
        with pytest.raises(ValueError, match="must"):
            timeseries_dataset_from_array(series, targets, length, **given_settings)
        return
    dataset = timeseries_dataset_from_array(series, targets, length, **given_settings, batch_size=3)
    found = [one for batch in dataset for one in (batch if targets is None else zip(*batch, strict=True))]
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        for left, right in zip((one,) if targets is None else one, other, strict=False):
            assert np.array_equal(left, right)


def reference_windows(series, targets, length, stride, rate, start, end):
    """Windows one by one, with the rule of Keras: where a window has all its steps, and there is a target."""
    used, found = series[start:end], []
    own = None if targets is None else targets[start:end]
    for first in range(0, len(used), stride):
        places = [first + rate * number for number in range(length)]
        if places[-1] < len(used) and (own is None or first < len(own)):
            found.append((used[places],) if own is None else (used[places], own[first]))
    return found


def test_shuffled_windows_are_the_same_windows():
    series = np.arange(50.0)

    def values(dataset):
        return [window.tolist() for windows, _ in dataset for window in windows]

    plain, shuffled, again, other = (
        timeseries_dataset_from_array(series, series, 3, batch_size=7, **settings)
        for settings in ({}, {"shuffle": True, "seed": 1}, {"shuffle": True, "seed": 1}, {"shuffle": True, "seed": 2})
    )
    assert values(shuffled) == values(again) != values(other)
    assert sorted(values(shuffled)) == values(plain) != values(shuffled)
    before = values(shuffled)
    shuffled.on_epoch_end()
    again.on_epoch_end()
    plain.on_epoch_end()
    assert values(shuffled) == values(again) != before
    assert sorted(values(shuffled)) == values(plain)
    for windows, targets in shuffled:
        assert np.array_equal(windows[:, 0], targets)


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"sequence_length": 0}, ValueError, "sequence_length must be 1 or more, got 0"),
        ({"sequence_length": 1.5}, TypeError, "sequence_length must be a whole number"),
        ({"sequence_length": 11}, ValueError, "data must have 11 steps, those of a window, or more, got 10"),
        ({"sequence_stride": 0}, ValueError, "sequence_stride must be 1 or more, got 0"),
        ({"sequence_stride": 10}, ValueError, "sequence_stride must be lower than the length of data, 10, got 10"),
        ({"sampling_rate": 10}, ValueError, "sampling_rate must be lower than the length of data, 10, got 10"),
        ({"start_index": -1}, ValueError, "start_index must be 0 or more, got -1"),
        ({"start_index": 10}, ValueError, "start_index must be lower than the length of data, 10, got 10"),
        ({"end_index": 10}, ValueError, "end_index must be lower than the length of data, 10, got 10"),
        ({"end_index": 0}, ValueError, "end_index must be 1 or more, got 0"),
        ({"start_index": 4, "end_index": 4}, ValueError, "end_index must be higher than start_index, 4, got 4"),
        ({"targets": [], "sequence_length": 1}, ValueError, "targets must have one item or more after start_index"),
        ({"format": "grain"}, ValueError, "Grain is not supported, got 'grain'"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more"),
        ({"data": 3.0}, TypeError, r"data must be an array \(time, ...\), got 3.0"),
    ],
)
def test_bad_windows_are_refused(settings, error, message):
    given_settings = {"data": np.arange(10.0), "targets": None, "sequence_length": 2, **settings}
    with pytest.raises(error, match=message):
        timeseries_dataset_from_array(**given_settings)


# Datasets.


def test_datasets_are_mapped_taken_and_kept():
    calls = []

    def doubled(windows, targets):
        calls.append(len(windows))
        return windows * 2, targets

    dataset = timeseries_dataset_from_array(np.arange(9), np.arange(9), 2, batch_size=4)
    mapped = dataset.map(doubled)
    assert calls == []
    assert mapped[0][0].tolist() == [[0, 2], [2, 4], [4, 6], [6, 8]]
    assert mapped.map(lambda windows, targets: targets)[1].tolist() == [4, 5, 6, 7]
    assert [len(mapped), len(mapped.take(1)), len(mapped.take(9)), len(mapped.take(-1))] == [2, 1, 2, 2]
    calls.clear()
    kept = mapped.cache().prefetch(1)
    for _ in range(3):
        assert [targets.tolist() for _, targets in kept] == [[0, 1, 2, 3], [4, 5, 6, 7]]
        kept.on_epoch_end()
    assert calls == [4, 4]
    with pytest.raises(IndexError, match="index must be below 2, the number of batches, got 2"):
        kept[2]
    with pytest.raises(ValueError, match="count must be -1 or more, got -2"):
        mapped.take(-2)


def test_a_new_order_passes_through_derived_datasets():
    series = np.arange(40)
    dataset = timeseries_dataset_from_array(series, series, 2, shuffle=True, seed=0, batch_size=39)
    derived = dataset.map(lambda windows, targets: targets).take(1)
    before = derived[0].tolist()
    derived.on_epoch_end()
    assert sorted(derived[0].tolist()) == sorted(before) != before
    assert derived[0].tolist() != before
    kept = derived.cache()
    first = kept[0].tolist()
    kept.on_epoch_end()
    assert kept[0].tolist() == first


def test_keras_trains_on_texts_of_a_folder(folder, keras):
    training, validation = text_dataset_from_directory(
        folder, subset="both", validation_split=0.3, seed=1, label_mode="binary", batch_size=4, verbose=False
    )
    assert isinstance(training, keras.utils.PyDataset)
    vectorizer = TextVectorization(output_sequence_length=3)
    vectorizer.adapt(training.map(lambda x, y: x))
    encoded, held_out = (dataset.map(lambda x, y: (vectorizer(x), y)).cache() for dataset in (training, validation))
    keras.utils.set_random_seed(0)
    layers = [keras.layers.Embedding(30, 8), keras.layers.Flatten(), keras.layers.Dense(1, "sigmoid")]
    model = keras.Sequential(layers)
    model.compile(keras.optimizers.Adam(0.1), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(encoded, validation_data=held_out, epochs=10, verbose=0).history
    assert history["val_accuracy"][-1] == 1  # "pos" or "neg" is a word of each text
    assert model.evaluate(held_out, verbose=0)[1] == 1
    labels = np.concatenate([targets for _, targets in held_out])
    assert np.array_equal(model.predict(held_out.map(lambda x, y: x), verbose=0) > 0.5, labels > 0.5)
    assert model.predict(held_out, verbose=0).shape == (6, 1)


def test_keras_shuffles_after_every_epoch(keras):
    series = np.arange(60, dtype=np.float32)[:, None]
    dataset = timeseries_dataset_from_array(series, series[:, 0], 4, shuffle=True, seed=1, batch_size=8)
    before = dataset[0][1].tolist()
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("adam", "mse")
    model.fit(dataset, epochs=2, verbose=0)
    assert dataset[0][1].tolist() != before


# The base class.


def test_without_keras_datasets_are_plain_sequences(folder, tmp_path_factory):
    (tmp_path_factory.mktemp("none") / "x").write_text("")
    code = """
import sys
sys.modules["keras"] = None
import numpy as np
from malmoi.keras.batches import PlainBatches
from malmoi.keras.utils import text_dataset_from_directory, timeseries_dataset_from_array
dataset = timeseries_dataset_from_array(np.arange(9), None, 2, batch_size=4)
assert isinstance(dataset, PlainBatches) and len(dataset) == len(list(dataset)) == 2
assert (dataset.workers, dataset.use_multiprocessing) == (1, False)
texts = text_dataset_from_directory(sys.argv[1], batch_size=5, verbose=False)
assert len(list(texts.map(lambda x, y: x))) == 4 and texts.class_names == ["neg", "pos"]
assert not {"keras.src", "jax", "tensorflow"} & set(sys.modules)
"""
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)


def test_keras_is_imported_when_a_loader_is_called():
    code = """
import sys
import malmoi.keras, malmoi.keras.preprocessing, malmoi.keras.utils, malmoi.keras.layers, malmoi.keras.batches
print(sorted({"keras", "jax", "tensorflow", "scipy", "rich", "sklearn"} & set(sys.modules)))
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_base_class_is_plain_if_keras_cannot_be_used(monkeypatch):
    def failing():
        raise DataError("no backend")

    monkeypatch.setattr(batches, "find_spec", lambda name: object())
    monkeypatch.setattr(batches, "import_keras", failing)

    class Own(batches.PlainBatches):
        pass

    assert batches.dataset_class(Own, __name__) is Own
    plain = batches.PlainBatches()
    with pytest.raises(NotImplementedError):
        len(plain)
    with pytest.raises(NotImplementedError):
        plain[0]


def test_names_are_also_in_preprocessing():
    from malmoi.keras import preprocessing, utils

    assert preprocessing.text_dataset_from_directory is utils.text_dataset_from_directory
    with pytest.raises(AttributeError, match=r"module 'malmoi\.keras\.preprocessing' has no attribute 'image'"):
        _ = preprocessing.image
