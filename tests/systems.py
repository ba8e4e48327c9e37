"""Marks of tests that need a certain operating system."""

import os

import pytest

needs_posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX: signals, pipes, devices or fork")
