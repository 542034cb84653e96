"""Contract tests: what we use of flwr that is private to it, and the two listeners."""

import asyncio
from pathlib import Path

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.listeners import FleetOnly, superlink_app, superlink_arguments
from glsmed.server.flower.settings import LinkSettings
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.protocol.releases import RELEASE_HEADER, releases


async def _anything(scope: Scope, receive: Receive, send: Send) -> None:
    response: Response = PlainTextResponse(f"reached {Request(scope).url.path}")
    await response(scope, receive, send)


def _answer(path: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=FleetOnly(_anything))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.get(path)

    return asyncio.run(ask())


def _status(path: str) -> int:
    return _answer(path).status_code


def test_health_tells_the_releases_and_no_other_route_does() -> None:
    headers = _answer("/health").headers
    assert {name: headers[f"{RELEASE_HEADER}{name}"] for name in releases()} == releases()
    assert not any(name.startswith(RELEASE_HEADER) for name in _answer("/v1/fleet/activate-node").headers)


@pytest.mark.parametrize("path", ["/health", "/v1/fleet/pull-messages", "/v1/fleet/activate-node"])
def test_fleet_and_health_are_public(path: str) -> None:
    assert _status(path) == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/docs",
        "/openapi.json",
        "/health/",
        "/v1/control/start-run",
        "/v1/runtime/acquire-task",
        "/v1/fleet",
        "/v1/fleet/../control/start-run",
        "/v1/fleet/%2e%2e/control/start-run",
        "/V1/FLEET/pull-messages",
        "//v1/fleet/pull-messages",
    ],
)
def test_every_other_route_is_not_found(path: str) -> None:
    assert _status(path) == 404


@pytest.fixture
def settings(tmp_path: Path) -> LinkSettings:
    certificates = CertificateFolder(tmp_path / "pki")
    certificates.create(study="doubt", public_names=["localhost"])
    (tmp_path / "secret").write_text("a secret of this test")
    return LinkSettings(
        public_host="127.0.0.1",
        public_port=8443,
        loopback_port=8440,
        ca_certificate=certificates.ca_certificate,
        server_certificate=certificates.server_certificate,
        server_key=certificates.server_key,
        database=tmp_path / "link.db",
        superexec_secret=tmp_path / "secret",
    )


def test_superlink_app_has_node_keys_on_and_its_own_executor_off(
    settings: LinkSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLWR_HOME", str(settings.database.parent))
    app = superlink_app(settings)
    state = app.state
    assert state.enable_supernode_auth
    assert state.superexec_auth_secret == b"a secret of this test"
    config = state.superlink_lifespan.config
    assert (config.isolation, config.runtime_dependency_install, config.host) == ("process", False, "127.0.0.1")


def test_superlink_never_listens_outside_by_itself(settings: LinkSettings) -> None:
    arguments = superlink_arguments(settings)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--insecure" not in arguments


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"content-length": str(32 * 2**20)}, 200),
        ({"content-length": str(32 * 2**20 + 1)}, 413),
        ({"content-length": "many"}, 413),
        ({"transfer-encoding": "chunked"}, 413),
        ({"content-encoding": "gzip"}, 413),
    ],
)
def test_a_large_request_is_refused_before_its_body_is_read(headers: dict[str, str], status: int) -> None:
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        reached.append(scope["path"])
        await PlainTextResponse("ok")(scope, receive, send)

    async def ask() -> int:
        transport = httpx.ASGITransport(app=FleetOnly(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return (await client.post("/v1/fleet/push-object", headers=headers)).status_code

    assert asyncio.run(ask()) == status
    assert bool(reached) is (status == 200)


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/v1/fleet/push-object", 2**22, 200),
        ("/v1/fleet/push-messages", 2**22, 413),
        ("/v1/fleet/push-messages", 2**20, 200),
        ("/v1/fleet/pull-messages", 2**22, 413),
        ("/health", 1, 413),
    ],
)
def test_only_parts_of_models_may_be_large(path: str, size: int, status: int) -> None:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app=FleetOnly(_anything))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return await client.post(path, headers={"content-length": str(size)})

    answer = asyncio.run(ask())
    assert answer.status_code == status
    assert (answer.headers.get("connection") == "close") is (status != 200)
