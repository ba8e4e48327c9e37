"""The scorer: what any engine gets, and how it opens its model."""

import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm
from malmoi.distributed import opened_models, optional
from malmoi.distributed.scorer import WHITE_SPACE
from malmoi.errors import DataError, FormatError, MissingExtraError
from malmoi.foundation.engines import Processes, ThisProcess, in_item_order
from malmoi.foundation.threads import at_most_threads, thread_count
from malmoi.foundation.workers import WorkerDiedError

TEXTS = ["good film", "dull film", "good\nfun", "좋은 영화 🎉", "dull fun"]
LABELS = ["pos", "neg", "pos", "pos", "neg"]
ESTIMATORS = {
    "bag": (mm.BagClassifier(), LABELS),
    "ints": (mm.BagClassifier(), [1, 0, 1, 1, 0]),
    "bools": (mm.BagClassifier(), [True, False, True, True, False]),
    "classes": (mm.BagClassifier(), ["a", "b", "c", "a", "b"]),
    "sets": (mm.BagClassifier(), [["good", "film"], ["film"], ["good"], ["film"], []]),
    "numbers": (mm.BagRegressor(), [1.5, -1.5, 2.0, 1.0, -2.0]),
    "fasttext": (mm.FastTextClassifier(epochs=2), LABELS),
    "few": (mm.FewLabelClassifier(), LABELS),
}


@pytest.fixture(scope="module", params=ESTIMATORS)
def path(request, tmp_path_factory):
    estimator, labels = ESTIMATORS[request.param]
    return estimator.fit(TEXTS * 8, labels * 8).save(tmp_path_factory.mktemp("models") / f"{request.param}.malmoi")


@pytest.fixture(scope="module")
def films(tmp_path_factory):
    model = mm.BagClassifier(n_jobs=2).fit(TEXTS * 8, LABELS * 8)
    return model.save(tmp_path_factory.mktemp("films") / "films.malmoi")


@pytest.fixture
def table():
    return pl.DataFrame({"id": range(12), "text": [*TEXTS, "", None, " \u3000\t", *TEXTS[:4]]})


def test_predictions_are_those_of_the_model(path, table):
    found = mm.distributed.Scorer(path)(table)
    model = mm.load(path).fitted
    rows = [row for row, text in enumerate(table["text"]) if text and text.strip()]
    texts = [table["text"][row] for row in rows]
    labels = model.predict(texts)
    labels = labels.tolist() if isinstance(labels, np.ndarray) else [list(one) for one in labels]
    assert found[rows][found.columns[2]].to_list() == labels
    if path.stem != "numbers":
        assert np.array_equal(found[rows][:, 3:].to_numpy(), model.predict_proba(texts))
        assert found.columns[3:] == [f"probability_{label}" for label in model.classes]
    others = [row for row in range(12) if row not in rows]
    assert found[others][:, 2:].null_count().row(0) == (3,) * (found.width - 2)
    assert found[:, :2].equals(table)


@pytest.mark.parametrize("cut", [0, 1, 5, 12])
def test_types_do_not_depend_on_the_rows_and_any_cut_gives_the_same(path, table, cut):
    scorer = pickle.loads(pickle.dumps(mm.distributed.Scorer(path)))
    whole = scorer(table)
    assert pl.concat([scorer(table[:cut]), scorer(table[cut:])]).equals(whole)
    assert dict(whole[:, 2:].schema) == scorer.new_columns


def test_every_kind_of_arrow_table_keeps_its_form(films, table):
    scorer = mm.distributed.Scorer(films)
    expected = scorer(table)
    arrow = table.to_arrow()
    for kind in (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string())):
        column = arrow["text"].cast(pa.string())
        column = column.dictionary_encode() if pa.types.is_dictionary(kind) else column.cast(kind)
        given = pa.table({"id": arrow["id"], "text": column}).replace_schema_metadata({"kept": "yes"})
        found = scorer(given)
        assert found.schema.field("text").type == given.schema.field("text").type
        assert found.schema.metadata == {b"kept": b"yes"}
        assert found.schema.field("label").type == pa.string()
        assert found.column("label").to_pylist() == expected["label"].to_list()
        assert found.column("probability_pos").to_pylist() == expected["probability_pos"].to_list()
        for batch in given.to_batches():
            assert type(scorer(batch)) is pa.RecordBatch
            assert scorer(batch.slice(2, 3)).equals(found.slice(2, 3).to_batches()[0])
    chunked = pa.concat_tables([arrow.slice(0, 3), arrow.slice(3, 0), arrow.slice(3)])
    assert scorer(chunked)["label"].to_pylist() == expected["label"].to_list()


