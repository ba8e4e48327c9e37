"""Prediction with Ray Data, and an engine that runs the pieces of a command as Ray tasks."""

from malmoi.distributed.ray.engine import RayEngine
from malmoi.distributed.ray.prediction import predict

__all__ = ["RayEngine", "predict"]
