"""The rules in their order, repeated until nothing changes."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

from malmoi.keras.migration.arguments import rewrite_arguments
from malmoi.keras.migration.attributes import rewrite_attributes
from malmoi.keras.migration.backend import rewrite_backend
from malmoi.keras.migration.context import Context
from malmoi.keras.migration.edits import applied, line_starts, origins, whole_groups
from malmoi.keras.migration.header import add_imports, drop_imports
from malmoi.keras.migration.imports import rewrite_imports
from malmoi.keras.migration.layers import rewrite_input_shapes, rewrite_kernels, rewrite_sizes
from malmoi.keras.migration.metric_names import rewrite_metric_names
from malmoi.keras.migration.old_libraries import find_old_libraries
from malmoi.keras.migration.optimizers import rewrite_optimizers
from malmoi.keras.migration.own_layers import rewrite_own_layers
from malmoi.keras.migration.pickles import rewrite_pickles
from malmoi.keras.migration.predictions import rewrite_predictions
from malmoi.keras.migration.removed import find_removed
from malmoi.keras.migration.results import Change, Finding, Migration
from malmoi.keras.migration.source import Source
from malmoi.keras.migration.training import rewrite_training
from malmoi.keras.migration.values import find_values, rewrite_values
from malmoi.keras.migration.weight_files import rewrite_weight_files

__all__ = ["migrate", "migrate_part"]

Rule = Callable[[Context], None]
RULES: tuple[Rule, ...] = (
    rewrite_imports,
    rewrite_attributes,
    rewrite_backend,
    rewrite_arguments,
    rewrite_input_shapes,
    rewrite_sizes,
    rewrite_kernels,
    rewrite_optimizers,
    rewrite_training,
    rewrite_metric_names,
    rewrite_weight_files,
    rewrite_predictions,
    rewrite_values,
    rewrite_pickles,
    rewrite_own_layers,
)
FINDERS: tuple[Rule, ...] = (find_removed, find_values, find_old_libraries)
LARGEST_PASSES = 20


def migrate(source: str) -> Migration:
    """Rewrite a script of Keras 1, 2 or tf.keras for Keras 3.

    Nothing is run or imported. Only what is certain is rewritten; everything else that Keras 3 refuses, or does
    differently, is a finding. Text outside the rewritten places is unchanged. Migrating the result again changes
    nothing.

    Args:
        source: the script, with line ends `\\n` or `\\r\\n`.

    Returns:
        The new source, the changes and the findings, with lines of the old source.

    Raises:
        SyntaxError: it is not Python 3.

    Example:
        >>> old = "from keras.layers.core import Dense\\nlayer = Dense(output_dim=3, init='uniform')\\n"
        >>> print(migrate(old).source)
        import malmoi.keras  # chooses an installed backend for Keras
        from keras.layers import Dense
        layer = Dense(units=3, kernel_initializer='uniform')
        <BLANKLINE>
    """
    return migrate_part(source, frozenset())


def migrate_part(source: str, kept: frozenset[str]) -> Migration:
    """Rewrite a source as `migrate` does, and keep the imports of some names.

    Args:
        source: the source.
        kept: names that are used elsewhere, such as in magics of a notebook.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the parser, about the old source
        work = _Work(source, kept)
        if work.context.uses_keras:
            while work.step(RULES):
                pass
            work.step((drop_imports,))
            work.step((add_imports,))
            work.step((*RULES, *FINDERS))
    return work.result()


class _Work:
    """A source that is being rewritten, with the original line of each of its lines."""

    def __init__(self, text: str, kept: frozenset[str]) -> None:
        self.kept = kept
        self.needed: dict[str, None] = {}
        self.replaced: set[str] = set()
        self.lines = list(range(1, len(line_starts(text)) + 1))
        self.changes: list[Change] = []
        self.findings: Sequence[Finding] = ()
        self.passes = 0
        self.is_tensorflow = False
        self.text = text
        self.context = self._opened()
        self.is_tensorflow = self.context.is_tensorflow

    def _opened(self) -> Context:
        return Context(Source(self.text), self.needed, self.replaced, is_tensorflow=self.is_tensorflow, kept=self.kept)

    def step(self, rules: Sequence[Rule]) -> bool:
        """Apply some rules once; returns whether they changed the text."""
        context = self.context
        for rule in rules:
            rule(context)
        self.findings = [self._original(one) for one in context.findings]
        edits = whole_groups(group for _, group in context.changes)
        text = applied(self.text, edits)
        self.passes += 1
        if text == self.text or self.passes > LARGEST_PASSES:
            self.context = self._opened()
            return False
        kept = set(edits)
        done = [change for change, group in context.changes if kept.issuperset(group)]
        self.changes += [Change(self.lines[one.line - 1], one.what) for one in done]
        self.lines = origins(self.text, text, edits, self.lines)
        self.text = text
        try:
            self.context = self._opened()
        except SyntaxError as error:
            raise RuntimeError(f"the rewritten source is not Python: {error}") from error
        return True

    def _original(self, finding: Finding) -> Finding:
        return Finding(self.lines[finding.line - 1], finding.code, finding.reason, finding.cure)

    def result(self) -> Migration:
        """Return what was done."""
        changes = tuple(sorted(dict.fromkeys(self.changes)))
        return Migration(self.text, changes, tuple(sorted(dict.fromkeys(self.findings), key=lambda one: one.line)))
