"""Takes the tutorial's pictures of pages, from a demo that has ended, in a real Chromium.

make demo
python docs/screenshots.py runs/demo      writes docs/tutorial/*.png

It works on a copy: a page that draws what is asked next writes into the hospital's folder.
"""

import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.labelling.pages.labelling_site import labelling_site
from glsmed.client.labelling.session import open_labelling
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.site_page.site_page import site_page
from glsmed.client.site_workbench.site_bench import site_bench
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.page.centre_page import centre_page
from glsmed.shared.pages.spoken import Language
from glsmed.shared.protocol.study import load_study
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.serving import serving
from glsmed.site_adapters.workbench.pages.site import workbench_site

PICTURES = Path(__file__).resolve().parent / "tutorial"
MOST_BYTES = 60_000
_WIDTH, _HEIGHT = 1180, 760
_TIMEOUT_MS = 120_000.0
_COLOURS = (64, 32, 16, 8)

Steps = Callable[[Page], object]


def main(demo: Path) -> None:
    """Write every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, _chromium() as page:
        shutil.copytree(demo, Path(folder), dirs_exist_ok=True)
        os.chdir(folder)  # pages then show no folder of this machine
        for name, site, steps in _shown():
            told: list[str] = []
            with serving(site, port=0, tell=told.append):
                page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT})
                page.goto(told[-1])
                steps(page)
                page.wait_for_load_state("networkidle")
                (PICTURES / f"{name}.png").write_bytes(_small(page.screenshot()))


def _shown() -> Iterator[tuple[str, LocalSite, Steps]]:
    yield "centre", centre_page(StudyFolder(Path("centre/study.yaml"))), lambda page: page.click("a[href='#results']")
    shown: tuple[tuple[str, Language, str], ...] = (("st-mary", "en", ""), ("sakura", "ja", ".ja"))
    for hospital, language, ending in shown:
        yield f"workbench{ending}", _workbench(hospital, language), _first_doubt
        yield (
            f"label{ending}",
            _labelling(hospital, language),
            lambda page: page.wait_for_selector("canvas[data-shown]"),
        )
        departures = site_page(load_site(_config(hospital)), language=language)
        yield f"site{ending}", departures, _what_left


def _config(hospital: str) -> Path:
    return Path("hospitals") / hospital / "config.yaml"


def _workbench(hospital: str, language: Language) -> LocalSite:
    path = _config(hospital)
    return workbench_site(site_bench(load_site(path), folder=path.parent, predictions=None), language=language)


def _first_doubt(page: Page) -> None:
    page.goto(page.url.split("?")[0] + "?state=uncertain")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("o")
    page.wait_for_selector("mark")


def _what_left(page: Page) -> None:
    page.set_viewport_size({"width": _WIDTH, "height": _HEIGHT // 2})  # a page of words: half of it says enough
    page.click("a[href='#left']")


def _labelling(hospital: str, language: Language) -> LocalSite:
    config: SiteConfig = load_site(_config(hospital))
    inputs = read_site_inputs(config, load_study(config.study))
    labelling = open_labelling(inputs, reader="tanaka", report="shown", beside=_config(hospital).parent)
    labelling.queue.waiting(labelling.reader)
    return labelling_site(labelling, site=config.site, language=language)


@contextmanager
def _chromium() -> Iterator[Page]:
    executable = shutil.which("chromium")
    if executable is None:
        sys.exit("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, chromium_sandbox=False)
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT}, color_scheme="light")
        page.set_default_timeout(_TIMEOUT_MS)
        yield page
        browser.close()


def _small(picture: bytes) -> bytes:
    """The picture with as many colours as a small file allows."""
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    for colours in _COLOURS:
        packed = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= MOST_BYTES:
            return packed.getvalue()
    sys.exit(f"a picture is larger than {MOST_BYTES} bytes with {_COLOURS[-1]} colours")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
