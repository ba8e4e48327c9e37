"""fastText's classifiers: settings, predictions for odd texts, model files, quantisation, calibration, partial_fit."""

import copy
import logging
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.metrics import log_loss

import malmoi as mm
from fasttext_reference import Classifier, Quantised
from malmoi.models.fasttext.tables import QuantisedTable
from malmoi.persistence import FRONT, load
from test_bag_files import arrays_changed, returning_nothing, with_value
from test_storage import rewritten

TEXTS = ["so good", "really good film", "good fun 고양이", "so bad", "really bad film", "bad dull"] * 3
LABELS = ["pos", "pos", "pos", "neg", "neg", "neg"] * 3
THREE = ["pos", "mid", "pos", "neg", "mid", "neg"] * 3
SETS = [["a"], ["a", "b"], ["c"], ["b", "c"], [], ["a"]] * 3
FAST = {"dimension": 4, "epochs": 8, "buckets": 64, "calibration": None}
NEW = ["good", "a good film", "bad fun", "고양이 naïve", "", "unheard", "so so dull"]


def model(**changes):
    return mm.FastTextClassifier(**{**FAST, **changes})


MODELS = {
    "binary": lambda: model().fit(TEXTS, LABELS),
    "three": lambda: model(characters=(1, 2)).fit(TEXTS, THREE),
    "sets": lambda: model().fit(TEXTS, SETS),
    "one-vs-all": lambda: model(loss="one-vs-all").fit(TEXTS, THREE),
    "isotonic": lambda: model(calibration="isotonic").fit(TEXTS, LABELS),
    "temperature": lambda: model(calibration="temperature", reject_below=0.6).fit(TEXTS, THREE),
    "tokens": lambda: model(tokens=mm.Words(keep_punctuation=True)).fit(TEXTS, LABELS),
    "weights": lambda: model(class_weight={"pos": 2.0}).fit(TEXTS, LABELS),
    "quantised": lambda: model(dimension=9).fit(TEXTS, THREE).quantize(),
    "parts": lambda: model(dimension=9).fit(TEXTS, THREE).quantize(part=2),
}


@pytest.fixture(scope="module")
def fitted():
    """A model of every kind, which no test changes."""
    return {name: make() for name, make in MODELS.items()}


@pytest.fixture(scope="module")
def saved(fitted, tmp_path_factory):
    folder = tmp_path_factory.mktemp("fasttext")
    return {name: one.save(folder / f"{name}.malmoi") for name, one in fitted.items()}


# Predictions


def test_texts_without_a_known_word_get_the_shares_of_the_labels(fitted):
    labels = ["a"] * 9 + ["b"] * 3 + ["c"] * 6
    found = model().fit(TEXTS, labels)
    odd = ["", "unheard", " \n\t", "\0\0", "</s>", "</s> good", "__label__pos", "__label__a", "\u00a0", "goodgood"]
    assert found.known(odd).tolist() == [False] * len(odd)
    assert np.allclose(found.predict_proba(odd), [[9 / 18, 3 / 18, 6 / 18]])
    assert found.predict(odd).tolist() == ["a"] * len(odd)
    sets = fitted["sets"]
    assert np.allclose(sets.predict_proba(["unheard"]), [[3 * 3 / 18, 2 * 3 / 18, 2 * 3 / 18]])


@pytest.mark.parametrize(
    "text", ["good\nfilm", "good\0film", "\r\ngood \v film\f", "good film </s> bad bad", "good  film"]
)
def test_blanks_and_the_end_of_text_are_as_in_fasttext(fitted, text):
    for one in (fitted["binary"], fitted["three"]):
        assert one.predict_proba([text]).tobytes() == one.predict_proba(["good film"]).tobytes()
        assert one.known([text]).tolist() == [True]


def test_labels_inside_texts_are_no_words(fitted):
    one = fitted["binary"]
    found = one.predict_proba(["good __label__neg film", "__label__ good film"])
    assert found.tobytes() == one.predict_proba(["good film", "good film"]).tobytes()


def test_character_ngrams_make_unheard_words_known(fitted):
    # With few buckets n-grams that were never seen share the buckets of others.
    with_characters = model(characters=(1, 2), buckets=10_000_000).fit(TEXTS, LABELS)
    assert with_characters.known(["goodly", "高"]).tolist() == [True, False]
    assert fitted["binary"].known(["goodly"]).tolist() == [False]


TOKENS = st.sampled_from(["good", "bad", "film", "unheard", "고양이", "</s>", "\0", "\n", "__label__x", "\U0001f600"])


