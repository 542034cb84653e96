"""A real Chromium, driven by Playwright: what only a browser shows of a local site.

``browser_of(site)`` serves a site and opens it. Whatever asks another host fails the test; so does an error in a page's
script. Screenshots lie in ``build/screenshots/`` after the tests.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.serving import serving

PROJECT = Path(__file__).resolve().parents[1]
SCREENSHOTS = PROJECT / "build" / "screenshots"
_UNPACKED = PROJECT / "build" / "chromium" / "usr" / "lib" / "chromium"  # where .ci/run unpacks Debian's package
_SERIOUS = ("serious", "critical")
_TIMEOUT_MS = 120_000.0


@dataclass
class OpenedSite:
    """A site in a browser; ``page`` stands at its first page."""

    page: Page
    context: BrowserContext
    address: str
    addresses: list[str]  # that the site told; the last one opens a second browser
    elsewhere: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def second_browser(self) -> Page:
        """The first page in another browser, with a session of its own."""
        browser = self.context.browser
        assert browser is not None
        return _entered(browser.new_context(), self.addresses[-1], self)

    def screenshot(self, name: str) -> None:
        """Keep how the page looks, for a person to see."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=True)

    def faults(self) -> list[str]:
        """Serious and critical faults of accessibility that axe-core sees on the page, one line each."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page).response["violations"]
        return [
            f"{fault['id']}: {node['html'][:200]}: {node.get('failureSummary', '')}"
            for fault in found
            if fault["impact"] in _SERIOUS
            for node in fault["nodes"]
        ]


def chromium_path() -> Path:
    """Chromium of this machine, or as .ci/run unpacked it; skips the test where there is none."""
    found = shutil.which("chromium") or os.environ.get("GLSMED_CHROMIUM")
    if found is not None:
        return Path(found)
    if (_UNPACKED / "chromium").exists():
        return _UNPACKED / "chromium"
    pytest.skip("no Chromium on this machine: apt-get install chromium fonts-noto-cjk")


@contextmanager
def chromium() -> Iterator[Browser]:
    """A started Chromium; ends with the block."""
    executable = chromium_path()
    environment = dict(os.environ)
    folders = PROJECT / "build" / "chromium" / "usr" / "lib"
    libraries = [*sorted(folders.glob("*-linux-gnu")), *sorted(folders.glob("*-linux-gnu/pulseaudio"))]
    if executable.is_relative_to(PROJECT):
        before = environment.get("LD_LIBRARY_PATH")
        environment["LD_LIBRARY_PATH"] = os.pathsep.join(filter(None, (*map(str, libraries), before)))
        environment["XDG_DATA_HOME"] = str(_UNPACKED.parents[1] / "share")  # where fontconfig looks for more fonts
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable,
            env={**environment},
            timeout=_TIMEOUT_MS,
            chromium_sandbox=False,  # in a container Chromium cannot make one, and all pages here are our own
            args=["--disable-dev-shm-usage", "--disable-component-update", "--no-first-run"],
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def browser_of(site: LocalSite, *, browser: Browser | None = None) -> Iterator[OpenedSite]:
    """A site, served and opened in a real browser.

    Args:
        site: what is served.
        browser: one that runs already; None starts one.
    """
    told: list[str] = []
    with ExitStack() as stack:
        running = stack.enter_context(chromium()) if browser is None else browser
        port = stack.enter_context(serving(site, port=0, tell=told.append))
        context = running.new_context(viewport={"width": 1280, "height": 900})
        stack.callback(context.close)
        opened = OpenedSite(page=None, context=context, address=f"http://127.0.0.1:{port}", addresses=told)  # type: ignore[arg-type]  # set below: the page's watchers need it
        opened.page = _entered(context, told[-1], opened)
        yield opened
        assert opened.elsewhere == [], "a page asked another host"
        assert opened.errors == [], "a script of a page failed"


def _entered(context: BrowserContext, address: str, opened: OpenedSite) -> Page:
    context.set_default_timeout(_TIMEOUT_MS)

    def watch(request: Request) -> None:
        if urlsplit(request.url).scheme != "data" and not request.url.startswith(f"{opened.address}/"):
            opened.elsewhere.append(request.url)

    context.on("request", watch)
    page = context.new_page()
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("dialog", lambda dialog: opened.errors.append(f"dialog: {dialog.message}"))
    page.goto(address)
    return page
