"""Labelling in a real Chromium: keys, images, how fast the next examination is there, accessibility."""

import time
from collections.abc import Callable, Iterator

import pytest

from glsmed.client.labelling.pages.labelling_site import labelling_site
from glsmed.client.labelling.session import Labelling
from tests.browser import OpenedSite, browser_of

SHOWN = "canvas[data-shown]"  # the image stands on the canvas
STUDY = "document.querySelector('.labelling').dataset.study"


def another(study_id: str) -> str:
    """What the page has when another examination is there with its image."""
    return f'.labelling:not([data-study="{study_id}"]) {SHOWN}'


@pytest.fixture
def session(open_as: Callable[..., Labelling]) -> Labelling:
    return open_as(report="shown")


@pytest.fixture
def opened(session: Labelling) -> Iterator[OpenedSite]:
    with browser_of(labelling_site(session, site="st-mary")) as one:
        yield one


def test_an_examination_is_labelled_by_keys_alone(opened: OpenedSite, session: Labelling) -> None:
    page = opened.page
    page.wait_for_selector(SHOWN)
    opened.screenshot("label")
    assert opened.faults() == []
    study_id = page.evaluate(STUDY)
    asked = page.eval_on_selector_all("[data-asked]", "rows => rows.map(row => row.dataset.finding)")
    for _ in asked:
        page.keyboard.press("2")
    page.keyboard.press("n")
    page.wait_for_selector(another(study_id))
    assert session.mine(study_id) == dict.fromkeys(asked, "absent")
    before = page.evaluate("document.querySelector('canvas').toDataURL()")
    for key in "]]i+":
        page.keyboard.press(key)
    assert page.evaluate("document.querySelector('canvas').toDataURL()") != before
    page.keyboard.press("0")
    assert page.evaluate("document.querySelector('canvas').toDataURL()") == before

    times = []
    for _ in range(5):
        page.wait_for_selector(SHOWN)
        page.wait_for_load_state("networkidle")  # the image after this one is there: a reader looks longer than that
        study_id = page.evaluate(STUDY)
        for _ in range(page.locator("[data-asked]").count()):
            page.keyboard.press("1")
        start = time.perf_counter()
        page.keyboard.press("n")
        page.wait_for_selector(another(study_id))
        times.append(time.perf_counter() - start)
    print(f"the next examination is there after {1000 * sorted(times)[2]:.0f} ms")  # noqa: T201  # measured by hand with -s
    for path, name in (("/progress", "label-progress"), ("/disputed", "label-disputed")):
        page.goto(opened.address + path)
        opened.screenshot(name)
        assert opened.faults() == []
