"""An epoch as one compiled program: a scan over the batches, then one over the validation blocks; or step by step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeAlias, TypedDict, TypeVar

import numpy as np
import numpy.typing as npt

from malmoi.foundation.imports import import_keras, release_memory
from malmoi.models.history import EpochRow
from malmoi.models.neural.checkpoint import Copies
from malmoi.models.neural.engines.held_out import (
    Data,
    Program,
    as_input,
    held_out_blocks,
    held_out_program,
    in_batches,
    one_block_program,
)
from malmoi.models.neural.engines.objective import Objective
from malmoi.models.neural.engines.rows import RowRule, row_rule, words_of_batches
from malmoi.models.neural.samples import Samples
from malmoi.models.neural.settings import TrainingSettings, embedding_of

if TYPE_CHECKING:
    import jax
    import keras

__all__ = ["JaxEngine"]

State: TypeAlias = "dict[str, list[jax.Array]]"
Batch: TypeAlias = "dict[str, npt.NDArray[np.int32] | npt.NDArray[np.float32] | jax.Array]"
Step: TypeAlias = "Callable[[State, Data, Batch], tuple[State, jax.Array]]"
Epoch: TypeAlias = "Callable[[State, Data, Batch, Data], tuple[State, jax.Array, jax.Array | None]]"
Gradients: TypeAlias = "Callable[[Weights, Data, Batch], tuple[Learned, list[jax.Array], jax.Array]]"
Tree = TypeVar("Tree")


class Learned(TypedDict):
    """What gradients are taken of: rows of the embedding, where these are changed alone, and other weights."""

    table: jax.Array | None
    trainable: list[jax.Array]


class Weights(Learned):
    """All that the outputs depend on."""

    fixed: list[jax.Array]


class JaxEngine:
    """Runs epochs of one compiled program over data that lie on the device.

    Where a batch holds few of the embedding's rows, the program works on a small table of those rows alone, and only
    they are changed; `rows.py` says why that is the same.
    """

    def __init__(
        self,
        model: keras.Model,
        training: Samples,
        validation: Samples | None,
        settings: TrainingSettings,
        objective: Objective,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> None:
        import jax

        self.model, self.training, self.settings, self.objective = model, training, settings, objective
        self.size = min(settings.batch_size, len(training))
        self.hears = bool(callbacks)
        self.rule = row_rule(model, training, settings)
        place = _Placement()
        alone = self.rule is None and place.distribution is None and jax.default_backend() == "cpu"
        self.stepwise = settings.stepwise and alone
        self.groups = _groups(model, self.rule)
        self.state: State = {name: [v.value for v in group] for name, group in self.groups.items()}
        if self.rule is not None:
            self.state["rows"] = self.rule.first_state(self.groups["table"][0])
        inputs = () if self.rule is not None else training.inputs
        weights = np.ones(len(training), np.float32) if training.weights is None else training.weights
        self.data = place.everywhere((inputs, training.targets, weights))
        self.place = place
        self.looked_at = 0 if validation is None else len(validation)
        self.held_out: Data = ()
        look = None if validation is None else self._hold_out(validation)
        self.state = place.everywhere(self.state)
        if self.stepwise:
            self.look = jax.jit(look) if look else None
            self.step = jax.jit(_step_program(self), donate_argnums=0)
        else:
            self.program = jax.jit(_epoch_program(self, look), donate_argnums=0)

    def _hold_out(self, validation: Samples) -> Program:
        """Put the validation set on the device; the program that measures on it, or on one block of it."""
        arrays = validation.inputs, validation.targets
        if self.stepwise:
            held_out, look = held_out_blocks(*arrays), one_block_program(self.model, self.objective)
        else:
            held_out, look = held_out_program(self.model, self.objective, *arrays)
        self.held_out = self.place.everywhere(held_out)
        release_memory()
        return look

    def run(self, epoch: int) -> tuple[EpochRow, int | None]:
        """Train one epoch."""
        import jax

        order = self.settings.order(epoch, self.training)
        rows, real = in_batches(order, self.size)
        batches: Batch = {"rows": rows, "real": real, "width": self._widths(rows)}
        if self.rule is not None:
            batches["words"], batches["ids"] = words_of_batches(self.rule, rows)
        # The program reuses the memory of the state; what the model's variables hold must stay.
        state = jax.tree.map(jax.numpy.copy, self.state) if self.hears else self.state
        if self.stepwise:
            self.state, sums, held_out = self._step_by_step(state, batches)
        else:
            self.state, sums, held_out = self.program(state, self.data, self.place.batched(batches), self.held_out)
        figures, bad = _figures(np.asarray(sums), len(self.training))
        name = self.objective.metric
        values = {"loss": figures[0], name: figures[1]}
        if self.looked_at:
            loss, figure = np.asarray(held_out) / self.looked_at
            values |= {"validation_loss": float(loss), f"validation_{name}": float(figure)}
        return EpochRow(**values), bad

    def _step_by_step(
        self, state: State, batches: Batch
    ) -> tuple[State, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """What the program of an epoch gives, by a program for each step and for each validation block."""
        import jax

        found = []
        for number in range(len(batches["rows"])):
            state, sums = self.step(state, self.data, {name: array[number] for name, array in batches.items()})
            found.append(sums)
        totals = np.zeros(2, np.float32)
        if self.look is not None:
            for number in range(self.held_out[2].shape[0]):
                block = jax.tree.map(lambda array: array[number], self.held_out)  # noqa: B023 -- called at once
                totals = totals + np.asarray(self.look(state["trainable"], state["fixed"], block))
        return state, np.stack(found), totals

    def _widths(self, rows: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
        """Which of the widths each batch needs."""
        widest: npt.NDArray[np.int64] = self.training.width_places()[rows].max(axis=1)
        return widest.astype(np.int32)

    def copies(self, *, whole: bool) -> Copies:
        """The weights by name, and all else that the next epoch depends on."""
        import jax

        names = self.state if whole else ("table", "trainable", "fixed")
        return {
            f"{name}/{number}": jax.numpy.copy(value)
            for name in names
            for number, value in enumerate(self.state.get(name, []))
        }

    def restore(self, values: Copies) -> None:
        """Take what `copies` gave."""
        import jax

        for path, value in values.items():
            name, _, number = path.partition("/")
            self.state[name][int(number)] = jax.numpy.array(value)

    def give(self) -> None:
        """Put the weights, and what the optimizer knows, into the model."""
        for name, group in self.groups.items():
            for variable, value in zip(group, self.state[name], strict=True):
                variable.assign(value)

    def take(self) -> None:
        """Take weights and learning rate from the model, which a callback may have changed."""
        for name, group in self.groups.items():
            self.state[name] = [variable.value for variable in group]


def _groups(model: keras.Model, rule: RowRule | None) -> dict[str, list[keras.Variable]]:
    """The model's variables: those that the optimizer changes, a table whose rows are changed alone, all others."""
    vectors = None if rule is None else embedding_of(model)
    dense = [variable for variable in model.trainable_variables if variable is not vectors]
    model.optimizer.build(dense)
    groups = {"trainable": dense, "fixed": model.non_trainable_variables, "slots": model.optimizer.variables}
    return groups if vectors is None else {"table": [vectors], **groups}


