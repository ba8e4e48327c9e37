"""Dense layers on the concatenated word vectors of a text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from malmoi.foundation.imports import import_keras
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.program import Program, Value

if TYPE_CHECKING:
    import keras

__all__ = ["Flatten"]


@dataclass(frozen=True)
class Flatten(Network):
    """Concatenate the word vectors of all positions, then dense layers.

    It has separate weights for each position, so it needs many labels.

    Args:
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer; 0 or more, below 1.
        l2: L2 penalty of the dense layers' weights; 0 or more.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Example:
        >>> Flatten(hidden=32).parameter_count(length=100, dimension=100, outputs=1)
        320065
        >>> Flatten(hidden=32).parameter_count(length=200, dimension=100, outputs=1)
        640065
    """

    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    masked: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.check_dense()

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding and the output layer; padding is not masked.

        :meta private:
        """
        return self.dense(import_keras().layers.Flatten(name="flatten")(vectors), seeds)

    def forward(self, program: Program, vectors: Value) -> Value:
        """Add the same layers to a forward pass of the core.

        :meta private:
        """
        return self.dense_forward(program, program.flatten(vectors))

    def parameter_count(self, length: int, dimension: int, outputs: int) -> int:
        """Return the number of parameters after the embedding or the series, output layer included.

        The network is not built.

        Args:
            length: length of the samples, in tokens or steps.
            dimension: embedding dimension, or number of features of the series.
            outputs: units of the output layer: 1 for two classes, else the number of classes or targets.

        Returns:
            The number of parameters, trainable or not.
        """
        return self.dense_parameters(length * dimension, outputs)
