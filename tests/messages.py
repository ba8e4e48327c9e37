"""What the command line writes to standard error."""


def without_reading(text):
    """The lines but for those that say how files were read."""
    return [line for line in text.strip().splitlines() if not line.startswith("read ")]
