"""Ridge regression from the products of all pairs of series, in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from malmoi.foundation.library_changes import one_blas_thread
from malmoi.models.linear.folds import Fold
from malmoi.models.linear.parts import Floats

__all__ = ["Ridge"]

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ridge:
    """Ridge regression of several outputs; the bias is not penalized.

    Minimizes the sum of squared errors plus |w|^2 / C. The weights are sums of rows, each times a coefficient, which is
    the solution of (products + 1 / C) coefficients + bias = targets, where the coefficients add up to 0.

    Args:
        products: float64 (samples, samples), of all pairs of rows.
        targets: float64 (samples, outputs).
        threads: how many folds are solved at once.
    """

    products: Values
    targets: Values
    threads: int

    def fitted(self, C: float) -> tuple[Values, Values, Values]:
        """Return coefficients (samples, outputs), biases (outputs,) and scores (samples, outputs) of all samples."""
        # Sums of LAPACK depend on its number of threads.
        with one_blas_thread():
            coefficients, bias = _solved(self.products, self.targets, C)
            return coefficients, bias, self.products @ coefficients + bias

    def held_out(self, folds: Sequence[Fold], C: float) -> Floats:
        """Return scores float32 (held out, outputs) of every fold by what was fitted on its training part."""

        def scores(fold: Fold) -> Values:
            part = self.products[np.ix_(fold.training, fold.training)]
            coefficients, bias = _solved(part, self.targets[fold.training], C)
            found: Values = self.products[np.ix_(fold.held_out, fold.training)] @ coefficients + bias
            return found

        with one_blas_thread(), ThreadPoolExecutor(min(self.threads, len(folds))) as pool:
            return np.concatenate(list(pool.map(scores, folds))).astype(np.float32)


def _solved(products: Values, targets: Values, C: float) -> tuple[Values, Values]:
    samples = len(products)
    system = np.ones((samples + 1, samples + 1))
    system[:samples, :samples] = products
    system[range(samples), range(samples)] += 1 / C
    system[samples, samples] = 0
    found: Values = np.linalg.solve(system, np.concatenate([targets, np.zeros((1, targets.shape[1]))]))
    return found[:samples], found[samples]
