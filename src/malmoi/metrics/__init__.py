"""Metrics with confidence intervals; they need no model."""
