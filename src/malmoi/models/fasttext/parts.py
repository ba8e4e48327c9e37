"""Facts about the training of a fastText classifier."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["FastTextFacts"]


@dataclass(frozen=True)
class FastTextFacts:
    """Facts about the training of a fastText classifier, or about the file from which it was opened.

    Args:
        samples: number of labelled texts, held-out texts included; 0 for a model opened from a fastText file.
        tokens: number of words of the training texts, with one end of text each; 0 as above.
        epochs: number of passes over the texts.
        held_out: number of texts held out for the calibration.
        learned_held_out: whether the model has learned from the held-out texts too.
        losses: mean training loss of each pass, in nats.
        held_out_accuracy: accuracy on the held-out texts, before they are learned; for multilabel data the share of
            texts with exactly the true labels; `None` without held-out texts.
        training_accuracy: accuracy on at most 5,000 training texts; `None` for a model opened from a file.
        dropped_up_to: words with at most so many occurrences were dropped to bound the memory; 0: none were.

    Example:
        >>> import malmoi as mm
        >>> texts, labels = ["so good", "so bad", "good film", "bad film"] * 5, ["pos", "neg"] * 10
        >>> facts = mm.FastTextClassifier(epochs=30).fit(texts, labels).facts_
        >>> facts.samples, facts.tokens, facts.epochs, facts.training_accuracy
        (20, 60, 30, 1.0)
        >>> facts.losses[-1] < facts.losses[0], facts.held_out, facts.learned_held_out
        (True, 20, True)
    """

    samples: int
    tokens: int
    epochs: int
    held_out: int
    learned_held_out: bool
    losses: tuple[float, ...]
    training_accuracy: float | None
    held_out_accuracy: float | None = None
    dropped_up_to: int = 0
