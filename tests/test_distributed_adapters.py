"""What all adapters of `malmoi.distributed` share: their arguments, missing and untested engines, structs."""

import itertools
import pickle
import shutil
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pa = pytest.importorskip("pyarrow")

import malmoi as mm  # noqa: E402
from adapter_cases import KINDS, TEXTS, expected, parts, same_tables, saved_models, table  # noqa: E402
from malmoi.distributed import optional  # noqa: E402
from malmoi.distributed.arguments import (  # noqa: E402
    as_scorer,
    check_column_case,
    kept_columns,
    scorer_with,
)
from malmoi.distributed.opened_models import check_version  # noqa: E402
from malmoi.distributed.structs import StructScorer  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return saved_models(tmp_path_factory.mktemp("models"))


# The arguments


def test_a_path_becomes_a_scorer_with_the_settings(models):
    scorer = as_scorer(models["words"], "review", reject_below=0.5, prefix="p_", keep=["row"], threads=2)
    assert scorer == mm.distributed.Scorer(
        models["words"], "review", reject_below=0.5, prefix="p_", keep=["row"], threads=2
    )
    assert as_scorer(models["words"]) == mm.distributed.Scorer(models["words"])


@pytest.mark.parametrize(
    "setting", [{"text_column": "review"}, {"reject_below": 0.5}, {"prefix": ""}, {"keep": ["row"]}]
)
def test_a_scorer_has_its_own_settings(models, setting):
    scorer = mm.distributed.Scorer(models["words"], "review")
    assert as_scorer(scorer, threads=None) is scorer
    with pytest.raises(ValueError, match=f"{next(iter(setting))} must be left out where model is a Scorer"):
        as_scorer(scorer, **setting)


def test_a_model_in_memory_is_refused_with_the_cure():
    with pytest.raises(
        TypeError, match=r"model must be the path of a model file or a Scorer, got .*model\.save\(path\)"
    ):
        as_scorer(mm.BagClassifier())


def test_kept_columns_are_checked_before_any_row_is_read(models):
    scorer = as_scorer(models["words"], "review")
    assert kept_columns(scorer, ["row", "review"]) == ["row", "review"]
    with pytest.raises(mm.DataError, match="the table must have the column 'review' once, found only 'text'"):
        kept_columns(scorer, ["text"])
    with pytest.raises(mm.DataError, match="the table must have the column 'review' once, found twice"):
        kept_columns(scorer, ["review", "review"])
    with pytest.raises(mm.DataError, match="the table already has a column 'label'; pass prefix="):
        kept_columns(scorer, ["review", "label"])


def test_settings_that_have_no_effect_on_the_model_are_refused(models):
    for kind in ("several", "regression"):
        with pytest.raises(ValueError, match="reject_below needs a model with one label per text"):
            kept_columns(as_scorer(models[kind], "review", reject_below=0.5), ["review"])


def test_a_scorer_of_a_copy_is_another_object(models, tmp_path):
    scorer = as_scorer(models["words"], "review")
    moved = scorer_with(scorer, path=str(tmp_path / "copy"), keep=["row"])
    assert (moved.path, moved.identity, moved.keep) == (str(tmp_path / "copy"), None, ("row",))
    assert (scorer.path, scorer.keep) == (models["words"], None)
    assert scorer_with(scorer, keep=()).identity == scorer.identity is not None


def test_names_that_differ_in_case_are_refused():
    check_column_case("DuckDB", ["a", "b", "a"])
    with pytest.raises(
        mm.DataError, match="DuckDB does not distinguish upper and lower case, got the columns 'a' and 'A'"
    ):
        check_column_case("DuckDB", ["a", "b", "A"])


def test_another_version_of_malmoi_is_refused():
    check_version(mm.__version__)
    with pytest.raises(mm.DataError, match=r"workers must have the version of malmoi of the driver, 0\.0\.1, found"):
        check_version("0.0.1")


# Engines that are missing or not tested

