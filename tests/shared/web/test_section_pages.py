from pathlib import Path

import pytest

from glsmed.shared.errors import DataError
from glsmed.shared.pages.blocks import Paragraph, Section
from glsmed.shared.pages.spoken import Language, say
from glsmed.shared.web import section_pages
from glsmed.shared.web.section_pages import Watched, version_of, watched_site
from tests.web_client import signed_in


class Study:
    """Something that is watched; counts how often its sections were made."""

    def __init__(self, file: Path) -> None:
        self.file, self.made, self.fault = file, 0, ""

    def rest(self) -> list[Section]:
        self.made += 1
        if self.fault:
            raise DataError(self.fault)
        return [Section("first", say("First"), [Paragraph(f"made {self.made} <b>")])]

    def watched(self, language: Language = "en") -> Watched:
        return Watched(
            title=lambda: "W",
            now=lambda: Section("now", say("Now"), [Paragraph("<i>now</i>")]),
            rest=self.rest,
            files=lambda: [self.file],
            words={"First": "最初", "Now": "今"},
            language=language,
        )


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return Study(tmp_path / "rounds.jsonl")


def test_the_page_has_every_section_and_escapes_their_words(study: Study) -> None:
    text = signed_in(watched_site(study.watched())).get("/").text
    assert "&lt;i&gt;now&lt;/i&gt;" in text
    assert "made 1 &lt;b&gt;" in text
    assert '<a href="#first" data-key="1"' in text
    assert f'data-version="{version_of([study.file])}"' in text


def test_sections_are_made_again_only_when_their_files_have_changed(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = 0.0
    monkeypatch.setattr(section_pages, "monotonic", lambda: clock)
    client = signed_in(watched_site(study.watched()))
    clock = 100.0
    assert "made 1" in client.get("/rest").text
    assert "made 1" in client.get("/rest").text
    before, clock = version_of([study.file]), 101.0
    study.file.write_text("a round")
    assert "made 1" in client.get("/rest").text, "too soon: it must not slow down what is watched"
    assert f'value="{before}"' in client.get("/now").text
    clock = 200.0
    assert f'value="{version_of([study.file])}"' in client.get("/now").text
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


def test_a_version_tells_files_that_changed_came_or_went(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    versions = [version_of([one, other])]
    one.write_text("a")
    versions.append(version_of([one, other]))
    one.write_text("ab")
    versions.append(version_of([one, other]))
    one.rename(other)
    versions.append(version_of([one, other]))
    assert len(set(versions)) == 4


def test_a_fault_is_told_in_the_language_of_the_page(study: Study) -> None:
    study.fault = "damaged"
    text = signed_in(watched_site(study.watched("ja"))).get("/").text
    assert "表示できるものがありません" in text
    assert "現在ファイルを読めません: damaged" in text
