from xml.etree import ElementTree

import pytest

from glsmed.shared.pages.blocks import Block, Figure, Frame, Heading, Listing, Page, Paragraph, Table
from glsmed.shared.pages.html_page import as_html

BAD = "<script>alert('1')</script> & \"quoted\""


@pytest.mark.parametrize(
    "block",
    [
        Heading(BAD),
        Paragraph(BAD),
        Paragraph(BAD, strong=True),
        Listing([BAD]),
        Table([BAD], [[BAD]], BAD),
        Figure("<svg></svg>", BAD),
        Frame(BAD, BAD),
    ],
)
def test_every_text_is_escaped(block: Block) -> None:
    page = as_html(Page(BAD, [block]))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert '"quoted"' not in page


def test_it_is_well_formed() -> None:
    blocks: list[Block] = [
        Heading("h", 3),
        Paragraph("p"),
        Listing(["a", "b"]),
        Table(["a"], [["b"], ["c"]], "t"),
        Frame("f", BAD),
    ]
    body = as_html(Page("title", blocks)).partition("</head>")[2].rpartition("</html>")[0]
    ElementTree.fromstring(body.replace(" sandbox ", " "))  # noqa: S314  # our own text


def test_it_forbids_scripts_and_fits_dark_screens_and_paper() -> None:
    page = as_html(Page("title", []))
    assert "script-src 'none'" in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