@given(st.lists(st.one_of(st.none(), st.text(alphabet=WHITE_SPACE + "\u200b\ufeffa\u00e9\n", max_size=3)), max_size=9))
def test_empty_is_what_strip_leaves_empty(texts):
    from malmoi.distributed.scorer import _filled

    expected = [not (text or "").strip() for text in texts]
    for given_texts in (texts, pl.Series(texts, dtype=pl.String), pa.array(texts, pa.string())):
        assert _filled(given_texts)[1].tolist() == expected


def test_every_white_space_character_is_known():
    assert {character for character in map(chr, range(0x110000)) if character.isspace()} == set(WHITE_SPACE)


def test_kept_columns_and_prefix(films, table):
    scorer = mm.distributed.Scorer(films, keep=["id"], prefix="film_")
    assert scorer(table).columns == ["id", "film_label", "film_probability_neg", "film_probability_pos"]
    twice = mm.distributed.Scorer(films, prefix="film_")
    with pytest.raises(DataError, match="already has a column 'film_label'"):
        twice(twice(table))
    assert mm.distributed.Scorer(films, keep=[])(twice(table)).columns[0] == "label"
    highest = twice(table).select(pl.max_horizontal("^film_prob.*$")).to_series()
    least = float(highest.median())
    rejected = mm.distributed.Scorer(films, reject_below=least)(table)["label"]
    assert rejected.is_null().to_list() == [value is None or value < least for value in highest]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (
            lambda table: table.rename({"text": "review"}),
            DataError,
            "must have the column 'text' once, found only 'id'",
        ),
        (lambda table: table.with_columns(label=1), DataError, "already has a column 'label'; pass prefix="),
        (lambda table: table.with_columns(text=pl.lit(1)), TypeError, "texts must be a column of text"),
        (
            lambda table: table.with_columns(text=pl.Series([1, None] * 6)),
            TypeError,
            "texts must be a column of text",
        ),
        (lambda table: table.to_pandas(), TypeError, r"got pandas\.\S*DataFrame; pass polars\.from_pandas\(frame\) or"),
        (lambda table: table.lazy(), TypeError, r"LazyFrame; use malmoi\.distributed\.polars\.predict"),
        (lambda table: table.to_dict(), TypeError, r"got builtins\.dict; pass polars\.DataFrame\(table\)"),
        (lambda table: list(table["text"]), TypeError, "got builtins.list"),
        (
            lambda table: pa.Table.from_arrays([table["text"].to_arrow()] * 2, ["text", "text"]),
            DataError,
            "'text' once, found twice",
        ),
    ],
)
def test_wrong_tables_are_refused(films, table, change, error, words):
    with pytest.raises(error, match=words):
        mm.distributed.Scorer(films)(change(table))


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"text_column": 1}, TypeError, "text_column must be a str"),
        ({"keep": "id"}, TypeError, "keep must be a list of column names"),
        ({"threads": 0}, ValueError, "threads must be"),
        ({"reject_below": 2}, ValueError, "reject_below must be from 0 to 1, got 2"),
    ],
)
def test_wrong_settings_are_refused(films, settings, error, words):
    with pytest.raises(error, match=words):
        mm.distributed.Scorer(films, **settings)


def test_models_that_cannot_be_used_are_refused(films, table, tmp_path):
    with pytest.raises(DataError, match=r"no model file .*none\.malmoi on the machine .*; put it where every worker"):
        mm.distributed.Scorer(tmp_path / "none.malmoi")(table)
    (tmp_path / "damaged.malmoi").write_bytes(films.read_bytes()[:-1])
    with pytest.raises(FormatError, match="truncated"):
        mm.distributed.Scorer(tmp_path / "damaged.malmoi")(table)
    series = mm.MiniRocketClassifier().fit(np.random.default_rng(0).normal(size=(8, 40)), [0, 1] * 4)
    series.save(tmp_path / "series.malmoi")
    with pytest.raises(FormatError, match="must be a model of texts, found a MiniRocketClassifier"):
        mm.distributed.Scorer(tmp_path / "series.malmoi")(table)
    mm.BagRegressor().fit(TEXTS, [1.0, 2, 3, 4, 5]).save(tmp_path / "numbers.malmoi")
    with pytest.raises(ValueError, match="reject_below needs a model with one label per text"):
        mm.distributed.Scorer(tmp_path / "numbers.malmoi", reject_below=0.5)(table)