@settings(max_examples=40)
@given(st.lists(st.lists(TOKENS | st.text(max_size=5), max_size=8).map(" ".join), max_size=6))
def test_a_batch_equals_its_texts_one_by_one_at_any_number_of_threads(texts):
    for one in (MADE["three"], MADE["parts"]):
        alone = [one.predict_proba([text])[0] for text in texts]
        for jobs in (1, 3):
            one.n_jobs = jobs
            together = one.predict_proba(texts)
            assert together.dtype == np.float32
            assert together.tolist() == [row.tolist() for row in alone]
        assert np.isfinite(together).all()
        assert np.allclose(together.sum(axis=1), 1, atol=1e-5)


MADE = {name: MODELS[name]() for name in ("three", "parts")}


@settings(max_examples=25)
@given(st.lists(TOKENS | st.text(max_size=5), max_size=8).map(" ".join))
def test_an_explanation_sums_to_the_score(text):
    for one in MADE.values():
        for label in one.classes_.tolist():
            found = one.explain(text, label=label)
            assert sum(part.weight for part in found.features) + found.bias == pytest.approx(found.score, abs=1e-4)
            assert sum(part.weight for part in found.tokens) + found.bias == pytest.approx(found.score, abs=1e-4)
            assert all(text[part.start : part.end] == part.token for part in found.tokens)
        if one.known([text])[0] and len(one.classes_) == 3:
            scores = one.fitted.scores([text])[0]
            place = one.classes_.tolist().index(label)
            own = scores[place] - np.delete(scores, place).mean()
            assert found.score == pytest.approx(own, abs=1e-4)


def test_an_explanation_with_a_tokenizer_has_places_of_the_text(fitted):
    text = "Good, FILM!"
    found = fitted["tokens"].explain(text, label="pos")
    assert {part.token for part in found.tokens} <= {"Good", ",", "FILM", "!"}
    assert next(part for part in found.tokens if part.token == "Good").weight > 0
    assert sum(part.weight for part in found.tokens) + found.bias == pytest.approx(found.score, abs=1e-4)


def test_labels_that_are_too_uncertain_are_rejected(fitted):
    one = copy.deepcopy(fitted["binary"])
    largest = one.predict_proba(NEW).max(axis=1)
    bound = float(np.median(largest))
    rejecting = model(reject_below=bound).fit(TEXTS, LABELS)
    expected = [None if value < bound else label for value, label in zip(largest, one.predict(NEW), strict=True)]
    assert list(rejecting.predict(NEW)) == expected
    assert None in expected
    assert set(expected) - {None}


