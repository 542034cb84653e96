from pathlib import Path

import pytest

from glsmed.server.flower import object_folder
from glsmed.server.flower.object_folder import ObjectFolder

ID = "ab" * 32


@pytest.fixture
def folder(tmp_path: Path) -> ObjectFolder:
    made = ObjectFolder(tmp_path / "objects")
    made.drop_untrusted()
    return made


def test_a_part_is_read_as_it_was_written(folder: ObjectFolder) -> None:
    folder.write(ID, [b"one", b"two"])
    assert folder.has(ID)
    assert folder.read(ID) == b"onetwo"
    assert folder.path_of(ID) == folder.path / "ab" / ID


def test_a_part_that_could_not_be_written_whole_is_not_there(folder: ObjectFolder) -> None:
    def broken() -> object:
        yield b"one"
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        folder.write(ID, broken())  # type: ignore[arg-type]  # an iterator of bytes
    assert folder.read(ID) is None
    assert list((folder.path / "ab").iterdir()) == []


@pytest.mark.parametrize("name", ["../secret", "../../etc/passwd", "", "AB" * 32, "0x" + "a" * 62, "a" * 63 + "\n"])
def test_nothing_is_read_under_what_is_no_id(folder: ObjectFolder, name: str) -> None:
    (folder.path.parent / "secret").write_text("a secret")
    (folder.path / "..").joinpath("secret").read_text()
    assert not folder.has(name)
    assert folder.read(name) is None
    with pytest.raises(ValueError, match="expected an id of 64 hexadecimal digits"):
        folder.write(name, [b"content"])


def test_a_refusal_is_kept_until_the_message_is_removed(folder: ObjectFolder) -> None:
    assert folder.refusal(ID) is None
    folder.refuse(ID, "too large")
    assert folder.refusal(ID) == "too large"
    assert not folder.has(ID)
    folder.remove(ID)
    assert folder.refusal(ID) is None


def test_parts_are_trusted_until_the_machine_starts_again(
    folder: ObjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write(ID, [b"content"])
    folder.drop_untrusted()
    assert folder.has(ID)
    boot = tmp_path / "boot_id"
    boot.write_text("another start of the machine")
    monkeypatch.setattr(object_folder, "_BOOT_ID", boot)
    folder.drop_untrusted()
    assert not folder.has(ID)
