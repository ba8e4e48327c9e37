"""The base of fastText's classifier: what it does with a fitted model and with fastText's files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from malmoi.foundation.arrays import Labels
from malmoi.models.base import ModelEstimator
from malmoi.models.fasttext.exporting import write_fasttext
from malmoi.models.fasttext.model import FastTextModel
from malmoi.models.fasttext.opening import opened_fasttext
from malmoi.models.fasttext.parts import FastTextFacts
from malmoi.models.fasttext.quantisation import quantised_model

__all__ = ["FastTextEstimator"]


class FastTextEstimator(ModelEstimator[FastTextModel]):
    """An estimator whose fitted model is a fastText classifier."""

    @property
    def classes_(self) -> Labels:
        """The labels that it predicts, sorted."""
        return self.fitted.classes

    @property
    def facts_(self) -> FastTextFacts:
        """Facts about the training: number of texts, and the training loss of each pass."""
        return self.fitted.facts

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> Self:
        """Open a classifier in a file of fastText, `.bin` or `.ftz`, which predicts as fastText does.

        The embeddings of a `.bin` file stay in the file, which is mapped into memory; while it is open, it may be
        replaced, but must not be changed in place. `predict_proba` returns fastText's probabilities, which are larger
        than the softmax by 0.00001; everything else uses the softmax. Models with the loss "one-vs-all" predict all
        labels with a probability above 0.5.

        Args:
            path: the file.

        Returns:
            A fitted classifier; `fit` trains it anew, with the settings of the file.

        Raises:
            FileNotFoundError: the file does not exist.
            FormatError: it is damaged, has word vectors instead of a classifier, or has fewer than two labels.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> import malmoi as mm
            >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 3, ["pos", "neg"] * 6
            >>> model = mm.FastTextClassifier(dimension=4, buckets=1000).fit(texts, labels)
            >>> with TemporaryDirectory() as folder:
            ...     opened = mm.FastTextClassifier.open(model.export_fasttext(Path(folder) / "model.bin"))
            ...     opened.predict(["good"]).tolist()
            ['pos']
        """
        return cls.from_fitted(opened_fasttext(Path(path)))

    def export_fasttext(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the model as a file that fastText opens, with equal predictions.

        A temperature of the calibration becomes part of the outputs. A quantised model becomes a `.ftz` file. For texts
        without a known word fastText predicts from its end of text, not the shares of the training labels.

        Args:
            path: the file, such as `model.bin`, or `model.ftz` for a quantised model.
            overwrite: whether an existing file may be replaced.

        Returns:
            The path.

        Raises:
            NotFittedError: `fit` was not called.
            FileExistsError: the file exists and `overwrite` is false.
            ValueError: the calibration is isotonic, which fastText does not have.

        Example:
            >>> from tempfile import TemporaryDirectory
            >>> import malmoi as mm
            >>> model = mm.FastTextClassifier(dimension=4, buckets=1000).fit(["good", "bad"] * 6, ["pos", "neg"] * 6)
            >>> with TemporaryDirectory() as folder:
            ...     print(model.export_fasttext(f"{folder}/model.bin").name)
            model.bin
        """
        return write_fasttext(self.fitted, path, overwrite=overwrite)

    def quantize(self, max_bytes: int | None = None, *, part: int | None = None) -> Self:
        """Make the model smaller: quantise the embeddings, and drop the least important ones.

        Embeddings are first projected to the components that change predictions, at most one less than there are
        classes, which loses nothing.

        Args:
            max_bytes: maximum size in bytes of the model's file, and of the file for fastText; `None`: nothing is
                dropped.
            part: number of components of an embedding that share a code of one byte; `None`: 1 for up to 8 components,
                otherwise 2.

        Returns:
            The classifier itself; its model is replaced.

        Raises:
            NotFittedError: `fit` was not called.
            ValueError: a setting is out of range, the size cannot be reached, or the model is quantised already.

        Source:
            Joulin, Grave, Bojanowski, Douze, Jegou and Mikolov 2016, "FastText.zip".

        Example:
            >>> import malmoi as mm
            >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 3, ["pos", "neg"] * 6
            >>> model = mm.FastTextClassifier(dimension=4).fit(texts, labels).quantize(max_bytes=20_000)
            >>> model.predict(["good"]).tolist()
            ['pos']
        """
        self.fitted_ = quantised_model(self.fitted, max_bytes, part)
        return self

    def known(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Return whether a word, or a character n-gram, of each text is known.

        Args:
            texts: list of str, or an array or a column of them.

        Returns:
            bool (samples,); where it is false, `predict_proba` returns the shares of the training labels, except for
            models opened from a fastText file.

        Raises:
            NotFittedError: `fit` was not called.
        """
        return self.fitted.known(texts)
