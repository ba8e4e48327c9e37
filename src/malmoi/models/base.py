"""Base classes: a fitted model, which predicts, and an estimator with settings, which fits one."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.data.frames import is_frame, texts_of
from malmoi.foundation.arrays import Labels, Probabilities
from malmoi.foundation.json_values import JsonObject
from malmoi.foundation.light_estimators import LightEstimator
from malmoi.models.history import History
from malmoi.models.state import State
from malmoi.models.task import Classification, Task

if TYPE_CHECKING:
    from malmoi.models.explanation import Explanation
    from malmoi.models.schema import Schema
    from malmoi.tokenizers import Tokenizer
    from malmoi.wordvectors.coverage import Coverage

__all__ = ["FittedModel", "InputKind", "ModelEstimator", "TokenShares", "TrainingFacts"]

InputKind = Literal["texts", "series", "history"]


@dataclass(frozen=True)
class TrainingFacts:
    """Facts about the training data of a model.

    Args:
        samples: number of labelled texts.
        validation_samples: number of texts in the validation set.
        cut_share: share of truncated tokens in the training texts.
        unknown_share: share of out-of-vocabulary tokens in the training texts.
        coverage: share of the vocabulary with a pretrained vector; `None` without vectors.
    """

    samples: int
    validation_samples: int
    cut_share: float
    unknown_share: float
    coverage: Coverage | None = None


@dataclass(frozen=True)
class TokenShares:
    """Shares of the tokens of texts that a model ignores.

    Args:
        tokens: number of tokens of the texts.
        truncated: share of truncated tokens; `None` if the model does not truncate.
        unknown: share of out-of-vocabulary tokens; `None` without a vocabulary.
    """

    tokens: int
    truncated: float | None
    unknown: float | None


class FittedModel(ABC):
    """A fitted model: an immutable object that predicts.

    It contains its task and everything that was learned, and needs no estimator. It is thread-safe.

    Attributes:
        input_kind: type of its inputs.
        task: the task.
        libraries: libraries whose versions may change its predictions; a file records their versions.
        text_columns: text columns of the table or data frame used for `fit`; empty without one.
    """

    input_kind: ClassVar[InputKind]
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    task: Task
    text_columns: tuple[str, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """The model's name in the registry and in files: the class name of its estimator."""

    @abstractmethod
    def outputs(self, inputs: Any) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units), which the task decodes."""

    @abstractmethod
    def to_state(self, examples: Any = None) -> State:
        """Return the content of a file.

        Args:
            examples: inputs to save with their predictions; by default training samples; none if empty.

        Raises:
            TypeError: it contains code, which cannot be saved.
        """

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Create the model from the content of a file.

        Raises:
            ValueError: the state is not of this type of model.
        """

    @classmethod
    def schema(cls) -> Schema | None:
        """Return the schema of the file, checked before `from_state`; `None`: `from_state` checks everything."""
        return None

    @abstractmethod
    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator that made it."""

    @abstractmethod
    def changed_example(self, state: State) -> str | None:
        """Predict the saved examples again; return a description of the change, if any prediction has changed."""

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return names and values of a header for display, without creating the model."""
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
    def training_facts(self) -> TrainingFacts | None:
        """Facts about the training data, if they are stored."""
        return None

    @property
    def training_texts(self) -> tuple[str, ...]:
        """Some training texts, truncated to 200 characters; empty if they are not stored."""
        return ()

    @property
    def known_shares(self) -> tuple[float, float] | None:
        """Shares of the n-grams of labelled and of unlabelled texts that are known, for models that use both."""
        return None

    def token_shares(self, texts: Sequence[str]) -> TokenShares | None:
        """Return shares of truncated and unknown tokens; `None` if the model has no tokens, or does not count them."""
        return None

    @property
    def truncates_beginning(self) -> bool | None:
        """Whether long texts are truncated at the beginning instead of the end; `None` without truncation."""
        return None

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """The tokenizers of its features; empty for a model without tokens."""
        return ()

    @property
    def vocabulary_is_full(self) -> bool | None:
        """Whether the vocabulary has reached its maximum size; `None` without a vocabulary."""
        return None

    def summary(self) -> list[tuple[str, object]]:
        """Return names and values for display, about the fitted model."""
        return []

    def predict(self, inputs: object) -> Any:
        """Return predictions, in the form used for `fit`.

        If the model rejects labels: an array of objects, `None` where the highest probability is too low.
        """
        outputs = self.outputs(self._inputs(inputs))
        if self.reject_below is None or not isinstance(self.task, Classification):
            return self.task.decode(outputs)
        return self.task.decode_or_reject(outputs, self.reject_below)

    def hits(self, inputs: object, labels: object) -> npt.NDArray[np.bool_]:
        """Return whether each prediction is correct, bool (samples,); for multilabel data all labels must match.

        Rejected labels, and labels unknown to the model, count as wrong.

        Raises:
            AttributeError: it is a regression model.
            ValueError: the numbers of labels and inputs differ, or labels have the wrong type.
        """
        return self._classification.hits(self.outputs(inputs), labels, least=self.reject_below or 0.0)

    def with_text_columns(self, columns: Sequence[str]) -> Self:
        """Return a copy of the model with the text columns used for `fit`."""
        if tuple(columns) == self.text_columns:
            return self
        model = copy(self)
        object.__setattr__(model, "text_columns", tuple(columns))
        return model

    def _inputs(self, inputs: object) -> object:
        """Return the inputs, with the text columns of a data frame extracted."""
        return texts_of(inputs, self.text_columns) if self.input_kind == "texts" and is_frame(inputs) else inputs

    def predict_proba(self, inputs: object) -> Probabilities:
        """Return the probability of every class, float32 (samples, classes), in the order of `classes`.

        Raises:
            AttributeError: it is a regression model.
        """
        return self._classification.probabilities(self.outputs(self._inputs(inputs)))

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every word of a text, by occlusion unless the model has an exact method.

        Args:
            text: one text.
            label: the class to explain; the most probable one by default. For regression with several targets: the
                index of the target.

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
        """The labels, sorted.

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
        """Return an estimator with a fitted model and its parameters."""
        estimator = cls(**fitted.parameters())
        estimator.fitted_ = fitted  # type: ignore[assignment]  # the registry pairs kinds and their models at run time
        return estimator

    @property
    def fitted(self) -> Fitted_co:
        """The fitted model.

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
        """Whether `fit` accepts unlabelled texts."""
        return "unlabelled" in signature(self.fit).parameters

    @property
    def settings_(self) -> dict[str, object]:
        """The parameters of the last `fit`, regardless of later calls of `set_params`."""
        return self.fitted.parameters()

    @property
    def task_(self) -> Task:
        """The task of the fitted model."""
        return self.fitted.task

    @property
    def text_columns_(self) -> tuple[str, ...]:
        """Text columns of the table or data frame used for `fit`; empty without one."""
        return self.fitted.text_columns

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every token of a text: its contribution to the score of a label.

        Args:
            text: one text.
            label: the class to explain; the most probable one by default. For regression with several targets: the
                index of the target.

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

        Raises:
            FileExistsError: the file exists and `overwrite` is false.
            TypeError: the network or the tokenizer is a function, which cannot be saved.
        """
        from malmoi.persistence import save

        return save(self.fitted, path, overwrite=overwrite, examples=examples)