CALLS = {
    "daft": lambda model: mm.distributed.daft.predict(None, model),
    "duckdb": lambda model: mm.distributed.duckdb.register(None, model),
    "pyspark": lambda model: mm.distributed.spark.predict(None, model),
}
CURES = {"daft": r"pip install 'malmoi\[daft\]'", "duckdb": "pip install duckdb", "pyspark": "pip install pyspark"}


@pytest.mark.parametrize("engine", CALLS)
def test_a_missing_engine_is_named_with_its_cure(monkeypatch, models, engine):
    for module in [engine, *(name for name in sys.modules if name.startswith(f"{engine}."))]:
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(mm.MissingExtraError, match=f"needs {engine}; {CURES[engine]}"):
        CALLS[engine](models["words"])


def test_a_release_of_daft_without_functions_of_batches_is_named(monkeypatch, models):
    monkeypatch.setitem(sys.modules, "daft", SimpleNamespace(func=SimpleNamespace(), __version__="0.6.5"))
    with pytest.raises(mm.MissingExtraError, match=r"needs Daft 0\.6\.6 or later, found 0\.6\.5; pip install"):
        CALLS["daft"](models["words"])


@pytest.mark.parametrize("engine", ["duckdb", "pyspark"])
def test_missing_pyarrow_is_named(monkeypatch, models, engine):
    for module in (engine, *(["pyspark.sql"] if engine == "pyspark" else [])):
        monkeypatch.setitem(sys.modules, module, SimpleNamespace())
    monkeypatch.setattr(optional, "version", lambda name: "2.0.0")
    monkeypatch.setitem(optional.TESTED, engine, ((2, 0), (2, 0)))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(mm.MissingExtraError, match="needs pyarrow; pip install pyarrow"):
        CALLS[engine](models["words"])


def test_an_untested_release_is_a_warning_once(monkeypatch, caplog):
    monkeypatch.setattr(optional, "_warned", set())
    monkeypatch.setitem(sys.modules, "daft", SimpleNamespace())
    for found, warned in (("0.6.9", 0), ("0.7.99", 0), ("not a number", 0), ("99.1.0", 1), ("99.1.0", 1), ("0.1", 1)):
        monkeypatch.setattr(optional, "version", lambda name, found=found: found)
        optional.import_engine("daft", "prediction")
        assert len(caplog.messages) == warned, found
    assert "daft 99.1.0 is not tested with this version of malmoi" in caplog.messages[0]


# The scorer itself, beside the model


@pytest.mark.parametrize("kind", KINDS)
def test_the_new_columns_are_what_the_model_predicts(models, kind):
    model, found = mm.load(models[kind]), expected(models[kind], table(1), keep=[])
    filled = [text for text in TEXTS if text and text.strip()]
    for row, text in enumerate(TEXTS):
        if text not in filled:
            assert set(found.slice(row, 1).to_pylist()[0].values()) == {None}
    rows = found.take([row for row, text in enumerate(TEXTS) if text in filled])
    first, *others = (column.to_pylist() for column in rows.columns)
    predicted = model.predict(filled)
    if kind == "regression":
        assert np.array_equal(first, predicted)
        return
    assert [tuple(one) if isinstance(one, list) else one for one in first] == [
        tuple(one) if isinstance(one, tuple | list) else one for one in np.asarray(predicted, dtype=object).tolist()
    ]
    assert np.array_equal(np.array(others, np.float32).T, model.predict_proba(filled))


@settings(max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.none() | st.text(max_size=8) | st.sampled_from([*TEXTS, "\u2028", "\x1c", "\u3000"]), max_size=12
    ),
    cuts=st.lists(st.integers(0, 12), max_size=6),
)
def test_any_texts_cut_anywhere_are_predicted_as_a_whole(models, texts, cuts):
    structs = StructScorer(as_scorer(models["words"]))
    column = pa.array(texts, pa.string())
    places = [0, *sorted(cut for cut in cuts if cut <= len(texts)), len(texts)]
    found = [
        row
        for start, end in itertools.pairwise(places)
        for row in structs(column.slice(start, end - start)).to_pylist()
    ]
    assert found == structs(column).to_pylist()
    assert [row["label"] is None for row in found] == [not (text or "").strip() for text in texts]


