"""Exit statuses; imports nothing, since a command may end before anything is imported."""

__all__ = ["BY_SIGNAL", "DONE", "USERS_MISTAKE"]

DONE, USERS_MISTAKE = 0, 2
BY_SIGNAL = 128
"""And the number of the signal that ended the command."""
