import math

import torch

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation.model_description import ModelDescription, describe_model
from glsmed.client.learning.operating_point import LEAST_POSITIVES
from glsmed.shared.networks.building import build_model

CPU = torch.device("cpu")
FINDINGS = ("effusion", "nodule", "mass")


def _examples(n: int, *, seed: int) -> Examples:
    """Effusion has gold for all, nodule only words, mass is said to be nowhere."""
    generator = torch.Generator().manual_seed(seed)
    truth = (torch.rand(n, 3, generator=generator) < 0.5).float() * torch.tensor([1.0, 1.0, 0.0])
    gold = truth.clone()
    gold[:, 1:] = math.nan
    return Examples(
        images=torch.randint(0, 256, (n, 1, 32, 32), generator=generator).byte(),
        targets=0.05 + 0.9 * truth,
        weights=torch.ones(n, 3),
        gold=gold,
        patients=tuple(f"p{seed}-{number}" for number in range(n)),
        findings=FINDINGS,
        offsets=torch.full((n, 3), -0.5),
    )


def _described() -> ModelDescription:
    model = build_model("resnet10", n_findings=3, seed=0)
    splits = {"train": _examples(30, seed=0), "validation": _examples(60, seed=1), "test": _examples(5, seed=2)}
    return describe_model(model, splits, kind="platt", device=CPU)  # type: ignore[arg-type]  # the names of splits


def test_findings_with_gold_have_an_interval_and_the_others_none() -> None:
    described = _described()
    assert list(described.intervals) == ["effusion"]
    assert (described.intervals["effusion"].gold_cells, described.intervals["effusion"].training_cells) == (60, 0)


def test_alerts_are_chosen_by_gold_or_else_by_certain_words() -> None:
    operation = _described().operation
    assert {name: each.reference for name, each in operation.items()} == {
        "effusion": "gold",
        "nodule": "reports",
        "mass": "reports",
    }
    assert operation["nodule"].positives >= LEAST_POSITIVES
    assert operation["nodule"].points
    assert operation["mass"].why_not() == "no operating point: too few positives (0)"


def test_validation_images_are_what_is_ordinary() -> None:
    familiarity = _described().familiarity
    assert len(familiarity.ordinary) == 60
    assert familiarity.average.shape == (32, 32)
