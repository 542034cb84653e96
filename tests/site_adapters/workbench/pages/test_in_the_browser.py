"""The workbench in a real browser: by keyboard alone, without faults of accessibility, and no text of a report runs."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from glsmed.site_adapters.workbench.bench import Workbench
from glsmed.site_adapters.workbench.corpus import Corpus
from glsmed.site_adapters.workbench.pages.site import workbench_site
from tests.browser import OpenedSite, browser_of
from tests.site_adapters.workbench.drawn_bench import HEAD, drawn_bench

ATTACK = "<img src=x onerror=alert(1)><script>alert(1)</script>\"'"
_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
PAGES = {
    "reports": "/",
    "report": "/report?id=r0",
    "changes": "/changes",
    "suggest": "/suggest",
    "calibrate": "/calibrate",
}


class _Pictures:
    """A picture of one pixel for every report, under a name that attacks."""

    def names(self, report_id: str) -> Sequence[str]:
        return [f"{ATTACK}.png"]

    def png(self, report_id: str, place: int) -> bytes:
        return _PNG


def _bench(folder: Path) -> Workbench:
    bench = drawn_bench(folder, more={ATTACK: f"FINDINGS: {ATTACK} Possible pneumonia. Whiff of {ATTACK} effusion."})
    corpus: Corpus = replace(bench.corpus, pictures=_Pictures())
    return Workbench(corpus, bench.file)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Workbench:
    return _bench(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def opened(bench: Workbench) -> Iterator[OpenedSite]:
    with browser_of(workbench_site(bench, language="ja")) as one:
        yield one


@pytest.mark.parametrize("name", PAGES)
def test_no_page_has_a_serious_fault(opened: OpenedSite, name: str) -> None:
    opened.page.goto(opened.address + PAGES[name])
    opened.screenshot(f"workbench-{name}")
    assert opened.faults() == []


def test_nor_in_the_dark(opened: OpenedSite) -> None:
    opened.page.emulate_media(color_scheme="dark")
    opened.page.goto(opened.address + PAGES["report"])
    opened.screenshot("workbench-report-dark")
    faults = opened.faults()
    opened.page.emulate_media(color_scheme="light")
    assert faults == []


def test_words_of_reports_and_names_of_files_never_run(opened: OpenedSite) -> None:
    page = opened.page
    page.goto(f"{opened.address}/?words=onerror")
    page.keyboard.press("o")
    page.wait_for_selector("#text")
    assert page.inner_text("h1") == ATTACK
    assert ATTACK in page.inner_text("#text")
    assert ATTACK in page.inner_text("figcaption")
    page.fill('#correct input[name="phrase"]', "whiff of")
    page.check('#correct input[value="doubt"]')
    page.click("#correct button.first")
    page.wait_for_selector("#proposal .diff")
    assert page.evaluate("document.querySelectorAll('main script, main img:not([src^=\"/picture\"])').length") == 0
    assert opened.errors == []


def test_a_reading_is_corrected_and_restored_by_keys_alone(opened: OpenedSite, bench: Workbench) -> None:
    page, press = opened.page, opened.page.keyboard.press
    page.goto(opened.address)
    press("/")
    page.keyboard.type("whiff of")
    page.wait_for_url("**/?words=whiff+of")
    press("Escape")
    press("o")
    page.wait_for_selector("#text")
    press("1")
    page.wait_for_selector("#correct input[data-focus]")
    press("q")
    press("t")
    press("ControlOrMeta+a")
    page.keyboard.type("whiff of")
    press("Escape")
    press("e")
    page.wait_for_selector("#proposal .diff")
    opened.screenshot("workbench-effect")
    assert opened.faults() == []
    press("a")
    page.wait_for_selector("#proposal .done")
    assert "doubt_whiff_of" in bench.file.path.read_text()
    press("u")
    page.wait_for_selector("#proposal .done:not(:has(~ form))")
    assert bench.file.path.read_text() == HEAD


def test_marked_words_become_the_phrase(opened: OpenedSite) -> None:
    page = opened.page
    page.goto(opened.address + PAGES["report"])
    words = page.inner_text("#text mark a")
    page.evaluate("getSelection().selectAllChildren(document.querySelector('#text mark'))")
    page.wait_for_function("words => document.querySelector('#correct input[name=phrase]').value === words", arg=words)


def test_the_second_browser_is_told(opened: OpenedSite, bench: Workbench) -> None:
    one, other = opened.page, opened.second_browser()
    for page, term in ((one, "wet angle"), (other, "dull angle")):
        page.goto(opened.address + PAGES["report"])
        page.fill('#correct input[name="phrase"]', term)
        page.click("#correct button.first")
        page.wait_for_selector("#proposal .diff")
    for page in (one, other):
        page.click("#proposal form button.first")
        page.wait_for_selector("#proposal .done, #proposal .problem")
    assert other.inner_text("#announcement") != ""
    assert other.is_visible("#proposal .problem")
    assert "wet angle" in bench.file.path.read_text()
    assert "dull angle" not in bench.file.path.read_text()
    other.click("#proposal form button.first")
    other.wait_for_selector("#proposal .done")
    assert "wet angle" in bench.file.path.read_text()
    assert "dull angle" in bench.file.path.read_text()
    other.context.close()
