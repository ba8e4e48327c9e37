"""The logger of the library, "malmoi": what was chosen and how training went. It is set up by the program alone."""

from __future__ import annotations

import logging

__all__ = ["logger"]

logger = logging.getLogger("malmoi")
