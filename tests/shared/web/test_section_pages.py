import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.pages.blocks import Paragraph, Section
from glsmed.shared.pages.spoken import say
from glsmed.shared.web import section_pages
from glsmed.shared.web.section_pages import Watched, watched_site
from glsmed.shared.web.words import Language
from tests.web_client import signed_in


class Study:
    """Something that is watched; counts how often its sections were made."""

    def __init__(self) -> None:
        self.version, self.made, self.fault = "1", 0, ""

    def rest(self) -> list[Section]:
        self.made += 1
        if self.fault:
            raise DataError(self.fault)
        return [Section("first", say("First"), [Paragraph(f"made {self.made} <b>")])]

    def watched(self, language: Language = "en") -> Watched:
        return Watched(
            title="W",
            now=lambda: Section("now", say("Now"), [Paragraph("<i>now</i>")]),
            rest=self.rest,
            version=lambda: self.version,
            words={"First": "最初", "Now": "今"},
            language=language,
        )


@pytest.fixture
def study() -> Study:
    return Study()


def test_the_page_has_every_section_and_escapes_their_words(study: Study) -> None:
    text = signed_in(watched_site(study.watched())).get("/").text
    assert "&lt;i&gt;now&lt;/i&gt;" in text
    assert "made 1 &lt;b&gt;" in text
    assert '<a href="#first" data-key="1"' in text
    assert 'data-version="1"' in text


def test_sections_are_made_again_only_when_their_files_have_changed(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    monkeypatch.setattr(section_pages, "monotonic", lambda: clock)
    client = signed_in(watched_site(study.watched()))
    clock = 100.0
    assert "made 1" in client.get("/rest").text
    assert "made 1" in client.get("/rest").text
    study.version, clock = "2", 101.0
    assert "made 1" in client.get("/rest").text, "too soon: it must not slow down what is watched"
    assert 'value="1"' in client.get("/now").text
    clock = 200.0
    assert 'value="2"' in client.get("/now").text
    assert "made 2" in client.get("/rest").text


def test_files_that_cannot_be_read_are_named_and_tried_again(study: Study) -> None:
    client = signed_in(watched_site(study.watched()))
    study.fault = "rounds.jsonl is <damaged>"
    answer = client.get("/")
    assert answer.status_code == 200
    assert "rounds.jsonl is &lt;damaged&gt;" in answer.text
    study.fault = ""
    assert "made 2" in client.get("/rest").text


def test_sections_speak_the_language_of_the_page(study: Study) -> None:
    text = signed_in(watched_site(study.watched("ja"))).get("/").text
    assert "最初" in text
    assert "今" in text
    assert "このページの内容" in text
