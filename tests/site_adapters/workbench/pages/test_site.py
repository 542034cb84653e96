"""The workbench's pages without a browser: what they say, and what they do to the file."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from glsmed.shared.pages.spoken import LANGUAGES, Language
from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.effect import UNMENTIONED
from glsmed.site_adapters.workbench.pages.marked_lines import STATES
from glsmed.site_adapters.workbench.pages.site import FOLDER, workbench_site
from glsmed.site_adapters.workbench.pages.words import WORDS
from tests.site_adapters.workbench.drawn_bench import HEAD, drawn_bench
from tests.spoken_sentences import bare_words, untranslated
from tests.web_client import signed_in

ATTACK = "<script>alert(1)</script><img src=x onerror=alert(1)>"
PAGES = ("/", "/report?id=r0", "/changes", "/suggest", "/calibrate")


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    more = {ATTACK: f"FINDINGS: {ATTACK} Possible pneumonia."}
    return drawn_bench(tmp_path_factory.mktemp("site"), more=more)


@pytest.fixture(scope="module")
def client(bench: Workbench) -> TestClient:
    return signed_in(workbench_site(bench, language="en"))


def _proposed(client: TestClient, **fields: str) -> str:
    answer = client.post("/propose", data={"wrong": "doubt", "phrase": "whiff of", "scope": "forward", **fields})
    assert answer.status_code == 200
    return answer.text


def _key(fragment: str) -> str:
    found = re.search(r'name="key" value="([^"]+)"', fragment)
    assert found
    return found[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_answers_in_both_languages(bench: Workbench, language: Language) -> None:
    client = signed_in(workbench_site(bench, language=language))
    for address in PAGES:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert f'<html lang="{language}">' in answer.text
    assert ("疑い" in client.get("/").text) == (language == "ja")


def test_every_word_is_translated() -> None:
    assert untranslated([FOLDER], WORDS) == []
    assert bare_words([FOLDER]) == []
    assert {
        *STATES,
        UNMENTIONED,
        "before labels",
        "after labels",
        "probability that was said",
        "share that was true",
    } <= WORDS.keys()


def test_words_of_reports_and_their_names_are_escaped(client: TestClient) -> None:
    for address in ("/?words=alert", "/calibrate", "/suggest", "/report"):
        page = client.get(address, params={"id": ATTACK} if address == "/report" else None).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert "&lt;script&gt;alert" in client.get("/?words=alert").text


def test_the_list_shows_what_fits(client: TestClient) -> None:
    fragment = client.get("/list", params={"words": "whiff of", "finding": "effusion", "state": "present"})
    assert "<html" not in fragment.text
    assert fragment.headers["X-Address"] == "/?words=whiff+of&finding=effusion&state=present"
    assert "No report fits" in client.get("/list", params={"words": "zebra"}).text


def test_a_report_shows_the_way_from_words_to_target(client: TestClient, bench: Workbench) -> None:
    page = unescape(client.get("/report", params={"id": ATTACK}).text)
    way = page[page.index('class="way"') :]
    prior = bench.subject.adapter.cues["possible"].prior
    assert prior
    numbers = (f"{prior.mean:.2f} ± {prior.spread:.2f}", f"r {2 * min(prior.mean, 1 - prior.mean):.2f}")
    for step in ("Possible", "possible (uncertainty, en_radiology.yaml:", *numbers, f"<strong>{prior.mean:.2f}"):
        assert step in way


def test_a_report_that_is_not_there_is_told(client: TestClient) -> None:
    answer = client.get("/report?id=nobody")
    assert answer.status_code == 400
    assert "There is no report" in answer.text


def test_a_picture_where_there_is_none_is_not_found(client: TestClient) -> None:
    assert client.get("/picture?id=r0&place=0").status_code == 404


def test_a_phrase_is_proposed_written_and_undone(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path)
    client = signed_in(workbench_site(bench, language="en"))
    proposal = _proposed(client)
    assert "cells change" in proposal
    assert "Whiff of" in proposal
    assert "Brier" in proposal
    assert bench.file.path.read_text() == HEAD
    saved = client.post("/accept", data={"key": _key(proposal)}).text
    assert "version 4" in saved
    written = bench.file.path.read_text()
    assert written.startswith("# the file of this site\nadapter: st-mary\nversion: 4  # raised by hand so far\n")
    assert "doubt_whiff_of" in written
    assert "doubt_whiff_of" in client.get("/changes").text
    revision = re.search(r'name="revision" value="([^"]+)"', saved)
    assert revision
    assert "version 3 again" in client.post("/undo", data={"revision": revision[1]}).text
    assert bench.file.path.read_text() == HEAD


def test_the_second_of_two_browsers_is_told_and_loses_nothing(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path)
    site = workbench_site(bench, language="en")
    one, other = signed_in(site), signed_in(site)
    first, second = _proposed(one), _proposed(other, phrase="hint of")
    assert "version 4" in one.post("/accept", data={"key": _key(first)}).text
    told = other.post("/accept", data={"key": _key(second)}).text
    assert "Nothing was written" in told
    assert "hint of" in told
    assert "hint of" not in bench.file.path.read_text()
    assert "version 5" in other.post("/accept", data={"key": _key(told)}).text
    written = bench.file.path.read_text()
    assert "whiff of" in written
    assert "hint of" in written


def test_what_cannot_be_done_is_told_in_place(client: TestClient) -> None:
    assert "expected words of the report" in _proposed(client, phrase=" ")
    assert "finding: expected one of" in unescape(_proposed(client, wrong="word", finding="zebra"))
    assert "too old" in client.post("/accept", data={"key": "unknown"}).text
    assert "Nothing was undone" in client.post("/undo", data={"revision": "unknown"}).text


def test_lint_stands_in_place_and_new_errors_are_not_written(client: TestClient, bench: Workbench) -> None:
    proposal = _proposed(client, wrong="denied", phrase="stable")
    assert "phrase-filler" in proposal
    assert "disabled" in proposal
    client.post("/accept", data={"key": _key(proposal)})
    assert bench.file.path.read_text() == HEAD


def test_the_whole_file_can_be_edited(client: TestClient, bench: Workbench) -> None:
    text, revision = bench.file.text, bench.file.revision
    fields = {"text": text + "findings: {effusion: {terms: [wet angle]}}\n", "revision": revision}
    assert "wet angle" in client.post("/propose-text", data=fields).text
    broken = client.post("/propose-text", data={"text": text + "findings: [\n", "revision": revision}).text
    assert "is not YAML" in broken
    assert "changed meanwhile" in client.post("/propose-text", data={**fields, "revision": "old"}).text


def test_suggestions_are_accepted_and_say_why_there_are_none(tmp_path: Path) -> None:
    bench = drawn_bench(tmp_path)
    client = signed_in(workbench_site(bench, language="en"))
    page = client.get("/suggest").text
    assert "whiff of" in page.lower()
    answer = client.post("/suggest/accept", data={"words": "whiff of"}).text
    assert "version 4" in answer
    assert "suggested_whiff_of" in bench.file.path.read_text()
    assert "Nothing is to suggest" in client.get("/suggestions").text
    assert "is gone" in client.post("/suggest/accept", data={"words": "whiff of"}).text