# Settings


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"tokens": "words"}, TypeError, r"tokens must be None or a tokenizer, such as Words\(\), got 'words'"),
        ({"tokens": str.split}, TypeError, "tokens must be None or a tokenizer"),
        ({"dimension": 0}, ValueError, "dimension must be 1 or more, got 0"),
        ({"dimension": 2.5}, TypeError, r"dimension must be a whole number, got 2\.5"),
        ({"dimension": True}, TypeError, "dimension must be a whole number, got True"),
        ({"dimension": 10**9}, ValueError, "dimension must be at most 65536, got 1000000000"),
        ({"epochs": 0}, ValueError, "epochs must be 1 or more, got 0"),
        ({"epochs": "many"}, TypeError, """epochs must be "auto" or a whole number, got 'many'"""),
        ({"learning_rate": 0}, ValueError, "learning_rate must be above 0 and at most 100, got 0"),
        ({"learning_rate": -0.5}, ValueError, "learning_rate must be above 0 and at most 100, got -0.5"),
        ({"learning_rate": 101}, ValueError, "learning_rate must be above 0 and at most 100, got 101"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate must be above 0 and at most 100, got nan"),
        ({"learning_rate": "1"}, TypeError, "learning_rate must be a number, got '1'"),
        ({"ngrams": 0}, ValueError, "ngrams must be 1 or more, got 0"),
        ({"ngrams": 256}, ValueError, "ngrams must be at most 255, got 256"),
        ({"ngrams": (2, 3)}, ValueError, r"ngrams must be a range \(1, longest\), got \(2, 3\)"),
        ({"ngrams": (1, 2, 3)}, ValueError, r"ngrams must be a range \(1, longest\), got \(1, 2, 3\)"),
        ({"ngrams": (1, 0)}, ValueError, r"ngrams\[1\] must be 1 or more, got 0"),
        ({"ngrams": "2"}, TypeError, "ngrams must be a whole number, got '2'"),
        ({"characters": 3}, TypeError, r"characters must be None or a pair \(shortest, longest\), got 3"),
        ({"characters": "ab"}, TypeError, r"characters must be None or a pair \(shortest, longest\), got 'ab'"),
        ({"characters": (1,)}, TypeError, r"characters must be None or a pair \(shortest, longest\), got \(1,\)"),
        ({"characters": (0, 2)}, ValueError, r"characters\[0\] must be 1 or more, got 0"),
        ({"characters": (3, 2)}, ValueError, r"characters must be a pair \(shortest, longest\), got \(3, 2\)"),
        ({"characters": (2, 256)}, ValueError, r"characters\[1\] must be at most 255, got 256"),
        ({"buckets": 0}, ValueError, "buckets must be 1 or more, got 0"),
        ({"buckets": 10**12}, ValueError, "buckets must be at most 2147483647, got 1000000000000"),
        ({"ngrams": 1}, ValueError, "buckets has no effect without word n-grams and characters; leave it out"),
        ({"ngrams": (1, 1)}, ValueError, "buckets has no effect without word n-grams and characters; leave it out"),
        ({"min_count": 0}, ValueError, "min_count must be 1 or more, got 0"),
        ({"loss": "hinge"}, ValueError, "loss must be 'auto', 'softmax' or 'one-vs-all', got 'hinge'"),
        ({"class_weight": "even"}, ValueError, """class_weight must be "balanced" or a dict of weights, got 'even'"""),
        ({"class_weight": {"neg": -1}}, ValueError, r"class_weight\['neg'\] must be 0 or more"),
        ({"class_weight": {"absent": 1}}, ValueError, "class_weight must have the classes as keys"),
        ({"calibration": "platt"}, ValueError, "calibration must be 'auto', 'temperature', 'isotonic' or None"),
        ({"reject_below": 1.5}, ValueError, r"reject_below must be None, or from 0 to 1, got 1\.5"),
        ({"seed": -1}, ValueError, "seed must be 0 or more, got -1"),
        ({"seed": 2**63}, ValueError, "seed must be at most 9223372036854775807"),
        ({"seed": 1.5}, TypeError, r"seed must be a whole number, got 1\.5"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be from 1 to 1024"),
    ],
    ids=str,
)
def test_settings_out_of_range_or_without_effect_are_refused(changes, error, message):
    with pytest.raises(error, match=message):
        model(**changes).fit(TEXTS, LABELS)


@pytest.mark.parametrize(
    ("changes", "labels", "error", "message"),
    [
        ({"loss": "softmax"}, SETS, ValueError, "loss must be 'auto' or 'one-vs-all' for multilabel data"),
        ({"reject_below": 0.5}, SETS, ValueError, "reject_below must be None for multilabel data"),
        ({"class_weight": "balanced"}, SETS, ValueError, "class_weight must be None for multilabel data"),
        (
            {"calibration": "isotonic"},
            THREE,
            ValueError,
            "calibration must be 'temperature' or 'auto' for more than two",
        ),
        (
            {"calibration": "isotonic"},
            SETS,
            ValueError,
            "calibration must be 'temperature' or 'auto' for more than two",
        ),
        ({}, ["pos"] * 18, mm.DataError, "labels must have 2 classes or more, got only 'pos'"),
        ({}, LABELS[1:], ValueError, "labels must have 18 items, one per text, got 17"),
        ({}, [None, *LABELS[1:]], mm.DataError, r"labels\[0\]"),
        ({"min_count": 10}, LABELS, mm.DataError, "min_count must be lower .* no word occurs 10 times or more"),
        ({"min_count": 19, "characters": (1, 2)}, LABELS, mm.DataError, "no word occurs 19 times or more"),
    ],
    ids=str,
)
def test_labels_that_do_not_fit_are_refused(changes, labels, error, message):
    one = model().fit(TEXTS, LABELS)
    before = one.predict_proba(NEW)
    with pytest.raises(error, match=message):
        one.set_params(**changes).fit(TEXTS, labels)
    assert np.array_equal(one.predict_proba(NEW), before)


@pytest.mark.parametrize("text", ["", " \n", "\0", "__label__pos", "</s> good"])
def test_texts_without_words_are_refused(text):
    with pytest.raises(mm.DataError, match="training texts must have words, separated by white space, got none"):
        model().fit([text] * 4, ["a", "b"] * 2)
    assert model().fit([text, "word"] * 4, ["a", "b"] * 4).known([text, "word"]).tolist() == [False, True]


