"""Checks of data and of results: one file per check, in the order of `table.py`."""
