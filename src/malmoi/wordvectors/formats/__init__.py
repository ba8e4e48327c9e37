"""File formats of word vectors, one module per format, detected by their first bytes."""
