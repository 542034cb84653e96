from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from glsmed.client.labelling.pages import labelling_site as module
from glsmed.client.labelling.pages.labelling_site import labelling_site
from glsmed.client.labelling.pages.words import WORDS
from glsmed.client.labelling.session import Labelling
from tests.spoken_sentences import bare_words, untranslated
from tests.web_client import closed_client, signed_in

Opener = Callable[..., Labelling]
PAGES = Path(module.__file__).parent


@pytest.fixture
def session(open_as: Opener) -> Labelling:
    return open_as()


@pytest.fixture
def client(session: Labelling) -> TestClient:
    return signed_in(labelling_site(session, site="st-mary"))


def test_an_answer_is_kept_when_the_server_says_so(client: TestClient, session: Labelling) -> None:
    study_id = session.queue.waiting("tanaka")[0]
    fields = {"study": study_id, "finding": "nodule", "value": "present", "role": "reader"}
    assert client.post("/answer", data=fields).status_code == 204
    assert session.mine(study_id) == {"nodule": "present"}
    assert client.post("/answer", data={**fields, "value": ""}).status_code == 204
    assert session.mine(study_id) == {}


@pytest.mark.parametrize("wrong", [{"study": "none"}, {"finding": "none"}, {"value": "maybe"}])
def test_an_answer_that_means_nothing_is_refused(client: TestClient, session: Labelling, wrong: dict[str, str]) -> None:
    right = {"study": next(iter(session.reports)), "finding": "nodule", "value": "present"}
    assert client.post("/answer", data={**right, **wrong}).status_code == 400
    assert session.store.answers() == []


def test_the_report_stands_on_the_page_only_where_it_is_shown(open_as: Opener) -> None:
    hidden, shown = (open_as("a", report=report) for report in ("hidden", "shown"))
    study_id = hidden.queue.waiting("a")[0]
    pages = [
        signed_in(labelling_site(one, site="x")).get("/", params={"study": study_id}).text for one in (hidden, shown)
    ]
    assert ["IMPRESSION" in page for page in pages] == [False, True]
    assert "<mark" in pages[1]


def test_words_from_outside_are_text(open_as: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    session = open_as('<img src=x onerror="x">', report="shown")
    study_id = session.queue.waiting(session.reader)[0]
    monkeypatch.setitem(session.reports, study_id, "<script>alert(1)</script> effusion")
    page = signed_in(labelling_site(session, site="x")).get("/", params={"study": study_id}).text
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_reader_sees_nothing_of_what_another_said(open_as: Opener) -> None:
    first, second = open_as("a"), open_as("b")
    study_id = first.queue.waiting("a")[0]
    first.answer(study_id, "effusion", "present")
    page = signed_in(labelling_site(second, site="x")).get("/", params={"study": study_id}).text
    assert 'aria-pressed="true"' not in page


def test_disputed_answers_are_decided_and_go(open_as: Opener) -> None:
    first, second = open_as("a"), open_as("b")
    study_id = next(iter(first.reports))
    first.answer(study_id, "effusion", "present")
    second.answer(study_id, "effusion", "absent")
    client = signed_in(labelling_site(second, site="x"))
    page = client.get("/disputed").text
    assert "a: present" in page
    assert "b: absent" in page
    decided = {"study": study_id, "finding": "effusion", "value": "present", "role": "adjudicator"}
    assert client.post("/answer", data=decided).status_code == 204
    assert "No answers differ." in client.get("/disputed").text
    client.post("/gold")
    assert f"{study_id},effusion,1," in second.gold_path.read_text()


def test_progress_tells_what_more_labels_would_bring(client: TestClient, session: Labelling) -> None:
    assert "No answers yet" in client.get("/progress").text
    session.answer(session.queue.waiting("tanaka")[0], "effusion", "present")
    page = client.get("/progress").text
    assert "25 more labels of effusion would narrow" in page
    assert "tanaka: 1 answers" in page


def test_images_come_by_number_alone(client: TestClient) -> None:
    answer = client.get("/picture/0")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["cache-control"] == "no-store"
    assert client.get("/picture/99999").status_code == 404
    assert client.get("/picture/..%2F..%2Fetc%2Fpasswd").status_code == 404


def test_nobody_without_the_token_sees_or_answers_anything(session: Labelling) -> None:
    client, _ = closed_client(labelling_site(session, site="x"))
    for path in ("/", "/study", "/picture/0", "/progress", "/disputed"):
        assert client.get(path).status_code == 403
    assert client.post("/answer", data={}).status_code == 403


def test_every_word_is_said_in_both_languages(open_as: Opener) -> None:
    assert untranslated([PAGES], WORDS) == []
    assert bare_words([PAGES]) == []
    page = signed_in(labelling_site(open_as(), site="x", language="ja")).get("/").text
    assert "次の検査" in page
    assert "判断できない" in page


def test_next_is_another_examination_even_where_a_question_is_left(client: TestClient, session: Labelling) -> None:
    first = session.queue.waiting("tanaka")[0]
    assert f'data-study="{first}"' in client.get("/study").text
    assert f'data-study="{first}"' not in client.get("/study", params={"after": first}).text