def _figures(sums: npt.NDArray[np.float32], samples: int) -> tuple[tuple[float, float], int | None]:
    """Mean loss and figure of an epoch from the sums of its steps, and the first step whose loss is no number."""
    strange = np.flatnonzero(~np.isfinite(sums[:, 0]))
    totals = sums.sum(axis=0, dtype=np.float32) / samples
    if strange.size:
        return (float(sums[strange[0], 0]), float(totals[1])), int(strange[0]) + 1
    loss = float(totals[0])
    # Sums of finite numbers may overflow.
    return (loss, float(totals[1])), None if math.isfinite(loss) else len(sums)


def _step_program(engine: JaxEngine) -> Step:
    """From the state before a step, the data and the step's batch to the state after it, and the sums."""
    import jax

    rule, optimizer = engine.rule, engine.model.optimizer
    gradients_at = [_gradients_at(engine, width) for width in engine.training.widths]

    def step(state: State, data: Data, batch: Batch) -> tuple[State, jax.Array]:
        table = None if rule is None else rule.rows_of(state["table"][0], batch["words"])
        weights = Weights(table=table, trainable=state["trainable"], fixed=state["fixed"])
        if len(gradients_at) == 1:
            gradients, fixed, sums = gradients_at[0](weights, data, batch)
        else:
            gradients, fixed, sums = jax.lax.switch(batch["width"], gradients_at, weights, data, batch)
        slots, after = state["slots"], dict(state)
        if rule is not None:
            after["table"], after["rows"] = rule.changed(
                state, batch["words"], table, gradients["table"], _rate(optimizer, slots)
            )
        trainable, slots = optimizer.stateless_apply(slots, gradients["trainable"], state["trainable"])
        return {**after, "trainable": trainable, "fixed": fixed, "slots": slots}, sums

    return step


def _epoch_program(engine: JaxEngine, look_at: Program | None) -> Epoch:
    import jax

    model, rule, step = engine.model, engine.rule, _step_program(engine)

    def run(state: State, data: Data, batches: Batch, held_out: Data) -> tuple[State, jax.Array, jax.Array | None]:
        state, sums = jax.lax.scan(lambda state, batch: step(state, data, batch), state, batches)
        totals = None
        if look_at is not None:
            totals = look_at(
                _in_order(model, rule, state["table"][0] if rule else None, state["trainable"]),
                state["fixed"],
                held_out,
            )
        return state, sums, totals

    return run


