import pytest

from glsmed.site_adapters.inputs.report_bytes.html_text import html_to_text, is_html


@pytest.mark.parametrize(
    "text",
    ["nodule <5 mm and >3 mm", "heart & lungs", "<所見>胸水なし", "p < .05", "a <b", "R&D; unknown", "CT&MR;"],
)
def test_signs_of_plain_text_are_no_html(text: str) -> None:
    assert not is_html(text)


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>No&nbsp;effusion.</p>", "No effusion."),
        ("Line one<br>line two<BR/>line three", "Line one\nline two\nline three"),
        ("No&nbsp;pneumothorax\nHeart normal", "No pneumothorax\nHeart normal"),
        ("<p>wrapped\n  source</p>", "wrapped source"),
        ("<pre>kept\nlines</pre>", "kept\nlines"),
        ("<table><tr><td>Heart</td><td>normal</td></tr></table>", "Heart normal"),
        ("<head><title>RIS</title><style>p{}</style></head><body>Seen</body>", "Seen"),
        ("&lt;p&gt;No effusion&lt;/p&gt;", "No effusion"),
        ("<p>No&amp;nbsp;effusion</p>", "No effusion"),
        ("<p>size &lt;5 mm</p>", "size <5 mm"),
        ("<b>Neumon&#237;a</b>&#xa0;izquierda", "Neumonía izquierda"),
        ("<!-- hidden --><p>shown</p>", "shown"),
    ],
)
def test_markup_becomes_what_a_browser_shows(markup: str, text: str) -> None:
    assert is_html(markup)
    shown = html_to_text(markup)
    assert "\n".join(line for line in shown.split("\n") if line) == text
