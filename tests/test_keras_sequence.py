import json
import os
import pickle
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from malmoi.keras.preprocessing import sequence as ours

os.environ.setdefault("KERAS_BACKEND", "jax")


@pytest.fixture(scope="module")
def theirs():
    pytest.importorskip("keras")
    from keras.src.legacy.preprocessing import sequence

    return sequence


@pytest.fixture(scope="module")
def their_padding():
    return pytest.importorskip("keras").utils.pad_sequences


# Examples, by hand.


def test_short_is_filled_and_long_is_cut_at_the_front():
    padded = ours.pad_sequences([[1], [2, 3], [], [4, 5, 6, 7]], maxlen=3)
    assert padded.tolist() == [[0, 0, 1], [0, 2, 3], [0, 0, 0], [5, 6, 7]]
    assert padded.dtype == np.int32


def test_both_sides_can_be_chosen():
    padded = ours.pad_sequences([[1], [4, 5, 6]], 2, "float64", "post", "post", -1)
    assert padded.tolist() == [[1, -1], [4, 5]]
    assert padded.dtype == np.float64


def test_empty_inputs_make_empty_arrays():
    assert ours.pad_sequences([]).shape == (0, 0)
    assert ours.pad_sequences([], maxlen=4).shape == (0, 4)
    assert ours.pad_sequences([[], []]).shape == (2, 0)
    assert ours.pad_sequences([[1, 2]], maxlen=0).shape == (1, 0)


def test_sequences_of_vectors_and_of_words():
    vectors = [[[1, 2]], [[3, 4], [5, 6]]]
    assert ours.pad_sequences(vectors).tolist() == [[[0, 0], [1, 2]], [[3, 4], [5, 6]]]
    words = ours.pad_sequences([["a"], ["b", "c"]], dtype=object, value="")
    assert words.tolist() == [["", "a"], ["b", "c"]]
    assert ours.pad_sequences([["a"], ["bc", "d"]], dtype="U2", value="-").tolist() == [["-", "a"], ["bc", "d"]]


def test_windows_with_their_targets():
    series = np.arange(10)
    batches = ours.TimeseriesGenerator(series, series * 10, length=4, sampling_rate=2, batch_size=4)
    assert len(batches) == 2
    samples, targets = batches[0]
    assert samples.tolist() == [[0, 2], [1, 3], [2, 4], [3, 5]]
    assert targets.tolist() == [40, 50, 60, 70]
    assert batches[-1][1].tolist() == [80, 90]
    assert [targets.tolist() for _, targets in batches] == [[40, 50, 60, 70], [80, 90]]


def test_skipgrams_with_a_seed_are_the_same_each_time_and_leave_random_alone():
    state = random.getstate()
    first = ours.skipgrams([1, 2, 0, 3], 9, seed=5)
    assert first == ours.skipgrams([1, 2, 0, 3], 9, seed=5)
    assert random.getstate() == state
    couples, labels = first
    assert sorted(map(tuple, (couple for couple, label in zip(couples, labels, strict=True) if label))) == [
        (1, 2),
        (1, 3),
        (2, 1),
        (2, 3),
        (3, 1),
        (3, 2),
    ]
    assert labels.count(0) == 6
    assert all(1 <= other < 9 for _, other in couples)


def test_a_table_of_zeros_drops_every_word():
    assert ours.skipgrams([1, 2], 3, sampling_table=[0.0, 0.0, 0.0], seed=1) == ([], [])


@pytest.fixture
def network():
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3, 1)), keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    return model


