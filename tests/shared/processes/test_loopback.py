import os

import httpx
import pytest

from glsmed.shared.processes.loopback import keep_loopback_direct


@pytest.fixture(autouse=True)
def _proxy_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")


def _goes_straight(url: str) -> bool:
    """By httpx, with which our processes reach each other."""
    with httpx.Client(timeout=60) as client:
        return client._transport_for_url(httpx.URL(url)) is client._transport


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_the_loopback_interface_is_reached_straight_and_nothing_else(host: str) -> None:
    assert not _goes_straight(f"http://{host}:9000")
    keep_loopback_direct()
    assert _goes_straight(f"http://{host}:9000")
    assert not _goes_straight("http://centre.test:9000")


def test_what_the_environment_names_is_kept_and_nothing_stands_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "intranet.test, localhost")
    keep_loopback_direct()
    keep_loopback_direct()
    assert os.environ["no_proxy"] == os.environ["NO_PROXY"] == "intranet.test,localhost,127.0.0.1,::1"
