"""Settings of the documentation site: `make site` builds it from docs/*.md and the docstrings of public modules."""

import re

from sphinx.application import Sphinx

project = "glsmed"
author = "the contributors to glsmed"
project_copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["configuration.template.md"]
html_theme = "furo"
html_title = "glsmed"
html_show_sphinx = False
html_copy_source = False

myst_heading_anchors = 4  # page.md#a-heading, as in the repository
myst_enable_extensions = ["colon_fence"]

autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_default_options = {"members": True}
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # an attribute that is also a property or a field is then described once

_OUTSIDE = re.compile(r"\]\((\.\./[^)#\s]+\.md)(#[^)\s]*)?\)")


def _offer_pages_outside(_app: Sphinx, _page: str, source: list[str]) -> None:
    """Let a page that is not part of the site be downloaded, so that its link leads somewhere."""
    source[0] = _OUTSIDE.sub(r"](path:\1)", source[0])


def setup(app: Sphinx) -> None:
    """What Sphinx calls before it builds."""
    app.connect("source-read", _offer_pages_outside)
