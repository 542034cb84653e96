import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.shared.files.documents import read_document

Typed = Callable[..., Any]


def test_the_key_is_made_here_and_only_the_request_is_for_the_centre(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path
) -> None:
    done = typed("--site", write_config(), "enroll")
    assert done.code == 0
    key = tmp_path / "keys" / "site.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    request = (tmp_path / "request.yaml").read_text()
    assert read_document(tmp_path / "request.yaml").data["site"] == "st-mary"
    assert "PRIVATE KEY" in key.read_text()
    assert "PRIVATE" not in request
    assert str(tmp_path / "request.yaml") in done.out


def test_an_existing_key_is_kept(typed: Typed, write_config: Callable[..., Path], tmp_path: Path) -> None:
    config = write_config()
    typed("--site", config, "enroll")
    key = (tmp_path / "keys" / "site.key").read_bytes()
    typed("--site", config, "enroll", "--out", tmp_path / "again.yaml")
    assert (tmp_path / "keys" / "site.key").read_bytes() == key
    again, first = (read_document(tmp_path / name).data for name in ("again.yaml", "request.yaml"))
    assert again["public_key"] == first["public_key"]


@pytest.mark.parametrize("content", ["not a key", "", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n"])
def test_a_damaged_key_is_named_with_its_remedy(
    typed: Typed, write_config: Callable[..., Path], tmp_path: Path, content: str
) -> None:
    key = tmp_path / "keys" / "site.key"
    key.parent.mkdir()
    key.write_text(content)
    key.chmod(0o600)
    done = typed("--site", write_config(), "enroll")
    assert done.code == 2
    assert f"{key}: is not an OpenSSH private key" in done.err
    assert "restore it from a backup; or move it away" in done.err
    assert "Traceback" not in done.err
    assert not (tmp_path / "request.yaml").exists()


def test_a_key_that_others_may_read_is_refused(typed: Typed, write_config: Callable[..., Path], tmp_path: Path) -> None:
    typed("--site", write_config(), "enroll")
    key = tmp_path / "keys" / "site.key"
    key.chmod(0o640)
    done = typed("--site", write_config(), "enroll")
    assert (done.code, f"run: chmod 600 {key}" in done.err) == (2, True)
