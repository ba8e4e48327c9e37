"""Checks of data and of results, and the findings that they make."""
