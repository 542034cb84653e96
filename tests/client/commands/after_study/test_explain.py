import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.data.manifest import read_manifest

Typed = Callable[..., Any]


def test_the_page_has_maps_words_and_both_numbers(
    typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path
) -> None:
    reports = read_manifest(hospital_data / "manifest.csv").reports
    study_id = next(name for name, text in reports.items() if "effusion" in text.lower().split("findings")[-1])
    page = tmp_path / "why.html"
    assert typed("--site", site_file, "explain", study_id, "--html", page).code == 0
    content = page.read_text(encoding="utf-8")
    assert re.search(r'<img alt="effusion" src="data:image/png;base64,', content)
    assert "<mark" in content
    assert re.findall(r'(?:src|href)="(?!data:)', content) == []
    marked = re.sub(r"<[^>]+>", "", content.split('class="report">')[1].split("</p>")[0])
    assert marked == reports[study_id].replace("&", "&amp;")


@pytest.mark.parametrize("name", ["config.yaml", "study.yaml"])
def test_the_page_never_replaces_a_file_of_the_site(typed: Typed, site_file: Path, tmp_path: Path, name: str) -> None:
    before = (tmp_path / name).read_bytes()
    done = typed("--site", site_file, "explain", "any", "--html", tmp_path / name)
    assert done.code == 2
    assert "must not be written over" in done.err
    assert (tmp_path / name).read_bytes() == before


def test_the_state_folder_is_left_as_it_is(typed: Typed, site_file: Path, hospital_data: Path, tmp_path: Path) -> None:
    state = site_file.parent / "state"
    before = {path: path.stat().st_mtime_ns for path in state.rglob("*") if path.is_file()}
    study_id = next(iter(read_manifest(hospital_data / "manifest.csv").reports))
    typed("--site", site_file, "explain", study_id, "--html", tmp_path / "why.html")
    assert {path: path.stat().st_mtime_ns for path in state.rglob("*") if path.is_file()} == before


def test_an_examination_that_is_not_there_is_named(typed: Typed, site_file: Path, tmp_path: Path) -> None:
    done = typed("--site", site_file, "explain", "st-mary-00000-11", "--html", tmp_path / "why.html")
    assert done.code == 2
    assert "has no examination 'st-mary-00000-11'; did you mean 'st-mary-00000-1'?" in done.err