def test_a_model_that_is_not_fitted_says_so(tmp_path):
    one = model()
    calls = [lambda: one.predict(["a"]), lambda: one.known(["a"]), lambda: one.explain("a"), lambda: one.classes_]
    for call in [*calls, one.quantize, lambda: one.facts_, lambda: one.save(tmp_path / "m.malmoi")]:
        with pytest.raises(NotFittedError, match="this FastTextClassifier is not fitted; call fit first"):
            call()


# Model files


@pytest.mark.parametrize("name", MODELS)
def test_saved_pickled_and_copied_models_predict_the_same_bits(fitted, saved, name):
    one = fitted[name]
    for other in (load(saved[name], verify=True), pickle.loads(pickle.dumps(one)), copy.deepcopy(one)):
        assert other.predict_proba(NEW).tobytes() == one.predict_proba(NEW).tobytes()
        assert list(other.predict(NEW)) == list(one.predict(NEW))
        assert other.known(NEW).tolist() == one.known(NEW).tolist()
        assert other.explain("good film") == one.explain("good film")
        assert other.facts_ == one.facts_
        assert other.classes_.tolist() == one.classes_.tolist()


def test_a_loaded_model_has_the_settings_and_a_clone_is_not_fitted(saved):
    one = load(saved["temperature"])
    expected = {**model().get_params(), "calibration": "temperature", "reject_below": 0.6, "ngrams": (1, 2)}
    assert {name: one.get_params()[name] for name in expected} == expected
    assert not hasattr(clone(one), "fitted_")
    again = clone(one).fit(TEXTS, THREE)
    assert again.predict_proba(NEW).tobytes() == one.predict_proba(NEW).tobytes()
    assert load(saved["tokens"]).tokens == mm.Words(keep_punctuation=True)
    assert load(saved["weights"]).class_weight == {"pos": 2.0}


def test_info_shows_it(saved, capsys):
    from malmoi.cli.commands import run

    for path in saved.values():
        assert run(["info", str(path), "--verify"]) == 0
        assert "FastTextClassifier" in capsys.readouterr().out


