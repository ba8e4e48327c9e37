"""The forward pass of the core predicts what Keras predicts, for every setting; without Keras where it can."""

import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import malmoi as mm
from malmoi.models.neural.engines.native import NativeForward
from malmoi.models.neural.network import TrainedNetwork
from malmoi.models.neural.networks import Plan, build_model, forward_program, sample_bytes
from malmoi.models.neural.samples import Inputs

HIDDEN = st.sampled_from([(), (3,), (17, 2)])
NETWORKS = st.one_of(
    st.builds(mm.Average, st.sampled_from(["mean", "max"]), HIDDEN, st.just(0.2)),
    st.builds(mm.Flatten, HIDDEN),
    st.builds(
        mm.Conv,
        st.sampled_from([1, 5, 17]),
        st.sampled_from([1, (2, 3), (4, 1, 5)]),
        st.integers(1, 2),
        st.sampled_from(["max", "mean", "mean_max"]),
        HIDDEN,
        later_widths=st.sampled_from([None, (), (2, 3)]),
        norm=st.sampled_from([None, "batch", "none"]),
    ),
    st.builds(
        mm.Recurrent,
        st.sampled_from(["simple", "gru", "lstm"]),
        st.sampled_from([1, 3, 9]),
        st.integers(1, 2),
        st.booleans(),
        HIDDEN,
        st.just(0.1),
        pooling=st.sampled_from([None, "last", "mean", "max", "mean_max"]),
        stride=st.sampled_from([None, 1, 2, 3]),
    ),
)
ACTIVATIONS = st.sampled_from([(1, "sigmoid"), (3, "softmax"), (2, "linear"), (3, "sigmoid")])


@st.composite
def plans(draw):
    rows, length, dimension = draw(st.sampled_from([0, 11])), draw(st.integers(5, 9)), draw(st.integers(1, 4))
    network = draw(NETWORKS)
    if rows == 0:
        network = network.for_series(length)
    return Plan(network, rows, length, dimension, *draw(ACTIVATIONS))


def drawn_weights(shapes, seed=0):
    random = np.random.default_rng(seed)
    return {
        name: (np.abs if name.endswith("variance") else np.asarray)(random.normal(size=shape)).astype(np.float32)
        for name, shape in shapes.items()
    }


def drawn_samples(plan, count, seed=1):
    """Rows of any number of real steps, none and all among them, padded at either end."""
    random = np.random.default_rng(seed)
    lengths = np.concatenate([[0, plan.length], random.integers(0, plan.length + 1, size=count)])[:count]
    left = bool(seed % 2) and plan.rows > 0
    steps = np.arange(plan.length)
    mask = steps >= plan.length - lengths[:, None] if left else steps < lengths[:, None]
    if plan.rows:
        ids = np.where(mask, random.integers(1, plan.rows, size=mask.shape), 0).astype(np.int32)
        return Inputs((ids,), lengths=lengths if plan.masked else None, pad_left=left)
    values = random.normal(size=(*mask.shape, plan.dimension)).astype(np.float32)
    return Inputs((values, mask), lengths=lengths) if plan.masked else Inputs((values,))


def native(plan, weights):
    return NativeForward.of(plan, forward_program(plan), weights)


@settings(max_examples=6)
@given(plans(), st.integers(0, 9))
def test_outputs_and_names_of_weights_are_those_of_keras(plan, seed):
    pytest.importorskip("keras")
    model = build_model(plan)
    program = forward_program(plan)
    assert program.shapes == {weight.path: tuple(weight.shape) for weight in model.weights}
    assert {str(weight.dtype) for weight in model.weights} == {"float32"}
    weights = drawn_weights(program.shapes, seed)
    for weight in model.weights:
        weight.assign(weights[weight.path])
    samples = Inputs(drawn_samples(plan, 5, seed).inputs)  # of one length: Keras compiles a program for each
    expected = TrainedNetwork.of_model(plan, model)._on_keras(samples)
    found = native(plan, weights)(samples)
    assert found.dtype == np.float32
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-5)


