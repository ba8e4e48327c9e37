"""Models that old Keras releases saved, for Keras 3."""

from malmoi.keras.models.old_files import load_model, model_from_json

__all__ = ["load_model", "model_from_json"]
