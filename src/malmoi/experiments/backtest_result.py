"""The result of a backtest: scores of forecasts by method and step ahead, and the forecasts."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.data.time_tables import Column, Values
from malmoi.evaluation.findings import Finding
from malmoi.foundation.json_values import JsonObject

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Backtest", "Fan", "ForecastPicture", "ForecastScores", "mean_scores"]


@dataclass(frozen=True)
class ForecastScores:
    """Scores of the forecasts of one target by one method.

    Args:
        target: target column.
        method: "model", "naive" or "seasonal-naive".
        step: steps ahead; `None`: the mean over all steps.
        mase: mean absolute scaled error: mean absolute error divided by that of the one-step seasonal-naive forecast
            (without a season, the naive forecast) on the training part; `None` if that is 0.
        smape: symmetric mean absolute percentage error, 0 to 2.
        pinball: pinball loss in the unit of the target, averaged over the bounds of all intervals and the forecast.
        coverage: share of the values within the interval, by level.

    Example:
        >>> import numpy as np
        >>> import malmoi as mm
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6) + np.random.default_rng(0).normal(size=60)
        >>> result = mm.backtest(mm.Forecaster(horizon=2, history=12), sales, folds=2)
        >>> scores = result.score(method="seasonal-naive", step=1)
        >>> scores.target, scores.method, scores.step, round(scores.mase, 2), sorted(scores.coverage)
        (0, 'seasonal-naive', 1, 0.98, [0.8, 0.95])
    """

    target: Column
    method: str
    step: int | None
    mase: float | None
    smape: float
    pinball: float
    coverage: Mapping[float, float]


@dataclass(frozen=True, eq=False)
class Fan:
    """One forecast with its intervals, for a picture.

    Args:
        times: (horizon,), datetime64 or numbers.
        forecast: float64 (horizon,).
        bounds: lower and upper bounds by level.
    """

    times: npt.NDArray[np.int64] | npt.NDArray[np.datetime64]
    forecast: Values
    bounds: Mapping[float, tuple[Values, Values]]


@dataclass(frozen=True, eq=False)
class ForecastPicture:
    """Data of the picture of one series.

    Args:
        name: name of the target.
        times: (time,), datetime64 or numbers.
        values: float64 (time,), history and true values.
        fans: forecasts, which may overlap the values.
    """

    name: str
    times: npt.NDArray[np.int64] | npt.NDArray[np.datetime64]
    values: Values
    fans: tuple[Fan, ...]


@dataclass(frozen=True)
class Backtest:
    """Scores of a forecaster and of naive forecasts on the steps after the training part.

    Args:
        scores: scores of each target and method, over all steps and for each step ahead.
        findings: warnings about better naive forecasts, and notes on the result.
        folds: number of fits.
        windows: number of evaluated forecasts of each target.
        seasons: seasonal period of the seasonal-naive forecast in steps, by target; 1: no season.
        pictures: the last series of each target with its forecasts.

    Example:
        >>> import numpy as np
        >>> import malmoi as mm
        >>> months = np.arange(60)
        >>> sales = 100 + months + 10 * np.sin(months * np.pi / 6) + np.random.default_rng(0).normal(size=60)
        >>> result = mm.backtest(mm.Forecaster(horizon=2, history=12), sales, folds=2)
        >>> result.rows()[0][:4], result.rows()[4][:4]
        (['0', 'model', 'all', '0.124'], ['0', 'seasonal-naive', 'all', '0.973'])
        >>> result.findings[0].code
        'few-forecasts'
        >>> result.score(step=2).mase < result.score(method="naive", step=2).mase
        True
        >>> len(result.rows()), len(result.rows(by_step=True)), result.columns[3:6]
        (6, 9, ('MASE', 'sMAPE', 'pinball loss'))
        >>> result.to_json()["windows"], result.seasons
        (14, {0: 12})
        >>> axes = result.plot()
        >>> [text.get_text() for text in axes.get_legend().get_texts()]
        ['values', '95 % interval', '80 % interval', 'forecast']
    """

    scores: tuple[ForecastScores, ...]
    findings: tuple[Finding, ...]
    folds: int
    windows: int
    seasons: Mapping[Column, int]
    pictures: tuple[ForecastPicture, ...] = ()

    def score(self, target: Column | None = None, method: str = "model", step: int | None = None) -> ForecastScores:
        """Return the scores of a target by a method, over all steps or for one step ahead.

        Args:
            target: target column; `None`: the first target.
            method: "model", "naive" or "seasonal-naive".
            step: steps ahead, from 1; `None`: the mean over all steps.

        Raises:
            KeyError: there are no such scores.
        """
        wanted = self.scores[0].target if target is None else target
        for one in self.scores:
            if (one.target, one.method, one.step) == (wanted, method, step):
                return one
        raise KeyError(f"no scores of the target {wanted!r} by {method!r} at the step {step}")

    @property
    def columns(self) -> tuple[str, ...]:
        """The column names of `rows`: target, method, steps ahead, scores, and the coverage of each interval."""
        levels = [f"within {100 * level:g} % interval" for level in self.scores[0].coverage]
        return ("target", "method", "steps ahead", "MASE", "sMAPE", "pinball loss", *levels)

    def rows(self, *, by_step: bool = False) -> list[list[str]]:
        """Return the scores as table rows, with the cells of `columns`.

        Args:
            by_step: whether to return the scores of every step ahead; otherwise of step 1 and over all steps.
        """
        return [_row(one) for one in self.scores if by_step or one.step in (None, 1)]

    def __str__(self) -> str:
        rows = [list(self.columns), *self.rows()]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        counts = f"{self.windows:,} forecasts of each target, {self.folds} fits on expanding training parts"
        return "\n".join([*lines, counts, *map(str, self.findings)])

    def _repr_html_(self) -> str:
        """Return a table for notebooks."""
        head = "".join(f"<th>{escape(name)}</th>" for name in self.columns)
        body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in self.rows())
        remarks = "".join(f"<p>{escape(str(one))}</p>" for one in self.findings)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{remarks}"

    def to_json(self) -> JsonObject:
        """Return scores, seasons and findings as a JSON object."""
        return {
            "folds": self.folds,
            "windows": self.windows,
            "seasons": {str(target): season for target, season in self.seasons.items()},
            "scores": [
                {
                    "target": one.target,
                    "method": one.method,
                    "step": one.step,
                    "mase": one.mase,
                    "smape": one.smape,
                    "pinball": one.pinball,
                    "coverage": {f"{level:g}": share for level, share in one.coverage.items()},
                }
                for one in self.scores
            ],
            "findings": [one.to_json() for one in self.findings],
        }

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, ax: Axes | None = None, target: Column | None = None
    ) -> Axes:
        """Plot the values with the forecasts and their intervals.

        Args:
            path: picture to write (.png, .svg or .pdf); an existing file is overwritten. `None`: none.
            ax: matplotlib axes for one target; `None`: a new figure, managed by pyplot if no path is given.
            target: target to plot; `None`: the first six targets, one per row, or with `ax` the only target.

        Returns:
            The axes; for several targets the first, and `axes.figure.axes` has all.

        Raises:
            MissingExtraError: matplotlib is not installed.
            TypeError: `ax` is not a matplotlib Axes.
            ValueError: unknown target, several targets for `ax`, `ax` is polar or three-dimensional, or the path has an
                unsupported suffix.
        """
        from malmoi.report.forecast_figure import plot_forecasts

        return plot_forecasts(self.pictures, path, ax=ax, target=target)


def _row(one: ForecastScores) -> list[str]:
    step = "all" if one.step is None else str(one.step)
    mase = "-" if one.mase is None else f"{one.mase:.3f}"
    shares = ["-" if np.isnan(share) else f"{share:.1%}" for share in one.coverage.values()]
    return [str(one.target), one.method, step, mase, f"{one.smape:.3f}", f"{one.pinball:.4g}", *shares]


def mean_scores(scores: Sequence[ForecastScores]) -> ForecastScores:
    """Return the mean of scores over steps ahead."""
    first = scores[0]
    scaled = [one.mase for one in scores if one.mase is not None]
    coverage = {level: float(np.mean([one.coverage[level] for one in scores])) for level in first.coverage}
    mase = float(np.mean(scaled)) if len(scaled) == len(scores) else None
    smape, pinball = (float(np.mean([getattr(one, name) for one in scores])) for name in ("smape", "pinball"))
    return ForecastScores(first.target, first.method, None, mase, smape, pinball, coverage)
