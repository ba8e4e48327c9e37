"""Recipe names of the estimators of series: a network, or MiniRocket by default."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from malmoi.foundation.validation import check_choice, shorten
from malmoi.models.minirocket.estimators import MiniRocketEstimator
from malmoi.models.neural.networks import NETWORKS, Network, NetworkFunction

__all__ = ["chosen_network", "minirocket_for"]

OF_MINIROCKET = ("auto", "minirocket")
NETWORK_OF = {name.lower(): kind for name, kind in NETWORKS.items()}
SHARED = ("missing", "normalize", "class_weight", "seed")
"""Parameters of both networks and MiniRocket."""
NAMED = ("network", "recipe")


def chosen_network(network: Network | NetworkFunction | None, recipe: str) -> Network | NetworkFunction | None:
    """Return the network that the parameters name; `None` for MiniRocket.

    Raises:
        TypeError: `recipe` is not a str.
        ValueError: `recipe` is unknown, or both are set.
    """
    if isinstance(network, str):
        raise TypeError(f"network must be a network such as Conv(), got {shorten(network)}; pass a name as recipe=")
    if not isinstance(recipe, str):
        raise TypeError(f"recipe must be a name, got {shorten(recipe)}; pass a network as network=")
    check_choice("recipe", recipe, (*OF_MINIROCKET, *NETWORK_OF))
    if network is not None and recipe != "auto":
        raise ValueError(f"recipe must be 'auto' if a network is given, got {recipe!r}; pass only one")
    return NETWORK_OF[recipe]() if recipe in NETWORK_OF else network


def minirocket_for(estimator: Any, kind: type[MiniRocketEstimator], given: Sequence[str]) -> MiniRocketEstimator:
    """Return the MiniRocket estimator with the parameters of an estimator of series.

    Args:
        estimator: the estimator of series, without a network.
        kind: class of the result.
        given: names of passed arguments of `fit` that only networks use.

    Raises:
        ValueError: a parameter or an argument is given that only networks use.
    """
    parameters = estimator.get_params(deep=False)
    defaults = type(estimator)().get_params(deep=False)
    unsupported = [name for name in parameters if name not in (*SHARED, *NAMED) and parameters[name] != defaults[name]]
    unsupported += given
    if unsupported:
        rule = f"{unsupported[0]} has no effect on the recipe {estimator.recipe!r}, which is not a network"
        raise ValueError(f"{rule}; leave it out, or pass a network, such as network=Conv()")
    return kind(**{name: parameters[name] for name in SHARED if name in parameters})
