"""Forecasts of series that aeon ships, beside the naive forecasts; coverage of intervals; time and memory by length.

    python benchmarks/forecasting.py [--aeon PYTHON] [--series FILE.npz] [--networks]

`--aeon` is the Python of an environment in which aeon is installed; `--series` a file that holds its series already.
All numbers of docs/forecasting.md come from here. Nothing was chosen by these series' last parts.
"""

import argparse
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

import malmoi as mm

# What aeon's environment runs.
EXPORT = """
import sys, numpy as np
from aeon import datasets as d
names = {"airline": d.load_airline, "lynx": d.load_lynx, "shampoo": d.load_shampoo_sales, "pbs": d.load_PBS_dataset,
         "solar": d.load_solar, "uschange": d.load_uschange}
np.savez(sys.argv[1], **{name: np.asarray(load(), dtype=float) for name, load in names.items()})
"""
# Steps of the natural season and steps ahead; the season is only the one that MASE and the seasonal-naive forecast
# use: the forecaster finds its own.
SETS = {
    "airline": (12, 12),
    "lynx": (10, 10),
    "shampoo": (12, 3),
    "pbs": (12, 12),
    "solar": (48, 48),
    "uschange": (4, 4),
}
# One fit of this many hours, in a process of its own.
GROWTH = """
import resource, sys, time, warnings
import numpy as np, malmoi as mm
count = int(sys.argv[1])
hours = np.arange(count)
series = 10 + np.sin(hours * 2 * np.pi / 24) + np.random.default_rng(0).normal(size=count)
mm.Forecaster(1, history=2, difference="last", log=False).fit(series[:60])
before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.perf_counter()
model = mm.Forecaster(24).fit(series)
seconds = time.perf_counter() - start
start = time.perf_counter()
model.forecast()
rest = time.perf_counter() - start
print(seconds, rest, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def series_of(options) -> dict[str, np.ndarray]:
    if options.series:
        return dict(np.load(options.series))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "series.npz"
        subprocess.run([options.aeon, "-c", EXPORT, str(path)], check=True, capture_output=True)
        return dict(np.load(path))


def seasonal_naive(values: np.ndarray, ends: np.ndarray, season: int, horizon: int) -> np.ndarray:
    ahead = np.arange(1, horizon + 1)
    return values[ends[:, None] + ahead - season * -(-ahead // season)]


def rolling(forecaster, values: np.ndarray, season: int, horizon: int, share: float) -> dict[str, np.ndarray]:
    """One fit on the first part; forecasts from every step of the last one: absolute errors, and what was within."""
    count = min(int(len(values) * (1 - share)), len(values) - horizon)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = forecaster.fit(values[:count])
    ends = np.arange(count - 1, len(values) - horizon)
    truth = values[ends[:, None] + np.arange(1, horizon + 1)]
    found = [model.forecast(values[: end + 1]) for end in ends]
    forecast = np.stack([one.forecast for one in found])
    within = {
        f"{level}": np.stack(
            [(one.lower[level] <= row) & (row <= one.upper[level]) for one, row in zip(found, truth, strict=True)]
        )
        for level in (0.8, 0.95)
    }
    naive = np.repeat(values[ends][:, None], horizon, axis=1)
    others = {"naive": naive, "seasonal-naive": seasonal_naive(values, ends, season, horizon)}
    errors = {name: np.abs(one - truth) for name, one in {"model": forecast, **others}.items()}
    scales = {
        name: np.abs(values[gap:count] - values[: count - gap]).mean() for name, gap in (("season", season), ("1", 1))
    }
    return {"errors": errors, "within": within, "scales": scales}


def measured(make, data: dict[str, np.ndarray], share: float, scale: str) -> dict[str, dict[str, tuple[float, float]]]:
    """MASE one step and `horizon` steps ahead (all of them) by set and method; and the coverage."""
    table: dict = {}
    for name, (season, horizon) in SETS.items():
        columns = np.atleast_2d(data[name].astype(float))
        rows = [rolling(make(horizon), one, season, horizon, share) for one in columns]
        table[name] = {
            method: tuple(
                float(np.mean([part(row["errors"][method]) / row["scales"][scale] for row in rows]))
                for part in (lambda errors: errors[:, 0].mean(), np.mean)
            )
            for method in ("model", "naive", "seasonal-naive")
        }
        table[name]["within"] = tuple(
            float(np.mean([row["within"][level].mean() for row in rows])) for level in ("0.8", "0.95")
        )
        table[name]["count"] = len(rows[0]["errors"]["model"])
    return table


def show(table: dict, title: str) -> None:
    print(f"\n{title}\n\n| series | ahead | forecasts | model | seasonal-naive | naive | within 80 % | within 95 % |")
    print("|---|---|---|---|---|---|---|---|")
    pairs = lambda row, method: " / ".join(f"{value:.2f}" for value in row[method])  # noqa: E731
    for name, row in table.items():
        cells = " | ".join(pairs(row, method) for method in ("model", "seasonal-naive", "naive"))
        shares = " | ".join(f"{share:.0%}" for share in row["within"])
        print(f"| {name} | {SETS[name][1]} | {row['count']} | {cells} | {shares} |")
    means = {
        m: np.mean([row[m] for row in table.values()], axis=0) for m in ("model", "seasonal-naive", "naive", "within")
    }
    cells = " | ".join(f"**{means[m][0]:.2f} / {means[m][1]:.2f}**" for m in ("model", "seasonal-naive", "naive"))
    print(f"| mean | | | {cells} | {means['within'][0]:.0%} | {means['within'][1]:.0%} |", flush=True)


def growth() -> None:
    print("\n| steps | fit, seconds | forecast, seconds | peak MiB above the series' own process |\n|---|---|---|---|")
    counts, seconds = (1_000, 10_000, 100_000, 1_000_000), []
    for count in counts:
        out = subprocess.run([sys.executable, "-c", GROWTH, str(count)], check=True, capture_output=True, text=True)
        fit, forecast, memory = map(float, out.stdout.split())
        seconds.append(fit)
        print(f"| {count:,} | {fit:.2f} | {forecast:.3f} | {memory:.0f} |", flush=True)
    exponent = np.polyfit(np.log(counts), np.log(seconds), 1)[0]
    print(f"\nTime grows with the number of steps to the power of {exponent:.2f}.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aeon", default=sys.executable)
    parser.add_argument("--series")
    parser.add_argument("--networks", action="store_true")
    options = parser.parse_args()
    data = series_of(options)
    start = time.perf_counter()
    for share in (0.1, 0.2, 0.3):
        table = measured(mm.Forecaster, data, share, "season")
        show(table, f"last {share:.0%}: MASE one step ahead / mean over all steps ahead, scaled by the season")
    show(measured(mm.Forecaster, data, 0.2, "1"), "last 20%, scaled by the change of one step")
    print(f"\n{time.perf_counter() - start:.0f} s")
    variants = {
        "difference='last'": {"difference": "last"},
        "difference=None": {"difference": None},
        "log=False": {"log": False},
    }
    print("\nLast 20%, means over the sets, one step ahead / all steps ahead, within 80 % / 95 %\n")
    print("| settings | MASE | within |\n|---|---|---|")
    for name, settings in {"defaults": {}, **variants}.items():
        make = lambda horizon, extra=settings: mm.Forecaster(horizon, **extra)  # noqa: E731
        table = measured(make, data, 0.2, "season")
        means = np.mean([row["model"] for row in table.values()], axis=0)
        within = np.mean([row["within"] for row in table.values()], axis=0)
        print(f"| {name} | {means[0]:.2f} / {means[1]:.2f} | {within[0]:.0%} / {within[1]:.0%} |", flush=True)
    if options.networks:
        for name, network in (("Recurrent", mm.Recurrent()), ("Conv", mm.Conv()), ("Flatten", mm.Flatten())):
            table = measured(lambda horizon, one=network: mm.Forecaster(horizon, network=one), data, 0.2, "season")
            show(table, f"last 20%, network={name}()")
    growth()


if __name__ == "__main__":
    main()
