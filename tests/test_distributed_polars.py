"""`malmoi.distributed.polars`: an expression and a function that return what the scorer returns."""

import polars as pl
import pytest

import malmoi as mm

pytest.importorskip("pyarrow")

from adapter_cases import KINDS, TEXTS, documented, expected, parts, same_tables, saved_models, table
from malmoi.distributed.polars import predict, predict_expr


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return saved_models(tmp_path_factory.mktemp("models"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_frames_lazy_frames_and_streams_are_the_local_prediction(models, kind, count):
    data = table()
    wanted = expected(models[kind], data)
    pieces = [pl.from_arrow(part) for part in parts(data, count)]
    assert same_tables(pl.concat([predict(piece, models[kind], "review") for piece in pieces]).to_arrow(), wanted)
    lazy = predict(pl.concat([piece.lazy() for piece in pieces]), models[kind], "review")
    for engine in ("in-memory", "streaming"):
        found = lazy.collect(engine=engine)
        assert found.schema == lazy.collect_schema()
        assert same_tables(found.to_arrow(), wanted)


def test_a_stream_in_small_morsels_is_in_order(models, tmp_path):
    data = pl.from_arrow(table(40))
    data.write_parquet(tmp_path / "reviews.parquet", row_group_size=10)
    lazy = predict(pl.scan_parquet(tmp_path / "reviews.parquet"), models["words"], "review")
    with pl.Config(streaming_chunk_size=7):
        lazy.sink_parquet(tmp_path / "scored.parquet")
    assert same_tables(pl.read_parquet(tmp_path / "scored.parquet").to_arrow(), expected(models["words"], table(40)))


def test_the_expression_knows_its_type_and_name(models):
    reviews = pl.LazyFrame({"review": TEXTS})
    prediction = predict_expr(models["several"], "review", prefix="p_")
    lazy = reviews.with_columns(prediction)
    kinds = {"p_labels": pl.List(pl.String), **{f"p_probability_{name}": pl.Float32 for name in ("a b", "bad", "good")}}
    assert lazy.collect_schema() == {"review": pl.String, "prediction": pl.Struct(kinds)}
    assert lazy.collect().schema == lazy.collect_schema()
    wanted = pl.from_arrow(expected(models["several"], table(1), prefix="p_", keep=[]))
    assert lazy.collect()["prediction"].struct.unnest().equals(wanted, null_equal=True)


def test_the_expression_takes_expressions_filters_and_groups(models):
    reviews = pl.DataFrame({"row": range(4), "first": ["good", "bad", "good", None], "second": ["film"] * 4})
    both = predict_expr(models["words"], pl.col("first") + " " + pl.col("second")).struct.field("label")
    assert reviews.select(both)["label"].to_list() == ["pos", "neg", "pos", None]
    assert reviews.lazy().filter(both == "pos").collect()["row"].to_list() == [0, 2]
    grouped = reviews.group_by("first", maintain_order=True).agg(both)
    assert grouped["label"].to_list() == [["pos", "pos"], ["neg"], [None]]


@pytest.mark.parametrize("name", ["*", "^.*$", "review"])
def test_no_name_is_a_pattern(models, name):
    frame = pl.DataFrame({"other": ["bad"], name: ["good film"]})
    assert predict(frame.lazy(), models["words"], name).collect().equals(predict(frame, models["words"], name))
    assert predict(frame.lazy(), models["words"], name, keep=["other"]).collect().columns[:2] == ["other", "label"]


def test_empty_frames_keep_the_schema(models):
    empty = pl.DataFrame(schema={"row": pl.Int64, "review": pl.String})
    for kind in KINDS:
        wanted = expected(models[kind], empty.to_arrow())
        assert predict(empty, models[kind], "review").columns == wanted.column_names
        for engine in ("in-memory", "streaming"):
            found = predict(empty.lazy(), models[kind], "review").collect(engine=engine)
            assert same_tables(found.to_arrow(), wanted)


def test_settings_reach_the_scorer(models):
    frame = pl.from_arrow(table(1))
    settings = {"reject_below": 0.99, "prefix": "p_", "keep": ["row"]}
    wanted = expected(models["words"], table(1), **settings)
    assert wanted["p_label"].null_count > expected(models["words"], table(1))["label"].null_count
    scorer = mm.distributed.Scorer(models["words"], "review", **settings)
    for given in (frame, frame.lazy()):
        for found in (predict(given, models["words"], "review", **settings), predict(given, scorer)):
            assert same_tables(found.lazy().collect().to_arrow(), wanted)


def test_bad_input_is_named_before_and_while_rows_are_read(models, tmp_path):
    frame = pl.DataFrame({"review": ["good"], "label": ["x"], "row": [1]})
    for given in (frame, frame.lazy()):
        with pytest.raises(mm.DataError, match="the table already has a column 'label'; pass prefix='predicted_'"):
            predict(given, models["words"], "review")
        with pytest.raises(mm.DataError, match="the table must have the column 'text' once, found only 'review'"):
            predict(given, models["words"])
        with pytest.raises(TypeError, match="text"):
            predict(given, models["words"], "row", keep=[]).lazy().collect()
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        frame.select(predict_expr(models["words"], "missing"))
    with pytest.raises(TypeError, match="text_column must be a str or an expression of Polars, got 3"):
        predict_expr(models["words"], 3)
    with pytest.raises(TypeError, match=r"lazy frame of Polars, got builtins\.list"):
        predict([], models["words"])
    with pytest.raises(mm.DataError, match="no model file"):
        predict_expr(tmp_path / "missing.malmoi")


def test_the_page_runs(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films.malmoi").symlink_to(models["words"])
    (tmp_path / "reviews").mkdir()
    pl.from_arrow(table()).write_parquet("reviews/1.parquet")
    exec(compile(documented("Polars"), "engines.md", "exec"), {})
    assert same_tables(pl.read_parquet("scored.parquet").to_arrow(), expected(models["words"], table()))
