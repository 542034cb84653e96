import json
import math
import re
import stat
from pathlib import Path

import pytest
import torch
from torch import nn

from glsmed.client import evaluation
from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.card.site_card import ShippedFacts, write_site_card
from glsmed.client.evaluation.card.words import WORDS
from glsmed.client.evaluation.evaluation import evaluate
from glsmed.client.evaluation.shipped_model import SiteParts, write_shipped_model
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared import pages
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study
from tests.spoken_sentences import misplaced, spoken_sentences

FINDINGS = ("effusion", "nodule", "hernia")
STUDY = Study(study="doubt", findings=FINDINGS, model=ModelSection(architecture="resnet10", image_size_px=32))
MAP = OutputCalibration(
    findings=FINDINGS, curves={"effusion": FindingCalibration(slope=0.5, intercept=-1, gold_cells=80)}
)
OWN = {"effusion": {"auroc": 0.7}}


class Brightness(nn.Module):
    """Logit of every finding: the pixel."""

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        return images.flatten(1)[:, :1].repeat(1, 3)


@pytest.fixture
def card(tmp_path: Path) -> str:
    """effusion has both classes, nodule never occurs, hernia has no reference."""
    rng = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (60, 1, 1, 1), generator=rng).byte()
    gold = torch.full((60, 3), math.nan)
    gold[:, 0] = (pixels.flatten() > 120).float()
    gold[:, 1] = 0.0
    test = Examples(pixels, torch.full((60, 3), 0.5), torch.zeros(60, 3), gold, tuple(map(str, range(60))), FINDINGS)
    model = build_model("resnet10", n_findings=3, seed=3)
    parts = SiteParts(site="st-mary", clahe=False, offset=torch.tensor([1.0, -2.0, 0.0]), output_calibration=MAP)
    write_shipped_model(tmp_path, model, STUDY, round_number=7, parts=parts)
    beside = json.loads((tmp_path / "site.json").read_text())
    point = {"aim": 0.9, "logit": 2.0, "sensitivity": 0.92, "specificity": 0.75}
    found = {"reference": "gold", "positives": 40, "negatives": 60, "points": [point]}
    operation = {"effusion": found, "nodule": {**found, "positives": 3, "points": []}}
    (tmp_path / "site.json").write_text(json.dumps({**beside, "operation": operation}))
    measured = evaluate(Brightness(), test, device=torch.device("cpu"))
    write_site_card(tmp_path, ShippedFacts("st-mary", STUDY, 7, measured, test, local=OWN, sensitivity=0.9))
    assert stat.S_IMODE((tmp_path / "model-card.html").stat().st_mode) == 0o600
    assert "<svg" in (tmp_path / "model-card.html").read_text()
    return (tmp_path / "model-card.md").read_text().replace("\\", "")


def test_it_says_whose_model_it_is(card: str) -> None:
    assert card.startswith("# Model card: doubt at st-mary")
    assert "resnet10 of round 7" in card
    assert STUDY.digest() in card


def test_each_finding_has_its_interval_or_the_reason_why_not(card: str) -> None:
    assert "| effusion | 60 | " in card
    assert "1.000 (1.000 to 1.000)" in card
    assert "| nodule | 60 | 0 | one class only |" in card
    assert "| hernia | 0 | 0 | no reference |" in card


def test_what_is_this_sites_own_stands_there(card: str) -> None:
    assert "| effusion | +1.000 | 0.500 z -1.000 | 80 |" in card
    assert "| nodule | -2.000 | none: too little gold | 0 |" in card
    assert "the site's own model ranks better" not in card
    assert "the best model that the site trained alone has 0.700: the study's model ranks better, by 0.300." in card


def test_alerts_stand_there_with_what_they_do(card: str) -> None:
    assert "at least 90 % of the present findings" in card
    assert "| effusion | 0.500 | 0.920 | 0.750 | 40 |" in card  # half of a logit of 2, less 1
    assert "| nodule | none: too few positives | – | – | 3 |" in card


def test_the_card_stands_there_in_japanese_too(card: str, tmp_path: Path) -> None:
    japanese = (tmp_path / "model-card.ja.md").read_text(encoding="utf-8").replace("\\", "")
    assert japanese.startswith("# モデルカード: st-mary での doubt")
    assert "施設単独の最良モデルが 0.700" in japanese
    assert [line.count("|") for line in japanese.splitlines()] == [line.count("|") for line in card.splitlines()]
    assert not re.search(r"([A-Za-z]{2,} ){3}", japanese.replace(STUDY.digest(), ""))
    assert '<html lang="ja">' in (tmp_path / "model-card.ja.html").read_text(encoding="utf-8")


def test_every_sentence_has_japanese() -> None:
    said = spoken_sentences(Path(str(room.__file__)).parent for room in (evaluation, pages))
    assert sorted(said - set(WORDS)) == []
    assert set(WORDS) - said == set()
    assert misplaced(WORDS) == []


def test_what_was_not_said_is_said_to_be_missing(card: str) -> None:
    assert "Not given: study.yaml has no intended_use." in card
    assert "Training had no differential privacy." in card
