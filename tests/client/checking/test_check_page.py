import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest

from glsmed.client.checking.check_page import CheckPage, as_html, write_page
from glsmed.client.checking.contact_sheet import Group, Suspects, Thumbnail
from glsmed.client.checking.finding_counts import FindingCounts
from glsmed.client.checking.sentences import SentenceCounts
from glsmed.shared.errors import DataError
from glsmed.site_adapters.explaining.marked_text import Piece

EVIL = '<script>alert("x")</script>'
THUMBNAIL = Thumbnail("data:image/jpeg;base64,AA==", f"/a/{EVIL}.png", EVIL, [Piece(EVIL), Piece("no", "absent", EVIL)])
PAGE = CheckPage(
    site=EVIL,
    when="today",
    lines=[EVIL],
    faults=[],
    warnings=[EVIL],
    split_patients={"train": 3},
    encodings={"utf-8": 2, EVIL: 1},
    formats={"plain": 3},
    sentences=SentenceCounts("en", 10, 2, {"ja": 1}, {"ja": [(EVIL, 1)]}, [(EVIL, 2)]),
    findings=[
        FindingCounts(
            "mass",
            "train",
            {"present": 1, "uncertain": 0, "absent": 2, "not assessable": 0, "unmentioned": 3},
            0.25,
            (4, 5),
        )
    ],
    suspects=[Suspects(EVIL, 1, [THUMBNAIL])],
    groups=[Group(EVIL, "PNG", 7, [THUMBNAIL], '<svg role="img"></svg>')],
    groups_left_out=2,
    images=9,
)


class Outline(HTMLParser):
    """The tags of a page, what they fetch, and whether every one is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("meta", "img", "link", "br", "wbr", "polygon"):
            self.open.append(tag)
        self.sources += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_a_page_is_whole_and_fetches_nothing() -> None:
    outline = Outline(as_html(PAGE))
    assert outline.open == []
    assert "script" not in outline.tags
    assert outline.tags.count("h1") == 1
    assert all(source.startswith(("#", "data:image/jpeg;base64,")) for source in outline.sources)


def test_words_of_the_site_are_text_and_not_markup() -> None:
    assert "<script>" not in as_html(PAGE)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "Ready: training could start."),
        ({"faults": ["a", "b"]}, "Training cannot start: 2 fault(s)."),
        ({"warnings": ["w"] * 300}, "and 100 more"),
        ({"sentences": None}, "Findings"),
        ({"suspects": []}, "Nothing is suspicious about the 9 images"),
        ({"suspects": [], "images": 0}, "No image could be looked at."),
    ],
)
def test_the_page_says_what_the_check_found(change: dict[str, object], said: str) -> None:
    assert said in as_html(dataclasses.replace(PAGE, **change))  # type: ignore[arg-type]  # one field at a time


def test_numbers_of_the_findings_are_shown() -> None:
    page = "".join(as_html(PAGE).split())
    assert (
        '<td>train</td><tdclass="n">1</td><tdclass="n">0</td><tdclass="n">2</td><tdclass="n">0</td><tdclass="n">3</td>'
        in page
    )
    assert '<tdclass="n">0.25</td><tdclass="n">5</td><tdclass="n">4</td>' in page
    assert "10.0%areinanotherlanguage" in page


def test_a_picture_that_could_not_be_decoded_is_said(tmp_path: Path) -> None:
    missing = dataclasses.replace(THUMBNAIL, source="")
    assert "not decoded" in as_html(dataclasses.replace(PAGE, suspects=[Suspects("x", 1, [missing])]))


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    write_page(tmp_path / "check.html", PAGE)
    assert (tmp_path / "check.html").stat().st_mode & 0o777 == 0o600


def test_a_page_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_page(tmp_path / "file" / "check.html", PAGE)
