import json
import re
from pathlib import Path

import pytest

from glsmed.benchmarks.demo.baselines import Effort
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.hospital_data import draw_hospital
from glsmed.benchmarks.demo.page import write_page
from glsmed.benchmarks.demo.result import DemoResult
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS

NUMBERS = {"auroc": 0.81, "auprc": 0.5, "ece": 0.07, "brier": 0.2, "log_loss": 0.6}


@pytest.fixture
def folder(tmp_path: Path) -> DemoFolder:
    made = DemoFolder(tmp_path)
    made.run.mkdir(parents=True)
    rows = "".join(f"{n},validation,{h.name},gold,effusion,log_loss,0.{9 - n}\n" for n in (1, 2) for h in HOSPITALS)
    (made.run / "metrics.csv").write_text("round,split,site,reference,finding,metric,value\n" + rows)
    for hospital in HOSPITALS:
        draw_hospital(made, hospital, patients=2, seed=1)
        state = made.site(hospital.name) / "state"
        (state / "audit").mkdir(parents=True)
        sent = {"message": "Update", "bytes": 20_000_000, "metrics": {"loss": 0.5}}
        (state / "audit" / "audit.jsonl").write_text(json.dumps({"fields": sent}) + "\n")
    return made


def _page(folder: DemoFolder) -> str:
    """The page, its cells without the classes that say how they are broken."""
    page = (folder.root / "report.html").read_text(encoding="utf-8")
    return re.sub(r'<td class="[a-z]+">', "<td>", page)


def _result() -> DemoResult:
    sites = {h.name: dict.fromkeys(("federated", "local", "pooled"), NUMBERS) for h in HOSPITALS}
    alone = {h.name: Effort(images=7680, steps=480, rounds=8, best_round=6) for h in HOSPITALS}
    return DemoResult(sites, Effort(14400, 300, 5, 5), Effort(14400, 900, 5, 4), alone)


def test_the_page_is_self_contained_and_shows_numbers_departures_and_readings(folder: DemoFolder) -> None:
    write_page(folder, HOSPITALS, _result())
    page = _page(folder)
    assert page.count("<td>0.810</td>") == 9
    assert page.count("<svg ") == 3
    assert page.count("the two do equally well") == 2 * len(HOSPITALS)
    assert "<td>1 Update</td><td>20</td><td>1</td>" in page
    assert page.count("<iframe") == len(HOSPITALS)
    assert set(re.findall(r"https?://[^\"<&]*", page)) == {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_the_page_says_what_was_equal(folder: DemoFolder) -> None:
    write_page(folder, HOSPITALS, _result())
    page = _page(folder)
    assert "as many images as the hospitals of the federation together" in page
    assert "<td>pooled</td><td>14400</td><td>900</td><td>5</td><td>4</td>" in page
    assert page.count("<td>7680</td><td>480</td><td>8</td><td>6</td>") == len(HOSPITALS)
