"""Texts, labels and series: read from files, checked, and cut into parts."""