@pytest.mark.parametrize("workers", [{}, {"workers": 2, "max_queue_size": 3}, {"use_multiprocessing": True}])
@pytest.mark.filterwarnings("ignore:workers and use_multiprocessing:UserWarning")
def test_keras_takes_windows_wherever_it_takes_data(network, workers):
    import keras

    series = np.arange(20, dtype="float32") / 20
    windows = ours.TimeseriesGenerator(series[:, None], series, length=3, batch_size=8, **workers)
    assert isinstance(windows, keras.utils.PyDataset)
    assert issubclass(ours.TimeseriesGenerator, keras.utils.PyDataset)
    assert (windows.workers, windows.use_multiprocessing) == (1, False)
    history = network.fit(windows, validation_data=windows, epochs=2, verbose=0, shuffle=False).history
    assert len(history["loss"]) == len(history["val_loss"]) == 2
    samples, targets = (np.concatenate(parts) for parts in zip(*windows, strict=True))
    np.testing.assert_allclose(network.predict(windows, verbose=0), network.predict(samples, verbose=0), rtol=1e-6)
    np.testing.assert_allclose(
        network.evaluate(windows, verbose=0), network.evaluate(samples, targets, batch_size=8, verbose=0), rtol=1e-5
    )


def test_several_workers_are_refused_with_a_warning():
    """With them, Keras predicts for the batches in another order if the model is not built."""
    keras = pytest.importorskip("keras")
    series = np.arange(12.0)[:, None]
    with pytest.warns(UserWarning, match="workers and use_multiprocessing have no effect"):
        windows = ours.TimeseriesGenerator(series, series, length=1, batch_size=2, workers=2)
    with pytest.warns(UserWarning, match="workers and use_multiprocessing have no effect"):
        windows.workers = 4
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1, kernel_initializer="ones", use_bias=False)])
    assert model.predict(windows, verbose=0)[:, 0].tolist() == list(range(11))


def test_windows_are_pickled_and_subclassed():
    windows = ours.TimeseriesGenerator([1, 2, 3, 4], [1, 2, 3, 4], length=2, max_queue_size=2)
    again = pickle.loads(pickle.dumps(windows))
    assert type(again) is type(windows)
    assert [batch[1].tolist() for batch in again] == [[3, 4]]

    class Doubled(ours.TimeseriesGenerator):
        def __getitem__(self, index):
            samples, targets = super().__getitem__(index)
            return samples, targets * 2

    assert [batch[1].tolist() for batch in Doubled([1, 2, 3, 4], [1, 2, 3, 4], length=2)] == [[6, 8]]