@pytest.mark.parametrize("kind", ["three", "parts"])
def test_a_model_file_cut_or_changed_anywhere_is_refused(saved, tmp_path, kind):
    content, path = bytearray(saved[kind].read_bytes()), tmp_path / "m.malmoi"
    for place in {*range(0, FRONT.size + 20, 7), *range(0, len(content), len(content) // 60)}:
        path.write_bytes(content[:place])
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        with pytest.raises(mm.FormatError, match=r"m\.malmoi"):
            load(path)
        content[place] ^= 1 << place % 8


def network(**changes):
    return lambda header: header["network"].update(changes)


def setting(**changes):
    return lambda header: header["settings"].update(changes)


def fact(**changes):
    return lambda header: header["facts"].update(changes)


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("three", lambda header: header.pop("network"), "its header must have .*, lacks network"),
        ("three", network(words=3), "dictionary/ends must have 6 values"),
        ("three", network(words=-1), "network.words must be 0 or more, found -1"),
        ("three", network(words="x"), "network.words must be a whole number, found 'x'"),
        ("three", network(ngrams=2000), "network.ngrams must be .*, found 2000"),
        ("three", network(characters=[1]), r"network.characters must be a list of 2, found \[1\]"),
        ("three", network(characters=[1, 10**6]), r"network.characters\[1\] must be .*, found 1000000"),
        ("three", network(buckets=2), "."),
        ("three", network(buckets=2**40), "network.buckets must be .*, found 1099511627776"),
        ("three", network(zeros=1), "network.zeros must be True or False, found 1"),
        ("three", network(loss="hinge"), "network.loss must be one of softmax, .*, found 'hinge'"),
        ("three", network(dimension=5), "input/values must have 5 columns"),
        ("three", network(dimension=0), "network.dimension must be 1 or more, found 0"),
        ("three", network(order=[0, 1]), r"network.order must have 0 to 2, found \[0, 1\]"),
        ("three", network(order=[0, 0, 1]), r"network.order must have 0 to 2, found \[0, 0, 1\]"),
        ("three", network(order=[0, 1, 3]), r"network.order must have 0 to 2, found \[0, 1, 3\]"),
        ("three", network(part=2), "input/ must have codes and centroids"),
        ("three", network(output_part=1), "output/ must have codes and centroids"),
        ("parts", network(part=0), "input/values must have 2 columns"),
        ("parts", network(part=1), "."),
        ("parts", network(part=3), "."),
        ("three", network(more=1), "network must have .*, has the unknown 'more'"),
        ("three", setting(dimension=0), "settings.dimension must be 1 or more, found 0"),
        ("three", setting(epochs="many"), "settings.epochs must be"),
        ("three", setting(learning_rate=-1.0), "settings.learning_rate must be .*, found -1"),
        ("three", setting(learning_rate=0), "learning_rate must be above 0 and at most 100, got 0"),
        ("three", setting(ngrams=2), "settings.ngrams must be a list of 2, found 2"),
        ("three", setting(ngrams=[2, 3]), r"ngrams must be a range \(1, longest\)"),
        ("three", setting(characters=[3, 2]), "characters must be a pair"),
        ("three", setting(loss="x"), "settings.loss must be one of auto, softmax, one-vs-all, found 'x'"),
        ("three", setting(calibration=3), "settings.calibration must be one of .*, found 3"),
        ("three", setting(reject_below=2), "settings.reject_below must be from 0 to 1, found 2"),
        ("three", setting(seed=-1), "settings.seed must be 0 or more, found -1"),
        ("three", setting(path="/x"), "settings must have .*, has the unknown 'path'"),
        ("three", lambda header: header.update(tokens={"kind": "External"}), "tokens must be one of"),
        ("three", lambda header: header.update(class_weight="even"), "class_weight must be"),
        (
            "three",
            lambda header: header["calibration"].update(temperature=-1.0),
            "calibration.temperature must be from",
        ),
        (
            "three",
            lambda header: header.update(
                calibration={"kind": "isotonic", "scores": [0.0, 1.0], "probabilities": [0.2, 0.8]}
            ),
            "calibration must be temperature for more than two classes, found isotonic",
        ),
        ("three", fact(samples=-1), "facts.samples must be 0 or more, found -1"),
        ("three", fact(losses=["x"]), r"facts.losses\[0\] must be a number, found 'x'"),
        ("three", fact(losses=3), "facts.losses must be a list, found 3"),
        ("three", fact(training_accuracy=2.0), "facts.training_accuracy must be from 0 to 1, found 2.0"),
        ("three", fact(learned_held_out=1), "facts.learned_held_out must be True or False, found 1"),
        ("three", lambda header: header["classes"].update(values=["b", "a", "c"]), "classes must be sorted"),
        ("three", lambda header: header["classes"].update(values=["a", "b"]), "."),
        ("three", lambda header: header["classes"].update(values=["a", "b", "c", "d"]), "."),
        ("three", lambda header: header["examples"][0].update(outputs=[0.4] * 3), "predicts .* for '"),
        ("three", lambda header: header["examples"][0].update(text=3), "text must be a str, found 3"),
    ],
    ids=lambda value: "" if callable(value) else str(value),
)
def test_a_damaged_header_is_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", returning_nothing(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)
    assert "\n" not in str(found.value)


