"""Labelling in a real Chromium: keys, images, how fast the next examination is there, accessibility."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.labelling.pages.labelling_site import labelling_site
from glsmed.client.labelling.session import Labelling
from tests.browser import OpenedSite, browser_of

SHOWN = "canvas[data-shown]"  # the image stands on the canvas
TWO_SIDES = """(() => {
  const canvas = document.querySelector("canvas"), context = canvas.getContext("2d");
  return [1, 3].map((part) => context.getImageData(canvas.width * part / 4, canvas.height * 3 / 4, 1, 1).data[0]);
})()"""
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


def test_neighbouring_greys_of_twelve_bits_are_told_apart_by_a_narrow_window_alone(
    session: Labelling, write_dicom: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = np.linspace(0, 4095, 32 * 32).reshape(32, 32).astype(np.uint16)
    steps[16:, :16], steps[16:, 16:] = 2050, 2051
    path = write_dicom(steps, BitsStored=12, HighBit=11, WindowCenter="2048", WindowWidth="4096")
    first = session.queue.waiting(session.reader)[0]
    monkeypatch.setitem(session.images, first, [replace(session.images[first][0], image=path)])
    with browser_of(labelling_site(session, site="st-mary")) as opened:
        page = opened.page
        page.wait_for_selector(SHOWN)
        left, right = page.evaluate(TWO_SIDES)
        assert left == right == 128
        for _ in range(20):
            page.keyboard.press("]")
        left, right = page.evaluate(TWO_SIDES)
        assert 2 <= right - left <= 10  # 4096 / 1.25 ** 20 is a window of 47 greys: 5.4 of 255 for each
        page.keyboard.press("i")
        assert page.evaluate(TWO_SIDES) == [255 - left, 255 - right]
        page.keyboard.press("0")
        assert page.evaluate(TWO_SIDES) == [128, 128]


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
