import base64

import jinja2
import pytest
from matplotlib.figure import Figure

from glsmed.benchmarks.tables.pages import image_source, render_page


def _demo(**content: object) -> str:
    nothing = {"header": ["site"], "rows": []}
    usual = {"results": nothing, "efforts": nothing, "departures": nothing, "readings": {}}
    return render_page("demo.html.j2", {**usual, "bars": "", "rounds": "", "what_was_equal": "", **content})


def test_what_is_shown_is_escaped() -> None:
    page = _demo(what_was_equal="<script>", results={"header": ["a&b"], "rows": [["<td>"]]})
    assert "&lt;script&gt;" in page
    assert "<th>a&amp;b</th>" in page
    assert "<td>&lt;td&gt;</td>" in page


def test_a_page_inside_the_page_stays_inside_its_attribute() -> None:
    assert 'srcdoc="&lt;p class=&#34;x&#34;&gt;"' in _demo(readings={"sakura": '<p class="x">'})


def test_a_template_without_its_content_is_an_error() -> None:
    with pytest.raises(jinja2.UndefinedError, match="results"):
        render_page("demo.html.j2", {})


def test_the_style_stands_in_the_page() -> None:
    page = _demo()
    assert "border-collapse:collapse" in page
    assert "<link" not in page


def test_an_image_is_a_png_in_its_address() -> None:
    kind, data = image_source(Figure(figsize=(1, 1))).split(",")
    assert kind == "data:image/png;base64"
    assert base64.b64decode(data).startswith(b"\x89PNG")