def changed(name, change):
    return lambda arrays: arrays.update({name: change(arrays[name])})


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        ("three", lambda arrays: arrays.pop("dictionary/entries"), "dictionary/entries"),
        ("three", lambda arrays: arrays.pop("dictionary/ends"), "dictionary/ends must have .* values, found 0"),
        ("three", lambda arrays: arrays.pop("dictionary/counts"), "dictionary/ends must have"),
        ("three", lambda arrays: arrays.pop("input/values"), "input/values must have 4 columns"),
        ("three", lambda arrays: arrays.pop("output/values"), "output/values must have 4 columns"),
        ("three", lambda arrays: arrays.pop("dictionary/kept"), "."),
        ("three", lambda arrays: arrays.update(more=np.zeros(1, np.float32)), "more"),
        ("three", changed("dictionary/entries", lambda found: found[:-1]), "ends must be in ascending order"),
        (
            "three",
            changed("dictionary/entries", lambda found: found.astype(np.int8)),
            "dictionary/entries must be uint8",
        ),
        ("three", changed("dictionary/ends", lambda found: found[::-1]), "ends must be in ascending order"),
        ("three", changed("dictionary/ends", lambda found: found * 0), "words and labels must be distinct"),
        ("three", changed("dictionary/ends", lambda found: -found), "ends must be in ascending order"),
        ("three", changed("dictionary/ends", lambda found: found + 2**40), "ends must be in ascending order"),
        ("three", changed("dictionary/counts", lambda found: -found), "dictionary/ends must have|counts"),
        ("three", changed("dictionary/counts", lambda found: found[1:]), "dictionary/ends must have"),
        ("three", changed("dictionary/kept", lambda found: found + 1_000), "kept must be distinct, below buckets"),
        ("three", changed("dictionary/kept", lambda found: found * 0), "kept must be distinct, below buckets"),
        ("three", changed("dictionary/kept", lambda found: found[1:]), "the embeddings must have .* rows"),
        ("three", changed("input/values", lambda found: found[1:]), "the embeddings must have .* rows"),
        ("three", changed("input/values", lambda found: found[:, 1:]), "input/values must have 4 columns"),
        ("three", changed("input/values", lambda found: found.astype(np.float64)), "input/values must be float32"),
        ("three", changed("output/values", lambda found: found[1:]), r"the outputs must have the shape \(3, 4\)"),
        ("three", changed("prior", lambda found: found[1:]), "prior must have 3 shares"),
        ("three", changed("prior", lambda found: -found), "prior must have 3 shares"),
        ("three", with_value("prior", np.nan), "prior|finite"),
        ("three", with_value("input/values", np.nan), "finite"),
        ("three", with_value("input/values", np.inf), "finite"),
        ("three", with_value("output/values", np.nan), "finite"),
        ("parts", lambda arrays: arrays.pop("input/codes"), "input/ must have codes and centroids"),
        ("parts", lambda arrays: arrays.pop("input/norms"), "."),
        ("parts", changed("input/codes", lambda found: found[1:]), "."),
        ("parts", changed("input/codes", lambda found: np.repeat(found, 2, axis=1)), "."),
        ("parts", changed("input/centroids", lambda found: found[1:]), "."),
        ("parts", changed("input/norm_codes", lambda found: found[1:]), "."),
        ("parts", changed("input/norms", lambda found: found[1:]), "."),
        ("parts", with_value("input/norms", np.nan), "."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_damaged_arrays_are_refused(saved, tmp_path, kind, change, message):
    path = rewritten(saved[kind], tmp_path / "damaged.malmoi", lambda header: None, arrays_changed(change))
    with pytest.raises(mm.FormatError, match=message) as found:
        load(path, verify=True)
    assert "damaged.malmoi" in str(found.value)
    assert "\n" not in str(found.value)


# Quantisation


@pytest.fixture(scope="module")
def questions(data):
    lines = [(data / "fasttext" / f"trec-{name}.txt").read_text(encoding="utf-8") for name in ("train", "test")]
    samples = [[line.removeprefix("__label__").split(" ", 1) for line in part.splitlines()] for part in lines]
    (labels, texts), (right, new) = (tuple(zip(*part, strict=True)) for part in samples)
    return [
        (mm.FastTextClassifier(calibration=None, epochs=8, seed=seed).fit(texts, labels), new, right)
        for seed in range(3)
    ]


@pytest.mark.parametrize("size", [400_000, 200_000])
def test_small_models_of_real_questions_are_nearly_as_accurate(questions, tmp_path, size):
    lost = []
    for one, new, right in questions:
        small = copy.deepcopy(one).quantize(max_bytes=size)
        assert small.save(tmp_path / "m.malmoi", overwrite=True).stat().st_size <= size
        assert small.export_fasttext(tmp_path / "m.ftz", overwrite=True).stat().st_size <= size
        assert one.save(tmp_path / "large.malmoi", overwrite=True).stat().st_size > 2 * size
        lost.append(one.score(new, right) - small.score(new, right))
    assert np.mean(lost) <= 0.01


def test_a_larger_limit_keeps_more(questions, tmp_path):
    rows = []
    for size in (30_000, 60_000, 120_000):
        small = copy.deepcopy(questions[0][0]).quantize(max_bytes=size)
        sizes = small.save(tmp_path / f"{size}.malmoi").stat().st_size, small.export_fasttext(tmp_path / str(size))
        assert 0.6 * size < max(sizes[0], sizes[1].stat().st_size) <= size
        rows.append(small.fitted.network.dictionary.rows)
    assert rows == sorted(rows)
    assert rows[0] < rows[-1] / 2


def test_nothing_is_dropped_without_a_limit():
    one = model(characters=(1, 2)).fit(TEXTS, THREE)
    before, rows = one.predict_proba(TEXTS), one.fitted.network.dictionary.rows
    assert one.quantize() is one
    assert isinstance(one.fitted.network.input, QuantisedTable)
    assert one.fitted.network.dictionary.rows == rows
    # There are fewer than 256 rows, so nothing is lost but rounding; texts with other n-grams have another mean.
    assert np.allclose(one.predict_proba(TEXTS), before, atol=1e-5)


def test_the_end_of_the_text_is_never_dropped():
    one = model().fit(TEXTS, LABELS)
    least = least_size(one)
    one.quantize(max_bytes=least)
    assert one.fitted.network.dictionary.rows == 1
    assert one.fitted.network.dictionary.entry(0) == b"</s>"


def least_size(one):
    with pytest.raises(ValueError, match=r"max_bytes must be ([\d,]+) or more for this model, got 100") as found:
        copy.deepcopy(one).quantize(max_bytes=100)
    return int(str(found.value).split("must be ")[1].split(" ")[0].replace(",", ""))


def test_a_size_that_cannot_be_reached_names_the_least(fitted, tmp_path):
    for name in ("binary", "three", "temperature"):
        one = copy.deepcopy(fitted[name])
        least = least_size(one)
        with pytest.raises(ValueError, match=f"max_bytes must be {least:,} or more"):
            one.quantize(max_bytes=least - 1)
        assert not isinstance(one.fitted.network.input, QuantisedTable)
        small = one.quantize(max_bytes=least)
        assert small.save(tmp_path / f"{name}.malmoi").stat().st_size <= least
        assert small.export_fasttext(tmp_path / f"{name}.ftz").stat().st_size <= least


@pytest.mark.parametrize("changes", [{}, {"max_bytes": 40_000}, {"part": 1}, {"part": 2}, {"part": 5}])
def test_quantised_models_are_the_same_at_any_number_of_threads(tmp_path, changes):
    texts = [f"{text} w{number % 300} v{number % 41}" for number, text in enumerate(TEXTS * 40)]
    labels = [f"l{number % 7}" for number in range(len(texts))]
    files = []
    for jobs in (1, 2, 5):
        one = model(n_jobs=jobs, epochs=2, buckets=900, dimension=8).fit(texts, labels).quantize(**changes)
        files.append(one.save(tmp_path / f"{jobs}.malmoi").read_bytes())
    assert files[0] == files[1] == files[2]


@pytest.mark.parametrize("part", [1, 2, 3])
def test_the_part_is_the_number_of_components_of_a_code(tmp_path, part):
    labels = [f"l{number % 6}" for number in range(len(TEXTS))]
    one = model(dimension=8).fit(TEXTS, labels).quantize(part=part)
    table = Classifier.from_bytes(one.export_fasttext(tmp_path / "m.ftz").read_bytes()).input
    assert isinstance(table, Quantised)
    columns = one.fitted.network.input.shape[1]
    assert columns <= 5
    assert [own.shape[1] for own in table.centroids] == [
        min(part, columns - start) for start in range(0, columns, part)
    ]
    assert (table.norms is None) == (part == 1)
    assert np.allclose(table.dense, one.fitted.network.input.dense())


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"max_bytes": 0}, ValueError, "max_bytes must be 1 or more, got 0"),
        ({"max_bytes": 1.5}, TypeError, r"max_bytes must be a whole number, got 1\.5"),
        ({"part": 0}, ValueError, "part must be 1 or more, got 0"),
        ({"part": 99}, ValueError, r"part must be at most \d, got 99"),
        ({"part": "2"}, TypeError, "part must be a whole number, got '2'"),
    ],
)
def test_odd_sizes_are_refused_and_change_nothing(fitted, changes, error, message):
    one = copy.deepcopy(fitted["three"])
    with pytest.raises(error, match=message):
        one.quantize(**changes)
    assert one.predict_proba(NEW).tobytes() == fitted["three"].predict_proba(NEW).tobytes()


