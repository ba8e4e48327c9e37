"""The Python interface as people expect it: searches, progress, notebooks, names of arguments, threads, log."""

import io
import logging
import pickle
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, ShuffleSplit
from sklearn.utils.validation import check_is_fitted

import malmoi as mm
from malmoi.foundation import progress_bars
from malmoi.foundation.progress_bars import NotebookBars, TerminalBars, shown_progress
from malmoi.models.history import EpochRow, History
from malmoi.models.neural.networks import weights
from malmoi.persistence import load_fitted

pytest.importorskip("keras")


def small(**settings):
    settings = {"max_length": 4, "embedding": mm.Learned(4), "max_tokens": 30, "epochs": 2, **settings}
    return mm.EmbeddingClassifier(**settings)


# Parameters inside parameters


def test_parameters_of_a_network_are_parameters_of_the_estimator():
    model = small(network=mm.Conv(4, 2))
    assert mm.EmbeddingClassifier(**model.get_params()).get_params() == model.get_params()
    model.set_params(network__filters=8, network__dropout=0.5, epochs=3)
    assert (model.network, model.epochs) == (mm.Conv(8, 2, dropout=0.5), 3)
    model.set_params(network=mm.Average(), network__pooling="max")
    assert model.network == mm.Average("max")
    assert mm.BagVectorizer(mm.Words()).set_params(tokens__lowercase=False).tokens == mm.Words(lowercase=False)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"network__filter": 1}, "a field of network must be one of hidden, dropout, l2, got 'filter'"),
        ({"network__dropout": 2}, "dropout must be 0 or more and below 1, got 2.0"),
        ({"netwrk": 1}, "Invalid parameter 'netwrk'"),
        ({"epochs__x": 1}, "epochs must have fields for epochs__x, got 2"),
    ],
)
def test_parameters_that_are_not_there_are_refused(settings, message):
    model = small()
    with pytest.raises((ValueError, AttributeError), match=message):
        model.set_params(**settings)
    assert model.network == mm.Flatten()


def test_a_search_goes_over_parameters_of_the_network(texts, labels):
    splits = ShuffleSplit(1, test_size=2, random_state=0)
    search = GridSearchCV(small(), {"network__dropout": [0.0, 0.3], "embedding__dimension": [2, 3]}, cv=splits)
    search.fit(texts * 2, labels * 2)
    assert len(search.cv_results_["params"]) == 4
    assert search.best_estimator_.embedding.dimension in (2, 3)


# Names of arguments


def test_texts_and_labels_are_also_called_x_and_y(texts, labels):
    named = small().fit(X=texts, y=labels)
    assert named.predict_proba(X=texts).tobytes() == small().fit(texts, labels).predict_proba(texts=texts).tobytes()
    assert named.predict(X=texts).tolist() == named.predict(texts).tolist()
    with pytest.raises(TypeError, match=r"fit\(\) must get texts or X, got both"):
        small().fit(texts=texts, X=texts, y=labels)
    for kind in (mm.BagVectorizer, mm.HashedBagVectorizer, mm.SequenceVectorizer, mm.OneHotVectorizer):
        by_name = kind().fit(X=texts).transform(texts=texts)
        assert (by_name != kind().fit(texts=texts).transform(X=texts)).sum() == 0
        assert (by_name != kind().fit_transform(texts=texts)).sum() == 0


# Progress, notebooks, figures, log


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_verbose_draws_a_bar_on_a_terminal_and_is_silent_by_default(monkeypatch, texts, labels):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setenv("TERM", "xterm")
    small().fit(texts, labels)
    assert sys.stderr.getvalue() == ""
    steps = []
    small().fit(texts, labels, verbose=True, progress=lambda step, done, total: steps.append(step))
    assert "training" in sys.stderr.getvalue()
    assert "2/2" in sys.stderr.getvalue()
    assert "training" in steps
    up = np.arange(8.0).reshape(4, 2)
    mm.SeriesClassifier(mm.Average(), epochs=1).fit(up, ["a", "b"] * 2, verbose=True)
    with pytest.raises(TypeError, match="verbose must be True or False, got 'loud'"):
        small().fit(texts, labels, verbose="loud")


