from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError, UsageError
from glsmed.site_adapters.workbench.adapter_file import ChangedElsewhereError, open_adapter_file


def test_a_file_is_written_as_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_bytes("adapter: a\r\nextends: en_radiology\r\n".encode("utf-8-sig"))
    file = open_adapter_file(path, folder=tmp_path)
    before = file.revision
    file.save(file.text + "version: 2\r\n")
    assert path.read_bytes() == b"adapter: a\r\nextends: en_radiology\r\nversion: 2\r\n"
    assert file.revision != before


def test_what_somebody_else_wrote_is_kept_and_read(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("adapter: a\n")
    file = open_adapter_file(path, folder=tmp_path)
    path.write_text("adapter: b\n")
    with pytest.raises(ChangedElsewhereError, match=r"site\.yaml was changed meanwhile"):
        file.save("adapter: c\n")
    assert path.read_text() == file.text == "adapter: b\n"
    file.save("adapter: c\n")
    assert path.read_text() == "adapter: c\n"


def test_a_vocabulary_is_extended_by_a_new_file(tmp_path: Path) -> None:
    file = open_adapter_file("ja_radiology", folder=tmp_path)
    assert file.is_new
    assert not file.path.exists()
    file.save(file.text)
    assert file.path == tmp_path / "my_ja_radiology.yaml"
    assert file.path.read_text() == "adapter: my_ja_radiology\nversion: 1\nextends: ja_radiology\n"
    with pytest.raises(UsageError, match="name that file"):
        open_adapter_file("ja_radiology", folder=tmp_path)


def test_a_new_file_does_not_replace_one_that_came_meanwhile(tmp_path: Path) -> None:
    file = open_adapter_file("ja_radiology", folder=tmp_path)
    file.path.write_text("adapter: theirs\n")
    with pytest.raises(ChangedElsewhereError):
        file.save("adapter: ours\n")
    assert file.path.read_text() == "adapter: theirs\n"


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes(b"adapter: \xe9\n")
    with pytest.raises(ConfigurationError, match="is not UTF-8"):
        open_adapter_file(tmp_path / "latin.yaml", folder=tmp_path)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        open_adapter_file(tmp_path / "none.yaml", folder=tmp_path)
