"""What the files of all networks say: the network's settings and its history."""

from __future__ import annotations

from typing import Any

from malmoi.foundation.validation import shorten
from malmoi.models.history import History
from malmoi.models.neural.networks import NETWORKS, Network, NetworkFunction
from malmoi.models.state import State, value_to_json

__all__ = ["network_from", "network_header"]


def network_header(network: Network | NetworkFunction, history: History) -> dict[str, Any]:
    """Return the parts of the header that all networks have.

    Raises:
        TypeError: the network is a function.
    """
    if type(network).__name__ not in NETWORKS:
        cure = f"a file holds no program; train with one of {', '.join(NETWORKS)}, or keep network_.save_weights"
        raise TypeError(f"network must be one of ours to be saved, got {shorten(network)}; {cure}")
    return {**history.to_header(), "network": value_to_json(network)}


def network_from(state: State) -> Network:
    """Return the network's settings.

    Raises:
        ValueError: the network is of no known kind, or a setting is of another kind.
    """
    network: Network = state.value("network", NETWORKS)
    return network
