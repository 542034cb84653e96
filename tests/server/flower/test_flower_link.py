"""Contract tests: what we use of flwr that is private to it, and the two listeners."""

import asyncio
import inspect
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, ObjectUnavailableError, pull_objects
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from glsmed.server.flower.flower_link import (
    FleetOnly,
    LinkSettings,
    node_key,
    prepare_grid,
    superlink_app,
    superlink_arguments,
)
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.protocol.enrolment import generate_private_key, make_request


async def _anything(scope: Scope, receive: Receive, send: Send) -> None:
    response: Response = PlainTextResponse(f"reached {Request(scope).url.path}")
    await response(scope, receive, send)


def _status(path: str) -> int:
    async def ask() -> int:
        transport = httpx.ASGITransport(app=FleetOnly(_anything))
        async with httpx.AsyncClient(transport=transport, base_url="http://centre") as client:
            return (await client.get(path)).status_code

    return asyncio.run(ask())


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
    state = app.state  # type: ignore[attr-defined]  # it is a FastAPI application, typed as ASGI
    assert state.enable_supernode_auth
    assert state.superexec_auth_secret == b"a secret of this test"
    config = state.superlink_lifespan.config
    assert (config.isolation, config.runtime_dependency_install, config.host) == ("process", False, "127.0.0.1")


def test_superlink_never_listens_outside_by_itself(settings: LinkSettings) -> None:
    arguments = superlink_arguments(settings)
    assert arguments[arguments.index("--host") + 1] == "127.0.0.1"
    assert "--insecure" not in arguments


def test_node_key_is_the_form_that_flower_compares() -> None:
    request = make_request(generate_private_key(), site="a", study="b", study_digest="c")
    assert node_key(request.public_key).startswith(b"-----BEGIN PUBLIC KEY-----")


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


def test_the_grid_pulls_by_name() -> None:
    from flwr.superlink.grid import http_grid

    assert http_grid.pull_objects is pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert " pull_objects(" in inspect.getsource(http_grid)


def test_the_grid_takes_no_larger_answer_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from flwr.superlink.grid import http_grid

    monkeypatch.setattr(http_grid, "pull_objects", pull_objects)
    prepare_grid(100)
    pull: Callable[[list[str], Callable[[str], bytes]], dict[str, bytes]] = http_grid.pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert pull(["a", "b"], lambda _: b"x" * 50) == {"a": b"x" * 50, "b": b"x" * 50}
    with pytest.raises(ObjectPullError, match="larger than the study's model: more than 100 bytes"):
        pull(["a", "b", "c"], lambda _: b"x" * 50)


def test_the_grid_asks_again_soon_for_what_has_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    from flwr.superlink.grid import http_grid

    monkeypatch.setattr(http_grid, "pull_objects", pull_objects)
    prepare_grid(100)
    missing = iter([ObjectUnavailableError("a"), ObjectUnavailableError("a")])

    def late(_: str) -> bytes:
        for error in missing:
            raise error
        return b"x"

    started = time.monotonic()
    assert http_grid.pull_objects(["a"], late) == {"a": b"x"}  # type: ignore[attr-defined]  # imported there by name
    assert time.monotonic() - started < 0.9  # upstream waits a second, then two
