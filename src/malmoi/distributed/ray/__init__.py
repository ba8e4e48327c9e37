"""Prediction with Ray Data, and an engine that runs the pieces of a command as Ray tasks."""

from malmoi.distributed.ray.engine import RayEngine

__all__ = ["RayEngine"]
