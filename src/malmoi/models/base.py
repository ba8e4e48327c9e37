"""Base classes: a fitted model, which predicts, and an estimator with settings, which fits one."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.data.frames import is_frame, texts_of
from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.light_estimators import LightEstimator
from malmoi.models.facts import ModelFacts, TrainingFacts  # noqa: F401 -- older pickles have TrainingFacts from here
from malmoi.models.history import History
from malmoi.models.state import State
from malmoi.models.task import Classification, Task

if TYPE_CHECKING:
    from malmoi.models.explanation import Explanation
    from malmoi.models.schema import Schema
    from malmoi.tokenizers import Tokenizer

__all__ = ["FittedModel", "InputKind", "ModelEstimator"]

InputKind = Literal["texts", "series", "history"]


class FittedModel(ModelFacts, ABC):
    """A fitted model: an immutable, thread-safe object that predicts; `estimator.fitted` has it.

    It contains the task and everything that was learned, and needs no estimator.

    Attributes:
        input_kind: type of its inputs.
        task: the task.
        libraries: libraries whose versions may change its predictions; a file records their versions.
        text_columns: text columns of the table or data frame used for `fit`; empty without one.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> model = mm.BagClassifier(reject_below=0.6, tokens=mm.Words()).fit(texts, labels).fitted
        >>> model.kind, model.classes.tolist(), model.reject_below
        ('BagClassifier', ['neg', 'pos'], 0.6)
        >>> model.predict(["good", "unknown"]).tolist()
        ['pos', None]
        >>> model.predict_proba(["good"]).shape, model.outputs(["good"]).shape
        ((1, 2), (1, 1))
        >>> model.hits(["good", "unknown"], ["pos", "pos"]).tolist()
        [True, False]
        >>> model.explain("good film").top_features()[0].name
        'good'
        >>> model.tokenizers, model.training_accuracy, model.training_history is None
        ((Words(),), 1.0, True)
        >>> model.parameters()["reject_below"], [name for name, _ in model.summary()][:2]
        (0.6, ['n-grams', 'features'])
    """

    input_kind: ClassVar[InputKind]
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    task: Task
    text_columns: tuple[str, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """The class name of its estimator, such as "BagClassifier"; also the kind of its files."""

    @abstractmethod
    def outputs(self, inputs: Any) -> npt.NDArray[np.float32]:
        """Return the outputs of the model, from which the task computes predictions.

        Args:
            inputs: texts or series, as a list or an array.

        Returns:
            float32 (samples, units): probabilities with one unit for two classes, else one per class or label; or
            standardized targets.
        """

    @abstractmethod
    def to_state(self, examples: Any = None) -> State:
        """Return the content of a file.

        Args:
            examples: inputs to save with their predictions; by default training samples; none if empty.

        Raises:
            TypeError: it contains code, which cannot be saved.

        :meta private:
        """

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of this type of model.

        :meta private:
        """

    @classmethod
    def schema(cls) -> Schema | None:
        """Return the schema of the file, checked before `from_state`; `None`: `from_state` checks everything.

        :meta private:
        """
        return None

    @abstractmethod
    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator that was fitted, by name."""

    @abstractmethod
    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return a description of the change, if any prediction has changed.

        :meta private:
        """

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return names and values of a header for display, without creating the model.

        :meta private:
        """
        return []

    @property
    def training_history(self) -> History | None:
        """The history of the training; `None` for a model without epochs."""
        return None

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on the training samples, if it is stored outside the history."""
        return None

    @property
    def reject_below(self) -> float | None:
        """Probability below which labels are rejected; `None`: no rejection."""
        return None

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of its features; empty for a model without tokens."""
        return ()

    def summary(self) -> list[tuple[str, object]]:
        """Return facts about the fitted model, as pairs of a name and a value for display."""
        return []

    def predict(self, inputs: object) -> Any:
        """Return the prediction for every text or series.

        Args:
            inputs: texts or series, in the forms that `predict` of the estimator accepts.

        Returns:
            Labels or target values, as of the estimator's `predict`; `None` where the highest probability is below
            `reject_below`.
        """
        outputs = self.outputs(self._inputs(inputs))
        if self.reject_below is None or not isinstance(self.task, Classification):
            return self.task.decode(outputs)
        return self.task.decode_or_reject(outputs, self.reject_below)

    def hits(self, inputs: object, labels: object) -> npt.NDArray[np.bool_]:
        """Return whether each prediction is correct; for multilabel data all labels must match.

        Args:
            inputs: texts or series, as a list or an array.
            labels: true labels, in the form used for `fit`.

        Returns:
            bool (samples,); rejected labels, and labels unknown to the model, count as wrong.

        Raises:
            AttributeError: it is a regression model.
            ValueError: the numbers of labels and inputs differ, or labels have the wrong type.
        """
        return self._classification.hits(self.outputs(inputs), labels, least=self.reject_below or 0.0)

    def with_text_columns(self, columns: Sequence[str]) -> Self:
        """Return a copy of the model with the text columns used for `fit`.

        :meta private:
        """
        if tuple(columns) == self.text_columns:
            return self
        model = copy(self)
        object.__setattr__(model, "text_columns", tuple(columns))
        return model

    def _inputs(self, inputs: object) -> object:
        """Return the inputs, with the text columns of a data frame extracted."""
        return texts_of(inputs, self.text_columns) if self.input_kind == "texts" and is_frame(inputs) else inputs

    def predict_proba(self, inputs: object) -> Probabilities:
        """Return the probability of every class.

        Args:
            inputs: texts or series, in the forms that `predict` of the estimator accepts.

        Returns:
            float32 (samples, classes), in the order of `classes`.

        Raises:
            AttributeError: it is a regression model.
        """
        return self._classification.probabilities(self.outputs(self._inputs(inputs)))

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every word of a text, by occlusion unless the model has an exact method.

        Args:
            text: one text.
            label: the class to explain; `None`: the most probable one. For regression with several targets, the index
                of the target.

        Returns:
            The tokens and n-grams with their weights, in log-odds of the label; for regression in the target's unit.

        Raises:
            TypeError: it is a model of series, or the text is not a str.
            ValueError: the label is not one of the classes, or the text has a lone surrogate.
        """
        from malmoi.models.occlusion import explain_by_occlusion

        if self.input_kind != "texts":
            raise TypeError(f"explain needs a model of texts, got a {self.kind}, which predicts from series")
        return explain_by_occlusion(self.task, self.outputs, text, label)

    @property
    def classes(self) -> Labels:
        """The labels that it predicts, sorted.

        Raises:
            AttributeError: it is a regression model.
        """
        return self._classification.classes

    @property
    def _classification(self) -> Classification:
        if not isinstance(self.task, Classification):
            raise AttributeError(f"a model of {type(self.task).__name__} has no classes and no probabilities")
        return self.task


