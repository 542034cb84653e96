import resource
import sys

import pytest

from glsmed.server.cli import main
from glsmed.server.folders.study_folder import StudyFolder
from tests.server.reporting.conftest import folder

__all__ = ["folder"]


def _typed(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr(sys, "argv", ["flwr-server", *map(str, words)])
    with pytest.raises(SystemExit) as caught:
        main()
    return int(caught.value.code or 0)


def test_it_names_what_it_wrote(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "--study", folder.study_file, "report") == 0
    assert str(folder.run / "report.html") in capsys.readouterr().out.splitlines()


def test_a_full_disk_is_one_line_and_leaves_no_half_page(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(folder.run.iterdir())
    old = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2000, old[1]))
    try:
        code = _typed(monkeypatch, "--study", folder.study_file, "report")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, old)
    said = capsys.readouterr().err
    assert code == 1
    assert said == f"error: {folder.run / 'report.html'}: cannot be written: File too large; make room and try again\n"
    assert sorted(folder.run.iterdir()) == before


def test_without_a_study_it_says_which_file_is_missing(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _typed(monkeypatch, "--study", f"{tmp_path}/gone/study.yaml", "report") == 2
    assert "gone/study.yaml" in capsys.readouterr().err
