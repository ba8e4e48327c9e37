"""The settings of `FewLabelClassifier` and their validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Literal, Protocol, TypeAlias, get_args

from malmoi.foundation.light_estimators import LightEstimator
from malmoi.foundation.threads import thread_count
from malmoi.foundation.validation import check_number, shorten
from malmoi.models.linear.features import NgramsSetting, TokensSetting, check_features
from malmoi.models.linear.settings import check_reject_below
from malmoi.models.weights import ClassWeight, check_class_weight
from malmoi.wordvectors import WordVectors
from malmoi.wordvectors.static.vectors import StaticVectors

__all__ = ["LEARNED_PARTS", "PART_NAMES", "FewLabelSettings", "PartName", "SentenceEmbedder"]

PartName: TypeAlias = Literal["documents", "static", "components", "pretrained", "glove", "bag"]
PART_NAMES: tuple[PartName, ...] = get_args(PartName)
"""Every part, in the order of preference if their held-out losses do not differ."""
LEARNED_PARTS: tuple[PartName, ...] = ("documents", "components", "glove")
"""Parts that are learned from unlabelled texts."""
LARGEST_DIMENSION = 512
LARGEST_SEED = 2**63 - 1


class SentenceEmbedder(Protocol):
    """Protocol of `StaticEmbedder`, which is not imported because it needs scikit-learn and prediction does not."""

    def settled(self) -> StaticVectors:
        """Return the embedding model."""


@dataclass(frozen=True)
class FewLabelSettings:
    """The parameters of `FewLabelClassifier`; see there for meanings and defaults."""

    parts: Sequence[PartName] | Literal["auto"]
    tokens: TokensSetting
    ngrams: NgramsSetting
    dimension: int
    epochs: int | Literal["auto"]
    vectors: WordVectors | None
    embedder: SentenceEmbedder | None
    self_training: bool
    class_weight: ClassWeight
    reject_below: float | None
    seed: int
    n_jobs: int | None = None

    @classmethod
    def of(cls, estimator: LightEstimator) -> FewLabelSettings:
        """Read the settings from an estimator and check them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.
        """
        settings = cls(**{one.name: getattr(estimator, one.name) for one in fields(cls)})
        settings.check()
        return settings

    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def check(self) -> None:
        """Raise an error if a setting is out of range or has no effect."""
        self._check_parts()
        check_features(self.tokens, self.ngrams)
        check_number("dimension", self.dimension, 2, LARGEST_DIMENSION)
        if self.epochs != "auto":
            if isinstance(self.epochs, str):
                raise TypeError(f'epochs must be "auto" or a whole number, got {shorten(self.epochs)}')
            check_number("epochs", self.epochs, 1)
        if self.vectors is not None and not isinstance(self.vectors, WordVectors):
            raise TypeError(f"vectors must be WordVectors, got {shorten(self.vectors)}; use WordVectors.open(path)")
        if self.embedder is not None and not hasattr(self.embedder, "settled"):
            rule = f"embedder must be a StaticEmbedder, got {shorten(self.embedder)}"
            raise TypeError(f"{rule}; open a folder: TextEmbedder.open(folder)")
        if not isinstance(self.self_training, bool):
            raise TypeError(f"self_training must be True or False, got {shorten(self.self_training)}")
        check_class_weight(self.class_weight)
        check_reject_below(self.reject_below)
        check_number("seed", self.seed, 0, LARGEST_SEED)
        thread_count(self.n_jobs)

    def _check_parts(self) -> None:
        if self.parts == "auto":
            return
        named = list(self.parts) if isinstance(self.parts, list | tuple) else []
        if not named or not set(map(str, named)) <= set(PART_NAMES) or len(set(named)) < len(named):
            rule = f'parts must be "auto", or a list of distinct names from {", ".join(PART_NAMES)}'
            raise ValueError(f"{rule}, got {shorten(self.parts)}")
        for part, name, value in (("pretrained", "vectors", self.vectors), ("static", "embedder", self.embedder)):
            if (part in named) != (value is not None):
                cure = f"pass {name}" if value is None else f"leave {name} out, or add the part"
                raise ValueError(f"parts must include {part!r} if and only if {name} is given; {cure}")