@settings(max_examples=40)
@given(plans(), st.integers(0, 30), st.integers(0, 9))
def test_a_row_has_the_same_bits_in_any_company_at_any_number_of_threads(plan, count, seed):
    forward = native(plan, drawn_weights(forward_program(plan).shapes, seed))
    samples = drawn_samples(plan, count, seed)
    outputs = []
    for threads in ("1", "3"):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MALMOI_THREADS", threads)
            outputs.append(forward(samples))
    assert outputs[0].shape == (count, plan.units)
    assert outputs[0].tobytes() == outputs[1].tobytes()
    for row in range(0, count, 7):
        lengths = None if samples.lengths is None else samples.lengths[row : row + 1]
        alone = Inputs(
            tuple(array[row : row + 1] for array in samples.inputs), lengths=lengths, pad_left=samples.pad_left
        )
        assert forward(alone).tobytes() == outputs[0][row : row + 1].tobytes()


GRU = mm.Recurrent("gru", 3)


def small_plan(network=GRU, **changes):
    return Plan(
        **{"network": network, "rows": 9, "length": 4, "dimension": 2, "units": 1, "activation": "sigmoid"} | changes
    )


def small_network(network=GRU, **changes):
    plan = small_plan(network, **changes)
    return TrainedNetwork.from_weights(plan, drawn_weights(forward_program(plan).shapes))


IDS = Inputs((np.array([[1, 2, 3, 0], [4, 0, 0, 0]], np.int32),), lengths=np.array([3, 1]))


def test_changes_of_the_keras_model_show_in_predictions():
    pytest.importorskip("keras")
    network = small_network()
    before = network.outputs(IDS)
    model = network.model
    assert network.model is model
    assert network.outputs(IDS).tobytes() == before.tobytes()
    model.get_layer("probabilities").set_weights([np.zeros((3, 1)), np.array([100.0])])
    assert network.outputs(IDS).tolist() == [[1.0], [1.0]]
    assert network.weights["probabilities/bias"].tolist() == [100.0]
    assert pickle.loads(pickle.dumps(network)).outputs(IDS).tolist() == [[1.0], [1.0]]
    model.compile("sgd", "binary_crossentropy")
    model.fit(IDS.inputs[0], np.array([0, 0]), epochs=3, verbose=0)
    expected = np.asarray(model(IDS.inputs[0]))
    assert np.allclose(network.outputs(IDS), expected, atol=1e-6)


def test_pickles_of_before_load():
    pytest.importorskip("keras")
    network = small_network()
    old = TrainedNetwork.__new__(TrainedNetwork)
    old.__setstate__({"plan": network.plan, "weights": network.model.get_weights()})
    assert old.outputs(IDS).tobytes() == network.outputs(IDS).tobytes()
    assert list(old.weights) == list(network.weights)


@pytest.mark.parametrize(
    ("name", "value"), [("dense_1/bias", None), ("probabilities/bias", np.zeros((2,), np.float32))]
)
def test_weights_of_another_shape_are_refused(name, value):
    plan = small_plan(mm.Average(hidden=2))
    weights = drawn_weights(forward_program(plan).shapes)
    weights[name] = np.zeros_like(weights["dense_1/bias"], dtype=np.float64) if value is None else value
    with pytest.raises(ValueError, match=r"must be float32 \(2,\)|parameters, it holds"):
        TrainedNetwork.from_weights(plan, weights)


def test_networks_of_as_many_layers_as_there_may_be_load_and_predict():
    for network in (mm.Conv(1, 1, layers=64), mm.Average(hidden=(1,) * 64)):
        assert small_network(network).outputs(IDS).shape == (2, 1)


