import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from glsmed.server.admission.registry import read_registry, withdraw
from glsmed.server.cli import app
from glsmed.server.folders.run_folder import RunFolder, RunState
from glsmed.server.folders.study_folder import StudyFolder

AdmitSite = Callable[[str], Path]


@pytest.fixture
def study(new_folder: StudyFolder, admit_site: AdmitSite) -> list[str]:
    """A study with an online site, a withdrawn one and a file that is no request."""
    for site in ("st-mary", "sakura"):
        admit_site(site)
    withdraw("sakura", sites=new_folder.sites)
    (new_folder.sites / "broken.yaml").write_text("site: st-")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    RunFolder(new_folder.run).report(RunState("running", seen={"st-mary": now}))
    return ["--study", str(new_folder.study_file)]


def test_every_site_is_listed_with_its_key(study: list[str], new_folder: StudyFolder) -> None:
    done = CliRunner().invoke(app, [*study, "sites"])
    assert done.exit_code == 0, done.output
    heads, mary, sakura, warning = done.output.splitlines()
    assert heads.split()[:4] == ["site", "state", "online", "rounds"]
    assert mary.split()[:4] == ["st-mary", "admitted", "now", "0"]
    assert mary.endswith(read_registry(new_folder.sites).admitted["st-mary"].key)
    assert sakura.split()[:2] == ["sakura", "withdrawn"]
    assert warning.startswith("warning: ")
    assert "broken.yaml:1" in warning


def test_json_has_the_same_for_programs(study: list[str]) -> None:
    rows = json.loads(CliRunner().invoke(app, [*study, "sites", "--json"]).output)
    assert [(row["site"], row["state"], row["is_online"]) for row in rows] == [
        ("st-mary", "admitted", True),
        ("sakura", "withdrawn", False),
        ("broken", "unusable", False),
    ]
    assert rows[0]["key"].startswith("SHA256:")


def test_without_any_site_it_says_how_to_admit_one(new_folder: StudyFolder) -> None:
    done = CliRunner().invoke(app, ["sites", "--study", str(new_folder.study_file)])
    assert "flwr-server admit request.yaml" in done.output