def test_a_quantised_model_is_not_quantised_or_trained_again(fitted):
    one = copy.deepcopy(fitted["quantised"])
    with pytest.raises(ValueError, match="the model is quantised already; quantize the model that it was made from"):
        one.quantize()
    with pytest.raises(ValueError, match="a quantised model cannot be trained further"):
        one.partial_fit(["so good"], ["pos"])
    assert one.predict_proba(NEW).tobytes() == fitted["quantised"].predict_proba(NEW).tobytes()


def test_one_vs_all_and_multilabel_models_are_quantised(fitted):
    for name in ("sets", "one-vs-all", "temperature", "isotonic"):
        one = copy.deepcopy(fitted[name]).quantize()
        assert np.allclose(one.predict_proba(TEXTS), fitted[name].predict_proba(TEXTS), atol=0.008)


# Calibration


def noisy(count, seed):
    """Texts with wrong labels now and then, and rare words by which a model remembers them."""
    random = np.random.default_rng(seed)
    texts, labels = [], []
    for number in range(count):
        label = int(random.integers(0, 3))
        words = [f"w{label if random.random() < 0.7 else random.integers(0, 3)}" for _ in range(2)]
        texts.append(" ".join([*words, f"own{seed}x{number}", f"any{random.integers(0, 20)}"]))
        labels.append("abc"[label])
    return texts, labels


