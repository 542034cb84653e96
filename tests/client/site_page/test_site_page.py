"""A site's page in a real browser: hostile entries of its log, accessibility, Japanese, and who may see it."""

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.client.site_page.site_page import site_page
from glsmed.shared.files.audit import AuditLog
from glsmed.shared.pages.spoken import Language
from tests.browser import browser_of, chromium
from tests.web_client import closed_client

BAD = "<img src=x onerror=alert(1)><script>window.ran=1</script> \u202e" + "9" * 5000


@pytest.fixture
def config(write_config: Callable[..., Path]) -> SiteConfig:
    """A site whose log holds what somebody wrote into it."""
    config = load_site(write_config())
    config.state.prepare()
    log = AuditLog(config.state.audit_log)
    log.append("sent", {"message": BAD, "round": BAD, "metrics": {BAD: 1e300}})
    log.append("sent", {"message": "Update", "round": BAD, "bytes": BAD, "metrics": {"loss": BAD}})
    log.append("sent_error", {"code": BAD})
    return config


def test_nobody_sees_the_page_without_its_token(config: SiteConfig) -> None:
    client, _ = closed_client(site_page(config))
    for address in ("/", "/now", "/rest"):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "audit" not in answer.text


def test_the_page_is_safe_and_fit_for_everybody_in_both_languages(config: SiteConfig) -> None:
    with chromium() as browser:
        for language in get_args(Language):
            with browser_of(site_page(config, language=language), browser=browser) as opened:
                opened.screenshot(f"site-{language}")
                assert opened.faults() == []
                assert opened.page.get_attribute("html", "lang") == language
                assert opened.page.evaluate("window.ran") is None
                assert opened.page.locator("main img, main script").count() == 0
                assert "9" * 301 not in opened.page.inner_text("main")
                opened.page.keyboard.press("2")
                assert opened.page.url.endswith("#budgets")
