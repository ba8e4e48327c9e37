"""Average pooling of word vectors, independent of their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.layers import check_choice, pooled
from malmoi.models.neural.networks.program import Program, Value

if TYPE_CHECKING:
    import keras

__all__ = ["Average"]

POOLINGS = ("mean", "max")


@dataclass(frozen=True)
class Average(Network):
    """Mean or max pooling of a text's word vectors, then dense layers; independent of the order of words.

    It has few parameters after the embedding, so few labels suffice. Padding has no effect.

    Args:
        pooling: pooling over time: "mean" or "max" (`Conv` also "mean_max", `Recurrent` also "last" and "mean_max").
        hidden: units of the hidden layers (relu), one number or several; none by default.
        dropout: dropout rate before each dense layer; 0 or more, below 1.
        l2: L2 penalty of the dense layers' weights; 0 or more.

    Raises:
        TypeError: a setting has the wrong type.
        ValueError: a setting is out of range.

    Source:
        Joulin et al. 2017, "Bag of tricks for efficient text classification", without its n-grams.

    Example:
        >>> Average().parameter_count(length=100, dimension=100, outputs=1)
        101
        >>> Average("max", hidden=(32, 16), dropout=0.2)
        Average(pooling='max', hidden=(32, 16), dropout=0.2, l2=0.0)
    """

    pooling: str = "mean"
    hidden: int | tuple[int, ...] = ()
    dropout: float = 0.0
    l2: float = 0.0
    ordered: ClassVar[bool] = False

    def __post_init__(self) -> None:
        self.check_dense()
        check_choice("pooling", self.pooling, POOLINGS)

    def build(
        self, vectors: keras.KerasTensor, mask: keras.KerasTensor, seeds: np.random.Generator
    ) -> keras.KerasTensor:
        """Add the layers between the embedding and the output layer.

        :meta private:
        """
        return self.dense(pooled(vectors, mask, self.pooling), seeds)

    def forward(self, program: Program, vectors: Value) -> Value:
        """Add the same layers to a forward pass of the core.

        :meta private:
        """
        return self.dense_forward(program, program.pool(vectors, self.pooling))

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
        return self.dense_parameters(dimension, outputs)
