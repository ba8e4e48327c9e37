"""Evaluation of models, and checks of data and results with their findings."""
