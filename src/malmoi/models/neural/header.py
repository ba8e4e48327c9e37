"""What the files of all networks say: the network's settings, its history, the weights of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from malmoi.foundation.validation import shorten
from malmoi.models.history import History
from malmoi.models.neural.networks import NETWORKS, Network, NetworkFunction
from malmoi.models.state import State, plain, value_to_json
from malmoi.models.task import LABEL_KINDS
from malmoi.models.weights import ClassWeight

__all__ = ["class_weight_from", "class_weight_to_json", "network_from", "network_header"]


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


def class_weight_to_json(wanted: ClassWeight) -> Any:
    """Return weights of classes as pairs, because JSON has names for keys only."""
    if not isinstance(wanted, Mapping):
        return wanted
    return [[plain(label), float(weight)] for label, weight in wanted.items()]


def class_weight_from(state: State) -> ClassWeight:
    """Return what `class_weight_to_json` made.

    Raises:
        ValueError: it is something else.
    """
    wanted = state.header.get("class_weight")
    if not isinstance(wanted, list):
        return wanted
    if not all(isinstance(pair, list) and len(pair) == 2 and type(pair[0]) in LABEL_KINDS.values() for pair in wanted):
        raise ValueError(f"class_weight must be pairs of a label and a weight, found {shorten(wanted)}")
    return dict(wanted)
