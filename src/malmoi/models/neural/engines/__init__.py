"""What runs epochs and predictions: a compiled program on JAX, or the steps of Keras."""