def test_verbose_draws_nothing_where_there_is_no_terminal(monkeypatch, capsys, texts, labels):
    small().fit(texts, labels, verbose=True)
    assert capsys.readouterr().err == ""


def test_a_notebook_gets_bars_below_the_cell(monkeypatch):
    shown = []

    def display(what, display_id):
        return SimpleNamespace(update=lambda again: shown.append(again._repr_html_()))

    monkeypatch.setattr(progress_bars, "_notebook_display", lambda: display)
    with shown_progress(lambda *step: None, verbose=True) as progress:
        assert not isinstance(progress, TerminalBars)
        progress("<counting>", 1, 10)
        progress("<counting>", 2_000, 10_000)
    assert shown == ['<div>&lt;counting&gt; <progress value="2000" max="10000"></progress> 2,000/10,000</div>']
    bars = NotebookBars(display)
    bars("training", 1, 2)
    assert repr(bars) == "training 1/2"


def test_a_history_is_a_table_in_a_notebook():
    history = History([EpochRow(0.6, 0.5, 0.7, 0.4), EpochRow(0.5, 0.75)], kept_epoch=1, note="stopped: <b>")
    html = history._repr_html_()
    assert html.count("<tr>") == 3
    assert "<td>1 (kept)</td><td>0.6000</td><td>0.5000</td><td>0.7000</td><td>0.4000</td>" in html
    assert "<td>0.7500</td><td></td><td></td>" in html
    assert "stopped: &lt;b&gt;" in html


def test_a_result_is_a_table_in_a_notebook(texts, labels):
    recipe = mm.Recipe("average", {"epochs": 1, "max_length": 3})
    result = mm.run(recipe, mm.Corpus(texts * 5, np.array(labels * 5)), validation=0.5)
    assert "<th>recipe</th><td>average</td>" in result._repr_html_()
    assert "baseline (" in str(result)
    assert "warning: the accuracy was measured on only" in str(result)


def test_the_log_says_what_was_chosen(caplog, texts, labels):
    with caplog.at_level(logging.INFO, logger="malmoi"):
        small().fit(texts, labels)
    assert "tokens: Words(), because the script separates words by spaces" in caplog.messages
    assert sum(message.startswith("epoch ") for message in caplog.messages) == 2
    assert not logging.getLogger("malmoi").handlers


# Fitted models


def test_a_fitted_model_predicts_without_its_estimator(model, texts, tmp_path):
    fitted = model.fitted_
    path = model.save(tmp_path / "m.malmoi")
    loaded = load_fitted(path, verify=True)
    for one in (fitted, loaded, pickle.loads(pickle.dumps(fitted))):
        assert one.predict_proba(texts).tobytes() == model.predict_proba(texts).tobytes()
        assert one.predict(texts).tolist() == model.predict(texts).tolist()
        with pytest.raises(AttributeError):
            one.settings = None
    check_is_fitted(model)
    again = type(model).from_fitted(loaded)
    assert again.classes_.tolist() == model.classes_.tolist()


def test_learned_attributes_are_not_there_before_fit():
    for estimator, names in (
        (small(), ("classes_", "network_", "history_", "vectorizer_", "facts_", "examples_", "settings_", "task_")),
        (mm.SeriesClassifier(), ("classes_", "scale_", "length_", "n_features_in_", "feature_names_in_")),
        (mm.SeriesRegressor(), ("target_scale_", "validation_samples_", "network_", "examples_")),
        (mm.BagVectorizer(), ("tokens_", "ngrams_", "choice_", "counts_", "text_counts_", "weights_")),
    ):
        for name in names:
            assert not hasattr(estimator, name)
            with pytest.raises(NotFittedError, match="call fit first"):
                getattr(estimator, name)


