"""Linear models on bags of n-grams."""
