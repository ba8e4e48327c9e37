"""Where a dotted path of old Keras is now."""

from __future__ import annotations

from malmoi.keras.old_names import (
    GONE_MODULES,
    GONE_NAMES,
    MODULES,
    NAMES,
    ROOTS,
    Place,
    gone_module,
    new_module,
    new_place,
)

__all__ = ["KEPT_BACKEND", "SEEDS", "gone_reason", "is_keras", "is_known_module", "is_tensorflow", "new_path", "parts"]

CURRENT_MODULES = (
    *("activations", "applications", "backend", "callbacks", "config", "constraints", "datasets", "distillation"),
    *("distribution", "dtype_policies", "export", "initializers", "layers", "legacy.saving", "losses", "metrics"),
    *("mixed_precision", "models", "ops", "ops.image", "ops.linalg", "ops.nn", "ops.numpy", "optimizers"),
    *("optimizers.schedules", "preprocessing", "preprocessing.image", "quantizers", "random", "regularizers"),
    *("saving", "tree", "utils", "utils.bounding_boxes", "utils.legacy", "visualization", "wrappers"),
    *(f"datasets.{name}" for name in ("boston_housing", "california_housing", "cifar10", "cifar100")),
    *(f"datasets.{name}" for name in ("fashion_mnist", "mnist")),
    *(f"applications.{name}" for name in ("convnext", "densenet", "efficientnet", "efficientnet_v2")),
    *(f"applications.{name}" for name in ("imagenet_utils", "inception_resnet_v2", "inception_v3", "mobilenet")),
    *(f"applications.{name}" for name in ("mobilenet_v2", "mobilenet_v3", "nasnet", "resnet", "resnet50")),
    *(f"applications.{name}" for name in ("resnet_v2", "vgg16", "vgg19", "xception")),
)
"""Modules of Keras 3 that a program may import."""
KEPT_BACKEND = (
    *("backend", "clear_session", "epsilon", "floatx", "get_uid", "image_data_format", "is_float_dtype"),
    *("is_int_dtype", "is_keras_tensor", "result_type", "set_epsilon", "set_floatx", "set_image_data_format"),
    "standardize_dtype",
)
"""Functions of `keras.backend` that Keras 3 still has."""
SEEDS = {
    f"tensorflow.{name}"
    for name in ("set_random_seed", "random.set_seed", "random.set_random_seed", "compat.v1.set_random_seed")
}
"""Functions that set TensorFlow's random seed."""

_KNOWN = {"", *CURRENT_MODULES, *MODULES, *GONE_MODULES}
_OTHER_ROOTS = ("keras_preprocessing",)


def is_keras(path: str) -> bool:
    """Return whether a dotted path is in Keras, by itself or in TensorFlow."""
    return any(path == root or path.startswith(root + ".") for root in (*ROOTS, *_OTHER_ROOTS))


def is_tensorflow(path: str) -> bool:
    """Return whether a dotted path is in TensorFlow, but not in its Keras."""
    return path.partition(".")[0] == "tensorflow" and not is_keras(path)


def parts(path: str) -> tuple[str, list[str]] | None:
    """Return the module of a path of Keras and the names after it; None for a path of another package."""
    root = next((one for one in (*reversed(ROOTS), *_OTHER_ROOTS) if path == one or path.startswith(one + ".")), None)
    if root is None:
        return None
    names = path.removeprefix(root).split(".")[1:]
    prefix = "preprocessing." if root in _OTHER_ROOTS else ""
    for count in range(len(names), -1, -1):
        relative = (prefix + ".".join(names[:count])).rstrip(".")
        is_function = relative == "layers.merge" and count == len(names)  # Keras 1; later it was a module
        if relative in _KNOWN and not is_function:
            return ".".join([root, *names[:count]]), names[count:]
    return None


def is_known_module(module: str) -> bool:
    """Return whether old or new Keras had a module of this name."""
    found = parts(module)
    return module.endswith("layers.merge") or (found is not None and not found[1])


def new_path(path: str) -> str | None:
    """Return where a path of old Keras is now; None if it is not of Keras or its module is gone."""
    found = parts(path)
    if found is None:
        return None
    module, names = found
    if not names:
        return new_module(module)
    place = new_place(module, names[0])
    return None if place is None else ".".join([*place, *names[1:]])


def gone_reason(path: str) -> str | None:
    """Return what to do instead of a name or a module that Keras 3 does not have; None for the others."""
    found = parts(path)
    if found is None:
        return None
    module, names = found
    if (reason := gone_module(module)) is not None:
        return reason
    if not names:
        return None
    place = new_place(module, names[0])
    return None if place is None or place in NAMES.values() else GONE_NAMES.get(Place(*place))
