from pathlib import Path
from typing import Any

import pytest

from glsmed.client.node import online_check, presented_certificate
from glsmed.server.flower.listeners import superlink_app
from glsmed.server.flower.settings import LinkSettings

from .stand_ins import Authority

LOOK_SECONDS = 60.0  # none is waited out


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """The study's certificate authority."""
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(autouse=True)
def _time_to_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person is not kept waiting for long; a test on a busy machine may be."""
    for module in (online_check, presented_certificate):
        monkeypatch.setattr(module, "LOOK_SECONDS", LOOK_SECONDS)


@pytest.fixture
def superlink(tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Flower's own SuperLink with node keys on: a FastAPI application."""
    (tmp_path / "link-secret").write_text("a secret of this test")
    monkeypatch.setenv("FLWR_HOME", str(tmp_path))
    certificate, key = authority.issue("127.0.0.1")
    settings = LinkSettings(
        public_host="127.0.0.1",
        public_port=8443,
        loopback_port=8440,
        ca_certificate=authority.certificate,
        server_certificate=certificate,
        server_key=key,
        database=tmp_path / "link.db",
        superexec_secret=tmp_path / "link-secret",
    )
    return superlink_app(settings)
