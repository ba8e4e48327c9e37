"""The training loop: on JAX a whole epoch is one compiled program; other backends use Keras' own steps."""

from malmoi.training.loop import fit
from malmoi.training.prediction import Forward, forward
from malmoi.training.settings import OPTIMIZERS, Samples, TrainingSettings

__all__ = ["OPTIMIZERS", "Forward", "Samples", "TrainingSettings", "fit", "forward"]
