"""Replacements for modules that Keras 3 does not have, or has only with TensorFlow.

`malmoi.` before the import of such a module makes old code run. Importing this package chooses an installed backend of
Keras, if none is chosen.
"""

from malmoi.keras.backends import choose_backend

choose_backend()  # before the modules below, which may import Keras

from malmoi.keras import datasets, layers, models, preprocessing, utils  # noqa: E402

__all__ = ["datasets", "layers", "models", "preprocessing", "utils"]
