"""What the files of all networks say: the network's settings and its history."""

from __future__ import annotations

from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.validation import shorten
from malmoi.models.history import History
from malmoi.models.neural.networks import NETWORKS, Network, NetworkFunction
from malmoi.models.state import State, value_to_json

__all__ = ["built_network_from", "network_from", "network_header"]


def network_header(
    network: Network | NetworkFunction, built: Network | NetworkFunction, history: History
) -> JsonObject:
    """Return the parts of the header that all networks have.

    Args:
        network: as the user gave it; it may leave settings open.
        built: what it became for the training data.
        history: the epochs of its training.

    Raises:
        TypeError: the network is a function.
    """
    if type(network).__name__ not in NETWORKS:
        cure = f"a file holds no program; train with one of {', '.join(NETWORKS)}, or keep network_.save_weights"
        raise TypeError(f"network must be one of ours to be saved, got {shorten(network)}; {cure}")
    given = {} if network == built else {"given_network": value_to_json(network)}
    return {**history.to_header(), "network": value_to_json(built), **given}


def network_from(state: State) -> Network:
    """Return the network's settings as the user gave them.

    Raises:
        ValueError: the network is of no known kind, or a setting is of another kind.
    """
    given = "given_network" if "given_network" in state.header else "network"
    network: Network = state.value(given, NETWORKS)
    return network


def built_network_from(state: State) -> Network:
    """Return the network's settings as it was built.

    Raises:
        ValueError: the network is of no known kind, or a setting is of another kind.
    """
    network: Network = state.value("network", NETWORKS)
    return network
