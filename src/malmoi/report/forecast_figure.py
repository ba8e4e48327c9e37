"""The figure of forecasts: values, forecasts and prediction intervals over time."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from malmoi.data.time_tables import Column
from malmoi.experiments.backtest_result import Fan, ForecastPicture
from malmoi.foundation.validation import shorten
from malmoi.models.forecasting.result import level_name
from malmoi.report.figures import axes_for, new_figure, write_axes
from malmoi.report.fonts import drawn_names
from malmoi.report.look import (
    BASELINE_COLOUR,
    VALIDATION_COLOUR,
    set_look,
    set_title,
    size_in_points,
    sizes_for,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["forecast_figure", "plot_forecasts"]

VALUE_COLOUR, FORECAST_COLOUR = BASELINE_COLOUR, VALIDATION_COLOUR
WIDTH, HEIGHT, AROUND = 9.0, 2.8, 0.7
MOST_PICTURES = 6
LONGEST_NAME = 40
STRONGEST_BAND, WEAKEST_BAND = 0.36, 0.16
FEW_STEPS = 12
"""Maximum number of steps for which each forecast has a marker."""
LEGEND_BESIDE = 400.0
"""Minimum width of axes in points for a legend beside the title."""


def forecast_figure(pictures: Sequence[ForecastPicture]) -> Figure:
    """Draw the first six series in one figure, one per row.

    Raises:
        MissingExtraError: matplotlib is not installed.
        ValueError: there are no pictures.
    """
    drawn = _drawn(pictures)
    figure, places = new_figure(WIDTH, AROUND + HEIGHT * len(drawn), rows=len(drawn))
    _draw_all(places, drawn, len(pictures))
    return figure


def plot_forecasts(
    pictures: Sequence[ForecastPicture],
    path: str | os.PathLike[str] | None = None,
    *,
    ax: Axes | None = None,
    target: Column | None = None,
) -> Axes:
    """Draw forecasts; see `Backtest.plot`."""
    names = [one.name for one in pictures]
    if target is not None:
        pictures = [one for one in pictures if one.name == str(target)]
        if not pictures:
            raise ValueError(f"target must be one of {shorten(names)}, got {shorten(target)}")
    if ax is not None and len(pictures) > 1:
        raise ValueError(f"target must be one of {shorten(names)} if ax is given, got None")
    drawn = _drawn(pictures)
    places = axes_for(ax, path, (WIDTH, AROUND + HEIGHT * len(drawn)), rows=len(drawn))
    _draw_all(places, drawn, len(pictures))
    return write_axes(places[0], path)


def _drawn(pictures: Sequence[ForecastPicture]) -> Sequence[ForecastPicture]:
    if not pictures:
        raise ValueError("pictures must be one or more, got none")
    return pictures[:MOST_PICTURES]


def _draw_all(places: Sequence[Axes], drawn: Sequence[ForecastPicture], number: int) -> None:
    names = drawn_names([one.name for one in drawn], longest=LONGEST_NAME, noun="series")
    for axes, one, name in zip(places, drawn, names.names, strict=True):
        _draw(axes, one)
        beside = size_in_points(axes)[0] >= LEGEND_BESIDE
        set_title(axes, name, loc="left" if beside else "center", families=names.families)
        _add_legend(axes, beside=beside)
    if number > len(drawn):
        places[0].figure.supxlabel(f"and {number - len(drawn)} more", fontsize=9)


def _draw(axes: Axes, picture: ForecastPicture) -> None:
    axes.plot(picture.times, picture.values, color=VALUE_COLOUR, linewidth=1.2, label="values", zorder=2)
    for number, fan in enumerate(picture.fans):
        _draw_fan(axes, fan, is_first=number == 0)
    axes.margins(x=0.01)
    set_look(axes, xlabel="", ylabel="", grid="y")
    if np.issubdtype(picture.times.dtype, np.datetime64):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator(maxticks=int(np.clip(size_in_points(axes)[0] / 45, 3, 10)))
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
        axes.xaxis.get_offset_text().set_fontsize(sizes_for(axes).tick)


def _draw_fan(axes: Axes, fan: Fan, *, is_first: bool) -> None:
    levels = sorted(fan.bounds, reverse=True)
    for place, level in enumerate(levels):
        lower, upper = fan.bounds[level]
        strength = WEAKEST_BAND + place / max(len(levels) - 1, 1) * (STRONGEST_BAND - WEAKEST_BAND)
        label = f"{level_name(level)} % interval" if is_first else None
        if len(fan.times) > 1:
            axes.fill_between(fan.times, lower, upper, color=FORECAST_COLOUR, alpha=strength, label=label, linewidth=0)
        else:
            bars = axes.vlines(fan.times, lower, upper, color=FORECAST_COLOUR, alpha=strength, linewidth=3)
            bars.set_label(label)
    marker, label = "o" if len(fan.times) <= FEW_STEPS else None, "forecast" if is_first else None
    line = axes.plot(fan.times, fan.forecast, color=FORECAST_COLOUR, label=label, marker=marker, markersize=3)[0]
    line.set_linewidth(1.6)
    axes.axvline(fan.times[0], color=VALUE_COLOUR, linewidth=0.7, linestyle=":")


def _add_legend(axes: Axes, *, beside: bool) -> None:
    size = sizes_for(axes).legend
    if beside:
        where = (1.0, 1.0)
        axes.legend(ncols=4, loc="lower right", bbox_to_anchor=where, borderaxespad=0.1, frameon=False, fontsize=size)
    else:
        axes.legend(loc="best", frameon=False, fontsize=size)