# Structs


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_structs_are_the_columns_of_the_scorer_for_any_parts(models, kind, count):
    data = table()
    structs = pickle.loads(pickle.dumps(StructScorer(as_scorer(models[kind], "review"))))
    found = pa.chunked_array([structs(part["review"]) for part in parts(data, count)])
    wanted = expected(models[kind], data, keep=[])
    assert found.type == pa.struct(list(structs.schema))
    assert structs.schema.equals(wanted.schema)
    flat = pa.Table.from_arrays(found.combine_chunks().flatten(), names=list(structs.schema.names))
    assert same_tables(flat, wanted)


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())], ids=str)
def test_structs_take_texts_of_any_arrow_type(models, kind):
    structs = StructScorer(as_scorer(models["words"]))
    texts = pa.array(TEXTS, pa.string()).cast(kind)
    wanted = structs(pa.array(TEXTS, pa.string()))
    assert structs(texts).equals(wanted)
    chunks = pa.chunked_array([texts, texts[:0], texts[3:]])
    assert structs(chunks).to_pylist() == [*wanted.to_pylist(), *wanted.to_pylist()[3:]]


def test_structs_of_nulls_and_of_other_types(models):
    structs = StructScorer(as_scorer(models["words"]))
    assert structs(pa.nulls(2)).to_pylist() == [dict.fromkeys(structs.schema.names)] * 2
    with pytest.raises(TypeError, match="text"):
        structs(pa.array([1, 2]))


def test_a_worker_of_another_version_is_refused(models):
    structs = StructScorer(as_scorer(models["words"]))
    object.__setattr__(structs.scorer, "version", "0.0.1")
    with pytest.raises(mm.DataError, match=r"workers must have the version of malmoi of the driver, 0\.0\.1"):
        structs(pa.array(["good"]))


def test_a_worker_that_does_not_see_the_model_or_another_one_says_so(models, tmp_path):
    path = shutil.copy(models["words"], tmp_path / "model.malmoi")
    work = tmp_path / "work.pickle"
    work.write_bytes(pickle.dumps(StructScorer(as_scorer(path))))
    code = "import pickle, sys, pyarrow; pickle.load(open(sys.argv[1], 'rb'))(pyarrow.array(['good']))"
    for change, rule in (
        (lambda: shutil.copy(models["numbers"], path), "is another model than the one that the work was started with"),
        (path.unlink, f"no model file {path} on the machine"),
    ):
        change()
        done = subprocess.run([sys.executable, "-c", code, str(work)], capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert rule in done.stderr.splitlines()[-1]


# Columns of texts with nulls, as the scorer reads them


@pytest.mark.parametrize(
    "column",
    [
        pl.Series([1, None]),
        pl.Series([1.5, None]),
        pl.Series([True, None]),
        pl.Series([["a"], None]),
        pl.Series([b"a", None]),
        pl.Series([None], dtype=pl.Int64),
        pa.array([1, None]),
        pa.array([b"a", None]),
    ],
    ids=lambda column: f"{type(column).__module__} {getattr(column, 'dtype', '') or column.type}",
)
def test_a_column_of_another_type_is_refused_also_with_nulls(models, column):
    with pytest.raises(TypeError, match="texts must be a column of text, got"):
        as_scorer(models["words"]).predict(column)


@pytest.mark.parametrize(
    "column",
    [
        pl.Series(["good", None], dtype=pl.Categorical),
        pl.Series(["good", None], dtype=pl.Enum(["good"])),
        pa.array(["good", None], pa.string_view()),
        pa.array(["good", None]).dictionary_encode(),
        pa.chunked_array([["good"], [None]]),
    ],
    ids=lambda column: f"{type(column).__module__} {getattr(column, 'dtype', '') or column.type}",
)
def test_nulls_in_any_form_of_texts_have_no_prediction(models, column):
    assert as_scorer(models["words"]).predict(column)["label"].to_list() == ["pos", None]
    for nulls in (pl.Series([None, None]), pa.nulls(2)):
        assert as_scorer(models["words"]).predict(nulls)["label"].to_list() == [None, None]
