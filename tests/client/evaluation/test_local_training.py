import json
import math

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.evaluation import local_training
from glsmed.client.evaluation.evaluation import Evaluation
from glsmed.client.evaluation.local_training import numbers_on_test, train_locally
from glsmed.client.training.steps.round_plan import TrainingSummary
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import AugmentationSection, Study, TrainingSection

CPU = torch.device("cpu")
STUDY = Study(
    study="s",
    findings=("effusion",),
    model=ModelSection(architecture="resnet10", image_size_px=32, calibration_map="off"),
    training=TrainingSection(
        rounds=3,
        steps_per_round=2,
        batch_size=8,
        augmentation=AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0),
    ),
)


def examples(count: int = 16) -> Examples:
    """Bright images have the finding."""
    labels = (torch.arange(count) % 2).float()[:, None]
    return Examples(
        images=(labels[:, :, None, None] * 200).expand(count, 1, 32, 32).byte(),
        targets=labels * 0.9 + 0.05,
        weights=torch.ones(count, 1),
        gold=torch.full((count, 1), math.nan),
        patients=tuple(f"p{number}" for number in range(count)),
        findings=("effusion",),
    )


def lines_and_result() -> tuple[list[str], local_training.LocalResult]:
    lines: list[str] = []
    return lines, train_locally(examples(), examples(), STUDY, device=CPU, tell=lines.append)


def test_training_takes_the_steps_of_the_federation_and_says_so() -> None:
    lines, _ = lines_and_result()
    assert [line.split(":")[0] for line in lines] == ["round 1/3", "round 2/3", "round 3/3"]


def test_the_result_follows_from_the_seed() -> None:
    (_, first), (_, second) = lines_and_result(), lines_and_result()
    assert first.validation_score == second.validation_score
    for left, right in zip(first.model.parameters(), second.model.parameters(), strict=True):
        assert torch.equal(left, right)


def training_with_losses(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], *, patience: int | None = None
) -> local_training.LocalResult:
    """Each round moves all weights by one, so the weights tell the round."""
    coming = iter(losses)

    def train(model: torch.nn.Module, *_: object, **__: object) -> TrainingSummary:
        with torch.no_grad():
            model.get_parameter("fc.bias").add_(1)
        return TrainingSummary(loss=0.0, steps=1, images=1, cells=1, seconds=0.0)

    def evaluate(*_: object, **__: object) -> Evaluation:
        by_finding = {"effusion": {"log_loss": next(coming)}}
        return Evaluation(by_finding, {}, "gold", 16, torch.zeros(3, 15), torch.zeros(0, 0))

    monkeypatch.setattr("glsmed.client.evaluation.local_training.train", train)
    monkeypatch.setattr("glsmed.client.evaluation.local_training.evaluate", evaluate)
    study = STUDY.model_copy(update={"training": STUDY.training.model_copy(update={"rounds": len(losses)})})
    return train_locally(examples(), examples(), study, device=CPU, tell=lambda line: None, patience=patience)


@pytest.mark.parametrize(("losses", "best"), [([0.3, 0.1, 0.2], 2), ([0.1, 0.2, 0.3], 1), ([0.3, 0.2, 0.1], 3)])
def test_the_round_with_the_lowest_validation_loss_is_kept(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], best: int
) -> None:
    start = build_model("resnet10", n_findings=1, seed=STUDY.training.seed).state_dict()["fc.bias"]
    result = training_with_losses(monkeypatch, losses)
    assert result.best_round == best
    assert result.rounds == 3
    assert result.validation_score == min(losses)
    assert float(result.model.get_parameter("fc.bias").detach() - start) == pytest.approx(best, abs=1e-4)


@pytest.mark.parametrize(
    ("losses", "best", "rounds"),
    [
        ([0.5, 0.4, 0.45, 0.42, 0.3], 2, 4),  # two rounds without a lower loss: the last one is not trained
        ([0.5, 0.4, 0.45, 0.3, 0.2], 5, 5),
        ([0.5, 0.6, 0.7, 0.1, 0.1], 1, 3),
    ],
)
def test_training_ends_when_patience_does(
    monkeypatch: pytest.MonkeyPatch, losses: list[float], best: int, rounds: int
) -> None:
    result = training_with_losses(monkeypatch, losses, patience=2)
    assert (result.best_round, result.rounds) == (best, rounds)


def test_the_numbers_are_json_and_about_the_test_split() -> None:
    _, result = lines_and_result()
    numbers = json.loads(json.dumps(numbers_on_test(result, examples(6), device=CPU)))
    assert numbers["reference"] == "reports"
    assert numbers["patients"] == 6
    assert numbers["by_finding"]["effusion"]["n"] == 6
    assert sum(numbers["calibration"][0]) == 6
