import socket

import httpx
import pytest

from glsmed.shared.errors import UsageError
from glsmed.shared.web.serving import serving
from tests.shared.web.site_for_tests import site


def test_a_site_is_served_on_loopback_until_the_block_ends() -> None:
    told: list[str] = []
    with serving(site(), port=0, tell=told.append) as port, httpx.Client(trust_env=False, timeout=60) as client:
        assert told[0].startswith(f"http://127.0.0.1:{port}/?token=")
        assert client.get(told[0], follow_redirects=True).status_code == 200
    with pytest.raises(httpx.ConnectError):
        httpx.get(told[0], trust_env=False)


def test_a_taken_port_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(UsageError, match=f"127.0.0.1:{port}.*choose another --port"),
            serving(site(), port=port, tell=lambda address: None),
        ):
            pass
