"""Networks between token ids and labels, defined by settings and built from Keras layers."""

from malmoi.models.neural.networks.average import Average
from malmoi.models.neural.networks.base import Network, NetworkFunction, as_network
from malmoi.models.neural.networks.convolution import Conv
from malmoi.models.neural.networks.flatten import Flatten
from malmoi.models.neural.networks.kinds import NETWORKS
from malmoi.models.neural.networks.plan import EMBEDDING, Plan, build_model, forward_program, sample_bytes
from malmoi.models.neural.networks.program import Program
from malmoi.models.neural.networks.recurrent import Recurrent

__all__ = [
    "EMBEDDING",
    "NETWORKS",
    "Average",
    "Conv",
    "Flatten",
    "Network",
    "NetworkFunction",
    "Plan",
    "Program",
    "Recurrent",
    "as_network",
    "build_model",
    "forward_program",
    "sample_bytes",
]
