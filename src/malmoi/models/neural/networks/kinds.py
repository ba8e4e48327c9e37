"""The table of networks."""

from __future__ import annotations

from malmoi.models.neural.networks.average import Average
from malmoi.models.neural.networks.base import Network
from malmoi.models.neural.networks.convolution import Conv
from malmoi.models.neural.networks.flatten import Flatten
from malmoi.models.neural.networks.recurrent import Recurrent

__all__ = ["NETWORKS"]

NETWORKS: dict[str, type[Network]] = {kind.__name__: kind for kind in (Flatten, Average, Conv, Recurrent)}
"""Every type of network by its name in a model file; its recipe has the same name in lower case."""
