"""What `keras.preprocessing` held for texts and sequences."""

from malmoi.keras.preprocessing import sequence, text

__all__ = ["sequence", "text"]
