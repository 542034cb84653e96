from pathlib import Path

import pytest

from glsmed.server.folders.authority.passphrase import passphrase_for, passphrase_in
from glsmed.shared.errors import UsageError

PASSPHRASE = b"correct horse battery staple"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (b"short\n", 0o600, "expected 12 characters in the first line, got 5"),
        (PASSPHRASE, 0o644, "chmod 600"),
        (None, 0o600, "No such file"),
    ],
)
def test_a_passphrase_file_that_will_not_do_is_named(
    tmp_path: Path, content: bytes | None, mode: int, said: str
) -> None:
    file = tmp_path / "passphrase"
    if content is not None:
        file.write_bytes(content)
        file.chmod(mode)
    with pytest.raises(UsageError, match=f"{file}: .*{said}"):
        passphrase_in(file)


def test_the_passphrase_is_the_first_line(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\r\nanother line\n")
    (tmp_path / "passphrase").chmod(0o600)
    assert passphrase_in(tmp_path / "passphrase") == PASSPHRASE


@pytest.mark.parametrize(
    ("is_locked", "sits_there", "got"), [(True, True, PASSPHRASE), (True, False, None), (False, True, None)]
)
def test_it_is_asked_for_where_it_is_needed_and_somebody_sits_at_the_terminal(
    monkeypatch: pytest.MonkeyPatch, is_locked: bool, sits_there: bool, got: bytes | None
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: sits_there, raising=False)
    assert passphrase_for(is_locked=is_locked, file=None, ask=PASSPHRASE.decode) == got


def test_a_file_is_read_and_nobody_is_asked(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_bytes(PASSPHRASE)
    (tmp_path / "passphrase").chmod(0o600)
    assert passphrase_for(is_locked=True, file=tmp_path / "passphrase", ask=lambda: "") == PASSPHRASE
