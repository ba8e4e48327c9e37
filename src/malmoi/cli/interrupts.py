"""Whether the user pressed Ctrl-C."""

from __future__ import annotations

import threading

__all__ = ["interrupted"]

interrupted = threading.Event()
"""Set by Ctrl-C: Python loses an interrupt that falls into a callback of its own, so long steps look here too."""
