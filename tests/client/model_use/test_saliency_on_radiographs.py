"""The maps on drawn radiographs, where it is known which pixels a finding changes. Takes a minute or two."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter  # type: ignore[import-untyped]  # scipy ships no types
from scipy.stats import spearmanr  # type: ignore[import-untyped]  # as above
from torch import nn

from glsmed.benchmarks.reading_room.cases import FINDINGS, Case
from glsmed.benchmarks.reading_room.drawing import Scanner, draw_radiograph
from glsmed.client.model_use.saliency import saliency_map
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]  # the first test trains; on a busy machine for long

SIDE = 64
SCANNER = Scanner(side_px=SIDE, gamma=1.0, noise=0.03, blur_px=1, vignette=0.1, marker=0)
LEARNED = ("effusion", "cardiomegaly", "consolidation", "pneumothorax")  # a nodule takes longer than a test may
TRAINING, TESTED = 1200, 100
_NEAR = 5  # pixels: the map is blurred


def _case(random: np.random.Generator) -> Case:
    seen = {name: float(random.uniform(0.5, 1)) if random.random() < 0.35 else 0.0 for name in FINDINGS}
    return Case(seen, int(random.integers(2**31)))


def _drawn(case: Case) -> NDArray[np.uint8]:
    return draw_radiograph(case, SCANNER, np.random.default_rng(case.seed + 1))


def _changed(case: Case, finding: str) -> NDArray[np.bool_]:
    """Where the picture would be another without the finding."""
    still = replace(SCANNER, noise=0.0)
    without = Case({**case.visibility, finding: 0.0}, case.seed)
    pictures = [draw_radiograph(each, still, np.random.default_rng(5)).astype(float) for each in (case, without)]
    difference = np.abs(pictures[0] - pictures[1])
    found: NDArray[np.bool_] = maximum_filter(difference > max(5, 0.25 * difference.max()), _NEAR)
    return found


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    random = np.random.default_rng(0)
    return [_case(random) for _ in range(TRAINING + TESTED)]


@pytest.fixture(scope="module")
def trained(cases: list[Case]) -> nn.Module:
    images = torch.from_numpy(np.stack([_drawn(case) for case in cases[:TRAINING]]))[:, None]
    targets = torch.tensor([[float(case.truth(name)) for name in FINDINGS] for case in cases[:TRAINING]])
    model = build_model("resnet10", n_findings=len(FINDINGS), seed=0).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=300)
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        rows = torch.randint(0, TRAINING, (16,), generator=generator)
        loss = nn.functional.binary_cross_entropy_with_logits(model(to_pixels(images[rows])), targets[rows])
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
        schedule.step()
    return model.eval()


@pytest.fixture(scope="module")
def average(cases: list[Case]) -> torch.Tensor:
    return torch.from_numpy(np.mean([_drawn(case) for case in cases[:TRAINING]], axis=0)).float()


def _seen(model: nn.Module, case: Case, finding: str) -> bool:
    with torch.no_grad():
        logits = model(to_pixels(torch.from_numpy(_drawn(case))[None, None]))
    return bool(case.truth(finding)) and float(logits[0, FINDINGS.index(finding)]) > 0


@pytest.mark.parametrize("finding", LEARNED)
def test_the_brightest_place_lies_where_the_finding_changes_the_picture(
    trained: nn.Module, average: torch.Tensor, cases: list[Case], finding: str
) -> None:
    hits, masses = [], []
    for case in [case for case in cases[TRAINING:] if _seen(trained, case, finding)][:20]:
        values = saliency_map(trained, _drawn(case), average, place=FINDINGS.index(finding))
        changed = _changed(case, finding)
        hits.append(bool(changed.flatten()[values.argmax()]))
        masses.append(float(values[changed].sum() / values.sum()) / float(changed.mean()))
    assert len(hits) >= 10
    assert np.mean(hits) >= 0.8
    assert np.mean(masses) > 1.5  # times what an even map would have there


def test_a_network_of_random_weights_has_other_maps(
    trained: nn.Module, average: torch.Tensor, cases: list[Case]
) -> None:
    fresh = build_model("resnet10", n_findings=len(FINDINGS), seed=5).eval()
    likeness = []
    for case in cases[TRAINING : TRAINING + 12]:
        maps = [saliency_map(each, _drawn(case), average, place=0).ravel() for each in (trained, fresh)]
        likeness.append(spearmanr(*maps).statistic)
    assert abs(float(np.mean(likeness))) < 0.3
