"""Tables of series: wide and long, their notes, and errors that name series, lines and columns."""

import gzip
import pickle

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import malmoi as mm
from malmoi.data.history_files import HistoryColumns, read_history
from malmoi.data.series import SeriesError, StackedSeries, as_series, feature_names
from malmoi.data.series_tables import read_series
from malmoi.experiments.series_parts import cut_series

LONG = "who,time,x,z,site,label\np,2,2,20,A,up\nq,1,5,50,B,down\np,1,1,10,A,up\nq,2,6,60,B,down\nq,3,7,70,B,down\n"


@pytest.fixture
def table(tmp_path):
    """Return a function that writes a table and reads it."""

    def read(text, name="t.csv", **columns):
        (tmp_path / name).write_text(text)
        return read_series(tmp_path / name, **columns)

    return read


def test_a_long_table_is_grouped_sorted_and_named(table):
    read = table(LONG, id_column="who", keep=("site",))
    assert [one.tolist() for one in read.series] == [[[1, 10], [2, 20]], [[5, 50], [6, 60], [7, 70]]]
    assert (read.ids, read.labels, read.kept) == (["p", "q"], ["up", "down"], {"site": ["A", "B"]})
    assert (read.columns, read.time_columns) == (("x", "z"), ("time",))
    assert read.notes == ("steps are sorted by 'time', which is not a feature; 1 of 2 series was not in order",)
    assert feature_names(read.series).tolist() == ["x", "z"]
    assert table(LONG, id_column="who").notes[0] == "columns that are not numeric are ignored: 'site'"
    as_file = table(LONG, id_column="who", time_column=None, features=("x",))
    assert [one[:, 0].tolist() for one in as_file.series] == [[2, 1], [5, 6, 7]]
    assert as_file.left_out == ("z", "site")


def test_a_wide_table_has_a_series_in_each_row(table):
    read = table("name,label,a,b,c\nn1,x,1,2,\nn2,y,3,,5\n", id_column="name")
    assert read.series[0][:, 0].tolist() == [1, 2]
    assert read.columns == ("a", "b", "c")
    assert (read.ids, [len(one) for one in read.series]) == (["n1", "n2"], [2, 3])
    assert read.notes[0].startswith(
        "every 'name' occurs in one row only: each row is read as a series, its columns as steps"
    )
    assert table("label;a;b\nx;0,5;1\ny;2;3\n").series[0][:, 0].tolist() == [0.5, 1]


def test_formats_and_compression_read_the_same(table, tmp_path):
    wanted = table(LONG, id_column="who")
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(LONG.encode()))
    (tmp_path / "t.tsv").write_text(LONG.replace(",", "\t"))
    pl.read_csv(tmp_path / "t.csv").write_parquet(tmp_path / "t.parquet")
    for name in ("t.csv.gz", "t.tsv", "t.parquet"):
        read = read_series(tmp_path / name, id_column="who")
        assert np.array_equal(read.series.rows, wanted.series.rows)
        assert (read.ids, read.labels, read.notes) == (wanted.ids, wanted.labels, wanted.notes)


def test_ids_labels_and_kept_columns_stay_as_written(table, tmp_path):
    text = "who,label,zip,x\n00,01,01000,1\n0,02,1000,2\n\n0,02,1000,3\n"
    read = table(text, id_column="who", keep=("zip",))
    assert (read.ids, read.labels, read.kept) == (["00", "0"], ["01", "02"], {"zip": ["01000", "1000"]})
    plain = table(text.replace("00,01,01", "7,1,1"), id_column="who", keep=("zip",))
    assert (plain.ids, plain.labels, plain.kept["zip"]) == ([7, 0], ["1", "02"], [1000, 1000])
    assert table("label,a\n0.50,1\n1,2\n").labels == [0.5, 1]
    (tmp_path / "h.csv").write_text("shop,y\n007,1\n7,2\n")
    read = read_history(tmp_path / "h.csv", HistoryColumns(("y",), None, "shop"))
    assert read.frame["shop"].to_list() == ["007", "7"]


def test_columns_that_count_steps_are_mentioned(table, tmp_path):
    text = "who,step,x,label\np,2,7,a\np,1,7,a\nq,5,8,b\nq,6,9,b\n"
    note = "'step' is used as a feature; to sort the steps by it: --time-column step"
    assert table(text, id_column="who").notes == (note,)
    assert table(text, id_column="who", time_column=None).notes == ()
    assert table(text.replace("q,6", "q,9"), id_column="who").notes == ()
    (tmp_path / "h.csv").write_text("year,y\n1990,1\n2000,2\n2005,3\n")
    note = "'year' may be the time column; to sort the rows by it: --time-column year"
    assert note in read_history(tmp_path / "h.csv", HistoryColumns()).notes


def test_a_table_with_text_is_refused_by_its_column():
    series = [pl.DataFrame({"a": [1.0, 2.0], "site": ["x", "y"]})]
    with pytest.raises(
        SeriesError, match=r"X\[0\] must contain numbers in the column 'site', got 'x'; drop the column$"
    ):
        as_series(series, missing="refuse", name="X")
    with pytest.raises(SeriesError, match=r"X\[0\] must be finite, got inf .*; replace it by a finite number$"):
        as_series([[1.0, np.inf]], missing="refuse", name="X")


