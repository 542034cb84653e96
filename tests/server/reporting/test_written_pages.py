import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.cli import app
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.reporting.written_pages import write_pages
from glsmed.shared.errors import FederationError

PAGES = ["report.html", "model-card.html", "model-card.md", "data-sheet.html", "data-sheet.md"]


class _Loads(HTMLParser):
    """Everything that a page would run, or load from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag in ("script", "link", "object", "embed", "base", "form") or any(name.startswith("on") for name in names):
            self.found.append(tag)
        for name in ("src", "href", "xlink:href", "action"):
            value = names.get(name) or ""
            if value and not value.startswith(("#", "data:")):
                self.found.append(f"{tag} {value}")


def test_the_command_writes_every_page_and_names_them(folder: StudyFolder) -> None:
    done = CliRunner().invoke(app, ["--study", str(folder.study_file), "report"])
    assert done.exit_code == 0, done.output
    assert [line.rpartition("/")[2] for line in done.output.splitlines()] == PAGES


def test_pages_are_self_contained_and_run_nothing(folder: StudyFolder) -> None:
    for path in write_pages(folder):
        if path.suffix == ".html":
            text = path.read_text(encoding="utf-8")
            assert _Loads(text).found == []
            assert not re.search(r"url\((?!#)|@import", text)


def test_a_page_that_loads_or_runs_something_is_seen() -> None:
    text = "<img src='https://elsewhere.example/x.png'><p onclick='x'></p><script></script>"
    assert _Loads(text).found == ["img https://elsewhere.example/x.png", "p", "script"]


def test_words_of_a_site_are_escaped_and_bounded(folder: StudyFolder) -> None:
    for path in write_pages(folder):
        text = path.read_text(encoding="utf-8")
        assert "<script>" not in text
        assert "\u202e" not in text
    report = (folder.run / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#x27;x&#x27;)&lt;/script&gt; | patient 4711 Smith" in report
    markdown = (folder.run / "data-sheet.md").read_text(encoding="utf-8")
    assert r"\<script\>" in markdown


def test_card_and_sheet_are_in_the_chosen_language(folder: StudyFolder) -> None:
    write_pages(folder, language="ja")
    for name, title in (("model-card", "モデルカード"), ("data-sheet", "データシート")):
        assert '<html lang="ja">' in (folder.run / f"{name}.html").read_text(encoding="utf-8")
        text = (folder.run / f"{name}.md").read_text(encoding="utf-8").replace("\\", "")
        assert text.startswith(f"# {title}: ")
        english = [line for line in text.splitlines() if re.search(r"([A-Za-z]{2,}[ ,]+){4}", line)]
        assert [line for line in english if "patient 4711" not in line] == []  # a site's own words stay as they are


def test_why_each_number_is_missing_stands_in_the_report(folder: StudyFolder) -> None:
    write_pages(folder)
    card = (folder.run / "model-card.md").read_text(encoding="utf-8").replace("\\", "")
    assert "st-mary: hernia (every metric): the site's adapter does not know the finding." in card
    assert "st-mary: nodule (every metric): too few patients with it, or without it." in card
    assert "the site's policy lets no brier leave" in card
    assert "sakura: nodule, hernia (auroc): the site did not say why" in card
    assert "lukas: refused: <script>" in card
    assert "north: it never took part." in card


def test_the_kept_round_model_and_privacy_are_named(folder: StudyFolder) -> None:
    write_pages(folder)
    card = (folder.run / "model-card.md").read_text(encoding="utf-8")
    assert "The model of round 2 is kept" in card
    assert "c" * 64 in card
    assert "d" * 64 in card
    assert "no epsilon was spent" in card
    assert "Not given: study.yaml has no" in card


def test_the_intended_use_is_what_the_study_says(folder: StudyFolder) -> None:
    for file in (folder.study_file, folder.run / "study.yaml"):
        text = re.sub(
            r"^intended_use: null.*$", "intended_use: research on worklists", file.read_text(), flags=re.MULTILINE
        )
        file.write_text(text)
    write_pages(folder)
    assert "research on worklists" in (folder.run / "model-card.md").read_text(encoding="utf-8")


def test_a_study_that_was_never_started_has_pages_too(tmp_path: Path) -> None:
    folder = make_study_folder(
        tmp_path / "new", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440
    )
    write_pages(folder)
    report = (folder.run / "report.html").read_text(encoding="utf-8")
    assert "The study has not ended" in report
    assert "No model was measured yet." in report


def test_before_the_end_the_numbers_are_called_what_they_are(folder: StudyFolder) -> None:
    (folder.run / "summary.json").unlink()
    metrics = folder.run / "metrics.csv"
    metrics.write_text("".join(line for line in metrics.read_text().splitlines(keepends=True) if ",test," not in line))
    write_pages(folder)
    report = (folder.run / "report.html").read_text(encoding="utf-8")
    assert "The model of round 2 on the validation patients of each site. The study has not ended" in report


def test_of_a_changed_record_no_report_is_made(folder: StudyFolder) -> None:
    log = folder.run / "audit.jsonl"
    log.write_text(log.read_text().replace("site_joined", "site_gone", 1))
    with pytest.raises(FederationError, match="no report is made of a changed record"):
        write_pages(folder)


def test_a_damaged_summary_is_named(folder: StudyFolder) -> None:
    (folder.run / "summary.json").write_text("{")
    with pytest.raises(FederationError, match=r"summary\.json is damaged"):
        write_pages(folder)


def test_the_program_of_its_own_writes_them(folder: StudyFolder) -> None:
    program = [sys.executable, "-m", "glsmed.server.reporting.report_process", str(folder.study_file)]
    subprocess.run(program, check=True)
    assert json.loads((folder.run / "summary.json").read_text())["best_round"] == 2
    assert all((folder.run / name).is_file() for name in PAGES)
