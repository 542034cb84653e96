from pathlib import Path

import pytest

from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.errors import ConfigurationError, UsageError


def _make(folder: Path, *, public_name: str = "localhost") -> StudyFolder:
    return make_study_folder(folder, name="doubt", public_names=[public_name], port=8443, loopback_port=8440)


def test_a_new_folder_holds_a_study_its_certificates_and_no_sites(tmp_path: Path) -> None:
    folder = _make(tmp_path / "study")
    assert folder.study().study == "doubt"
    assert not folder.certificates.needs_renewal(["localhost"])
    assert list(folder.sites.iterdir()) == []


def test_a_folder_that_holds_a_study_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text("study: mine")
    with pytest.raises(UsageError, match=r"study\.yaml exists already: choose another folder"):
        _make(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["study.yaml"]


def test_the_authority_of_a_study_whose_file_was_moved_away_is_not_written_over(tmp_path: Path) -> None:
    _make(tmp_path).study_file.unlink()
    key = (tmp_path / "pki" / "ca.key").read_bytes()
    with pytest.raises(UsageError, match=r"ca\.key is the authority of another study"):
        _make(tmp_path)
    assert (tmp_path / "pki" / "ca.key").read_bytes() == key


def test_a_name_that_no_certificate_can_hold_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="public_names"):
        _make(tmp_path / "study", public_name="klinik süd")
    assert not (tmp_path / "study").exists()
