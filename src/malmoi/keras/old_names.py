"""Where the names of old Keras releases are now: the tables that the import hook and `malmoi migrate` share.

Old means Keras 0.3 to 2.15, by itself or as `tensorflow.keras`. Modules are written relative to the package:
`layers.core` for `keras.layers.core` and `tensorflow.keras.layers.core`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

__all__ = [
    "ARGUMENTS",
    "DROPPED_ARGUMENTS",
    "FIT_ARGUMENTS",
    "GENERATOR_METHODS",
    "GONE_MODULES",
    "GONE_NAMES",
    "MODULES",
    "NAMES",
    "OPTIMIZERS",
    "ROOTS",
    "WORKER_ARGUMENTS",
    "Place",
    "gone_module",
    "gone_name",
    "new_module",
    "new_place",
]

ROOTS = ("keras", "tensorflow.keras", "tensorflow.python.keras")
"""Packages that held Keras."""


class Place(NamedTuple):
    """A module, and a name in it."""

    module: str
    name: str


_LAYERS = [
    "advanced_activations",
    "convolutional",
    "convolutional_recurrent",
    "core",
    "embeddings",
    "experimental",
    "experimental.preprocessing",
    "local",
    "merge",
    "noise",
    "normalization",
    "pooling",
    "preprocessing",
    "recurrent",
    "recurrent_v2",
    "wrappers",
]
_UTILS = [
    "data_utils",
    "generic_utils",
    "np_utils",
    "text_dataset",
    "timeseries_dataset",
    "vis_utils",
    "visualize_util",
]
_ENGINE = [
    "engine",
    "engine.base_layer",
    "engine.functional",
    "engine.input_layer",
    "engine.input_spec",
    "engine.network",
    "engine.sequential",
    "engine.topology",
    "engine.training",
]
_OPTIMIZERS = [
    "optimizer_v1",
    "optimizer_v2",
    *(
        f"optimizer_v2.{name}"
        for name in ("adadelta", "adagrad", "adam", "adamax", "gradient_descent", "nadam", "rmsprop")
    ),
    *(
        f"optimizers.{name}_v2"
        for name in ("adadelta", "adagrad", "adam", "adamax", "gradient_descent", "nadam", "rmsprop")
    ),
    "optimizers.legacy",
]
_LOSSES = {
    "MAE": "mean_absolute_error",
    "MSE": "mean_squared_error",
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}

MODULES: Mapping[str, str] = {
    "preprocessing.text": "malmoi.keras.preprocessing.text",
    "preprocessing.sequence": "malmoi.keras.preprocessing.sequence",
    "datasets.imdb": "malmoi.keras.datasets.imdb",
    "datasets.reuters": "malmoi.keras.datasets.reuters",
    "initializations": "keras.initializers",
    "objectives": "keras.losses",
    **dict.fromkeys(_OPTIMIZERS, "keras.optimizers"),
    **{f"layers.{module}": "keras.layers" for module in _LAYERS},
    **{f"utils.{module}": "keras.utils" for module in _UTILS},
    **dict.fromkeys(_ENGINE, "keras"),
}
"""Modules that are gone or have fewer names, and the modules that have their names now."""

NAMES: Mapping[Place, Place] = {
    Place("keras.layers", "TextVectorization"): Place("malmoi.keras.layers", "TextVectorization"),
    **{
        Place(module, name): Place("malmoi.keras.utils", name)
        for module in ("keras.preprocessing", "keras.utils")
        for name in ("text_dataset_from_directory", "timeseries_dataset_from_array")
    },
    Place("keras.models", "load_model"): Place("malmoi.keras.models", "load_model"),
    Place("keras.models", "model_from_json"): Place("malmoi.keras.models", "model_from_json"),
    Place("keras.constraints", "maxnorm"): Place("keras.constraints", "max_norm"),
    Place("keras.constraints", "nonneg"): Place("keras.constraints", "non_neg"),
    Place("keras.constraints", "unitnorm"): Place("keras.constraints", "unit_norm"),
    Place("keras.initializers", "normal"): Place("keras.initializers", "RandomNormal"),
    Place("keras.initializers", "uniform"): Place("keras.initializers", "RandomUniform"),
    Place("keras.initializers", "one"): Place("keras.initializers", "Ones"),
    Place("keras.initializers", "zero"): Place("keras.initializers", "Zeros"),
    **{
        Place(module, old): Place(module, new)
        for module in ("keras.losses", "keras.metrics")
        for old, new in _LOSSES.items()
    },
    Place("keras.layers", "Deconvolution2D"): Place("keras.layers", "Conv2DTranspose"),
    Place("keras.losses", "cosine_proximity"): Place("keras.losses", "cosine_similarity"),
    Place("keras.models", "Input"): Place("keras", "Input"),
    Place("keras.regularizers", "activity_l1"): Place("keras.regularizers", "l1"),
    Place("keras.regularizers", "activity_l2"): Place("keras.regularizers", "l2"),
    Place("keras.regularizers", "l1l2"): Place("keras.regularizers", "l1_l2"),
    Place("keras.utils", "plot"): Place("keras.utils", "plot_model"),
    Place("keras", "InputLayer"): Place("keras.layers", "InputLayer"),
    Place("keras", "get_source_inputs"): Place("keras.utils", "get_source_inputs"),
    Place("keras", "objectives"): Place("keras", "losses"),
    Place("keras", "initializations"): Place("keras", "initializers"),
    **{Place("keras.utils", module): Place("keras", "utils") for module in _UTILS},
    **{
        Place("keras.layers", module): Place("keras", "layers")
        for module in _LAYERS
        if module.isidentifier() and module != "merge"
    },
    **{
        Place("keras.optimizers", name.lower()): Place("keras.optimizers", name)
        for name in ("Adadelta", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop", "SGD")
    },
}
"""Names that moved or were renamed. The modules are those after `MODULES` was applied."""

_RECURRENT = "removed: replace it by {}, which uses cuDNN by itself where it can"
_MERGING = "removed: use Add, Multiply, Concatenate, Average, Maximum or Dot, or their functions in lower case"

GONE_NAMES: Mapping[Place, str] = {
    Place("keras.layers", "CuDNNLSTM"): _RECURRENT.format("LSTM"),
    Place("keras.layers", "CuDNNGRU"): _RECURRENT.format("GRU"),
    Place("keras.layers", "Merge"): _MERGING,
    Place("keras.layers", "merge"): _MERGING,
    Place("keras.callbacks", "BaseLogger"): "removed: Keras averages metrics by itself",
    Place("keras.layers", "AtrousConvolution1D"): "removed: use Conv1D with dilation_rate",
    Place("keras.layers", "AtrousConvolution2D"): "removed: use Conv2D with dilation_rate",
    Place("keras.layers", "Highway"): "removed; there is no replacement in Keras 3",
    Place("keras.layers", "LocallyConnected1D"): "removed; there is no replacement in Keras 3",
    Place("keras.layers", "LocallyConnected2D"): "removed; there is no replacement in Keras 3",
    Place("keras.layers", "MaxoutDense"): "removed; there is no replacement in Keras 3",
    Place("keras.layers", "ThresholdedReLU"): "removed: use ReLU(threshold=theta)",
    Place("keras.layers", "TimeDistributedDense"): "removed: use TimeDistributed(Dense(units))",
    Place("keras.models", "Graph"): "removed: use the functional API, keras.Model(inputs, outputs)",
    Place("keras.models", "model_from_config"): "removed: use keras.models.Model.from_config",
    Place("keras.models", "model_from_yaml"): "removed: use model_from_json",
    Place("keras.preprocessing.image", "ImageDataGenerator"): "removed: use layers such as keras.layers.RandomFlip",
    Place("keras.regularizers", "ActivityRegularizer"): "removed: use activity_regularizer=l1_l2(l1, l2)",
    Place("keras.regularizers", "WeightRegularizer"): "removed: use l1_l2(l1, l2)",
    Place("keras.utils", "GeneratorEnqueuer"): "removed: pass a keras.utils.PyDataset to fit",
    Place("keras.utils", "OrderedEnqueuer"): "removed: pass a keras.utils.PyDataset to fit",
    Place("keras.utils", "HDF5Matrix"): "removed: open the file with h5py",
    Place("keras.utils", "convert_kernel"): "removed: it converted weights of Theano",
    Place("keras.utils", "multi_gpu_model"): "removed: use keras.distribution.DataParallel",
}
"""Names that Keras 3 does not have, and what to do instead."""

GONE_MODULES: Mapping[str, str] = {
    "backend.tensorflow_backend": "removed: sessions and graphs do not exist in Keras 3",
    "layers.cudnn_recurrent": _RECURRENT.format("LSTM or GRU"),
    "legacy": "removed: it held the old names of arguments",
    "utils.io_utils": "removed: open HDF5 files with h5py",
    "utils.multi_gpu_utils": "removed: use keras.distribution.DataParallel",
    "utils.training_utils": "removed: use keras.distribution.DataParallel",
    "wrappers.scikit_learn": "removed: use keras.wrappers.SKLearnClassifier or SKLearnRegressor, with other arguments",
}
"""Modules that Keras 3 does not have, and what to do instead."""

_WEIGHTS = {
    "init": "kernel_initializer",
    "W_regularizer": "kernel_regularizer",
    "b_regularizer": "bias_regularizer",
    "W_constraint": "kernel_constraint",
    "b_constraint": "bias_constraint",
    "bias": "use_bias",
}
_CELLS = {
    **_WEIGHTS,
    "output_dim": "units",
    "inner_init": "recurrent_initializer",
    "inner_activation": "recurrent_activation",
    "U_regularizer": "recurrent_regularizer",
    "dropout_W": "dropout",
    "dropout_U": "recurrent_dropout",
}
_CONVOLUTION = {
    **_WEIGHTS,
    "nb_filter": "filters",
    "filter_length": "kernel_size",
    "border_mode": "padding",
    "subsample_length": "strides",
    "subsample": "strides",
}
_POOLING = {"pool_length": "pool_size", "stride": "strides", "border_mode": "padding"}
_EMBEDDING = {
    "init": "embeddings_initializer",
    "W_regularizer": "embeddings_regularizer",
    "W_constraint": "embeddings_constraint",
}
_LEARNING_RATE = {"lr": "learning_rate"}
OPTIMIZERS = ("Adadelta", "Adagrad", "Adam", "Adamax", "Nadam", "RMSprop", "SGD")

ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "Dense": {**_WEIGHTS, "output_dim": "units"},
    "Embedding": _EMBEDDING,
    "LSTM": _CELLS,
    "GRU": _CELLS,
    "SimpleRNN": _CELLS,
    "Conv1D": _CONVOLUTION,
    "Convolution1D": _CONVOLUTION,
    "MaxPooling1D": _POOLING,
    "MaxPool1D": _POOLING,
    "AveragePooling1D": _POOLING,
    "AvgPool1D": _POOLING,
    "UpSampling1D": {"length": "size"},
    "Dropout": {"p": "rate"},
    "SpatialDropout1D": {"p": "rate"},
    "GaussianDropout": {"p": "rate"},
    "GaussianNoise": {"sigma": "stddev"},
    "LeakyReLU": {"alpha": "negative_slope"},
    "BatchNormalization": {"beta_init": "beta_initializer", "gamma_init": "gamma_initializer"},
    "to_categorical": {"nb_classes": "num_classes"},
    "ReduceLROnPlateau": {"epsilon": "min_delta"},
    **dict.fromkeys(OPTIMIZERS, _LEARNING_RATE),
}
"""Arguments of classes and functions that were renamed: old name to new name."""

DROPPED_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "LSTM": ("consume_less", "implementation", "time_major"),
    "GRU": ("consume_less", "implementation", "time_major"),
    "SimpleRNN": ("consume_less", "implementation", "time_major"),
    "BatchNormalization": ("mode", "fused", "renorm", "virtual_batch_size"),
    "Nadam": ("schedule_decay",),
}
"""Arguments that chose an implementation, not a result, and were removed."""

GENERATOR_METHODS: Mapping[str, str] = {
    "fit_generator": "fit",
    "evaluate_generator": "evaluate",
    "predict_generator": "predict",
}
"""Methods of models that were merged into others."""

FIT_ARGUMENTS: Mapping[str, str] = {"nb_epoch": "epochs", "generator": "x"}
"""Renamed arguments of `fit`, and of the methods of `GENERATOR_METHODS`."""

WORKER_ARGUMENTS: Mapping[str, str] = {
    "workers": "workers",
    "use_multiprocessing": "use_multiprocessing",
    "max_queue_size": "max_queue_size",
    "nb_worker": "workers",
    "pickle_safe": "use_multiprocessing",
    "max_q_size": "max_queue_size",
}
"""Arguments of these methods that are now arguments of `keras.utils.PyDataset`, with their names there."""


def _relative(module: str) -> str | None:
    """Return the path of a module inside the package that held Keras; None for a module of another package."""
    if module in {"keras_preprocessing", "keras_preprocessing.text", "keras_preprocessing.sequence"}:
        return module.replace("keras_preprocessing", "preprocessing")
    for root in reversed(ROOTS):
        if module == root:
            return ""
        if module.startswith(root + "."):
            return module.removeprefix(root + ".").removeprefix("src.")
    return None


def new_module(module: str) -> str | None:
    """Return the module that has the names of an old module now; None if it was no module of Keras or is gone.

    Args:
        module: the dotted name, such as `tensorflow.keras.layers.embeddings`.
    """
    if module == "keras_preprocessing":
        return "malmoi.keras.preprocessing"
    relative = _relative(module)
    if relative is None or gone_module(module) is not None:
        return None
    return MODULES.get(relative, f"keras.{relative}".rstrip("."))


def gone_module(module: str) -> str | None:
    """Return what to do instead of a module that Keras 3 does not have; None for the others.

    Args:
        module: the dotted name.
    """
    relative = _relative(module)
    return None if relative is None else GONE_MODULES.get(relative)


def gone_name(module: str, name: str) -> str | None:
    """Return what to do instead of a name that Keras 3 does not have; None for the others.

    Args:
        module: the dotted name of the old module.
        name: a name that was imported from it.
    """
    target = new_module(module)
    return None if target is None else GONE_NAMES.get(Place(target, name))


def new_place(module: str, name: str) -> Place | None:
    """Return where a name of an old module is now; None if the module was none of Keras or is gone.

    Args:
        module: the dotted name of the old module.
        name: a name that was imported from it.
    """
    target = new_module(module)
    if target is None:
        return None
    inner = MODULES.get(_relative(f"{module}.{name}") or "", "")
    if inner.startswith("malmoi."):
        package, _, last = inner.rpartition(".")
        return Place(package, last)
    return NAMES.get(Place(target, name), Place(target, name))
