import base64

import jinja2
import pytest
from matplotlib.figure import Figure

from glsmed.benchmarks.tables.pages import image_source, render_page


def _comparison(**content: object) -> str:
    """A comparison without any scenario."""
    sizes = {"train": 1, "validation": 1, "test": 1, "gold": 1}
    plan = {"pixels": "drawn", "folds": 1, "sizes": sizes, "seeds": 1, "settings": {"epochs": 1}}
    usual = {"plan": plan, "reference": "gls", "compared": [], "scenarios": []}
    return render_page("comparison.html.j2", {**usual, **content})


def test_what_is_shown_is_escaped() -> None:
    assert "Differences are &lt;script&gt; less the method" in _comparison(reference="<script>")


def test_a_template_without_its_content_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="plan"):
        render_page("comparison.html.j2", {})


def test_the_style_stands_in_the_page() -> None:
    page = _comparison()
    assert "border-collapse:collapse" in page
    assert "<link" not in page


def test_an_image_is_a_png_in_its_address() -> None:
    kind, data = image_source(Figure(figsize=(1, 1))).split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
