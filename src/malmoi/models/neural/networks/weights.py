"""First weights: the numbers that Keras' initializers draw on JAX, without compiling a program for every shape.

A network has some ten shapes, and a program that draws random numbers takes a fifth of a second to compile. Here they
come from NumPy: Threefry (Salmon et al. 2011), counted as JAX counts it, so that the numbers are Keras' own to the
last bit but for an orthogonal matrix, which is rounded otherwise. They are the same on every backend.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Matrix
from malmoi.foundation.imports import import_keras
from malmoi.foundation.library_changes import bear_name_of_keras

if TYPE_CHECKING:
    import keras

__all__ = ["copies_draw_alike", "glorot_uniform", "orthogonal", "random_uniform", "uniform_numbers", "without_drawing"]

BLOCK = 2**16
"""Numbers that are drawn together, so that they stay in the processor's cache."""
ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
PARITY = 0x1BD11BDA


_drawing: ContextVar[bool] = ContextVar("drawing", default=True)


@contextmanager
def without_drawing() -> Iterator[None]:
    """Let weights that are made here be zeros: those of a file follow."""
    token = _drawing.set(False)
    try:
        yield
    finally:
        _drawing.reset(token)


def copies_draw_alike() -> AbstractContextManager[object]:
    """Let copies that Keras makes of layers in this block keep their initializers; it would take its own instead."""
    by_name = {kind.__name__: kind for kind in _kinds().values()}
    scope: AbstractContextManager[object] = import_keras().saving.custom_object_scope(by_name)
    return scope


def random_uniform(seed: int, low: float, high: float) -> keras.initializers.Initializer:
    """A `keras.initializers.RandomUniform`."""
    return _kinds()["RandomUniform"](low, high, seed=seed)


def glorot_uniform(seed: int) -> keras.initializers.Initializer:
    """A `keras.initializers.GlorotUniform` (Glorot and Bengio 2010)."""
    return _kinds()["GlorotUniform"](seed=seed)


def orthogonal(seed: int) -> keras.initializers.Initializer:
    """A `keras.initializers.Orthogonal` (Saxe et al. 2014)."""
    return _kinds()["Orthogonal"](seed=seed)


def uniform_numbers(seed: int, shape: tuple[int, ...], low: float, high: float) -> Matrix:
    """What `jax.random.uniform` gives for a key of this seed: float32 of this shape, from `low` to below `high`.

    Zeros inside `without_drawing`.
    """
    if not _drawing.get():
        return np.zeros(shape, dtype=np.float32)
    numbers = np.empty(math.prod(shape), dtype=np.float32)
    least, width = np.float32(low), np.float64(np.float32(high) - np.float32(low))
    for start in range(0, len(numbers), BLOCK):
        part = numbers[start : start + BLOCK]
        bits = _threefry(seed, start, len(part))
        bits >>= np.uint32(9)
        bits |= np.uint32(0x3F800000)  # the bits of a number from 1 to below 2
        # XLA multiplies and adds with one rounding; so does this.
        np.maximum((bits.view(np.float32) - np.float32(1)) * width + least, least, out=part, casting="same_kind")
    return numbers.reshape(shape)


def _threefry(seed: int, start: int, count: int) -> npt.NDArray[np.uint32]:
    """32 random bits for each place from `start`; the key is (seed, 0)."""
    keys = [seed & 0xFFFFFFFF, 0, (seed & 0xFFFFFFFF) ^ PARITY]
    places = np.arange(start, start + count, dtype=np.uint64)
    left, right = (places >> np.uint64(32)).astype(np.uint32), places.astype(np.uint32)
    left += np.uint32(keys[0])
    right += np.uint32(keys[1])
    turned = np.empty_like(right)
    for number in range(5):
        for rotation in ROTATIONS[number % 2]:
            left += right
            np.left_shift(right, np.uint32(rotation), out=turned)
            right >>= np.uint32(32 - rotation)
            right |= turned
            right ^= left
        left += np.uint32(keys[(number + 1) % 3])
        right += np.uint32((keys[(number + 2) % 3] + number + 1) & 0xFFFFFFFF)
    left ^= right
    return left


def _orthogonal_numbers(seed: int, shape: tuple[int, ...]) -> Matrix:
    from scipy.special import erfinv

    if not _drawing.get():
        return np.zeros(shape, dtype=np.float32)
    rows, columns = math.prod(shape[:-1]), shape[-1]
    least = float(np.nextafter(np.float32(-1), np.float32(0)))
    uniform = uniform_numbers(seed, (max(rows, columns), min(rows, columns)), least, 1.0)
    normal = math.sqrt(2) * erfinv(uniform.astype(np.float64))
    basis, triangle = np.linalg.qr(normal)
    basis *= np.sign(np.diag(triangle))
    return np.asarray((basis.T if rows < columns else basis).reshape(shape), dtype=np.float32)


@cache
def _kinds() -> dict[str, type[keras.initializers.Initializer]]:
    """Keras' initializers that draw here. They bear the names of Keras' own: as these a saved model knows them."""
    initializers = import_keras().initializers

    class RandomUniform(initializers.RandomUniform):  # type: ignore[misc, name-defined]
        def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Matrix:
            return uniform_numbers(self.seed, tuple(shape), self.minval, self.maxval)

    class GlorotUniform(initializers.GlorotUniform):  # type: ignore[misc, name-defined]
        def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Matrix:
            field = math.prod(shape[:-2])
            limit = math.sqrt(3 / max(1, (shape[-2] * field + shape[-1] * field) / 2))
            return uniform_numbers(self.seed, tuple(shape), -limit, limit)

    class Orthogonal(initializers.Orthogonal):  # type: ignore[misc, name-defined]
        def __call__(self, shape: tuple[int, ...], dtype: str | None = None) -> Matrix:
            return _orthogonal_numbers(self.seed, tuple(shape))

    kinds = {kind.__name__: kind for kind in (RandomUniform, GlorotUniform, Orthogonal)}
    for kind in kinds.values():
        bear_name_of_keras(kind, "keras.initializers")
    return kinds
