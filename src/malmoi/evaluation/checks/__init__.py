"""Checks of data and of results: one file each, in the order of `table.py`."""