def test_days_and_months_are_told_apart_or_refused(tmp_path):
    def read(*days):
        (tmp_path / "h.csv").write_text("date,y\n" + "".join(f"{day},1\n" for day in days))
        return [f"{one:%m-%d}" for one in read_history(tmp_path / "h.csv", HistoryColumns()).frame["date"]]

    assert read("12/01/2024", "13/01/2024") == ["01-12", "01-13"]
    assert read("01/12/2024", "01/13/2024") == ["01-12", "01-13"]
    with pytest.raises(mm.DataError, match=r"got '02/01/2024' in line 3, which is 2024-02-01 or 2024-01-02; write"):
        read("01/01/2024", "02/01/2024")
    with pytest.raises(
        mm.DataError, match=r"'date' must contain only dates or times, .*, got 'yesterday' in line 4; correct it"
    ):
        read("2024-01-01", "2024-01-02", "yesterday")
    with pytest.raises(mm.DataError, match=r"got 'yesterday' in line 4; correct it"):
        read("2024-01", "2024-02", "yesterday")
    with pytest.raises(mm.DataError, match=r"got '2024-02' in line 3; correct it"):
        read("2024-01-01", "2024-02", "2024-03-01")


@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_count(tmp_path_factory, lengths, random):
    rows = [(f"s{place}", step, 10 * place + step) for place, steps in enumerate(lengths) for step in range(steps)]
    shuffled = random.sample(rows, len(rows))
    path = tmp_path_factory.getbasetemp() / "shuffled.parquet"
    pl.DataFrame(shuffled, schema=["who", "time", "x"], orient="row").write_parquet(path)
    read = read_series(path, id_column="who", labelled=False, layout="long")
    assert read.ids == list(dict.fromkeys(who for who, *_ in shuffled))
    for who, one in zip(read.ids, read.series, strict=True):
        assert one[:, 0].tolist() == [x for name, _, x in rows if name == who]


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        ("", {}, "the first line must contain the column names, got an empty file"),
        ("label,a\n", {}, "must have 1 row or more below the header, got 0"),
        ("a,b\n1,2\n", {}, "no column is called label, class, target, y; name it"),
        (
            "1,0.5,0.7\n2,0.1,0.2\n",
            {},
            "the first line must contain the column names, got numbers, ['1', '0.5', '0.7']",
        ),
        ("label,a,a\nx,1,2\n", {}, "columns must have different names, got 'a' twice"),
        ("label,a\nx,1,2\n", {}, "a row has more fields than the first line"),
        (
            "label,a\nx,1\ny,2\nz,oops\n",
            {},
            "the column 'a' must contain only numbers, as most of its values are, got 'oops' in",
        ),
        (LONG, {"id_column": "woh"}, "no column is called 'woh'; the columns are ['who', "),
        (LONG, {"id_column": "woh"}, "did you mean 'who'?"),
        (
            LONG,
            {"id_column": "who", "features": ("x,site",)},
            "the feature 'site' must contain numbers, got 'A' in line 2",
        ),
        (
            LONG,
            {"id_column": "who", "features": ("x,label",)},
            "'label' must not be a feature, because it is the",
        ),
        ("label,t1,t2\nx,1,2\ny,,\n", {}, "a series must have a number, got none in line 3; fill it, or"),
        ("label,t9\nx,1\n", {"features": ("t59",)}, "no column is called 't59'; the columns are ['label', 't9']"),
        (LONG.replace("q,2,6,60,B,down", "q,2,6,60,B,"), {"id_column": "who"}, "and an empty cell in line 5"),
        (
            LONG.replace("q,2", "q,now"),
            {"id_column": "who"},
            "'time' must contain only dates or times, as most of its values",
        ),
        (LONG, {"id_column": "who", "features": ("x", "zz")}, "no column is called 'zz'"),
        (LONG, {"id_column": "who", "features": ("x", "x")}, "features must be named once, got 'x' twice"),
        (LONG, {"id_column": "who", "label_column": "z"}, "series 'p' must have one label, got 10 in line 4 and 20 in"),
        (LONG.replace("q,1", ",1"), {"id_column": "who"}, "'who' must have a value in every row, got an empty cell in"),
        (LONG.replace("p,2", "p,1"), {"id_column": "who"}, "series 'p' must have one row for each 'time', got '1' in"),
        (
            LONG.replace("p,2", "p,"),
            {"id_column": "who"},
            "the time column 'time' must have a value in every row, got an",
        ),
        (
            LONG,
            {"id_column": "who", "time_column": "site"},
            "'site' must contain dates, times or numbers, got 'A' in line 2",
        ),
        (LONG, {"time_column": "time"}, "a time column is only allowed if each row is a step, got 'time'"),
        (LONG, {"layout": "long"}, "long tables must have a column that identifies the series"),
    ],
)
def test_tables_that_cannot_be_used(table, text, columns, message):
    with pytest.raises(mm.DataError) as caught:
        table(text, **columns)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-01-01T00:00+09:00", "2026-01-01T01:00+02:00"),
        ("2026-01-01 00:00Z", "2026-01-01 01:00"),
    ],
)
def test_mixed_time_zones_are_refused(table, first, second):
    with pytest.raises(mm.DataError, match=r"'when' must have one time zone, got .* in line 2 and .* in line 3; write"):
        table(f"who,when,x\np,{first},1\np,{second},2\n", id_column="who", labelled=False)


