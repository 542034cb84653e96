import resource
import sys
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app, main
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.web.local_site import LocalSite
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


def test_the_page_of_a_study_is_served_until_it_is_stopped(
    folder: StudyFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[tuple[str, int, str]] = []

    def serve(site: LocalSite, *, port: int, tell: Callable[[str], None]) -> None:
        served.append((site.title, port, site.language))
        tell("http://127.0.0.1:1/?token=x")

    monkeypatch.setattr("glsmed.shared.web.serving.serve", serve)
    arguments = ["--study", str(folder.study_file), "page", "--port", "8765", "--language", "ja"]
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    assert served == [("研究 doubt", 8765, "ja")]
    assert done.output == "page: http://127.0.0.1:1/?token=x\n"


def test_a_port_that_cannot_be_is_a_wrong_use() -> None:
    assert CliRunner().invoke(app, ["page", "--port", "70000"]).exit_code == 2


def test_the_report_can_be_in_japanese(folder: StudyFolder) -> None:
    arguments = ["--study", str(folder.study_file), "report", "--language", "ja"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    report = (folder.run / "report.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in report
    assert "測定されていないもの" in report
    assert "使用目的" in (folder.run / "model-card.md").read_text(encoding="utf-8")