@pytest.mark.parametrize("kind", ["texts", "classes", "numbers"])
def test_eight_threads_predict_with_one_model_at_once(kind, texts, labels, tmp_path):
    rows = np.random.default_rng(0).normal(size=(24, 5, 2)).astype(np.float32)
    if kind == "texts":
        estimator, inputs = small(network=mm.Conv(4, (2, 3))).fit(texts, labels), texts * 40
    elif kind == "classes":
        estimator, inputs = mm.SeriesClassifier(mm.Recurrent(units=4), epochs=1).fit(rows, ["a", "b"] * 12), rows
    else:
        estimator, inputs = mm.SeriesRegressor(mm.Conv(4, 2), epochs=1).fit(rows, rows[:, 0, 0]), rows
    expected = np.asarray(estimator.predict(inputs)).tolist()
    fitted = load_fitted(estimator.save(tmp_path / "m.malmoi"))  # whose programs are compiled by the threads
    start = threading.Barrier(8)

    def predict(number):
        start.wait()
        return [np.asarray(fitted.predict(inputs)).tolist() for _ in range(3)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(predict, range(8)))  # raises what a thread raised
    assert found == [[expected] * 3] * 8


def test_loading_draws_no_random_numbers(monkeypatch, model, texts, tmp_path):
    path = model.save(tmp_path / "m.malmoi")
    recurrent = small(network=mm.Recurrent(units=3)).fit(texts, ["a", "b"] * 3)
    others = recurrent.save(tmp_path / "r.malmoi")

    def drawn(*arguments):
        raise AssertionError("a weight was drawn")

    monkeypatch.setattr(weights, "_threefry", drawn)
    assert mm.load(path).predict_proba(texts).tobytes() == model.predict_proba(texts).tobytes()
    assert mm.load(others).predict_proba(texts).tobytes() == recurrent.predict_proba(texts).tobytes()
    assert pickle.loads(pickle.dumps(model)).predict(texts).tolist() == model.predict(texts).tolist()
    with pytest.raises(AssertionError, match="a weight was drawn"):
        small().fit(texts, ["a", "b"] * 3)


def stop_at(wanted):
    def progress(step, done, total):
        if step == wanted:
            raise RuntimeError("stopped")

    return progress


def test_a_fit_that_fails_leaves_every_vectorizer_as_it_was(monkeypatch):
    vectors = mm.WordVectors.from_arrays(["good", "bad"], [[1.0, 0.0], [0.0, 1.0]])
    kinds = [
        (mm.SequenceVectorizer(max_length=3), "counting words"),
        (mm.OneHotVectorizer(), "counting words"),
        (mm.BagVectorizer(), "counting n-grams"),
        (mm.TextEmbedder(vectors, "sif"), "counting words"),
    ]
    for vectorizer, step in kinds:
        before = pickle.dumps(vectorizer.fit(["good film", "bad film"]).transform(["good film", "bad"]))
        attributes = set(vars(vectorizer))
        with pytest.raises(RuntimeError, match="stopped"):
            vectorizer.fit(["고양이가 앉았다"], progress=stop_at(step))
        assert pickle.dumps(vectorizer.transform(["good film", "bad"])) == before
        assert set(vars(vectorizer)) == attributes
    embedder, _ = kinds[-1]
    monkeypatch.setattr("malmoi.wordvectors.embedder._common_components", lambda *a: (_ for _ in ()).throw(ValueError))
    before = (embedder.tokens_, embedder.vocabulary_, embedder.coverage_)
    with pytest.raises(ValueError):  # noqa: PT011 -- raised by the line above
        embedder.fit(["bad bad", "good"])
    assert (embedder.tokens_, embedder.vocabulary_, embedder.coverage_) == before
