"""Recipes: training, evaluation, comparison, hyperparameter search and recording of runs."""
