"""`malmoi.distributed.duckdb`: a function for SQL that returns what the scorer returns. `make test-extras`."""

import shutil

import pytest

duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")
import pyarrow.parquet as pq  # noqa: E402

import malmoi as mm  # noqa: E402
from adapter_cases import KINDS, documented, expected, parts, same_tables, saved_models, table  # noqa: E402
from malmoi.distributed import opened_models  # noqa: E402
from malmoi.distributed.duckdb import register  # noqa: E402

SCORED = "SELECT *, unnest(malmoi_predict(review)) FROM "


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    return saved_models(tmp_path_factory.mktemp("models"))


@pytest.fixture
def connection():
    with duckdb.connect() as one:
        yield one


def selected(connection, query):
    return connection.sql(query).to_arrow_table()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 2, 7])
def test_a_query_is_the_local_prediction(connection, models, tmp_path, kind, count):
    data = table()
    for place, part in enumerate(parts(data, count)):
        pq.write_table(part, tmp_path / f"{place}.parquet")
    register(connection, models[kind])
    found = selected(connection, f"{SCORED}'{tmp_path}/*.parquet'")
    assert same_tables(found, expected(models[kind], data))


@pytest.mark.parametrize("threads", [1, 4])
def test_many_vectors_and_threads_keep_the_order(connection, models, threads):
    data = table(1_000)
    connection.execute(f"SET threads = {threads}")
    connection.register("source", data)
    connection.execute("CREATE TABLE reviews AS SELECT * FROM source")
    register(connection, models["words"])
    assert same_tables(selected(connection, f"{SCORED} reviews"), expected(models["words"], data))


def test_constants_nulls_filters_and_groups(connection, models):
    register(connection, models["words"], "sentiment", prefix="p_")
    nothing = dict.fromkeys(("p_label", "p_probability_neg", "p_probability_pos", "p_probability_좋음"))
    assert connection.sql("SELECT sentiment(NULL), sentiment(''), sentiment('good film').p_label").fetchall()[0] == (
        nothing,
        nothing,
        "pos",
    )
    data = table()
    wanted = expected(models["words"], data)["label"].to_pylist()
    connection.register("reviews", data)
    kept = connection.sql("SELECT row FROM reviews WHERE sentiment(review).p_label = 'pos' ORDER BY row").fetchall()
    assert [row for (row,) in kept] == [row for row, label in enumerate(wanted) if label == "pos"]
    counts = dict(connection.sql("SELECT sentiment(review).p_label, count(*) FROM reviews GROUP BY 1").fetchall())
    assert counts == {label: wanted.count(label) for label in set(wanted)}


def test_an_empty_table_keeps_the_columns(connection, models):
    register(connection, models["several"])
    connection.register("reviews", table().slice(0, 0))
    found = selected(connection, f"{SCORED} reviews")
    assert same_tables(found, expected(models["several"], table().slice(0, 0)))


def test_scorers_and_thresholds(connection, models):
    data = table()
    connection.register("reviews", data)
    settings = {"reject_below": 0.99, "prefix": "p_"}
    register(connection, models["words"], **settings)
    register(connection, mm.distributed.Scorer(models["words"], "other", keep=["x"], **settings), "second")
    wanted = expected(models["words"], data, **settings)
    for name in ("malmoi_predict", "second"):
        found = selected(connection, f"SELECT *, unnest({name}(review)) FROM reviews")
        assert same_tables(found, wanted)


def test_bad_input(connection, models, tmp_path):
    with pytest.raises(TypeError, match="connection must be a connection of DuckDB, got str"):
        register("database", models["words"])
    with pytest.raises(TypeError, match="name must be a str of 1 character or more, got 3"):
        register(connection, models["words"], 3)
    with pytest.raises(mm.DataError, match="no model file"):
        register(connection, tmp_path / "missing.malmoi")
    with pytest.raises(mm.DataError, match="DuckDB does not distinguish upper and lower case, got the columns"):
        register(connection, models["case"])
    register(connection, models["words"])
    with pytest.raises(duckdb.NotImplementedException, match="'malmoi_predict' is already created"):
        register(connection, models["words"])
    with pytest.raises(duckdb.BinderException, match="add explicit type casts"):
        connection.sql("SELECT malmoi_predict(3)")


def test_a_model_that_disappears_is_named_through_duckdb(connection, models, tmp_path):
    path = tmp_path / "model.malmoi"
    shutil.copy(models["words"], path)
    register(connection, path)
    opened_models._Process.models.clear()
    path.unlink()
    with pytest.raises(duckdb.InvalidInputException, match=r"DataError: no model file .*model\.malmoi on the machine"):
        connection.sql("SELECT malmoi_predict('good')").fetchall()


def test_the_page_runs(models, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "films.malmoi").symlink_to(models["words"])
    (tmp_path / "reviews").mkdir()
    pq.write_table(table(), "reviews/1.parquet")
    exec(compile(documented("DuckDB"), "engines.md", "exec"), {})
    assert same_tables(pq.read_table("scored.parquet"), expected(models["words"], table()))
