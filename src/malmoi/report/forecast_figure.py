"""The figure of forecasts: values, forecasts and their intervals over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from malmoi.errors import MissingExtraError
from malmoi.experiments.backtest_result import ForecastPicture
from malmoi.models.forecasting.result import level_name
from malmoi.report.fonts import drawn_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure

__all__ = ["forecast_figure"]

VALUE_COLOUR = "#57606a"
FORECAST_COLOUR = "#0550ae"
WIDTH, HEIGHT = 9.0, 2.8
MOST_PICTURES = 6
LONGEST_NAME = 40
STRONGEST_BAND, WEAKEST_BAND = 0.32, 0.14
FEW_STEPS = 12
"""Steps of a forecast up to which each is a dot."""


def forecast_figure(pictures: Sequence[ForecastPicture]) -> Figure:
    """Draw series below each other, the first six of them.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ValueError: there is nothing to draw.
    """
    if not pictures:
        raise ValueError("pictures must be one or more, got none")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'malmoi[plots]'") from error
    drawn = pictures[:MOST_PICTURES]
    figure = Figure(figsize=(WIDTH, 0.7 + HEIGHT * len(drawn)), layout="constrained")
    FigureCanvasAgg(figure)
    names = drawn_names([one.name for one in drawn], longest=LONGEST_NAME, noun="series")
    for axes, one, name in zip(figure.subplots(len(drawn), squeeze=False)[:, 0], drawn, names.names, strict=True):
        _draw(axes, one)
        axes.set_title(name, fontsize=11, loc="left", fontfamily=list(names.families))
        if np.issubdtype(one.times.dtype, np.datetime64):
            locator = AutoDateLocator()
            axes.xaxis.set_major_locator(locator)
            axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    if len(pictures) > len(drawn):
        figure.supxlabel(f"and {len(pictures) - len(drawn)} more", fontsize=9)
    return figure


def _draw(axes: Any, picture: ForecastPicture) -> None:
    axes.plot(picture.times, picture.values, color=VALUE_COLOUR, linewidth=1.2, label="values", zorder=2)
    for number, fan in enumerate(picture.fans):
        levels = sorted(fan.bounds, reverse=True)
        for place, level in enumerate(levels):
            lower, upper = fan.bounds[level]
            share = place / max(len(levels) - 1, 1)
            strength = WEAKEST_BAND + share * (STRONGEST_BAND - WEAKEST_BAND)
            label = f"{level_name(level)} % interval" if number == 0 else None
            band = {"color": FORECAST_COLOUR, "alpha": strength, "label": label, "linewidth": 0}
            if len(fan.times) > 1:
                axes.fill_between(fan.times, lower, upper, **band)
            else:
                axes.vlines(fan.times, lower, upper, **{**band, "linewidth": 3})
        marker = "o" if len(fan.times) <= FEW_STEPS else None
        label = "forecast" if number == 0 else None
        axes.plot(
            fan.times, fan.forecast, color=FORECAST_COLOUR, linewidth=1.6, marker=marker, markersize=3, label=label
        )
        axes.axvline(fan.times[0], color=VALUE_COLOUR, linewidth=0.7, linestyle=":")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#d0d7de", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    axes.legend(frameon=False, fontsize=8, ncols=4, loc="lower right", bbox_to_anchor=(1.0, 1.0), borderaxespad=0.1)
