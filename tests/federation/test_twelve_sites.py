"""Twelve hospitals, four of which know nothing of two findings: masked there, learned from the others."""

from collections import defaultdict
from pathlib import Path

import pytest

from glsmed.benchmarks.federation.local_grid import LocalGrid
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import SiteRuntime
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.processes.first_model import make_first_model
from glsmed.server.rounds.rounds import run_study
from glsmed.shared.networks import group_norm_networks
from glsmed.shared.protocol.study import Study

from .small_hospitals import TinyNetwork, small_hospital, small_study

ROUNDS, SITES, LACKING = 2, 12, 4
KNOWN = {"effusion": "effusion"}
TERMS = {**KNOWN, "gallstone": "gallstone", "azygos_lobe": "azygos lobe"}
OWN_ADAPTER = """\
adapter: own
extends: en_radiology
findings:
  gallstone: {terms: [gallstone]}
  azygos_lobe: {terms: [azygos lobe]}
"""


def _hospitals(folder: Path, study: Study) -> dict[str, SiteRuntime]:
    """Eight whose own adapter knows all findings, and four with the built-in one, which knows the first alone."""
    own = folder / "own.yaml"
    own.write_text(OWN_ADAPTER, encoding="utf-8")
    names = [f"site-{number:02d}" for number in range(SITES)]
    return {
        name: small_hospital(
            folder / name,
            study,
            adapter="en_radiology" if number < LACKING else str(own),
            terms=KNOWN if number < LACKING else TERMS,
            seed=number,
        )
        for number, name in enumerate(names)
    }


@pytest.mark.timeout(900)
def test_four_of_twelve_hospitals_may_lack_two_findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(group_norm_networks._NETWORKS, "resnet10", TinyNetwork)
    study, folder = small_study(list(TERMS), rounds=ROUNDS, federation={"quorum": SITES}), RunFolder(tmp_path / "run")
    hospitals = _hospitals(tmp_path, study)
    lacking, whole = sorted(hospitals)[:LACKING], sorted(hospitals)[LACKING:]
    for name in lacking:
        weights = hospitals[name].splits["train"].weights
        assert not weights[:, 1:].any()  # masked, never negative
        assert weights[:, 0].any()
    make_first_model(folder, study)
    grid = LocalGrid({name: build_client_app(runtime) for name, runtime in hospitals.items()})
    run_study(grid, study, folder, sites=lambda: grid.nodes)
    assert [sorted(record.counted) for record in folder.rounds()] == [sorted(hospitals)] * ROUNDS
    _check_cells(folder, lacking, whole)
    _check_metrics(folder, lacking, whole)


def _check_cells(folder: RunFolder, lacking: list[str], whole: list[str]) -> None:
    """A site that knows a third of the findings has about a third of the cells, and counts by those."""
    counted = next(iter(folder.rounds())).counted
    assert max(counted[name] for name in lacking) < 0.5 * min(counted[name] for name in whole)


def _check_metrics(folder: RunFolder, lacking: list[str], whole: list[str]) -> None:
    measured = defaultdict(set)
    for row in folder.metrics():
        if row.split == "test" and row.finding:
            measured[row.finding].add(row.site)
    assert measured["effusion"] == {*lacking, *whole}
    for finding in ("gallstone", "azygos_lobe"):
        assert measured[finding] == set(whole)
