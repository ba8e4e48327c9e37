"""Findings of Python 2 and of removed modules of other libraries, with which old scripts do not start either."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from malmoi.keras.migration.context import Context, literal

__all__ = ["find_old_libraries"]

PYTHON, LIBRARY = "python-2", "removed-library"
NAMES: Mapping[str, str] = {
    "basestring": "str",
    "raw_input": "input",
    "reduce": "functools.reduce",
    "unichr": "chr",
    "unicode": "str",
    "xrange": "range",
}
"""Built-in names of Python 2, and those of Python 3."""
METHODS: Mapping[str, str] = {
    "has_key": "key in dictionary",
    "iteritems": "items()",
    "iterkeys": "keys()",
    "itervalues": "values()",
}
"""Methods of dictionaries of Python 2, and what to write instead."""
MODULES: Mapping[str, str] = {
    "ConfigParser": "configparser",
    "Queue": "queue",
    "StringIO": "io",
    "cPickle": "pickle",
    "cStringIO": "io",
    "urllib2": "urllib.request",
}
"""Modules of Python 2, and those of Python 3."""
LIBRARIES: Mapping[str, str] = {
    "scipy.misc": "use Pillow or imageio",
    "sklearn.cross_validation": "import train_test_split and its like from sklearn.model_selection",
    "sklearn.externals": "import joblib itself",
    "sklearn.grid_search": "import from sklearn.model_selection",
}
"""Removed modules of other libraries, and what to do instead."""
BACKENDS: Mapping[str, str] = {
    "cntk": "which Keras 3 does not have",
    "plaidml.keras.backend": "which Keras 3 does not have",
    "tensorflow": "which must be installed for it",
    "theano": "which Keras 3 does not have",
}
"""Backends of old Keras that the file may choose."""


def find_old_libraries(context: Context) -> None:
    """Find names and modules of Python 2, and removed modules of scikit-learn and SciPy."""
    for node in context.source.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            if not isinstance(context.source.parent(node), ast.Try | ast.ExceptHandler):
                _find_imports(context, node)
        elif isinstance(node, ast.Name) and node.id in NAMES and not context.names.is_bound(node.id):
            context.find(node, PYTHON, f"{node.id} is a name of Python 2", f"write {NAMES[node.id]}")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in METHODS:
            if not context.names.paths(node.func)[0]:  # such as six.iteritems
                name = node.func.attr
                context.find(node, PYTHON, f"{name} is a method of Python 2", f"write {METHODS[name]}")
        elif isinstance(node, ast.Constant) and node.value == "KERAS_BACKEND":
            _find_chosen_backend(context, node)
        elif isinstance(node, ast.BinOp) and isinstance(node.left, ast.Name) and node.left.id == "print":
            context.find(node, PYTHON, "print >> is a statement of Python 2", "write print(..., file=...)")


def _find_chosen_backend(context: Context, node: ast.Constant) -> None:
    """Find `os.environ["KERAS_BACKEND"] = "tensorflow"` and `os.environ.setdefault("KERAS_BACKEND", "theano")`."""
    parent = context.source.parent(node)
    statement = context.source.parent(parent) if parent is not None else None
    if isinstance(parent, ast.Subscript) and isinstance(statement, ast.Assign):
        value = literal(statement.value)
    else:
        value = literal(parent.args[1]) if isinstance(parent, ast.Call) and len(parent.args) == 2 else None
    if value in BACKENDS:
        context.find(
            node,
            "keras-backend",
            f"the backend {value} is chosen, {BACKENDS[str(value)]}",
            'remove it: malmoi chooses an installed backend; or write "jax"',
        )


def _find_imports(context: Context, node: ast.Import | ast.ImportFrom) -> None:
    if isinstance(node, ast.ImportFrom):
        modules = [f"{node.module}.{alias.name}" for alias in node.names] if not node.level else []
    else:
        modules = [alias.name for alias in node.names]
    for module in modules:
        root = module.partition(".")[0]
        if root in MODULES:
            context.find(node, PYTHON, f"{root} is a module of Python 2", f"import {MODULES[root]}")
        for library, cure in LIBRARIES.items():
            if module == library or module.startswith(library + "."):
                context.find(node, LIBRARY, f"{library} was removed", cure)
