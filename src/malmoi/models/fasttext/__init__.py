"""Classifiers with averaged embeddings, by fastText's method and with its files."""
