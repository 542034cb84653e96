"""The centre's page in a real browser: words of a site, refreshing, accessibility, Japanese, print."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from glsmed.server.folders.run_folder import MetricRow, RoundRecord, RunFolder, RunState
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.page.centre_page import centre_page
from glsmed.shared.files.exclusive_lock import exclusive_lock
from tests.browser import browser_of, chromium
from tests.web_client import closed_client

BAD = "<img src=x onerror=alert(1)><script>window.ran=1</script>$\\frac{$ \u202e" + "9" * 5000


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def running(folder: StudyFolder) -> Iterator[StudyFolder]:
    """The study, with a centre that runs it."""
    folder.prepare_state()
    with exclusive_lock(folder.lock, work="this test"):
        yield folder


@pytest.fixture
def hostile(running: StudyFolder) -> StudyFolder:
    """A site that could write what it likes into everything that comes from it."""
    folder, run = running, RunFolder(running.run)
    run.record(
        "site_joined", {"site": BAD, "release": BAD, "metrics": {"patients": 1e300, "training_cells/effusion": -1e308}}
    )
    run.record("site_set_aside", {"site": BAD, "until_round": 3, "reason": BAD})
    run.record("merged", {"round": 1, "norms": {BAD: 1e300, "st-mary": 2.0}})
    run.record("merged", {"round": 2, "norms": {BAD: 1e-300, "st-mary": 2.0}})
    run.record("model_quarantined", {"round": 2, "culprit": BAD, "back_to_round": 1})
    run.record("site_budget_spent", {"site": BAD, "round": 1})
    times = {BAD: 1e308, "st-mary": float("inf"), "sakura": float("nan")}
    run.add_round(
        RoundRecord(2, 1, 1e300, accepted=True, counted={BAD: 10**30}, not_counted={"st-mary": BAD}, site_seconds=times)
    )
    values = {"auroc": 1e300, "n": 1e300, "positives": -1e300, "brier": float("nan"), "log_loss": float("inf")}
    rows = [MetricRow(3, "validation", BAD, BAD, "effusion", name, value) for name, value in values.items()]
    run.add_metrics(rows)
    run.report(RunState("running", BAD, round=2, rounds=3, waiting_for=(BAD,), seen={BAD: "2026-11-28T01:02:32+00:00"}))
    summary = json.loads((folder.run / "summary.json").read_text())
    shown = {"global": {"measured_at": {BAD: {"auroc": 1e300}}}, "models_of": {BAD: {}}, "not_shown": {BAD: BAD}}
    run.write_summary({**summary, "cross_site": {**shown, "gain": {BAD: {"auroc": 1e300}}}})
    return folder


def test_nobody_sees_the_page_without_its_token(folder: StudyFolder) -> None:
    client, _ = closed_client(centre_page(folder))
    for address in ("/", "/now", "/rest", "/static/style.css"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "st-mary" not in answer.text


def test_words_and_numbers_of_a_site_are_text_and_short(hostile: StudyFolder, browser: Browser) -> None:
    with browser_of(centre_page(hostile), browser=browser) as opened:
        assert opened.page.evaluate("window.ran") is None
        assert opened.page.locator("main img, main script").count() == 0
        text = opened.page.inner_text("main")
        assert "<img src=x onerror=alert(1)>" in text
        assert "\u202e" not in text
        assert not re.search(r"[0-9]{501}", text)
        assert not re.search(r"[0-8]\d{40}", re.sub(r"[0-9a-f]{64}", "", text))
        assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_axe_finds_no_serious_fault_in_english_and_japanese(hostile: StudyFolder, browser: Browser) -> None:
    for language in ("en", "ja"):
        with browser_of(centre_page(hostile, language=language), browser=browser) as opened:
            opened.screenshot(f"centre-{language}")
            assert opened.faults() == []
            assert opened.page.get_attribute("html", "lang") == language


def test_the_page_follows_the_study_by_itself(running: StudyFolder, browser: Browser) -> None:
    with browser_of(centre_page(running), browser=browser) as opened:
        page = opened.page
        page.keyboard.press("1")
        assert page.url.endswith("#cohort")
        RunFolder(running.run).report(RunState("running", "round 3 begins", round=3, rounds=9))
        page.get_by_text("round 3 begins").wait_for()
        assert page.locator("#lost").is_hidden()


def test_drawings_keep_their_colours_under_the_policy(folder: StudyFolder, browser: Browser) -> None:
    with browser_of(centre_page(folder), browser=browser) as opened:
        drawn = opened.page.evaluate(
            "[...document.querySelectorAll('figure svg path')].map(one => getComputedStyle(one).stroke)"
        )
        assert "rgb(49, 130, 206)" in drawn
        assert opened.page.locator("svg [style], svg style").count() == 0
