import pytest

from glsmed.shared.pages.blocks import Block, Figure, Frame, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.markdown_page import as_markdown


def test_every_block_has_its_form() -> None:
    blocks: list[Block] = [
        Heading("Results", 3),
        Paragraph("plain"),
        Paragraph("look", strong=True),
        Listing(["a", "b"]),
        Table(["x", "y"], [["0.721", "2"]], "numbers"),
        Figure("<svg/>", "curve"),
        Frame("left out", "<p>"),
    ]
    assert as_markdown(Page("Card", blocks)) == (
        "# Card\n\n### Results\n\nplain\n\n**look**\n\n* a\n* b\n\n"
        "numbers\n\n| x | y |\n| --- | --- |\n| 0.721 | 2 |\n\n"
        "(Figure, in the HTML page: curve)\n"
    )


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a|b", r"a\|b"),
        ("<b>", r"\<b\>"),
        ("*x* _y_ `z` [l](u)", r"\*x\* \_y\_ \`z\` \[l\](u)"),
        ("1. first", r"1\. first"),
        ("- item", r"\- item"),
        ("-0.5", "-0.5"),
        ("# no heading", r"\# no heading"),
        ("two\n\nparagraphs", "two paragraphs"),
        ("&lt;", r"\&lt;"),
    ],
)
def test_no_text_becomes_markup(text: str, written: str) -> None:
    assert as_markdown(Page("t", [Paragraph(text)])) == f"# t\n\n{written}\n"
