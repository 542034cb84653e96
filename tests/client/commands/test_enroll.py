import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from glsmed.shared.documents import read_document

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


def test_a_key_that_is_none_is_refused(typed: Typed, write_config: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "site.key").write_text("not a key")
    done = typed("--site", write_config(), "enroll")
    assert done.code == 2
    assert "Traceback" not in done.err
    assert not (tmp_path / "request.yaml").exists()
