"""Networks from the options of the command line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from malmoi.cli.console import UsageError
from malmoi.networks import NETWORKS, Network

__all__ = ["NetworkOptions", "made_network", "network_words"]


@dataclass(frozen=True)
class NetworkOptions:
    """Options of `malmoi train` that say what the network is; `None` where one is not given."""

    network: str = "flatten"
    hidden: tuple[int, ...] = ()
    dropout: float | None = None
    l2: float | None = None
    pooling: str | None = None
    filters: int | None = None
    widths: tuple[int, ...] = ()
    layers: int | None = None
    cell: str | None = None
    units: int | None = None
    bidirectional: bool = False


def made_network(options: NetworkOptions) -> Network:
    """The network that the options describe.

    Raises:
        UsageError: there is none of that name, or it has no such option.
        TypeError: a setting is of the wrong kind.
        ValueError: a setting is out of its range.
    """
    known = {name.lower(): kind for name, kind in NETWORKS.items()}
    if options.network not in known:
        raise UsageError(f"--network must be one of {', '.join(known)}, got {options.network!r}")
    kind = known[options.network]
    given = {field.name: getattr(options, field.name) for field in fields(options) if field.name != "network"}
    given = {name: value for name, value in given.items() if value not in (None, (), False)}
    takes = [field.name for field in fields(kind)]
    for name in given:
        if name not in takes:
            others = [other for other, one in known.items() if name in {field.name for field in fields(one)}]
            raise UsageError(f"--{name} goes with --network {' or '.join(others)}, got {options.network}")
    network: Network = kind(**given)
    return network


def network_words(settings: Mapping[str, Any]) -> list[str]:
    """The options that describe a network, from its settings by name."""
    words = ["--network", str(settings["network"])]
    for name, value in settings.items():
        option = f"--{name}"
        if name == "network" or value in (None, (), False):
            continue
        if value is True:
            words.append(option)
        elif isinstance(value, tuple):
            words += [word for item in value for word in (option, str(item))]
        else:
            words += [option, str(value)]
    return words
