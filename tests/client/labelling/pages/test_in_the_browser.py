"""Labelling in a real Chromium: keys, images, how fast the next examination is there, accessibility."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page

from glsmed.client.labelling.pages.labelling_site import labelling_site
from glsmed.client.labelling.session import Labelling
from tests.browser import OpenedSite, browser_of

SHOWN = "canvas[data-shown]"  # the image stands on the canvas
TWO_SIDES = """(() => {
  const canvas = document.querySelector("canvas"), context = canvas.getContext("2d");
  return [1, 3].map((part) => context.getImageData(canvas.width * part / 4, canvas.height * 3 / 4, 1, 1).data[0]);
})()"""
CORNERS = """(() => {
  const canvas = document.querySelector("canvas"), context = canvas.getContext("2d"), places = [1, 3];
  const at = (part) => canvas.width * part / 4;
  return places.flatMap((y) => places.map((x) => context.getImageData(at(x), at(y), 1, 1).data[0]));
})()"""
STORED = np.array([[900, 1040], [1104, 1400]], dtype=np.uint16)  # of the four corners
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


def numbers_shown(page: Page) -> tuple[float, float]:
    """The window and level that the page shows."""
    window, level = (page.inner_text(f"[data-{name}]") for name in ("window", "level"))
    return float(window), float(level)


def drawn_with(values: NDArray[np.float64], window: float, level: float) -> list[float]:
    """The greys of DICOM's function LINEAR (PS3.3, C.11.2.1.2), before they are rounded."""
    seen = ((values - (level - 0.5)) / (window - 1) + 0.5) * 255
    return [float(grey) for grey in np.clip(seen, 0, 255).ravel()]


@pytest.mark.parametrize("photometric", ["MONOCHROME2", "MONOCHROME1"])
@pytest.mark.parametrize("slope", [1, 2])
def test_the_window_and_level_shown_are_those_that_the_image_is_drawn_with(
    session: Labelling,
    write_dicom: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
    photometric: str,
    slope: int,
) -> None:
    rescale = {"RescaleSlope": str(slope), "RescaleIntercept": str(40 - 1100 * slope), "RescaleType": "HU"}
    window = {"WindowCenter": "40", "WindowWidth": "800", "PhotometricInterpretation": photometric}
    path = write_dicom(STORED.repeat(16, axis=0).repeat(16, axis=1), **rescale, **window)
    first = session.queue.waiting(session.reader)[0]
    monkeypatch.setitem(session.images, first, [replace(session.images[first][0], image=path)])
    units = slope * (STORED.astype(float) - 1100) + 40

    with browser_of(labelling_site(session, site="st-mary")) as opened:
        page = opened.page
        page.wait_for_selector(SHOWN)
        assert page.inner_text("[data-numbers]") == "Window 800, level 40 HU"
        assert page.get_attribute("canvas", "aria-describedby") == page.get_attribute("[data-numbers]", "id")

        def check() -> tuple[float, float]:
            shown = numbers_shown(page)
            expected = drawn_with(units, *shown)
            if photometric == "MONOCHROME1":
                expected = [255 - grey for grey in expected]
            assert page.evaluate(CORNERS) == pytest.approx(expected, abs=1.5)  # both are rounded
            return shown

        seen = [check()]
        for key in "[].,," + 12 * "]":
            page.keyboard.press(key)
            seen.append(check())
        assert all(before != after for before, after in pairwise(seen))  # each key is seen at once
        assert 50 < seen[-1][0] < 60  # 800 / 1.25 ** 12, where half a grey of level is seen

        box = page.locator("canvas").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + 50, box["y"] + 50)
        page.mouse.down()
        page.mouse.move(box["x"] + 150, box["y"] + 90, steps=4)
        dragged = check()  # while the button is down
        page.mouse.up()
        assert dragged[0] > seen[-1][0]
        assert dragged[1] != seen[-1][1]

        page.keyboard.press("0")
        assert check() == (800, 40)


def test_window_and_level_are_read_out_once_they_rest(opened: OpenedSite) -> None:
    page = opened.page
    page.clock.install()
    page.reload()
    page.wait_for_selector(SHOWN)
    page.clock.pause_at(datetime.now(UTC) + timedelta(hours=1))

    def announced() -> str:
        return page.locator("#announcement").text_content() or ""

    before = announced()
    for key in "]].":
        page.keyboard.press(key)
        page.clock.run_for(900)
        assert announced() == before
    page.clock.run_for(200)
    assert announced() == page.inner_text("[data-numbers]") != before
    page.evaluate("document.querySelector('#announcement').textContent = ''")
    page.keyboard.press("+")  # zoom changes neither
    page.clock.run_for(2000)
    assert announced() == ""


def test_an_image_that_cannot_be_read_has_no_window(
    session: Labelling, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = session.queue.waiting(session.reader)[0]
    readable = session.images[first][0]
    broken = replace(readable, image=tmp_path / "gone.png")
    monkeypatch.setitem(session.images, first, [readable, broken])
    with browser_of(labelling_site(session, site="st-mary", language="ja")) as opened:
        page = opened.page
        page.wait_for_selector(SHOWN)
        assert page.inner_text("[data-numbers]") == "ウィンドウ幅 255、ウィンドウレベル 128"  # of a file of 8 bits
        page.keyboard.press("v")
        page.wait_for_selector("[data-unreadable]:visible")
        assert page.inner_text("[data-numbers]") == "ウィンドウ幅 –、ウィンドウレベル –"


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
