"""The embedding of a recipe: learned, hashed or pretrained, depending on the given settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malmoi.experiments.settings import Setting, one_of, settings_of
from malmoi.experiments.values import ValueKind
from malmoi.models.neural.embeddings import Embedding, Hashed, Learned, Pretrained
from malmoi.wordvectors import WordVectors

__all__ = ["EMBEDDING_SETTINGS", "embedding_from"]

KINDS: dict[str, type[Learned] | type[Hashed] | type[Pretrained]] = {
    "learned": Learned,
    "hashed": Hashed,
    "pretrained": Pretrained,
}
KIND = Setting(
    "embedding.kind",
    ValueKind.text,
    optional=True,
    default=None,
    help="Type of the embedding: learned, hashed or pretrained; by default pretrained if vectors are given, hashed if "
    "buckets are given.",
)


def _all_settings() -> dict[str, Setting]:
    found = {"embedding.kind": KIND}
    for kind in (Pretrained, Learned, Hashed):
        for path, setting in settings_of(kind, "embedding.").items():
            found.setdefault(path, setting)
    return found


EMBEDDING_SETTINGS: dict[str, Setting] = _all_settings()
"""The settings of all types of embeddings, by path."""


def embedding_from(settings: Mapping[str, Any]) -> Embedding:
    """Return the embedding for settings by name.

    Raises:
        ValueError: a setting has no effect on this type of embedding, or is out of range.
        FormatError: the file of vectors is damaged.
    """
    given = dict(settings)
    name = given.pop("kind", None)
    if name is None:
        hashed = {"buckets", "ngrams", "seed"} & set(given)
        name = "pretrained" if "vectors" in given else "hashed" if hashed else "learned"
    kind = KINDS[one_of("embedding.kind", name, KINDS)]
    known = settings_of(kind)
    if kind is Learned and "trainable" in given:
        raise ValueError("embedding.trainable needs embedding.vectors; learned vectors are always trained")
    for setting in given:
        if setting not in known and not (setting == "dimension" and kind is Pretrained):
            others = [other for other, one in KINDS.items() if setting in settings_of(one)]
            raise ValueError(f"embedding.{setting} needs a {' or '.join(others)} embedding, got a {name} one")
    if kind is Pretrained:
        return _pretrained(given)
    made: Embedding = kind(**given)
    return made


def _pretrained(given: dict[str, Any]) -> Pretrained:
    if "vectors" not in given:
        raise ValueError("embedding.vectors must be a file for a pretrained embedding, got none")
    path, dimension = given.pop("vectors"), given.pop("dimension", None)
    vectors = WordVectors.open(path)
    if dimension not in (None, vectors.dimension):
        rule = f"embedding.dimension must be that of the file, {vectors.dimension}, got {dimension}"
        raise ValueError(f"{rule}; leave it out with embedding.vectors")
    return Pretrained(vectors, **given)