def test_a_model_that_was_replaced_is_noticed(films, table, tmp_path):
    path = tmp_path / "own.malmoi"
    path.write_bytes(films.read_bytes())
    scorer = mm.distributed.Scorer(path)
    mm.BagClassifier().fit(TEXTS, LABELS).save(path, overwrite=True)
    with pytest.raises(DataError, match="is another model than the one that the work was started with"):
        scorer(table)
    assert mm.distributed.Scorer(path)(table).height == 12


def test_a_relative_path_is_the_same_file_in_every_process(films, table, monkeypatch, tmp_path):
    monkeypatch.chdir(films.parent)
    scorer = mm.distributed.Scorer(films.name)
    monkeypatch.chdir(tmp_path)
    assert scorer.path == str(films)
    assert scorer(table).height == 12


def test_a_model_is_opened_once_a_process_by_any_number_of_threads(films, table, monkeypatch):
    opened = []
    real = opened_models.load_fitted

    def slow(path):
        opened.append(path)
        time.sleep(0.05)
        return real(path)

    monkeypatch.setattr(opened_models, "load_fitted", slow)
    monkeypatch.setattr(opened_models._Process, "models", type(opened_models._Process.models)())
    scorers = [pickle.loads(pickle.dumps(mm.distributed.Scorer(films))) for _ in range(4)]
    threads = [threading.Thread(target=scorer, args=(table,)) for scorer in scorers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [str(films)]


def test_only_the_last_models_stay_open(films, table, tmp_path, monkeypatch):
    models = type(opened_models._Process.models)()
    monkeypatch.setattr(opened_models._Process, "models", models)
    for number in range(6):
        path = tmp_path / f"{number}.malmoi"
        path.write_bytes(films.read_bytes())
        mm.distributed.Scorer(path)(table)
    assert [path for path, _ in models] == [str(tmp_path / f"{number}.malmoi") for number in range(2, 6)]


def test_a_scorer_uses_one_thread_also_where_the_model_names_more(films, table, monkeypatch):
    used = []
    monkeypatch.setattr("malmoi.models.linear.parts.thread_count", lambda jobs: used.append(thread_count(jobs)) or 1)
    mm.distributed.Scorer(films)(table)
    mm.distributed.Scorer(films, threads=2)(table)
    mm.distributed.Scorer(films, threads=None)(table)
    assert used == [1, 2, 2] if thread_count() > 1 else [1, 1, 1]


def test_a_limit_of_threads_holds_in_its_block_only():
    with at_most_threads(3):
        assert thread_count(8) == 3
        with at_most_threads(5):
            assert thread_count(8) == 3
    assert thread_count(8) == 8


def test_a_scorer_is_small_and_imports_no_engine(films):
    assert len(pickle.dumps(mm.distributed.Scorer(films))) < 1_000
    names = "('ray', 'daft', 'polars', 'pyarrow')"
    code = f"import sys, malmoi as mm; mm.distributed.Scorer; print([m for m in sys.modules if m in {names}])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"


def double(number):
    return 2 * number


def failing(number):
    raise DataError(f"item {number} is damaged")


@pytest.mark.parametrize("engine", [ThisProcess(), Processes(2)])
def test_engines_run_every_item(engine):
    assert dict(engine.run(double, range(5), lambda: None)) == {number: 2 * number for number in range(5)}
    assert list(in_item_order(engine, double, [3, 1, 2])) == [(3, 6), (1, 2), (2, 4)]
    with pytest.raises(DataError, match="item 1 is damaged"):
        list(engine.run(failing, [1], lambda: None))


def test_a_dead_worker_ends_work_whose_order_counts():
    class Deadly:
        def run(self, work, items, tick):
            yield 1, WorkerDiedError("killed")

    with pytest.raises(WorkerDiedError, match="killed"):
        list(in_item_order(Deadly(), double, [1]))
    with pytest.raises(ValueError, match="processes must be 1 or more, got 0"):
        Processes(0)


@pytest.mark.parametrize("name", ["ray", "daft"])
def test_a_missing_engine_is_named_with_its_extra(name, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=rf"so needs {name}; pip install 'malmoi\[{name}\]'"):
        optional.import_engine(name, "so")


def test_an_untested_release_is_said_once(monkeypatch, caplog):
    monkeypatch.setitem(optional.TESTED, "polars", ((0, 1), (0, 2)))
    monkeypatch.setattr(optional, "_warned", set())
    for _ in range(2):
        optional.import_engine("polars", "it")
    assert caplog.text.count("is not tested with this version of malmoi, 0.1 to 0.2 are") == 1


def test_adapters_are_attributes():
    assert set(dir(mm.distributed)) >= {"Scorer", "ray", "daft", "polars", "duckdb", "spark"}
    with pytest.raises(AttributeError, match="has no attribute 'flink'"):
        mm.distributed.flink  # noqa: B018
