"""`malmoi.distributed.spark`: `mapInArrow` returns what the scorer returns. `make test-extras`, with a Java runtime."""

import datetime
import os
import shutil
import sys
from pathlib import Path

import pytest

pyspark = pytest.importorskip("pyspark")
pa = pytest.importorskip("pyarrow")
pytest.importorskip("pandas")
if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
    pytest.skip("no Java runtime", allow_module_level=True)

from pyspark.sql import SparkSession  # noqa: E402

import malmoi as mm  # noqa: E402
from adapter_cases import KINDS, TEXTS, documented, expected, parts, same_tables, saved_models, table  # noqa: E402
from malmoi.distributed.spark import _copied_file, predict  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return saved_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def session():
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["PYTHONPATH"] = os.pathsep.join([str(Path(mm.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    settings = {
        "spark.ui.enabled": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
    }
    builder = SparkSession.builder.master("local[2]").appName("malmoi")
    for name, value in settings.items():
        builder = builder.config(name, value)
    one = builder.getOrCreate()
    one.sparkContext.setLogLevel("OFF")
    yield one
    one.stop()


def frame_of(session, data, count):
    """A data frame with one partition per part."""
    schema = "row long NOT NULL, review string"
    keyed = [(place, tuple(row.values())) for place, part in enumerate(parts(data, count)) for row in part.to_pylist()]
    spread = session.sparkContext.parallelize(keyed, count).partitionBy(count, int).values()
    frame = session.createDataFrame(spread, schema)
    assert frame.rdd.getNumPartitions() == count
    return frame


@pytest.mark.parametrize(("kind", "count"), [*((kind, 2) for kind in KINDS), ("words", 1), ("several", 7)])
def test_partitions_are_the_local_prediction_in_order(session, models, kind, count):
    data = table()
    found = predict(frame_of(session, data, count), models[kind], "review").toArrow()
    assert same_tables(found, expected(models[kind], data))


def test_small_batches_and_empty_frames(session, models):
    data = table()
    session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", "4")
    try:
        found = predict(frame_of(session, data, 2), models["several"], "review").toArrow()
    finally:
        session.conf.unset("spark.sql.execution.arrow.maxRecordsPerBatch")
    assert same_tables(found, expected(models["several"], data))
    empty = data.slice(0, 0)
    scored = predict(frame_of(session, empty, 2), models["words"], "review")
    assert same_tables(scored.toArrow(), expected(models["words"], empty))


def test_kept_columns_of_any_type_are_unchanged(session, models):
    rows = [
        (1, "good", 2.5, [1, None], {"a": 1}, datetime.date(2026, 1, 2), b"\x00", "x"),
        (2, None, None, None, None, None, None, None),
    ]
    columns = (
        "`a.b` long, review string, d double, l array<int>, m map<string,int>, day date, raw binary, `odd``name` string"
    )
    frame = session.createDataFrame(rows, columns)
    scored = predict(frame, models["words"], "review")
    assert scored.schema.fields[: len(frame.columns)] == frame.schema.fields
    assert [tuple(row)[: len(frame.columns)] for row in scored.collect()] == [tuple(row) for row in frame.collect()]
    assert [row["label"] for row in scored.collect()] == ["pos", None]


def test_settings_reach_the_scorer_and_other_columns_are_not_read(session, models):
    frame = frame_of(session, table(), 2)
    settings = {"reject_below": 0.99, "prefix": "p_", "keep": ["row"]}
    wanted = expected(models["words"], table(), **settings)
    scorer = mm.distributed.Scorer(models["words"], "review", **settings)
    for scored in (predict(frame, models["words"], "review", **settings), predict(frame, scorer)):
        assert same_tables(scored.toArrow(), wanted)


def test_a_copied_model_needs_no_shared_disk(session, models, tmp_path):
    path = shutil.copy(models["words"], tmp_path / "same_name.malmoi")
    frame, data = frame_of(session, table(), 2), table()
    scored = predict(frame, path, "review", copied=True)
    shutil.copy(models["numbers"], path)  # another model under the same path: the copy of the first is used
    second = predict(frame, path, "review", copied=True)
    path.unlink()
    assert same_tables(scored.toArrow(), expected(models["words"], data))
    assert same_tables(second.toArrow(), expected(models["numbers"], data))
    again = predict(frame, shutil.copy(models["words"], tmp_path / "other_name.malmoi"), "review", copied=True)
    assert same_tables(again.toArrow(), expected(models["words"], data))


def test_a_model_that_changes_while_it_is_copied_is_refused(models):
    with pytest.raises(mm.DataError, match="must not change between the making of the scorer and its use"):
        _copied_file(models["words"], "another identity")


def test_workers_that_do_not_see_the_model_or_another_one_say_so(session, models, tmp_path):
    path = shutil.copy(models["words"], tmp_path / "model.malmoi")
    scored = predict(frame_of(session, table(), 2), path, "review")
    shutil.copy(models["numbers"], path)
    with pytest.raises(Exception, match="is another model than the one that the work was started with") as caught:
        scored.collect()
    assert type(caught.value).__name__ == "PythonException"
    path.unlink()
    with pytest.raises(Exception, match=r"DataError: no model file .*model\.malmoi on the machine") as caught:
        scored.collect()
    assert type(caught.value).__name__ == "PythonException"


def test_bad_input(session, models, tmp_path):
    frame = session.createDataFrame([("good", "x", 1)], "review string, Label string, row long")
    with pytest.raises(mm.DataError, match="upper and lower case, got the columns 'Label' and 'label'"):
        predict(frame, models["words"], "review")
    with pytest.raises(mm.DataError, match="got the columns 'probability_Pos' and 'probability_pos'"):
        predict(frame, models["case"], "review", keep=["row"])
    session.conf.set("spark.sql.caseSensitive", "true")
    try:
        assert predict(frame, models["words"], "review").columns[1:4] == ["Label", "row", "label"]
        assert predict(frame, models["words"], "review").first()["label"] == "pos"
    finally:
        session.conf.unset("spark.sql.caseSensitive")
    with pytest.raises(mm.DataError, match="the table already has a column 'label'; pass prefix='predicted_'"):
        predict(frame.withColumnRenamed("Label", "label"), models["words"], "review")
    with pytest.raises(mm.DataError, match="the table must have the column 'text' once, found only 'review'"):
        predict(frame, models["words"])
    with pytest.raises(TypeError, match="the column 'row' must be of text, got bigint"):
        predict(frame, models["words"], "row", keep=[])
    with pytest.raises(TypeError, match=r"frame must be a data frame of Spark, got builtins\.list"):
        predict([], models["words"])
    with pytest.raises(mm.DataError, match="no model file"):
        predict(frame, tmp_path / "missing.malmoi", "review")


def test_columns_of_nulls_have_no_predictions(session, models):
    frame = session.sql("SELECT CAST(NULL AS VOID) AS review, 1 AS row")
    assert predict(frame, models["words"], "review").select("label").first()["label"] is None


def test_the_page_runs(session, models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films.malmoi").symlink_to(models["words"])
    frame_of(session, table(), 2).write.parquet(str(tmp_path / "reviews"))
    page = documented("Spark").replace('"reviews"', f'"{tmp_path}/reviews"').replace('"scored"', f'"{tmp_path}/scored"')
    exec(compile(page, "engines.md", "exec"), {})
    found = session.read.parquet(str(tmp_path / "scored")).orderBy("row").toArrow()
    assert same_tables(found, expected(models["words"], table()))
    assert found.num_rows == 3 * len(TEXTS)
