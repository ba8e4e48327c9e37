"""Forecasts of numbers in time."""
