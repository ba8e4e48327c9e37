"""The library's logger, "malmoi", for automatic choices and training; only the application configures it."""

from __future__ import annotations

import logging

__all__ = ["logger"]

logger = logging.getLogger("malmoi")
