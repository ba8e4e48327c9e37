"""`malmoi predict --engine`: predict the shards of a folder, a glob or a URL in processes or workers of Ray."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from malmoi.cli.cells import Cells, tell_changed
from malmoi.cli.console import ProgressBars, messages, print_table
from malmoi.cli.mistakes import StoppedError, reason
from malmoi.cli.prediction_job import PredictionJob
from malmoi.cli.prediction_request import PredictRequest
from malmoi.cli.reading import checked_reading
from malmoi.cli.shard_prediction import ShardColumns, ShardPrediction, block_without_rows, columns_of
from malmoi.cli.usage import UsageError
from malmoi.data.readers import ReadSettings
from malmoi.distributed.manifest import (
    MANIFEST,
    EarlierRun,
    Manifest,
    ShardResult,
    claimed_folder,
    earlier_run,
    opened_manifest,
)
from malmoi.distributed.opened_models import opened_model
from malmoi.distributed.shards import Shard, is_listed, is_url, listed_shards
from malmoi.errors import DataError, MalmoiError, MissingExtraError
from malmoi.foundation.engines import Engine
from malmoi.foundation.files import remove_abandoned_below
from malmoi.foundation.json_values import Json, JsonObject
from malmoi.foundation.validation import shorten
from malmoi.foundation.workers import WorkerDiedError
from malmoi.models.base import FittedModel
from malmoi.persistence import model_identity

__all__ = ["predict_shards"]

SHOWN = 10
"""Failed shards, and other names, that are printed."""


def predict_shards(request: PredictRequest, engine: Engine) -> None:
    """Predict every shard, write one output per shard and the manifest, and print a summary.

    Raises:
        UsageError: an option is invalid, or the output folder is that of another run.
        StoppedError: shards failed, or the run was interrupted; the others are done.
    """
    request.check_shards()
    start = time.perf_counter()
    shards, left_out = listed_shards(request.data)
    request = replace(request, kind=request.kind or _kind_for(shards))
    request.check()
    path, identity = os.path.abspath(request.model), model_identity(request.model)
    model = opened_model(path, identity)
    request.check_model(model)
    folder = Path(os.path.abspath(request.output or ""))
    _check_place(request.data, folder)
    _check_outputs(shards, request.format, folder, request.model)
    _print_left_out(left_out)
    with claimed_folder(folder):
        work, earlier = _prepared(request, shards, folder, model, (path, identity))
        with opened_manifest(folder, _run_facts(work), shards, earlier) as manifest, ProgressBars() as progress:
            _print_resumed(manifest, earlier)
            waiting = manifest.waiting
            remove_abandoned_below(folder)  # those of an earlier run
            try:
                _run(work, engine, manifest, progress)
            finally:
                remove_abandoned_below(folder)  # those of workers that died or were ended
            _finish(request, manifest, shards, waiting, time.perf_counter() - start)


def _kind_for(shards: Sequence[Shard]) -> str:
    """Return the default format: Parquet for Parquet, else JSON Lines."""
    return "parquet" if shards[0].name.lower().endswith(".parquet") else "jsonl"


def _check_place(data: str, folder: Path) -> None:
    """Refuse an output folder that is a file, or in the folder of the shards, where its files would be shards too."""
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--output must be a folder with --engine, got the file {folder}")
    place, shards = folder.resolve(), Path(os.path.abspath(data)).resolve()
    if not is_url(data) and shards.is_dir() and place.is_relative_to(shards) and is_listed(place.relative_to(shards)):
        raise UsageError(f"--output must be another folder than that of the shards, and not in it, got {folder}")


def _check_outputs(shards: Iterable[Shard], kind: str, folder: Path, model: Path) -> None:
    """Refuse outputs with the same name, or in the place of a shard, of the model or of the manifest."""
    owners: dict[str, str] = {}
    used = {str(Path(shard.path).resolve()) for shard in shards} | {str(model.resolve())}
    for shard in shards:
        name = shard.output_name(kind)
        if owners.setdefault(name, shard.name) != shard.name:
            rule = f"the shards {owners[name]} and {shard.name} would have the same output {name}"
            raise UsageError(f"{rule}; rename one, or predict them in two runs")
        if name.lower() == MANIFEST:
            rule = f"the output of the shard {shard.name} would be {name}, the name of the manifest"
            raise UsageError(f"{rule}; rename the shard, or pass another --format")
        if str((folder / name).resolve()) in used:
            raise UsageError(f"--output must be another folder than that of the shards and the model, got {folder}")


def _prepared(
    request: PredictRequest, shards: Sequence[Shard], folder: Path, model: FittedModel, file: tuple[str, str]
) -> tuple[ShardPrediction, EarlierRun | None]:
    """Return the work and the run to resume, after emptying the output folder of a run that is replaced."""
    found = _found_run(request, folder)
    earlier = found if request.resume else None
    text_columns = model.text_columns
    with checked_reading(request.reading, labelled=False, model_columns=text_columns, others=()) as (settings, _):
        columns = None if earlier is None else _earlier_columns(earlier)
        columns = columns or _first_columns(shards, settings)
    if columns is not None:
        id_column = settings.id_column
        kept = tuple(name for name in columns.kept if name != id_column)
        settings = replace(settings, text_column=columns.texts, keep=kept)
        shown = " + ".join(columns.texts)
        messages.print(
            f"text column of every shard: {shown}" if shown else "the shards have no column names", style="dim"
        )
    work = ShardPrediction(replace(request, engine=None), *file, settings, columns, str(folder))
    if earlier is not None:
        _check_same_run(earlier.run, _run_facts(work), folder)
    start = block_without_rows(columns)
    PredictionJob.of(request, model, request.format, start, Cells(request.raw, False))  # checks the names of columns
    if found is not None and earlier is None:
        _remove_run(found, folder)
    return work, earlier


def _found_run(request: PredictRequest, folder: Path) -> EarlierRun | None:
    """Return the run to resume or to replace; `None` for a folder that is empty.

    Raises:
        UsageError: the folder has other files, or a run that is neither resumed nor replaced.
    """
    earlier = earlier_run(folder)
    if earlier is None:
        names = sorted(path.name for path in folder.iterdir())
        if names:
            rule = f"{folder} is not empty and has no {MANIFEST}: it has {', '.join(names[:SHOWN])}"
            raise UsageError(f"{rule}; use a new folder for --output")
        if request.resume:
            messages.print(f"note: {folder} has no run to resume; starting with the first shard")
        return None
    if not request.resume and not request.force:
        rule = f"{folder} has an earlier run, with {len(earlier.outputs):,} shards done"
        raise UsageError(f"{rule}; --resume continues it, --force starts again and removes its outputs")
    return earlier


def _remove_run(earlier: EarlierRun, folder: Path) -> None:
    """Remove the outputs and the manifest of a run, and nothing else."""
    done = len(earlier.outputs)
    for name in [*earlier.outputs, MANIFEST]:
        _remove_output(folder, name)
    messages.print(f"note: {done:,} outputs of an earlier run were removed from {folder}")
    if left := sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()):
        messages.print(f"note: {folder} has {len(left):,} other files, which were kept: {', '.join(left[:SHOWN])}")


def _remove_output(folder: Path, name: str) -> None:
    """Remove a file below a folder, if it exists; folders, and files behind links to other folders, are not outputs.

    Raises:
        DataError: it is something else than a file in the folder.
    """
    path = folder / name
    is_inside = path.parent.resolve().is_relative_to(folder.resolve())
    if not is_inside or (path.is_dir() and not path.is_symlink()):
        raise DataError(f"{folder / MANIFEST} is damaged: {shorten(name)} is no output; use another output folder")
    path.unlink(missing_ok=True)


def _first_columns(shards: Sequence[Shard], settings: ReadSettings) -> ShardColumns | None:
    """Return the columns of the first shard that can be read and has rows; `None` if none has rows.

    Raises:
        DataError: no shard can be read.
    """
    errors: list[Exception] = []
    for shard in shards:
        try:
            columns = columns_of(shard, settings)
        except (MalmoiError, OSError) as error:
            errors.append(error)
            continue
        if columns is not None:
            return columns
    if len(errors) == len(shards):
        raise DataError(f"no shard can be read; {shards[0].name}: {reason(errors[0])}") from errors[0]
    return None


def _earlier_columns(earlier: EarlierRun) -> ShardColumns | None:
    found = earlier.run.get("columns")
    if not isinstance(found, dict):
        return None
    texts, kept = (found.get(name) for name in ("texts", "kept"))
    if not isinstance(texts, list) or not isinstance(kept, list):
        raise DataError("the columns of the earlier run are damaged; use another output folder")
    return ShardColumns(tuple(map(str, texts)), tuple(map(str, kept)))


def _run_facts(work: ShardPrediction) -> JsonObject:
    """Return all that the outputs depend on, besides the shards."""
    import malmoi

    columns: Json = None
    if work.columns is not None:
        columns = {"texts": list(work.columns.texts), "kept": list(work.columns.kept)}
    options: JsonObject = {flag: _plain(value) for flag, value in work.request.output_options.items()}
    data = work.request.data if is_url(work.request.data) else os.path.abspath(work.request.data)
    facts: JsonObject = {"command": "malmoi predict --engine", "malmoi": malmoi.__version__, "model": work.identity}
    return {**facts, "data": data, "options": options, "columns": columns}


def _plain(value: object) -> Json:
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _check_same_run(earlier: JsonObject, now: JsonObject, folder: Path) -> None:
    for name, value in now.items():
        was = earlier.get(name)
        if was == value or (name == "columns" and was is None):  # no shard had rows yet
            continue
        what = f"{name} was {shorten(was)}, is now {shorten(value)}"
        if name == "model":
            what = "the model file is another one, or has changed"
        if isinstance(value, dict) and isinstance(was, dict):
            flag = next(flag for flag in {**was, **value} if was.get(flag) != value.get(flag))
            what = f"{flag} was {shorten(was.get(flag))}, is now {shorten(value.get(flag))}"
        cure = "use the same model, data and options, or another output folder"
        raise UsageError(f"--resume must continue the run of {folder}: {what}; {cure}")


def _run(work: ShardPrediction, engine: Engine, manifest: Manifest, progress: ProgressBars) -> None:
    """Predict the shards that are not done.

    Raises:
        StoppedError: the run was ended before its last shard.
    """
    waiting = manifest.waiting
    total, done = sum(shard.size_bytes for shard in waiting), 0

    def tick() -> None:
        progress("predicting", done, total)

    try:
        with closing(engine.run(work, waiting, tick)) as results:
            for shard, result in results:
                manifest.add(shard, ShardResult(error=str(result)) if isinstance(result, WorkerDiedError) else result)
                done += shard.size_bytes
                tick()
    except BaseException as error:
        if (message := reason(error)) is None or isinstance(error, UsageError | MissingExtraError):
            raise
        kept = f"{len(manifest.done):,} of {len(manifest.shards):,} shards are done"
        raise StoppedError(f"{message}; {kept}: the same command with --resume continues") from error


def _finish(
    request: PredictRequest, manifest: Manifest, shards: Sequence[Shard], waiting: Sequence[Shard], seconds: float
) -> None:
    """Print what was done, and complete the manifest unless shards failed."""
    failed = manifest.failed
    for name in list(failed)[:SHOWN]:
        messages.print(f"warning: {name}: {failed[name]}", style="yellow")
    if len(failed) > SHOWN:
        messages.print(f"  and {len(failed) - SHOWN:,} more, in {manifest.path}", style="dim")
    if not failed or request.skip_bad_shards:
        manifest.finish()
    _print_notes(request, manifest)
    _print_summary(request, manifest, waiting, seconds)
    if failed and not request.skip_bad_shards:
        what = "1 shard failed" if len(failed) == 1 else f"{len(failed):,} shards failed"
        rest = f"{len(shards) - len(failed):,} of {len(shards):,} are done"
        raise StoppedError(f"{what}; {rest}. --resume tries again, --resume --skip-bad-shards completes without them")


def _print_summary(request: PredictRequest, manifest: Manifest, waiting: Sequence[Shard], seconds: float) -> None:
    now = [manifest.results[shard.name] for shard in waiting if not manifest.results[shard.name].error]
    texts, size = sum(result.rows for result in now), sum(shard.size_bytes for shard in waiting)
    speed = f" ({texts / seconds:,.0f} texts/s, {size / seconds / 1e6:,.1f} MB/s of input)"
    failed = len(manifest.failed)
    what = "skipped" if request.skip_bad_shards else "failed"
    rows: list[tuple[str, object]] = [
        ("shards", f"{len(manifest.done):,} of {len(manifest.shards):,}" + (f"; {failed:,} {what}" if failed else "")),
        ("texts", f"{manifest.totals['rows']:,}"),
        ("seconds", f"{seconds:.1f}" + (speed if waiting else "")),
        ("output", manifest.path.parent),
        ("manifest", manifest.path),
    ]
    print_table("", rows)


def _print_notes(request: PredictRequest, manifest: Manifest) -> None:
    totals = manifest.totals
    empty, unknown, skipped = totals["empty_rows"], totals["unknown_rows"], totals["skipped_rows"]
    if skipped:
        what = "1 invalid row was" if skipped == 1 else f"{skipped:,} invalid rows were"
        messages.print(f"warning: {what} skipped; the manifest has the number per shard")
    if empty:
        what = "1 empty text" if empty == 1 else f"{empty:,} empty texts"
        rule = "marked in the column is_empty" if request.on_empty == "mark" else "without a prediction"
        messages.print(f"note: {what} {rule}")
    if unknown:
        what = "1 text has" if unknown == 1 else f"{unknown:,} texts have"
        rule = f"{what} no word that the model knows"
        messages.print(f"note: {rule}; the probabilities are the shares of the training labels")
    for later, first in manifest.copies[:SHOWN]:
        messages.print(f"note: {later} has the same content as {first}; both were predicted", style="yellow")
    if len(manifest.copies) > SHOWN:
        messages.print(f"note: and {len(manifest.copies) - SHOWN:,} more copies of other shards", style="yellow")
    tell_changed(totals["changed_cells"])


def _print_left_out(names: Sequence[str]) -> None:
    if names:
        more = ", ..." if len(names) > SHOWN else ""
        listed = ", ".join(names[:SHOWN]) + more
        what = "1 file" if len(names) == 1 else f"{len(names):,} files"
        messages.print(f"note: left out {what} of the folder, hidden or without the suffix of a data file: {listed}")


def _print_resumed(manifest: Manifest, earlier: EarlierRun | None) -> None:
    if earlier is None:
        return
    messages.print(f"note: resuming; {len(manifest.results):,} of {len(manifest.shards):,} shards are done")
    for name in manifest.changed[:SHOWN]:
        messages.print(f"note: {name} or its output has changed since and is predicted again", style="yellow")
