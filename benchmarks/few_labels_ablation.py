"""Contribution of each part of `FewLabelClassifier`, on training texts that were held out.

A representation does not depend on labels, so each is learned once from all texts that are not held out, and every
combination of parts is fitted on it for every draw.
"""

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from few_labels_sets import LABELS, VALIDATION, VECTORS, Material
from text_sets import SETS

LEARNED = ("documents", "components", "glove")
SELF_TRAINING = "self-training"
SMALL_SET = 20_000
"""Number of texts below which self-training is measured on all draws, above on one."""


@dataclass
class Remembered:
    """A representation that caches the vectors of every list of texts."""

    representation: Any
    known: dict[int, Any] = field(default_factory=dict)

    @property
    def dimension(self) -> int:
        return self.representation.dimension

    @property
    def tokenizers(self) -> Any:
        return self.representation.tokenizers

    def vectors(self, texts: list[str], n_jobs: int | None) -> Any:
        key = hash(tuple(texts))
        if key not in self.known:
            self.known[key] = self.representation.vectors(texts, n_jobs)
        return self.known[key]


class Trial:
    """One set with its representations.

    Args:
        found: what is drawn from; its test texts are those that were held out.
        vectors: pretrained word vectors; `None`: the texts are of another language.
        embedder: static sentence embeddings, or `None`.
    """

    def __init__(self, found: Material, vectors: Any, embedder: Any) -> None:
        self.found = found
        self.given = {"pretrained": vectors, "static": embedder}
        self.given = {part: value for part, value in self.given.items() if value is not None}
        self.prepared: dict[str, Any] = {}
        self.seconds: dict[str, float] = {}

    def settings(self, parts: list[str], seed: int, *, self_training: bool = False) -> Any:
        import malmoi as mm

        names = {"pretrained": "vectors", "static": "embedder"}
        given = {names[part]: value for part, value in self.given.items() if part in parts}
        return mm.FewLabelClassifier(parts, seed=seed, self_training=self_training, **given).check_settings()

    def prepare(self, part: str, labels: int) -> None:
        """Learn a representation from all texts, of which as many as `labels` have one."""
        from malmoi.foundation.progress import silent
        from malmoi.models.few_labels.learning import prepared_for

        labelled, unlabelled = self.found.draw(labels, 0)
        start = time.perf_counter()
        (made,) = prepared_for(self.settings([part], 0), labelled.texts, unlabelled, silent)
        self.seconds[part] = time.perf_counter() - start
        self.prepared[part] = replace(made, representation=Remembered(made.representation))

    def measure(self, parts: list[str], labels: int, seed: int, *, self_training: bool = False) -> tuple[float, Any]:
        """Accuracy on the held-out texts, and which parts were kept."""
        from malmoi.foundation.progress import silent
        from malmoi.models.few_labels.learning import fitted_few_labels
        from malmoi.models.linear.learning import TrainingTexts
        from malmoi.models.task_of_labels import classification_of

        labelled, unlabelled = self.found.draw(labels, seed)
        task, targets = classification_of(labelled.labels)
        training = TrainingTexts(labelled.texts, task, targets, None)
        settings = self.settings(parts, seed, self_training=self_training)
        prepared = [self.prepared[part] for part in parts if part != "bag"]
        model = fitted_few_labels(settings, training, unlabelled, prepared, silent)
        outputs = model.outputs(self.found.test.texts)
        places = (outputs[:, 0] > 0.5).astype(int) if outputs.shape[1] == 1 else outputs.argmax(axis=1)
        right = np.asarray(model.classes)[places] == np.asarray(self.found.test.labels)
        return float(right.mean()), [one.name for one in model.facts.tried if one.kept]


def combinations(default: list[str], every: list[str]) -> dict[str, list[str]]:
    """Each part alone, the default, the default without each of its parts, and with each other part."""
    from malmoi.models.few_labels.settings import PART_NAMES

    def ordered(parts: list[str]) -> list[str]:
        return [part for part in PART_NAMES if part in parts]

    rows = {f"{part} alone": [part] for part in ordered(every)}
    rows["auto"] = ordered(default)
    rows |= {f"auto without {part}": [one for one in ordered(default) if one != part] for part in default}
    rows |= {f"auto with {part}": ordered([*default, part]) for part in ordered(every) if part not in default}
    return rows | {"all parts": ordered(every)}


def ablation(
    data: Path, name: str, found: Material, embedder: Any, draws: int, without: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Accuracy of every combination by number of labels; self-training for one draw."""
    import malmoi as mm

    held_out = found.validating(min(VALIDATION[name], len(found.pool) // 2))
    vectors = None if SETS[name].korean else mm.WordVectors.open(data / VECTORS)
    trial = Trial(held_out, vectors, embedder)
    every = [part for part in (*LEARNED, *trial.given, "bag") if part not in without]
    texts = len(held_out.pool) + len(held_out.others)
    default = ["documents", "bag"]  # of `parts="auto"` from 1,000 texts on
    result: dict[str, Any] = {"texts": texts, "test": len(held_out.test), "default": default, "rows": {}, "kept": {}}
    for labels in LABELS[name]:
        for part in every:
            # The number of components depends on how many labels there are, the other parts on texts alone.
            if part == "components" or (part != "bag" and part not in trial.prepared):
                trial.prepare(part, labels)
        for row, parts in combinations(default, every).items():
            measured = [trial.measure(parts, labels, seed) for seed in range(draws)]
            result["rows"][f"{labels}/{row}"] = [accuracy for accuracy, _ in measured]
            result["kept"][f"{labels}/{row}"] = [kept for _, kept in measured]
        most = draws if texts < SMALL_SET else 1
        again = [trial.measure(default, labels, seed, self_training=True)[0] for seed in range(most)]
        result["rows"][f"{labels}/auto with {SELF_TRAINING}"] = again
    return result | {"seconds": trial.seconds}
