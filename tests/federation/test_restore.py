"""Backup and restore as docs/operations.md says, with its own commands: both ends lose their folders and go on."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.shared.files.audit import verify

from .conftest import SITES, Federation, Program, make_federation

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations.md"
ROUNDS = 3
CENTRE, SITE = "/var/lib/glsmed/chest-doubt", "/var/lib/glsmed/st-mary"


def run_commands_of_the_page(start: str, replaced: dict[str, str]) -> None:
    """Run the page's commands that begin with ``start``, with the paths of this test."""
    commands = re.findall(rf"^{re.escape(start)}.*$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(commands) == 2  # one for each end
    for command in commands:
        words = shlex.split(command)
        for path, ours in replaced.items():
            words = [word.replace(path, ours) for word in words]
        subprocess.run(words, check=True)


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    made = make_federation(tmp_path, rounds=ROUNDS)
    yield made
    made.stop()


def test_both_ends_lose_their_folders_and_the_study_goes_on(federation: Federation) -> None:
    centre_folder, site_folder = federation.study_file.parent, federation.config(SITES[0]).parent
    replaced = {CENTRE: str(centre_folder), SITE: str(site_folder), "/backup": str(federation.root)}
    _start(federation).wait_for(rf"round 1 of {ROUNDS}: .*counted", seconds=200)
    federation.stop()
    run_commands_of_the_page("tar --create", replaced)
    before = verify(site_folder / "state" / "audit" / "audit.jsonl")
    for folder in (centre_folder, site_folder):
        shutil.rmtree(folder)
    run_commands_of_the_page("mkdir /var/lib", replaced)
    run_commands_of_the_page("tar --extract", replaced)
    told = _start(federation).wait_for("done: results are in", seconds=300)
    assert f"round {ROUNDS} of {ROUNDS}: training" in told
    assert f"round 1 of {ROUNDS}: training" not in told  # its checkpoint was restored
    _check_records(centre_folder / "run", site_folder / "state", entries_before=before.entries)


def _start(federation: Federation) -> Program:
    centre = federation.start_centre()
    for site in SITES:
        federation.start_site(site)
    return centre


def _check_records(run: Path, state: Path, *, entries_before: int) -> None:
    """Both audit logs go on from where they were, and the site has counted every request."""
    assert verify(run / "audit.jsonl").first_broken is None
    assert json.loads((run / "summary.json").read_text())["rounds"] == ROUNDS
    audit = verify(state / "audit" / "audit.jsonl")
    assert audit.first_broken is None
    assert audit.entries > entries_before > 0
    (account,) = state.glob("accounts/questions-*.json")
    assert json.loads(account.read_text())["asked"]["train"] >= ROUNDS