def test_predictions_of_many_threads_are_right():
    network = small_network(mm.Conv(5, (2, 3)))
    expected = network.outputs(IDS).tobytes()
    with ThreadPoolExecutor(8) as pool:
        assert {found.tobytes() for found in pool.map(lambda _: network.outputs(IDS), range(64))} == {expected}


def test_long_samples_need_little_memory_and_are_bounded_beforehand():
    plan = small_plan(mm.Conv(2, 3), rows=0, length=10**6, dimension=50)
    assert 10**6 * 50 * 4 < sample_bytes(plan) < 2 * 10**6 * (53 * 4 + 4) + 10**6
    assert sample_bytes(small_plan(lambda vectors: vectors)) == 2 * 4 * 4 * 2
    assert sample_bytes(plan, 10) < 2**20


def test_what_does_not_fit_is_refused_by_the_core():
    from malmoi._core import ForwardPass

    kernel, bias = np.zeros((2, 1), np.float32), np.zeros(1, np.float32)
    values, mask = np.zeros((1, 1, 2), np.float32), np.ones((1, 1), np.uint8)
    forward = ForwardPass(2, "linear")
    with pytest.raises(ValueError, match="a kernel must have 4 rows, and a column for each bias"):
        forward.convolve(0, 2, kernel, bias)
    with pytest.raises(ValueError, match="value 0 does not exist, or has another type"):
        forward.dense(0, kernel, bias, False)
    with pytest.raises(ValueError, match="value 7 does not exist, or has another type"):
        forward.pool(7, "max")
    with pytest.raises(ValueError, match='pooling must be mean or max, got "sum"'):
        forward.pool(0, "sum")
    with pytest.raises(ValueError, match="the last value must have one row per sample"):
        forward.of_values(values, mask, together=1, threads=1)
    forward.dense(forward.pool(0, "mean"), kernel, bias, False)
    with pytest.raises(ValueError, match="ids must be from 0 to below 1"):
        forward.of_ids(np.array([[1]], np.int32), kernel.T.copy(), together=1, threads=1)
    with pytest.raises(ValueError, match="values must match the mask"):
        forward.of_values(values, np.ones((1, 2), np.uint8), together=1, threads=1)
    with pytest.raises(ValueError, match="table must have 2 columns, got 1"):
        forward.of_ids(np.array([[1]], np.int32), kernel, together=1, threads=1)
    forward.dense(forward.flatten(0, 2), np.zeros((4, 1), np.float32), bias, False)
    with pytest.raises(ValueError, match="samples must be of one length, got 1 of 1 steps"):
        forward.of_values(values, mask, together=1, threads=1)


NO_KERAS = """
import json, sys
import malmoi as mm
from malmoi.cli.commands import run
model = mm.load(sys.argv[1], verify=True)
model.predict(["good film"])
model.fitted.summary()
model.save(sys.argv[1] + "2")
assert run(["info", sys.argv[1], "--verify"]) == 0
assert run(["predict", sys.argv[1], sys.argv[2], "-o", sys.argv[1] + ".csv"]) == 0
print("loaded:", json.dumps(sorted({"jax", "keras", "matplotlib"} & set(sys.modules))))
"""


@pytest.fixture(scope="module")
def text_file(tmp_path_factory):
    pytest.importorskip("keras")
    texts, labels = ["so good", "good film", "so bad", "bad film"] * 4, ["pos", "pos", "neg", "neg"] * 4
    model = mm.EmbeddingClassifier(mm.Conv(3, 2), max_length=3, embedding=mm.Learned(3), epochs=1).fit(texts, labels)
    return model.save(tmp_path_factory.mktemp("models") / "m.malmoi")


def test_a_network_loads_predicts_and_is_verified_without_keras(text_file):
    (text_file.parent / "texts.txt").write_text("good\nbad film\n")
    command = [sys.executable, "-c", NO_KERAS, str(text_file), str(text_file.parent / "texts.txt")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["loaded: []"], done.stderr
    assert text_file.read_bytes() == (text_file.parent / "m.malmoi2").read_bytes()
