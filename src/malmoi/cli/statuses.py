"""Exit codes; this module imports nothing, because a command may end before other modules are imported."""

__all__ = ["BY_SIGNAL", "DONE", "USERS_MISTAKE"]

DONE, USERS_MISTAKE = 0, 2
BY_SIGNAL = 128
"""Added to the number of the signal that ended the command."""
