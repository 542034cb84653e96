"""What only a browser shows: scripts, keys, the policy against foreign scripts, accessibility."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from glsmed.shared.case.case_page import case_page
from glsmed.shared.case.prices import Prices
from glsmed.shared.case.words import WORDS
from glsmed.shared.case.yearly import Hospital
from glsmed.shared.pages.html_page import as_html
from glsmed.shared.pages.spoken import Language, speaking
from tests.browser import OpenedSite, browser_of
from tests.shared.case.conftest import case_of, hospital, prices
from tests.shared.web.site_for_tests import site

__all__ = ["hospital", "prices"]

WIDE = "[...document.querySelectorAll('.scroll')].filter(one => one.scrollWidth > one.clientWidth)"
FITS = "document.documentElement.scrollWidth <= innerWidth"


@pytest.fixture(scope="module")
def opened() -> Iterator[OpenedSite]:
    with browser_of(site()) as one:
        yield one


def test_a_fragment_is_put_in_place_by_keys_alone(opened: OpenedSite) -> None:
    page = opened.page
    page.goto(opened.address)
    page.keyboard.press("w")
    page.keyboard.type("x <img src=x onerror=alert(1)>")
    page.keyboard.press("Escape")
    page.keyboard.press("x")
    page.wait_for_selector("#place p")
    assert page.inner_text("#place p") == "Given: x <img src=x onerror=alert(1)>"
    assert page.inner_text("#announcement") == "Given: x <img src=x onerror=alert(1)>"


def test_a_script_in_the_page_does_not_run(opened: OpenedSite) -> None:
    page = opened.page
    page.goto(opened.address)
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')")
    page.evaluate(
        "{const one = document.createElement('script'); one.text = 'window.ran = 1'; document.body.append(one)}"
    )
    assert page.evaluate("window.ran") is None


def test_axe_finds_no_serious_fault(opened: OpenedSite) -> None:
    opened.page.goto(opened.address)
    opened.screenshot("web-first")
    assert opened.faults() == []


def test_axe_sees_a_fault(opened: OpenedSite) -> None:
    opened.page.goto(opened.address)
    opened.page.evaluate("document.querySelector('main').append(document.createElement('button'))")
    assert any(fault.startswith("button-name") for fault in opened.faults())


def test_a_second_browser_has_a_session_of_its_own(opened: OpenedSite) -> None:
    second = opened.second_browser()
    assert second.inner_text("h1") == "First"
    assert "token" not in second.url
    second.context.close()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_printed_case_is_fit_for_everybody(
    opened: OpenedSite, hospital: Hospital, prices: Prices, language: Language
) -> None:
    """On a screen, on a narrow one by keys alone, and on paper, where nothing may be cut off."""
    page = opened.page
    page.goto("about:blank")  # the page lies in a file, without the policy of a local site
    with speaking(language, WORDS):
        page.set_content(as_html(case_page(case_of(hospital, prices), written_at="today")))
    opened.screenshot(f"case-{language}")
    assert opened.faults() == []
    page.set_viewport_size({"width": 400, "height": 800})
    assert page.evaluate(FITS)
    assert page.evaluate(f"{WIDE}.length") == _moved_by_keys(page) > 0
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 between margins of 1 cm, at 96 pixels an inch
    opened.screenshot(f"case-{language}-printed")
    assert opened.faults() == []
    assert page.evaluate(FITS)
    page.emulate_media(media="screen")
    page.set_viewport_size({"width": 1280, "height": 900})


def _moved_by_keys(page: Page) -> int:
    """How many tables that are wider than the screen Tab reaches and the right arrow moves."""
    moved = 0
    for _ in range(page.locator(".scroll").count()):
        page.keyboard.press("Tab")
        if page.evaluate(f"{WIDE}.includes(document.activeElement)"):
            page.keyboard.press("ArrowRight")
            moved += _has_moved(page)
    return moved


def _has_moved(page: Page) -> bool:
    """Whether what has the focus has been scrolled; the page's policy keeps Playwright from waiting for it there."""
    for _ in range(1200):
        if page.evaluate("document.activeElement.scrollLeft > 0"):
            return True
        page.wait_for_timeout(50)
    return False