Fitted_co = TypeVar("Fitted_co", bound=FittedModel, covariant=True)


class ModelEstimator(LightEstimator, Generic[Fitted_co]):
    """Base class of estimators: settings and a `fit` method; learned attributes are read from the fitted model.

    Attributes:
        fitted_: the model of the last successful `fit`.
    """

    fitted_: Fitted_co

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Declare attributes for type checkers: subclasses define `fit`, `predict` and learned attributes."""

    @classmethod
    def from_fitted(cls, fitted: FittedModel) -> Self:
        """Return an estimator with a fitted model and its parameters.

        :meta private:
        """
        estimator = cls(**fitted.parameters())
        estimator.fitted_ = fitted  # type: ignore[assignment]  # the registry pairs kinds and their models at run time
        return estimator

    @property
    def fitted(self) -> Fitted_co:
        """The fitted model, which predicts without the estimator, from any number of threads.

        Raises:
            NotFittedError: `fit` was not called.
        """
        if not self.__sklearn_is_fitted__():
            from sklearn.exceptions import NotFittedError

            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit first")
        return self.fitted_

    def __sklearn_is_fitted__(self) -> bool:
        """Return whether `fit` was called."""
        return "fitted_" in vars(self)

    @property
    def takes_unlabelled(self) -> bool:
        """Whether `fit` accepts unlabelled texts.

        :meta private:
        """
        return "unlabelled" in signature(self.fit).parameters

    @property
    def settings_(self) -> dict[str, object]:
        """The parameters of the last `fit`, regardless of later calls of `set_params`."""
        return self.fitted.parameters()

    @property
    def task_(self) -> Task:
        """The task of the fitted model: `Binary`, `Multiclass`, `Multilabel` or `Regression`."""
        return self.fitted.task

    @property
    def text_columns_(self) -> tuple[str, ...]:
        """Text columns of the table or data frame used for `fit`; empty without one."""
        return self.fitted.text_columns

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the contribution of every token of a text to the score of a label.

        Args:
            text: one text.
            label: the class to explain; `None`: the most probable one. For regression with several targets, the index
                of the target.

        Returns:
            The tokens and n-grams with their weights, in log-odds of the label; for regression in the target's unit.
            Weights of bags are exact; otherwise, a weight is the change of the score when the token is left out.

        Raises:
            NotFittedError: `fit` was not called.
            TypeError: it is a model of series, or the text is not a str.
            ValueError: the label is not one of the classes, or the text has a lone surrogate.
        """
        return self.fitted.explain(text, label=label)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, examples: object = None) -> Path:
        """Save the model to a file, which contains data only and is written atomically.

        Args:
            path: the file, `NAME.malmoi`.
            overwrite: whether an existing file may be replaced.
            examples: inputs to save with their predictions (texts truncated to 200 characters), with which `load` can
                verify the model; by default the first four training samples; none if empty.

        Returns:
            The path.

        Raises:
            FileExistsError: the file exists and `overwrite` is false.
            TypeError: the network or the tokenizer is a function, which cannot be saved.

        Example:
            >>> from pathlib import Path
            >>> from tempfile import TemporaryDirectory
            >>> import malmoi as mm
            >>> model = mm.BagClassifier().fit(["good film", "dull film"] * 5, ["pos", "neg"] * 5)
            >>> with TemporaryDirectory() as folder:
            ...     path = model.save(Path(folder) / "films.malmoi", examples=["good", "dull"])
            ...     path.name, mm.load(path, verify=True).predict(["dull"]).tolist()
            ('films.malmoi', ['neg'])
        """
        from malmoi.persistence import save

        return save(self.fitted, path, overwrite=overwrite, examples=examples)