def test_a_temperature_lowers_the_loss_of_an_overfitted_model():
    (texts, labels), (new, right) = noisy(200, 0), noisy(600, 1)
    plain = model(epochs=60).fit(texts, labels)
    calibrated = model(epochs=60, calibration="temperature").fit(texts, labels)
    assert plain.facts_.training_accuracy > 0.97
    assert calibrated.fitted.calibrator.temperature > 1.2
    losses = [log_loss(right, one.predict_proba(new)) for one in (plain, calibrated)]
    assert losses[1] < losses[0] - 0.05
    assert calibrated.predict(new).tolist() == plain.predict(new).tolist()
    assert (calibrated.facts_.held_out, plain.facts_.held_out) == (200, 0)


def test_isotonic_and_automatic_calibration_of_two_classes():
    texts, labels = noisy(240, 0)
    labels = ["a" if label == "a" else "b" for label in labels]
    (new, right) = noisy(600, 1)
    right = ["a" if label == "a" else "b" for label in right]
    plain = log_loss(right, model(epochs=60).fit(texts, labels).predict_proba(new))
    for calibration in ("auto", "isotonic", "temperature"):
        one = model(epochs=60, calibration=calibration).fit(texts, labels)
        assert log_loss(right, one.predict_proba(new)) < plain - 0.03


def test_a_few_correct_texts_do_not_make_a_model_certain():
    one = model(calibration="temperature", epochs=60).fit(TEXTS, LABELS)
    assert one.score(TEXTS, LABELS) == 1
    assert one.fitted.calibrator.temperature > 0.8


# Training further


def test_new_words_and_classes_are_learned_and_old_ones_kept(caplog):
    one = model(epochs=20).fit(TEXTS, LABELS)
    for _ in range(3):
        one.partial_fit(["so odd", "an odd film", "odd odd"], ["new"] * 3)
    assert one.classes_.tolist() == ["neg", "new", "pos"]
    assert one.predict(["odd", "good", "bad"]).tolist() == ["new", "pos", "neg"]
    assert one.facts_.samples == len(TEXTS) + 9
    assert not caplog.text


def test_partial_fit_of_a_loaded_model_warns_of_classes_that_are_missing(saved, caplog):
    one = load(saved["binary"])
    with caplog.at_level(logging.WARNING, "malmoi"):
        one.partial_fit(["odd"], ["pos"])
    assert "partial_fit without texts of neg, which may be forgotten" in caplog.text


def test_partial_fit_begins_with_fit_and_checks_its_labels(fitted):
    one = model().partial_fit(TEXTS, LABELS)
    assert one.predict_proba(NEW).tobytes() == fitted["binary"].predict_proba(NEW).tobytes()
    assert one.partial_fit([], []).predict_proba(NEW).tobytes() == fitted["binary"].predict_proba(NEW).tobytes()
    with pytest.raises(ValueError, match="labels must have 2 items, one per text, got 1"):
        one.partial_fit(["a", "b"], ["pos"])
    with pytest.raises(mm.DataError, match=r"labels"):
        one.partial_fit(["a"], [3])
    assert one.predict_proba(NEW).tobytes() == fitted["binary"].predict_proba(NEW).tobytes()


def test_an_opened_model_is_trained_further_or_says_why_not(tmp_path):
    for loss in (1, 2, 3, 4):
        (tmp_path / "m.bin").write_bytes(Classifier(loss=loss, ngrams=2, buckets=30).to_bytes())
        one = mm.FastTextClassifier.open(tmp_path / "m.bin")
        labels = ["pos", "neg"] if loss < 4 else [["pos"], ["neg"]]
        if loss < 3:
            with pytest.raises(ValueError, match="the loss must be softmax or one-vs-all to train"):
                one.partial_fit(["good", "odd"], labels)
            continue
        for _ in range(5):
            one.partial_fit(["good", "odd"], labels)
        assert one.known(["odd"]).tolist() == [True]
        place = one.classes_.tolist().index("pos")
        assert one.predict_proba(["good"])[0].argmax() == place
