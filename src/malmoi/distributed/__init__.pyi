from . import daft as daft
from . import duckdb as duckdb
from . import polars as polars
from . import ray as ray
from . import spark as spark
from .scorer import Scorer as Scorer

__all__ = ["Scorer"]
