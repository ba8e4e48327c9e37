"""Scores with their intervals; they need no model."""
