"""Fit a few-label model on few labelled and many unlabelled texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from malmoi import _core
from malmoi.foundation.log import logger
from malmoi.foundation.progress import Progress
from malmoi.foundation.threads import thread_count
from malmoi.metrics.calibrators import Temperature
from malmoi.models.few_labels.combination import combined, kept_parts
from malmoi.models.few_labels.heads import DEFAULT_C, cross_validated_head, fitted_head
from malmoi.models.few_labels.model import FewLabelModel
from malmoi.models.few_labels.parts import BagPart, DensePart, FewLabelFacts, Part, TriedPart
from malmoi.models.few_labels.self_training import self_trained
from malmoi.models.few_labels.settings import LEARNED_PARTS, FewLabelSettings
from malmoi.models.few_labels.vector_sources import Prepared, known_shares, prepared_representations
from malmoi.models.linear.fitting import LinearTargets, cross_validated, fit_linear
from malmoi.models.linear.folds import Fold, folds_of
from malmoi.models.linear.learning import TrainingTexts, bag_scorer, matrix_and_targets
from malmoi.models.linear.parts import Floats
from malmoi.models.linear.settings import BagSettings
from malmoi.models.linear.targets import accuracy_of, linear_targets, strata_of
from malmoi.models.linear.temperature import temperature_of

__all__ = ["fitted_few_labels", "prepared_for"]

LABELS_FOR_POWERS = 50
"""Labels per class from which cross-validation compares powers of the principal axes."""
FEW_POWERS, MANY_POWERS = (2.0,), (1.0, 2.0)
KEPT_EXAMPLES = 4


@dataclass(frozen=True)
class _Tried:
    """A candidate part with its scores on held-out labelled texts; `None` if nothing could be held out."""

    part: Part
    held_out: Floats | None


def prepared_for(
    settings: FewLabelSettings, texts: list[str], unlabelled: list[str], progress: Progress
) -> list[Prepared]:
    """Learn the representations from labelled and unlabelled texts together, without using the labels."""
    everything = distinct_texts([*texts, *unlabelled], thread_count(settings.n_jobs))
    found = prepared_representations(
        settings, everything, len(texts), has_unlabelled=bool(unlabelled), progress=progress
    )
    if unlabelled and not settings.self_training and not any(one.name in LEARNED_PARTS for one in found):
        few = f"{len(everything):,} distinct texts in total; 1,000 are needed"
        logger.warning("unlabelled texts are not used: %s", few if settings.parts == "auto" else "no part needs them")
    return found


def distinct_texts(texts: list[str], threads: int) -> list[str]:
    """Return the distinct texts that are not empty, in their order."""
    first = np.asarray(_core.first_equals(texts, threads), dtype=np.int64)
    kept = np.flatnonzero(first == np.arange(len(texts)))
    return [text for text in (texts[place] for place in kept.tolist()) if text.strip()]


def fitted_few_labels(
    settings: FewLabelSettings,
    training: TrainingTexts,
    unlabelled: list[str],
    prepared: Sequence[Prepared],
    progress: Progress,
) -> FewLabelModel:
    """Fit every part on the labelled texts, and combine the parts selected by cross-validation."""
    targets = linear_targets(training.task, training.targets, training.weights)
    folds = _folds(settings, training)
    tried = [_dense(one, settings, training, targets, folds) for one in prepared]
    progress("fitting", len(tried), len(prepared) + 1)
    if settings.parts == "auto" or "bag" in settings.parts:
        tried.append(_bag(settings, training, targets, folds, progress))
    progress("fitting", len(prepared) + 1, len(prepared) + 1)
    places = np.concatenate([fold.held_out for fold in folds]) if folds else np.zeros(0, np.int64)
    kept, temperature = _kept(tried, targets.taken(places))
    parts: list[Part] = [tried[one].part for one in kept]
    facts = FewLabelFacts(
        samples=len(training.texts),
        unlabelled=len(unlabelled),
        distinct=max((one.texts for one in prepared), default=0),
        known_shares=known_shares(prepared, list(training.texts), unlabelled, thread_count(settings.n_jobs)),
        held_out=len(places),
        tried=tuple(_fact(one, number in kept, targets.taken(places)) for number, one in enumerate(tried)),
        training_accuracy=None,
    )
    model = FewLabelModel(
        training.task, settings, tuple(parts), Temperature(temperature), facts, tuple(training.texts[:KEPT_EXAMPLES])
    )
    if settings.self_training:
        model = self_trained(model, training, unlabelled, progress)
    accuracy = accuracy_of(targets, model.scores(training.texts))
    return replace(model, facts=replace(model.facts, training_accuracy=accuracy))


def _folds(settings: FewLabelSettings, training: TrainingTexts) -> list[Fold]:
    """Return folds whose training part has every class; a class with one text is never held out."""
    strata = strata_of(training.task, training.targets)
    single = np.bincount(strata)[strata] < 2
    found = folds_of(training.texts, strata, settings.seed, thread_count(settings.n_jobs))
    every, folds = len(np.unique(strata)), []
    for fold in found:
        kept = fold.held_out[single[fold.held_out]]
        training_part = np.sort(np.concatenate([fold.training, kept]))
        held_out = fold.held_out[~single[fold.held_out]]
        if len(held_out) and len(np.unique(strata[training_part])) == every:
            folds.append(Fold(training_part, held_out))
    if not folds:
        why = "there are too few, or classes have a single distinct text"
        logger.warning("no labelled text can be held out: %s; only the first part is used, without calibration", why)
    elif single.any():
        logger.warning("classes with a single labelled text, which is never held out: %d", int(single.sum()))
    return folds


def _dense(
    prepared: Prepared, settings: FewLabelSettings, training: TrainingTexts, targets: LinearTargets, folds: list[Fold]
) -> _Tried:
    vectors = prepared.representation.vectors(training.texts, settings.n_jobs)
    strata = strata_of(training.task, training.targets)
    many = len(training.texts) / max(len(np.unique(strata)), 1) >= LABELS_FOR_POWERS
    powers = MANY_POWERS if many else FEW_POWERS
    projections = {power: prepared.axes.projection(power) for power in powers}
    features = {power: projection.features(vectors) for power, projection in projections.items()}
    power, C, held_out, temperature = powers[0], DEFAULT_C, None, 1.0
    if folds:
        found = cross_validated_head(features, targets, folds)
        (power, C), held_out = found.setting, found.scores
        temperature = temperature_of(held_out, targets.taken(np.concatenate([fold.held_out for fold in folds])))
    head = fitted_head(features[power], targets, C)
    part = DensePart(prepared.name, prepared.representation, projections[power], head, temperature)
    return _Tried(part, held_out)


def _bag(
    settings: FewLabelSettings, training: TrainingTexts, targets: LinearTargets, folds: list[Fold], progress: Progress
) -> _Tried:
    """Fit a bag of n-grams on the labelled texts only."""
    bag_settings = BagSettings(
        tokens=settings.tokens,
        ngrams=settings.ngrams,
        weighting="nb",
        C="auto",
        buckets=None,
        min_texts="auto",
        max_features=None,
        seed=settings.seed,
        n_jobs=settings.n_jobs,
        calibration="temperature",
    )
    matrix, _ = matrix_and_targets(bag_settings, training, progress)
    found = cross_validated(matrix, targets, bag_settings, folds, progress)
    C = DEFAULT_C if found is None else found.C
    scorer = bag_scorer(bag_settings, matrix, fit_linear(matrix, targets, replace(bag_settings, C=C), None, progress))
    if found is None:
        return _Tried(BagPart("bag", scorer, 1.0), None)
    temperature = temperature_of(found.scores, targets.taken(found.places))
    return _Tried(BagPart("bag", scorer, temperature), found.scores)


def _kept(tried: list[_Tried], targets: LinearTargets) -> tuple[list[int], float]:
    """Return the indices of the parts to combine, and the temperature of the combination."""
    scores = [one.held_out for one in tried if one.held_out is not None]
    if len(scores) < len(tried):
        return [0], 1.0
    temperatures = [one.part.temperature for one in tried]
    kept = kept_parts(scores, temperatures, targets)
    mixed = combined([scores[one] for one in kept], [temperatures[one] for one in kept])
    return kept, temperature_of(mixed, targets)


def _fact(one: _Tried, kept: bool, targets: LinearTargets) -> TriedPart:
    if one.held_out is None:
        return TriedPart(one.part.name, None, None, kept)
    loss = targets.held_out_loss(one.held_out, np.arange(len(one.held_out)))
    return TriedPart(one.part.name, loss, accuracy_of(targets, one.held_out), kept)
