"""Text classifier: averaged embeddings of words and n-grams, as in fastText."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self, cast

import numpy as np
import numpy.typing as npt

from malmoi.data.readers import DataPath
from malmoi.data.texts import Texts, as_texts
from malmoi.foundation.arrays import Labels
from malmoi.foundation.light_estimators import LightClassifierMixin, TextInputs
from malmoi.foundation.names import also_named
from malmoi.foundation.progress import Progress, silent
from malmoi.foundation.progress_bars import shown_progress
from malmoi.models.fasttext.continuing import continued, joined, sample_of
from malmoi.models.fasttext.estimator import FastTextEstimator
from malmoi.models.fasttext.learning import fitted_fasttext, refitted
from malmoi.models.fasttext.settings import BUCKETS, FastTextSettings, LossName
from malmoi.models.fasttext.streams import Batches, file_batches, fitted_on_stream
from malmoi.models.frames import learns_from_frames
from malmoi.models.linear.learning import TrainingTexts
from malmoi.models.linear.refinement import grown_task
from malmoi.models.predictions import TextPredictions
from malmoi.models.task import Classification, Multilabel
from malmoi.models.task_of_labels import task_of_labels
from malmoi.models.weights import ClassWeight, sample_weights
from malmoi.tokenizers import Tokenizer
from malmoi.wordvectors import WordVectors

__all__ = ["FastTextClassifier"]

Weights = Sequence[float] | npt.NDArray[np.floating] | None


class FastTextClassifier(TextPredictions, TextInputs, LightClassifierMixin, FastTextEstimator):
    """Classify texts by averaged embeddings of words, word n-grams and character n-grams, as fastText does.

    Trained on all cores with the same result at any number of threads; on texts in memory, or on files that are larger
    than memory. It opens fastText's classifiers (`.bin` and `.ftz`) and writes files that fastText opens.

    Args:
        tokens: tokenizer; `None`: words separated by ASCII white space, as in fastText, which expects texts whose case
            and punctuation were prepared. For raw texts, `Words(keep_punctuation=True)` is often better.
        dimension: dimension of the embeddings.
        epochs: number of passes over the texts; "auto": 5 to 25, so that about 250,000 texts are learned in all.
        learning_rate: initial learning rate, above 0; it falls linearly to 0.
        ngrams: range (1, longest) of word n-grams, in words, or only the longest; (1, 1): single words.
        characters: lengths (shortest, longest) of the character n-grams of each word; `None`: none. (2, 4) is good for
            Korean, and for misspelt texts.
        buckets: number of hash buckets that all n-grams share.
        min_count: minimum number of occurrences of a word in the training texts.
        loss: loss function; "softmax" (probabilities that sum to 1), "one-vs-all" (independent binary losses), or
            "auto": one-vs-all for multilabel data, softmax otherwise.
        vectors: file of word vectors from which the embeddings of words start; in Python `WordVectors.open(path)`, of
            the dimension `dimension`. All their words become part of the model.
        class_weight: class weights in the loss: "balanced" (inversely proportional to the class frequencies); or a dict
            from class to weight; `None`: weight 1 for every text.
        calibration: calibration of the probabilities on held-out texts: "temperature", "isotonic" (two classes only),
            or "auto", the better of the two; `None`: none, and no text is held out. From 20,000 texts on, the model
            does not learn from the held-out texts (2,000); otherwise it is trained again on all texts.
        reject_below: probability below which `predict` returns `None` instead of a label, 0 to 1; `None`: never.
        seed: random seed of the initial embeddings, of the order of the texts and of the held-out texts.
        n_jobs: number of threads; `None`: all cores. The result does not depend on it.

    Attributes:
        classes_: the labels, sorted.
        facts_: number of training texts, and the training loss of each pass.

    Source:
        Joulin, Grave, Bojanowski and Mikolov 2017, "Bag of tricks for efficient text classification".

    Example:
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 3, ["pos", "neg"] * 6
        >>> model = FastTextClassifier(epochs=50).fit(texts, labels)
        >>> model.predict(["good"])
        array(['pos'], dtype='<U3')
        >>> model.classes_.tolist(), model.predict_proba(["good", "bad"]).shape
        (['neg', 'pos'], (2, 2))
        >>> model.known(["good", "unheard"]).tolist()
        [True, False]
        >>> model.predict_proba(["unheard"]).tolist()
        [[0.5, 0.5]]
        >>> model.explain("good film").label
        'pos'
    """

    def __init__(
        self,
        tokens: Tokenizer | None = None,
        dimension: int = 16,
        epochs: int | Literal["auto"] = "auto",
        learning_rate: float = 0.5,
        ngrams: int | tuple[int, int] = (1, 2),
        characters: tuple[int, int] | None = None,
        *,
        buckets: int = BUCKETS,
        min_count: int = 1,
        loss: LossName = "auto",
        vectors: WordVectors | None = None,
        class_weight: ClassWeight = None,
        calibration: str | None = "temperature",
        reject_below: float | None = None,
        seed: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.tokens = tokens
        self.dimension = dimension
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.ngrams = ngrams
        self.characters = characters
        self.buckets = buckets
        self.min_count = min_count
        self.loss = loss
        self.vectors = vectors
        self.class_weight = class_weight
        self.calibration = calibration
        self.reject_below = reject_below
        self.seed = seed
        self.n_jobs = n_jobs

    def check_settings(self) -> FastTextSettings:
        """Check the settings and return them.

        Raises:
            TypeError: a setting has the wrong type.
            ValueError: a setting is out of range, or has no effect in combination with another.

        :meta private:
        """
        return FastTextSettings.of(self)

    @also_named(X="texts", y="labels")
    @learns_from_frames
    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[object] | Labels,
        *,
        sample_weight: Weights = None,
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on labelled texts. If it fails, a model fitted before is kept unchanged.

        Args:
            texts: list of str, or an array or a column of them; also as `X`. Or a data frame whose text column has a
                common name, such as "text"; or a data frame of text columns only, which are joined, a line per column.
            labels: one label per text, also as `y`, in the forms that `BagClassifier.fit` accepts.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            TypeError: a text is not a str, or a setting has the wrong type.
            ValueError: a setting is out of range, or the numbers of texts and labels differ.
            DataError: a label is invalid, there is only one class, no word occurs `min_count` times, a vector is not
                finite, or training diverges.
        """
        settings = self.check_settings()
        training = self._training(as_texts(texts), labels, sample_weight)
        self._check_task(training.task)
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_ = fitted_fasttext(settings, training, shown)
        self._sample = sample_of(training)
        return self

    def fit_files(
        self,
        data: DataPath,
        *,
        text_column: str | Sequence[str] | None = None,
        label_column: str | Sequence[str] | None = None,
        label_separator: str | None = None,
        input_format: str = "auto",
        progress: Progress = silent,
        verbose: bool = False,
    ) -> Self:
        """Fit on files of labelled texts that need not fit into memory; they are read once per pass, and once before.

        Texts are shuffled within parts of 16,384, so the files should not be sorted by label; a warning is logged if
        they are. `class_weight` may be given as a dict.

        Args:
            data: a file, a folder, a glob such as `part-*.parquet`, or a list of files and globs, in any format that
                `read_corpus` reads, such as lines with `__label__`.
            text_column: column of the texts, or several; by default found by its name.
            label_column: column of the labels, or several; by default found by its name.
            label_separator: separator between the labels of one text; one label per text if not given.
            input_format: file format, as of `read_corpus`; "auto" detects it.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            DataError: a file cannot be read, a text has no label, there is only one class, or training diverges.
            FormatError: a file is damaged.
            ValueError: a setting is out of range.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> with TemporaryDirectory() as folder:
            ...     path = Path(folder) / "train.txt"
            ...     _ = path.write_text("__label__pos so good\\n__label__neg so bad\\n" * 20)
            ...     model = FastTextClassifier(epochs=20).fit_files(path)
            >>> model.predict(["good"]).tolist(), model.facts_.samples
            (['pos'], 40)
        """
        settings = self.check_settings()
        batches = file_batches(data, text_column, label_column, label_separator, input_format)
        return self._fit_stream(settings, batches, progress, verbose=verbose)

    def fit_stream(self, batches: Batches, *, progress: Progress = silent, verbose: bool = False) -> Self:
        """Fit on batches of labelled texts that need not fit into memory; see `fit_files`.

        Args:
            batches: function that returns an iterable of pairs of texts and labels, the same at each call; it is called
                once per pass, and once before.
            progress: progress callback, called with the step's name, the number done and the total.
            verbose: show a progress bar, in a terminal or a notebook.

        Raises:
            DataError: a label is invalid, there is only one class, the batches differ between calls, or training
                diverges.
            ValueError: a setting is out of range.

        Example:
            >>> def batches():
            ...     for _ in range(3):
            ...         yield ["so good", "so bad"] * 10, ["pos", "neg"] * 10
            >>> FastTextClassifier(epochs=20).fit_stream(batches).predict(["bad"]).tolist()
            ['neg']
        """
        return self._fit_stream(self.check_settings(), batches, progress, verbose=verbose)

    def _fit_stream(self, settings: FastTextSettings, batches: Batches, progress: Progress, *, verbose: bool) -> Self:
        with shown_progress(progress, verbose=verbose) as shown:
            self.fitted_, self._sample = fitted_on_stream(settings, batches, self._check_task, shown)
        return self

    @learns_from_frames
    def partial_fit(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Train the model further on more labelled texts, with new words and new classes; the first call is `fit`.

        A sample of at most 2,000 earlier texts, which the estimator keeps in memory, is learned again, so that earlier
        classes are not forgotten. Files do not contain it: after `load` and `open`, pass some earlier texts again. The
        calibration stays the same. Settings changed since `fit` are ignored.

        Args:
            texts: list of str, or an array or a column of them.
            labels: one label per text, in the form used for `fit`.
            sample_weight: float (samples,), weight of each text.

        Raises:
            ValueError: the numbers of texts and labels differ, or the model is quantised.
            DataError: a label is invalid, labels differ in type or form from those of `fit`, or training diverges.
        """
        if not self.__sklearn_is_fitted__():
            return self.fit(texts, labels, sample_weight=sample_weight)
        more, model = as_texts(texts), self.fitted
        if len(labels) != len(more):
            raise ValueError(f"labels must have {len(more)} items, one per text, got {len(labels)}")
        if not more:
            return self
        task = grown_task(model.task, task_of_labels(labels, model.task))
        if not isinstance(task, Classification):
            raise TypeError(f"the task must be classification, got {type(task).__name__}")
        weights = sample_weights(sample_weight, None, len(more))
        given = TrainingTexts(more, task, task.encode(labels, "partial_fit"), weights)
        training = joined(vars(self).get("_sample"), given)
        self.fitted_ = continued(model, training, len(more), silent)
        self._sample = sample_of(training)
        return self

    @learns_from_frames
    def refit_on(
        self, texts: Sequence[str], labels: Sequence[object] | Labels, *, sample_weight: Weights = None
    ) -> Self:
        """Train anew on all of other texts, with the settings and the calibration of the previous `fit`.

        Args:
            texts: list of str, or an array or a column of them; usually those of `fit` and more.
            labels: one label per text.
            sample_weight: float (samples,), weight of each text in the loss, multiplied by `class_weight`.

        Raises:
            NotFittedError: `fit` was not called.
        """
        training = self._training(as_texts(texts), labels, sample_weight)
        self.fitted_ = refitted(self.fitted, training, silent)
        self._sample = sample_of(training)
        return self

    _sample: TrainingTexts

    def _training(self, texts: Texts, labels: object, weights: object) -> TrainingTexts:
        return TrainingTexts.labelled(texts, labels, self.class_weight, weights)

    def _check_task(self, task: object) -> None:
        """Refuse settings that do not fit the labels."""
        several = isinstance(task, Multilabel)
        if self.calibration == "isotonic" and cast("Classification", task).units > 1:
            raise ValueError("calibration must be 'temperature' or 'auto' for more than two classes, got 'isotonic'")
        if self.reject_below is not None and several:
            raise ValueError("reject_below must be None for multilabel data, where a text may have no label")
        if self.loss == "softmax" and several:
            raise ValueError("loss must be 'auto' or 'one-vs-all' for multilabel data, got 'softmax'")
