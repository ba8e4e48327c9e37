"""Inputs of a model, and samples for training: inputs, targets, weights, lengths."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["Inputs", "Samples"]


WIDTHS = 4
_Kind = TypeVar("_Kind", bound=np.generic)


WORTH_CUTTING = 0.85


WORTH_COMPILING = 2000
"""Number of samples below which compiling a program for every width takes longer than it saves."""


@dataclass(frozen=True)
class Inputs:
    """Inputs of a model.

    Args:
        inputs: int32 (samples, length) ids; or float32 (samples, length, features) values and, for a network that
            masks padding, the mask bool (samples, length) of real steps.
        lengths: int64 (samples,), number of real steps; `None` if batches must not be truncated to their longest
            sample.
        pad_left: whether padding is on the left.
    """

    inputs: tuple[npt.NDArray[np.generic], ...]
    lengths: npt.NDArray[np.int64] | None = field(default=None, kw_only=True)
    pad_left: bool = field(default=False, kw_only=True)

    def __len__(self) -> int:
        return len(self.inputs[0])

    @property
    def length(self) -> int:
        """Number of steps of each sample, padding included."""
        return int(self.inputs[0].shape[1])

    @property
    def all_widths(self) -> tuple[int, ...]:
        """The lengths to which batches may be truncated, sorted."""
        if self.lengths is None:
            return (self.length,)
        return tuple(sorted({-(-self.length * part // WIDTHS) for part in range(1, WIDTHS + 1)}))

    def places_in(self, widths: tuple[int, ...]) -> npt.NDArray[np.int64]:
        """Return the index of the smallest sufficient width of each sample, int64 (samples,)."""
        if self.lengths is None or len(widths) == 1:
            return np.zeros(len(self), dtype=np.int64)
        return np.searchsorted(widths, np.minimum(self.lengths, self.length))

    def cut(self, array: npt.NDArray[_Kind], width: int) -> npt.NDArray[_Kind]:
        """Return rows (samples, length, ...) truncated to a width, without padding steps at the padded side."""
        return array[:, self.length - width :] if self.pad_left else array[:, :width]

    def with_targets(self, targets: npt.NDArray[np.generic], weights: npt.NDArray[np.float32] | None = None) -> Samples:
        """Return samples with targets for training or evaluation."""
        return Samples(self.inputs, targets, weights, lengths=self.lengths, pad_left=self.pad_left)


@dataclass(frozen=True)
class Samples(Inputs):
    """Samples for training or evaluation.

    Args:
        targets: int32 (samples,) class indices from 0; float32 (samples, labels) zeros and ones; or float32 (samples,
            numbers).
        weights: float32 (samples,), sample weights in the loss; all 1 without them.
    """

    targets: npt.NDArray[np.generic]
    weights: npt.NDArray[np.float32] | None = None

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """The lengths to which batches are truncated in training; a single one if truncation saves little."""
        widths = self.all_widths
        if len(widths) == 1 or len(self) < WORTH_COMPILING:
            return (self.length,)
        share = np.asarray(widths)[self.places_in(widths)].mean() / self.length
        return widths if share < WORTH_CUTTING else (self.length,)

    def width_places(self) -> npt.NDArray[np.int64]:
        """Return the index in `widths` of each sample in training, int64 (samples,)."""
        return self.places_in(self.widths)

    def fingerprint(self) -> str:
        """Return a digest that identifies the samples."""
        digest = hashlib.sha256(str((len(self), self.pad_left)).encode())
        arrays = (*self.inputs, self.targets, self.weights, self.lengths)
        for array in arrays:
            if array is not None:
                digest.update(f"{array.dtype}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()
