from pathlib import Path

from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.processes.report_writing import write_report


def test_the_pages_are_written_by_a_process_of_their_own(tmp_path: Path) -> None:
    folder = make_study_folder(tmp_path / "s", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    said: list[str] = []
    write_report(folder, tell=said.append)
    assert said == [f"report, model card and data sheet: {folder.run / 'report.html'}"]
    assert (folder.run / "model-card.md").is_file()


def test_that_they_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path) -> None:
    folder = make_study_folder(tmp_path / "s", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440)
    folder.run.mkdir()
    (folder.run / "audit.jsonl").write_text("{}\n")
    said: list[str] = []
    write_report(folder, tell=said.append)
    assert said[0].startswith("the report could not be written (")
    assert "no report is made of a changed record" in said[0]
