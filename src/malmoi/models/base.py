"""The contracts: a fitted model predicts by itself; an estimator is settings plus a `fit` that makes one."""

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
    """What a model learned from.

    Args:
        samples: labelled texts.
        validation_samples: texts of the validation set.
        cut_share: share of the training texts' tokens that were truncated.
        unknown_share: share of the training texts' tokens that are not in the vocabulary.
        coverage: how much of the vocabulary has a pretrained vector; `None` without vectors.
    """

    samples: int
    validation_samples: int
    cut_share: float
    unknown_share: float
    coverage: Coverage | None = None


@dataclass(frozen=True)
class TokenShares:
    """How much of texts a model does not see.

    Args:
        tokens: tokens of the texts.
        truncated: share of them that is truncated; `None` where the model does not truncate.
        unknown: share of them that is not in the vocabulary; `None` where there is no vocabulary.
    """

    tokens: int
    truncated: float | None
    unknown: float | None


class FittedModel(ABC):
    """A fitted model: a frozen value that predicts by itself.

    It holds its task and all that it learned. Several threads may predict with it at once; it needs no estimator.

    Attributes:
        input_kind: what it predicts from.
        task: what it predicts.
        libraries: on whose versions its predictions depend; a file names them.
        text_columns: columns of the table or frame that it was fitted on; nothing where there was none.
    """

    input_kind: ClassVar[InputKind]
    libraries: ClassVar[tuple[str, ...]] = ("numpy",)
    task: Task
    text_columns: tuple[str, ...] = ()

    @property
    @abstractmethod
    def kind(self) -> str:
        """Its name in the registry and in files: that of the estimator that makes it."""

    @abstractmethod
    def outputs(self, inputs: Any) -> npt.NDArray[np.float32]:
        """Return outputs float32 (samples, units) as the task decodes them."""

    @abstractmethod
    def to_state(self, examples: Any = None) -> State:
        """Return what a file holds of it.

        Args:
            examples: inputs that are kept with their predictions; those of the training if not given, none if empty.

        Raises:
            TypeError: it holds something that a file of data cannot hold.
        """

    @classmethod
    @abstractmethod
    def from_state(cls, state: State) -> Self:
        """Return the model that a file holds.

        Raises:
            ValueError: the state is not of such a model.
        """

    @classmethod
    def schema(cls) -> Schema | None:
        """Return the rules of what a file may hold, checked before `from_state`; `None`: that checks all by itself."""
        return None

    @abstractmethod
    def parameters(self) -> dict[str, object]:
        """Return the parameters of the estimator that made it."""

    @abstractmethod
    def changed_example(self, state: State) -> str | None:
        """Predict the examples of a state once more; return what differs from the saved predictions, if anything."""

    @classmethod
    def describe(cls, header: JsonObject) -> list[tuple[str, object]]:
        """Return names and values of a header for people, without building anything."""
        return []

    @property
    def training_history(self) -> History | None:
        """The epochs of its training; `None` for a model without epochs."""
        return None

    @property
    def training_accuracy(self) -> float | None:
        """Accuracy on the training samples, where that is kept beside the history of the epochs."""
        return None

    @property
    def reject_below(self) -> float | None:
        """Labels with a smaller probability are rejected; `None`: none is."""
        return None

    @property
    def training_facts(self) -> TrainingFacts | None:
        """What it learned from, where that is kept."""
        return None

    @property
    def training_texts(self) -> tuple[str, ...]:
        """Some of the texts that it learned from, 200 characters of each at most; none where they are not kept."""
        return ()

    @property
    def known_shares(self) -> tuple[float, float] | None:
        """Shares of the n-grams of labelled and of unlabelled texts that it knows, where it learned from both."""
        return None

    def token_shares(self, texts: Sequence[str]) -> TokenShares | None:
        """Return how much of texts it does not see; `None` where it has no tokens, or does not tell."""
        return None

    @property
    def truncates_beginning(self) -> bool | None:
        """Whether the beginning of long texts is dropped, and not the end; `None` where nothing is."""
        return None

    @property
    def tokenizers(self) -> tuple[Tokenizer, ...]:
        """What its features are made of: a tokenizer for each kind of token; none where it has no tokens."""
        return ()

    @property
    def vocabulary_is_full(self) -> bool | None:
        """Whether the vocabulary has as many tokens as it may; `None` where there is no vocabulary."""
        return None

    def summary(self) -> list[tuple[str, object]]:
        """Return names and values for people, of what was learned."""
        return []

    def predict(self, inputs: object) -> Any:
        """Return predictions, in the form in which `fit` was given labels or numbers.

        Where the model rejects labels: an array of objects, `None` where no label is probable enough.
        """
        outputs = self.outputs(self._inputs(inputs))
        if self.reject_below is None or not isinstance(self.task, Classification):
            return self.task.decode(outputs)
        return self.task.decode_or_reject(outputs, self.reject_below)

    def hits(self, inputs: object, labels: object) -> npt.NDArray[np.bool_]:
        """Return whether each prediction is the true label, or exactly the true labels, bool (samples,).

        Labels that are rejected, or unknown to the model, count as wrong.

        Raises:
            AttributeError: it predicts numbers.
            ValueError: there are not as many labels as inputs, or they are of another kind.
        """
        return self._classification.hits(self.outputs(inputs), labels, least=self.reject_below or 0.0)

    def with_text_columns(self, columns: Sequence[str]) -> Self:
        """Return the model with the columns that it was fitted on."""
        if tuple(columns) == self.text_columns:
            return self
        model = copy(self)
        object.__setattr__(model, "text_columns", tuple(columns))
        return model

    def _inputs(self, inputs: object) -> object:
        """Inputs with the texts of a data frame taken out of its columns."""
        return texts_of(inputs, self.text_columns) if self.input_kind == "texts" and is_frame(inputs) else inputs

    def predict_proba(self, inputs: object) -> Probabilities:
        """Return probabilities of every class, float32 (samples, classes), in the order of `classes`.

        Raises:
            AttributeError: it predicts numbers.
        """
        return self._classification.probabilities(self.outputs(self._inputs(inputs)))

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every word of a text, by leaving out each in turn, unless the kind has an exact way.

        Args:
            text: one text.
            label: the class to explain; the most probable one, if not given. Where several numbers are predicted: the
                place of one.

        Raises:
            TypeError: the model is one of series, or the text is not a str.
            ValueError: the label is none of the classes, or the text holds a lone surrogate.
        """
        from malmoi.models.occlusion import explain_by_occlusion

        if self.input_kind != "texts":
            raise TypeError(f"explain needs a model of texts, got a {self.kind}, which predicts from series")
        return explain_by_occlusion(self.task, self.outputs, text, label)

    @property
    def classes(self) -> Labels:
        """The labels, sorted.

        Raises:
            AttributeError: it predicts numbers.
        """
        return self._classification.classes

    @property
    def _classification(self) -> Classification:
        if not isinstance(self.task, Classification):
            raise AttributeError(f"a model of {type(self.task).__name__} has no classes and no probabilities")
        return self.task


Fitted_co = TypeVar("Fitted_co", bound=FittedModel, covariant=True)


class ModelEstimator(LightEstimator, Generic[Fitted_co]):
    """Settings plus a `fit` that makes a fitted model; learned attributes are read from it.

    Attributes:
        fitted_: the model of the last `fit` that ended well.
    """

    fitted_: Fitted_co

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            """Kinds have `fit`, `predict` and learned attributes of their own."""

    @classmethod
    def from_fitted(cls, fitted: FittedModel) -> Self:
        """Return an estimator with the parameters of a fitted model, and that model."""
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

            raise NotFittedError(f"this {type(self).__name__} has learned nothing yet; call fit first")
        return self.fitted_

    def __sklearn_is_fitted__(self) -> bool:
        """Whether `fit` was called."""
        return "fitted_" in vars(self)

    @property
    def takes_unlabelled(self) -> bool:
        """Whether `fit` takes texts without labels."""
        return "unlabelled" in signature(self.fit).parameters

    @property
    def settings_(self) -> dict[str, object]:
        """The parameters that it learned with, whatever `set_params` said since."""
        return self.fitted.parameters()

    @property
    def task_(self) -> Task:
        """What it predicts."""
        return self.fitted.task

    @property
    def text_columns_(self) -> tuple[str, ...]:
        """The columns of the table or frame that it was fitted on; nothing where there was none."""
        return self.fitted.text_columns

    def explain(self, text: str, *, label: object = None) -> Explanation:
        """Return the weight of every token of a text: how much it raises the score of a label.

        Args:
            text: one text.
            label: the class to explain; the most probable one, if not given. Where several numbers are predicted: the
                place of one.

        Raises:
            NotFittedError: `fit` was not called.
            TypeError: the model is one of series, or the text is not a str.
            ValueError: the label is none of the classes, or the text holds a lone surrogate.
        """
        return self.fitted.explain(text, label=label)

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False, examples: object = None) -> Path:
        """Write the model into one file that holds data only, whole or not at all.

        Args:
            path: the file, `NAME.malmoi`.
            overwrite: whether a file that exists may be replaced.
            examples: inputs that are kept with their predictions (of texts the first 200 characters), so that `load`
                can check its predictions; the first four training samples if not given, none if empty.

        Raises:
            FileExistsError: the file exists and `overwrite` is off.
            TypeError: the network or the tokenizer is a function, which a file of data cannot hold.
        """
        from malmoi.persistence import save

        return save(self.fitted, path, overwrite=overwrite, examples=examples)
