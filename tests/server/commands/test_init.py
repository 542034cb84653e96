from pathlib import Path

import pytest

from glsmed.server.commands.init import init_study
from glsmed.shared.errors import ConfigurationError, UsageError


def _init(folder: Path, *, public_name: str = "localhost") -> Path:
    return init_study(folder, name="doubt", public_names=[public_name], port=8443, loopback_port=8440)


def test_the_authority_of_a_study_whose_file_was_moved_away_is_not_written_over(tmp_path: Path) -> None:
    _init(tmp_path).unlink()
    key = (tmp_path / "pki" / "ca.key").read_bytes()
    with pytest.raises(UsageError, match=r"ca\.key is the authority of another study"):
        _init(tmp_path)
    assert (tmp_path / "pki" / "ca.key").read_bytes() == key


def test_a_name_that_no_certificate_can_hold_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="public_names"):
        _init(tmp_path / "study", public_name="klinik süd")
    assert not (tmp_path / "study").exists()
