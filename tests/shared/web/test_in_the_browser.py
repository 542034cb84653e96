"""What only a browser shows: scripts, keys, the policy against foreign scripts, accessibility."""

from collections.abc import Iterator

import pytest

from tests.browser import OpenedSite, browser_of
from tests.shared.web.site_for_tests import site


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
