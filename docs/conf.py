"""Settings of Sphinx; `make docs` builds the site into build/docs."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_extensions"))

import malmoi  # noqa: E402
import malmoi.keras.hook  # noqa: E402

# Importing it would install the hook, which needs Keras.
sys.modules["malmoi.keras.install"] = malmoi.keras.hook

project = "malmoi"
author = "the malmoi developers"
copyright = author  # noqa: A001
release = version = malmoi.__version__
language = "en"

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "command_tables",
    "outside_pages",
    "reference_entries",
]
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["_extensions", "reports", "recipes"]
nitpicky = True
suppress_warnings = ["config.cache"]

myst_enable_extensions = ["colon_fence", "deflist", "fieldlist"]
myst_heading_anchors = 4
default_role = "code_or_name"

autodoc_default_options = {
    "members": True,
    "inherited-members": "object",  # True would win over the option of a page
    "member-order": "bysource",
    "special-members": "__call__, __contains__, __getitem__, __len__",
}
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented_params"
autodoc_typehints_format = "short"
autodoc_preserve_defaults = True
autodoc_type_aliases = {name: name.removeprefix("npt.") for name in ("Json", "JsonObject", "npt.ArrayLike")}
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 100
toc_object_entries_show_parents = "hide"
smartquotes_action = "D"  # dashes; quotes stay as they are typed in code
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_rtype = False
napoleon_custom_sections = [("Source", "notes_style"), ("Attributes", "params_style")]

html_theme = "furo"
html_title = f"malmoi {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "friendly"
pygments_dark_style = "monokai"


def language_of_the_page(app, name, template, context, doctree):
    """Name the language of Korean pages, for screen readers and line breaks."""
    if name.startswith("ko/"):
        context["language"] = "ko"


def setup(app):
    """Connect the function above."""
    app.connect("html-page-context", language_of_the_page)