def test_windows_work_without_keras():
    code = """
import sys
sys.modules["keras"] = None
from malmoi.keras.preprocessing.sequence import TimeseriesGenerator, timeseries_generator_from_json
windows = TimeseriesGenerator([1, 2, 3, 4], [1, 2, 3, 4], length=2, workers=2)
print([batch[1].tolist() for batch in windows], timeseries_generator_from_json(windows.to_json())[0][1].tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[[3, 4]] [3, 4]\n"


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_tables_are_windowed_by_position(library):
    frames = pytest.importorskip(library)
    numbers = np.arange(12.0)
    data, targets = frames.DataFrame({"a": numbers, "b": numbers * 2}), frames.Series(numbers)
    if library == "pandas":
        targets.index = frames.date_range("2020-01-01", periods=12)
    samples, found = ours.TimeseriesGenerator(data, targets, length=3, batch_size=4)[1]
    assert samples[0].tolist() == [[4, 8], [5, 10], [6, 12]]
    assert found.tolist() == [7, 8, 9, 10]


@given(st.integers(0, 3), st.integers(1, 4), st.integers(1, 3), st.booleans())
def test_windows_come_back_from_their_json(start, length, stride, reverse):
    values = list(range(12))
    mine = ours.TimeseriesGenerator(
        values, values, length, stride=stride, start_index=start, reverse=reverse, batch_size=2
    )
    again = ours.timeseries_generator_from_json(mine.to_json())
    assert again.get_config() == mine.get_config()
    for (samples, targets), (expected, of) in zip(again, mine, strict=True):
        assert samples.tolist() == expected.tolist()
        assert targets.tolist() == of.tolist()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"config": {}}', '{"config": {"data": "[1]", "targets": "[1"}}'])
def test_json_of_something_else_is_refused(text):
    with pytest.raises(ValueError, match=r"^json_string must contain a generator, got "):
        ours.timeseries_generator_from_json(text)


# Keras itself.

numbers = st.integers(-(2**31), 2**31 - 1)
sides = st.sampled_from(["pre", "post"])


@given(
    st.lists(st.one_of(st.lists(numbers, max_size=6), st.lists(numbers, max_size=6).map(tuple)), min_size=1),
    st.one_of(st.none(), st.integers(1, 8)),
    st.sampled_from(["int32", "int64", "float32", np.float64, object]),
    sides,
    sides,
    st.sampled_from([0.0, 7, -1]),
)
def test_padding_is_that_of_keras(their_padding, sequences, maxlen, dtype, padding, truncating, value):
    expected = their_padding(sequences, maxlen, dtype, padding, truncating, value)
    for form in (sequences, [np.array(sequence, dtype=np.int64) for sequence in sequences]):
        found = ours.pad_sequences(form, maxlen, dtype, padding, truncating, value)
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)


@given(st.lists(st.lists(st.tuples(numbers, numbers), max_size=4), min_size=1), st.integers(1, 5), sides, sides)
def test_padding_of_vectors_is_that_of_keras(their_padding, sequences, maxlen, padding, truncating):
    arrays = [np.array(sequence, dtype=np.int64).reshape(-1, 2) for sequence in sequences]
    expected = their_padding(arrays, maxlen, padding=padding, truncating=truncating)
    found = ours.pad_sequences(arrays, maxlen, padding=padding, truncating=truncating)
    np.testing.assert_array_equal(found, expected)


@given(
    steps=st.integers(2, 40),
    length=st.integers(1, 5),
    sampling_rate=st.integers(1, 3),
    stride=st.integers(1, 4),
    start_index=st.integers(0, 5),
    cut=st.integers(0, 5),
    reverse=st.booleans(),
    batch_size=st.integers(1, 6),
    shuffle=st.booleans(),
)
def test_windows_are_those_of_keras(theirs, steps, cut, **arguments):
    end_index = steps - 1 - cut
    if arguments["start_index"] + arguments["length"] > end_index:
        return
    data, targets = np.arange(steps * 2).reshape(steps, 2), np.arange(steps)
    expected = theirs.TimeseriesGenerator(data, targets, end_index=end_index, **arguments)
    for form in (data, data.tolist()):
        found = ours.TimeseriesGenerator(form, targets, end_index=end_index, **arguments)
        assert len(found) == len(expected)
        for index in range(len(found)):
            np.random.seed(index)
            reference = expected[index]
            np.random.seed(index)
            for array, other in zip(found[index], reference, strict=True):
                np.testing.assert_array_equal(array, other)


def test_configuration_of_windows_is_that_of_keras(theirs):
    data, targets = np.arange(12).reshape(6, 2), list(range(6))
    mine = ours.TimeseriesGenerator(data, targets, length=2)
    config = mine.get_config()
    assert json.loads(config.pop("data")) == data.tolist()
    assert json.loads(config.pop("targets")) == targets
    reference = vars(theirs.TimeseriesGenerator(data, targets, length=2))
    assert config == {name: reference[name] for name in config}
    assert json.loads(mine.to_json(indent=1)) == {"class_name": "TimeseriesGenerator", "config": mine.get_config()}


@given(st.lists(st.integers(0, 8), max_size=12), st.integers(0, 4), st.booleans(), st.integers(0, 99))
def test_skipgrams_are_those_of_keras(theirs, sequence, window_size, categorical, seed):
    settings = {"window_size": window_size, "categorical": categorical}
    table = ours.make_sampling_table(9, sampling_factor=0.1)
    for more in (
        {"negative_samples": 0, "seed": seed},
        {"negative_samples": 1.5, "shuffle": False},
        {"negative_samples": 1, "shuffle": False, "sampling_table": table},
    ):
        found = []
        for module in (ours, theirs):
            random.seed(seed)
            found.append(module.skipgrams(sequence, 9, **settings, **more))
        assert found[0] == found[1]


@given(st.integers(1, 300), st.sampled_from([1e-5, 1e-3, 0.5]))
def test_sampling_table_is_that_of_keras(theirs, size, factor):
    expected = theirs.make_sampling_table(size, factor)
    np.testing.assert_allclose(ours.make_sampling_table(size, factor), expected, rtol=1e-14)


# Errors.


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: ours.pad_sequences([[1]], maxlen=-1), ValueError, "maxlen must be 0 or more, got -1"),
        (lambda: ours.pad_sequences([[1]], padding="left"), ValueError, "padding must be 'pre' or 'post', got 'left'"),
        (lambda: ours.pad_sequences([[1]], truncating=0), ValueError, "truncating must be 'pre' or 'post', got 0"),
        (
            lambda: ours.pad_sequences([["a"]], value="-"),
            ValueError,
            "`dtype` int32 is not compatible with `value`'s type, str: '-'; set dtype=object",
        ),
        (lambda: ours.pad_sequences(3), ValueError, "sequences must be a list of lists, got 3; wrap it: list(...)"),
        (lambda: ours.pad_sequences([[1], 2]), ValueError, "sequences[1] must be a list or an array, got 2"),
        (lambda: ours.pad_sequences([[1], ["a"]]), ValueError, "sequences[1] must contain int32, got ['a']"),
        (lambda: ours.pad_sequences([[], [2**31]]), ValueError, "sequences[1] must contain int32, got [2147483648]"),
        (
            lambda: ours.pad_sequences([[1], [], [[2, 3]]]),
            ValueError,
            "sequences[2] must have the shape () after the first axis, as the sequences before it, got (2,)",
        ),
        (lambda: ours.make_sampling_table(0), ValueError, "size must be 1 or more, got 0"),
        (lambda: ours.make_sampling_table(1, -0.5), ValueError, "sampling_factor must be 0 or more, got -0.5"),
        (lambda: ours.skipgrams([1], 2, window_size=-1), ValueError, "window_size must be 0 or more, got -1"),
        (lambda: ours.skipgrams([1], 2, negative_samples=-1), ValueError, "negative_samples must be 0 or more, got -1"),
        (
            lambda: ours.skipgrams([1], 1),
            ValueError,
            "vocabulary_size must be 2 or more for negative samples, got 1",
        ),
        (lambda: windows(targets=[1]), ValueError, "targets must have 4 items, as data, got 1"),
        (lambda: windows(length=0), ValueError, "length must be 1 or more, got 0"),
        (lambda: windows(stride=0), ValueError, "stride must be 1 or more, got 0"),
        (lambda: windows(sampling_rate=0), ValueError, "sampling_rate must be 1 or more, got 0"),
        (lambda: windows(batch_size=0), ValueError, "batch_size must be 1 or more, got 0"),
        (lambda: windows(start_index=-1), ValueError, "start_index must be 0 or more, got -1"),
        (
            lambda: windows(length=4),
            ValueError,
            "`start_index+length=4 > end_index=3` is disallowed, because no window would be left",
        ),
        (
            lambda: windows(end_index=4),
            ValueError,
            "end_index must be at most that of the last step, 3, got 4",
        ),
        (lambda: windows()[1], IndexError, "index must be below 1, got 1"),
        (
            lambda: windows(data=[{1}, {2}, {3}, {4}]).get_config(),
            TypeError,
            "data must be representable as JSON, got [{1}, {2}, {3}, {4}]",
        ),
    ],
)
def test_error_says_rule_and_value(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def windows(data=(1, 2, 3, 4), targets=(1, 2, 3, 4), length=2, **arguments):
    return ours.TimeseriesGenerator(data, targets, length, **arguments)
