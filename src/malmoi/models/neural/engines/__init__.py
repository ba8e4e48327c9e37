"""Engines that run training epochs and predictions: a compiled JAX program, Keras, or the core."""