def test_gaps_in_time_are_said(table):
    rows = "".join(f"p,2026-01-0{day},1\n" for day in (1, 2, 3, 4, 7, 8)) + "q,2026-01-01,1\nq,2026-01-02,1\n"
    note = table(f"who,day,x\n{rows}", id_column="who", labelled=False).notes[1]
    assert note.startswith("1 of 2 series have gaps in 'day', such as series 'p' between line 5 and line 6")


def test_what_a_forgotten_option_leads_to_is_said(table):
    notes = table("id,day,x,label\n1,2026-01-01,1,a\n2,2026-01-02,2,b\n").notes
    assert notes[0].startswith("time columns are ignored: 'day'; each row is read as a series of 2 steps; if each row")
    assert notes[1].startswith("the column 'id' is used as a step; if it identifies series")


@pytest.mark.parametrize(
    ("text", "columns", "message"),
    [
        (
            LONG.replace("6,60", "6,NA"),
            {"id_column": "who"},
            "series 'q' must be finite, got nan at step 2 (line 5), feature",
        ),
        (
            LONG.replace("6,60", "6,1e39"),
            {"id_column": "who"},
            "got inf at step 2 (line 5), feature 'z'; replace it by a finite number",
        ),
        (
            "label,a,b\nx,1,2\ny,,4\n",
            {},
            "the series in line 3 must be finite, got nan at step 1, column 'a'; pass missing=",
        ),
        (
            "label,n,a,b\nx,n1,1,2\ny,n2,,4\n",
            {"id_column": "n"},
            "series 'n2' must be finite, got nan at step 1, column",
        ),
    ],
)
def test_errors_name_series_lines_and_columns(table, text, columns, message):
    read = table(text, **columns)
    for part in (read, read.take(np.array([1]))):
        with pytest.raises(mm.DataError) as caught, part.naming_series("X"):
            as_series(part.series, missing="refuse", name="X")
        assert message in str(caught.value)
    assert "inf" in message or len(as_series(read.series, missing="indicate")) == 2


def test_stacked_series_are_a_sequence():
    series = StackedSeries(np.arange(6, dtype=np.float32)[:, None], np.array([1, 4, 6]), ("x",))
    assert [one[:, 0].tolist() for one in series] == [series[place][:, 0].tolist() for place in range(3)]
    assert series[-1][:, 0].tolist() == [4, 5]
    assert [one[:, 0].tolist() for one in series[1:]] == [[1, 2, 3], [4, 5]]
    assert [one[:, 0].tolist() for one in series.take(np.array([2, 0]))] == [[4, 5], [0]]
    with pytest.raises(IndexError):
        series[3]
    error = pickle.loads(pickle.dumps(SeriesError("X", 3, "must be finite, got nan", 1, 0, "fill it")))
    assert str(error) == "X[3] must be finite, got nan at step 1, feature 0; fill it"
    assert (error.place, error.step, error.feature) == (3, 1, 0)


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ("aaaabbbc", {}, "every class must have 2 series or more, .* got 1 of 'c' .the series in line 9.; add more"),
        ("aaaa", {}, "labels must have 2 classes or more, got only 'a'"),
        (
            "abab",
            {},
            "validation must be 1 series or more of a class, got a share of 0.2 of 4 series; use more series",
        ),
        ("ab ab", {}, "the series in line 4 must have a label, got an empty cell"),
        ("12x4", {"numbers": True}, "the series in line 4 must have a finite number as target, got 'x'"),
    ],
)
def test_labels_that_cannot_be_used(table, labels, options, message):
    rows = "".join(f"{label.strip()},{place}\n" for place, label in enumerate(labels))
    with pytest.raises(mm.DataError, match=message):
        cut_series(table(f"label,x\n{rows}"), **options)


def test_validation_series_are_stratified_and_drawn_by_seed(table):
    read = table("label,x\n" + "".join(f"{'ab'[place % 5 == 0]},{place}\n" for place in range(40)))
    parts = [cut_series(read, validation=0.25, seed=seed) for seed in (0, 0, 1)]
    drawn = [[int(one[0, 0]) for one in part.validation.series] for part in parts]
    assert drawn[0] == drawn[1] != drawn[2]
    assert sorted(parts[0].validation.labels) == ["a"] * 8 + ["b"] * 2
    assert len(parts[0].training.series) == 30
    assert cut_series(read, validation=0).validation is None
    with pytest.raises(ValueError, match="validation must be a share from 0 to below 1 for series, got 3"):
        cut_series(read, validation=3)
