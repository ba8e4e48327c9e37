"""Header of the files of all networks: the network's settings and its history."""

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
        network: the network passed by the user, with settings that may be `None`.
        built: the network with defaults for the training data.
        history: history of the training.

    Raises:
        TypeError: the network is a function.
    """
    if type(network).__name__ not in NETWORKS:
        cure = f"code cannot be saved; train with one of {', '.join(NETWORKS)}, or keep network_.save_weights"
        raise TypeError(f"network must be a network class of malmoi to be saved, got {shorten(network)}; {cure}")
    given = {} if network == built else {"given_network": value_to_json(network)}
    return {**history.to_header(), "network": value_to_json(built), **given}


def network_from(state: State) -> Network:
    """Return the network passed by the user.

    Raises:
        ValueError: the network has an unknown type, or a setting has the wrong type.
    """
    given = "given_network" if "given_network" in state.header else "network"
    network: Network = state.value(given, NETWORKS)
    return network


def built_network_from(state: State) -> Network:
    """Return the network as it was built.

    Raises:
        ValueError: the network has an unknown type, or a setting has the wrong type.
    """
    network: Network = state.value("network", NETWORKS)
    return network
