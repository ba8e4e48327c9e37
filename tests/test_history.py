import pytest

from malmoi import History
from malmoi.models.history import EpochRow

ROWS = [EpochRow(0.7, 0.5, 0.68, 0.55), EpochRow(0.5, 0.8, 0.66, 0.6), EpochRow(0.2, 1.0, 0.9, 0.58)]


def test_the_table_has_one_row_an_epoch():
    table = History(ROWS).table
    assert table.shape == (3, 6)
    assert table["epoch"].to_list() == [1, 2, 3]
    assert table["validation_loss"].to_list() == [0.68, 0.66, 0.9]


def test_a_table_without_epochs_has_the_same_columns():
    assert History().table.schema == History(ROWS).table.schema


def test_the_best_epoch_has_the_lowest_validation_loss():
    assert History(ROWS).best_epoch == 2
    assert History([EpochRow(0.7, 0.5), EpochRow(0.1, 0.5)]).best_epoch == 2
    with pytest.raises(ValueError, match="got 0"):
        _ = History().best_epoch


def test_without_validation_its_columns_stay_empty():
    assert str(History([EpochRow(0.7, 0.5)])).splitlines()[1] == "    1  0.7000    0.5000"


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_curves_are_drawn_into_a_file(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    path = tmp_path / "new" / f"curves.{suffix}"
    History(ROWS).plot(path)
    assert path.stat().st_size > 5_000


def test_curves_hold_both_lines_and_the_best_epoch(tmp_path):
    pytest.importorskip("matplotlib")
    History(ROWS).plot(tmp_path / "curves.svg")
    drawn = (tmp_path / "curves.svg").read_text()
    assert drawn.count("<!-- training -->") == drawn.count("<!-- validation -->") == 2
    assert "best: epoch 2" in drawn


def test_the_same_history_gives_the_same_picture(tmp_path):
    pytest.importorskip("matplotlib")
    for name in ("a.png", "b.png"):
        History(ROWS).plot(tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
