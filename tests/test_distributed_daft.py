"""`malmoi.distributed.daft`: an expression and a function that return what the scorer returns. `make test-extras`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

daft = pytest.importorskip("daft")
pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

import malmoi as mm  # noqa: E402
from adapter_cases import KINDS, documented, expected, parts, same_tables, saved_models, table  # noqa: E402
from malmoi.distributed import opened_models  # noqa: E402
from malmoi.distributed.daft import predict, predict_expr  # noqa: E402


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return saved_models(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_files_in_partitions_are_the_local_prediction(models, tmp_path, kind, count):
    data = table()
    paths = [str(tmp_path / f"{place}.parquet") for place in range(count)]
    for path, part in zip(paths, parts(data, count), strict=True):
        pq.write_table(part, path)
    frame = daft.read_parquet(paths)  # a pattern would be listed in no fixed order
    for size in (8_192, 5):
        found = predict(frame, models[kind], "review", batch_size=size).to_arrow()
        assert same_tables(found, expected(models[kind], data))


def test_the_expression_is_a_column_of_structs(models):
    data = table()
    frame = daft.from_arrow(data).with_column("prediction", predict_expr(models["several"], "review", prefix="p_"))
    found = frame.to_arrow()["prediction"].combine_chunks()
    flat = pa.Table.from_arrays(found.flatten(), names=[field.name for field in found.type])
    assert same_tables(flat, expected(models["several"], data, keep=[], prefix="p_"))


def test_the_expression_takes_expressions_and_filters(models):
    frame = daft.from_pydict({"row": [0, 1, 2, 3], "review": ["good", "bad", "good", None]})
    both = predict_expr(models["words"], daft.col("review") + " film")
    assert frame.select(both).to_pydict()["prediction"][0]["label"] == "pos"
    label = predict_expr(models["words"], "review")["label"]
    assert frame.where(label == "pos").to_pydict()["row"] == [0, 2]


def test_a_model_is_opened_once_a_process(models, monkeypatch):
    opened_models._Process.models.clear()
    opened = []
    checked = opened_models._checked_model
    monkeypatch.setattr(opened_models, "_checked_model", lambda *given: opened.append(os.getpid()) or checked(*given))
    predict(daft.from_arrow(table()), models["words"], "review", batch_size=2).collect()
    assert opened == [os.getpid()]


def test_empty_frames_and_columns_of_nulls(models):
    for data in (table().slice(0, 0), pa.table({"row": [0, 1], "review": pa.nulls(2)})):
        found = predict(daft.from_arrow(data), models["words"], "review", keep=["row"]).to_arrow()
        assert same_tables(found, expected(models["words"], data, keep=["row"]))


def test_settings_reach_the_scorer(models):
    frame = daft.from_arrow(table())
    settings = {"reject_below": 0.99, "prefix": "p_", "keep": ["row"]}
    scorer = mm.distributed.Scorer(models["words"], "review", **settings)
    wanted = expected(models["words"], table(), **settings)
    assert same_tables(predict(frame, models["words"], "review", **settings).to_arrow(), wanted)
    assert same_tables(predict(frame, scorer).to_arrow(), wanted)
    expression = predict_expr(scorer)
    assert frame.select(expression).to_pydict()["prediction"][0]["p_label"] == wanted["p_label"][0].as_py()


def test_bad_input(models, tmp_path):
    frame = daft.from_pydict({"review": ["good"], "label": ["x"], "row": [1]})
    with pytest.raises(mm.DataError, match="the table already has a column 'label'; pass prefix='predicted_'"):
        predict(frame, models["words"], "review")
    with pytest.raises(mm.DataError, match="the table must have the column 'text' once, found only 'review'"):
        predict(frame, models["words"])
    with pytest.raises(TypeError, match="the column 'row' must be of text, got Int64"):
        predict(frame, models["words"], "row", keep=[])
    with pytest.raises(TypeError, match="texts must be a column of text, got Int64"):
        frame.select(predict_expr(models["words"], "row")).collect()
    with pytest.raises(TypeError, match=r"frame must be a data frame of Daft, got builtins\.list"):
        predict([], models["words"])
    with pytest.raises(TypeError, match="text_column must be a str or an expression of Daft, got 3"):
        predict_expr(models["words"], 3)
    with pytest.raises(ValueError, match="batch_size must be 1 or more, got 0"):
        predict_expr(models["words"], batch_size=0)
    with pytest.raises(mm.DataError, match="no model file"):
        predict_expr(tmp_path / "missing.malmoi")


def test_a_model_that_disappears_is_named_through_daft(models, tmp_path):
    path = shutil.copy(models["words"], tmp_path / "model.malmoi")
    lazy = predict(daft.from_arrow(table()), path, "review")
    opened_models._Process.models.clear()
    path.unlink()
    with pytest.raises(mm.DataError, match=r"no model file .*model\.malmoi on the machine"):
        lazy.collect()


ON_RAY = """
import sys
import daft, pyarrow as pa, ray
from adapter_cases import expected, table
import malmoi as mm
model = sys.argv[1]
ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
(daft if hasattr(daft, "set_runner_ray") else daft.context).set_runner_ray()
for count in (1, 2, 7):
    frame = daft.from_arrow(table()).into_partitions(count)
    found = mm.distributed.daft.predict(frame, model, "review", batch_size=5).to_arrow()
    wanted = expected(model, table())
    print(count, sorted(map(str, found.to_pylist())) == sorted(map(str, wanted.to_pylist())))
ray.shutdown()
"""


def test_partitions_on_ray_have_the_rows_of_the_local_prediction(models, tmp_path):  # Daft does not keep their order
    pytest.importorskip("ray")
    paths = os.pathsep.join([str(Path(mm.__file__).parents[1]), str(Path(__file__).parent)])
    environment = {**os.environ, "PYTHONPATH": paths, "RAY_USAGE_STATS_ENABLED": "0"}
    command = [sys.executable, "-c", ON_RAY, models["several"]]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.stdout.splitlines() == ["1 True", "2 True", "7 True"], done.stderr


def test_the_page_runs(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films.malmoi").symlink_to(models["words"])
    (tmp_path / "reviews").mkdir()
    pq.write_table(table(), "reviews/1.parquet")
    exec(compile(documented("Daft"), "engines.md", "exec"), {})
    found = daft.read_parquet("scored").to_arrow()
    assert same_tables(found.sort_by("row"), expected(models["words"], table()))