def _gradients_at(engine: JaxEngine, width: int) -> Gradients:
    """Gradients, other variables and sums of one batch whose rows are cut to a width."""
    import jax

    rule, samples, objective = engine.rule, engine.training, engine.objective

    def loss_of(
        learned: Learned, fixed: list[jax.Array], inputs: tuple[jax.Array, ...], *of_samples: jax.Array
    ) -> tuple[jax.Array, tuple[list[jax.Array], jax.Array]]:
        targets, weights, real = of_samples
        outputs, fixed, losses = _called(engine, learned, fixed, as_input(inputs))
        sums = objective.sums(outputs, targets, weights, real, sum(losses, start=0.0))
        return sums[0] / real.sum(), (fixed, sums)

    def gradients(values: Weights, data: Data, batch: Batch) -> tuple[Learned, list[jax.Array], jax.Array]:
        inputs, targets, weights = data
        rows = batch["rows"]
        taken = (batch["ids"],) if rule is not None else tuple(array[rows] for array in inputs)
        cut = tuple(samples.cut(array, width) for array in taken)
        if len(cut) > 1:  # series with a mask: what fills the last batch up is no step of batch normalization
            cut = (cut[0], cut[1] & (batch["real"] > 0)[:, None])
        learned = Learned(table=values["table"], trainable=values["trainable"])
        (_, (fixed, sums)), found = jax.value_and_grad(loss_of, has_aux=True)(
            learned, values["fixed"], cut, targets[rows], weights[rows], batch["real"]
        )
        return found, fixed, sums

    return gradients


def _called(
    engine: JaxEngine, learned: Learned, fixed: list[jax.Array], inputs: jax.Array | list[jax.Array]
) -> tuple[jax.Array, list[jax.Array], list[jax.Array]]:
    """Outputs, other variables and losses; as `keras.Model.stateless_call`, but the table may have other rows."""
    model, groups = engine.model, engine.groups
    values = [*zip(groups["trainable"], learned["trainable"], strict=True), *zip(groups["fixed"], fixed, strict=True)]
    with import_keras().StatelessScope(state_mapping=values, collect_losses=True) as scope:
        if learned["table"] is not None:
            scope.add_update((groups["table"][0], learned["table"]))
        outputs = model.call(inputs, training=True)
        losses = model.losses
    return outputs, [scope.get_current_value(variable) for variable in groups["fixed"]], losses


def _in_order(
    model: keras.Model, rule: RowRule | None, table: jax.Array | None, trainable: list[jax.Array]
) -> list[jax.Array | None]:
    """Values in the order of the model's trainable variables."""
    if rule is None:
        return list(trainable)
    vectors, others = embedding_of(model), iter(trainable)
    return [table if variable is vectors else next(others) for variable in model.trainable_variables]


def _rate(optimizer: keras.Optimizer, slots: list[jax.Array]) -> jax.Array:
    """The learning rate as it is now."""
    return next(
        value for variable, value in zip(optimizer.variables, slots, strict=True) if variable is optimizer.learning_rate
    )


class _Placement:
    """On which devices arrays lie: one; or several that share every batch, where `keras.distribution` says so."""

    def __init__(self) -> None:
        self.distribution = import_keras().distribution.distribution()

    def everywhere(self, arrays: Tree) -> Tree:
        """Arrays that every device has."""
        return self._placed(arrays, None)

    def batched(self, batches: Batch) -> Batch:
        """Arrays (batches, samples, ...) of which every device has its share of the samples."""

        if self.distribution is None:
            return self._placed(batches, None)
        size = batches["rows"].shape[1]
        shared = {name for name in ("rows", "real", "ids") if size % self._devices() == 0}
        return {name: self._placed(array, 1 if name in shared else None) for name, array in batches.items()}

    def _devices(self) -> int:
        return int(self.distribution.device_mesh.shape[0])

    def _placed(self, arrays: Tree, axis: int | None) -> Tree:
        import jax

        if self.distribution is None:
            there: Tree = jax.tree.map(jax.numpy.asarray, arrays)
            return there
        mesh = _mesh(self.distribution.device_mesh)
        # Keras 3.6 does not tell the name; by default it is that of the first axis.
        name = getattr(self.distribution, "batch_dim_name", mesh.axis_names[0])
        spec = jax.sharding.PartitionSpec() if axis is None else jax.sharding.PartitionSpec(*[None] * axis, name)
        placing = partial(jax.device_put, device=jax.sharding.NamedSharding(mesh, spec))
        placed: Tree = jax.tree.map(placing, arrays)
        return placed


def _mesh(mesh: keras.distribution.DeviceMesh) -> jax.sharding.Mesh:
    """JAX's mesh of the devices that Keras names, such as "cpu:0"."""
    import jax

    kinds = {name.partition(":")[0] for name in mesh.devices.flat}
    devices = {f"{kind}:{device.id}": device for kind in kinds for device in jax.devices(kind)}
    named = np.array([devices[name] for name in mesh.devices.flat], dtype=object)
    return jax.sharding.Mesh(named.reshape(mesh.devices.shape), mesh.axis_names)
