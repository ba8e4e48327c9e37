"""Values that say which network stands between the token ids and the labels, and build it from Keras layers."""

from malmoi.networks.average import Average
from malmoi.networks.convolution import Conv
from malmoi.networks.embeddings import Embedding, Hashed, Learned, Pretrained
from malmoi.networks.flatten import Flatten
from malmoi.networks.model import NETWORKS, Network, NetworkFunction, Output, Plan, as_network, build_model
from malmoi.networks.recurrent import Recurrent

__all__ = [
    "NETWORKS",
    "Average",
    "Conv",
    "Embedding",
    "Flatten",
    "Hashed",
    "Learned",
    "Network",
    "NetworkFunction",
    "Output",
    "Plan",
    "Pretrained",
    "Recurrent",
    "as_network",
    "build_model",
]
