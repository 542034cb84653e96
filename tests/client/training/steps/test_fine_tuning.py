import math

import pytest
import torch
from torch import Tensor, nn

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.fine_tuning import choose_trainable, parameter_groups, round_learning_rate, trainable
from glsmed.client.training.steps.stepper import make_optimizer
from glsmed.client.training.steps.training import train
from glsmed.shared.networks.building import build_model
from glsmed.shared.networks.parts import depths, head_names
from glsmed.shared.protocol.network_settings import FineTuningSection
from glsmed.shared.protocol.study import TrainingSection

CPU = torch.device("cpu")


def settings(**fine_tuning: object) -> TrainingSection:
    section = FineTuningSection.model_validate(fine_tuning)
    return TrainingSection(rounds=4, steps_per_round=3, batch_size=4, learning_rate=0.01, fine_tuning=section)


def examples() -> Examples:
    generator = torch.Generator().manual_seed(0)
    return Examples(
        images=torch.randint(0, 256, (8, 1, 32, 32), generator=generator).byte(),
        targets=torch.rand(8, 2, generator=generator),
        weights=torch.ones(8, 2),
        gold=torch.full((8, 2), math.nan),
        patients=tuple(f"p{number}" for number in range(8)),
        findings=("effusion", "nodule"),
    )


def fresh(architecture: str = "timm/test_convnext") -> nn.Module:
    return build_model(architecture, n_findings=2, seed=0, image_size_px=32)


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def after_rounds(chosen: TrainingSection, *rounds: int, model: nn.Module | None = None) -> dict[str, Tensor]:
    model = model or fresh()
    for number in rounds:
        train(model, examples(), chosen, round_number=number, device=CPU)
    return weights_of(model)


def changed(before: dict[str, Tensor], after: dict[str, Tensor]) -> set[str]:
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.mark.parametrize("architecture", ["resnet10", "timm/test_convnext", "timm/test_vit"])
def test_only_the_head_learns_in_frozen_rounds_and_all_after_them(architecture: str) -> None:
    model = fresh(architecture)
    start, chosen = weights_of(model), settings(frozen_rounds=2)
    frozen = after_rounds(chosen, 1, 2, model=model)
    assert changed(start, frozen) == head_names(model)
    assert changed(frozen, after_rounds(chosen, 3, model=model)) == set(start)


def test_a_layers_rate_falls_with_its_distance_from_the_head() -> None:
    model, chosen = fresh(), settings(layer_decay=0.5, schedule="cosine")
    optimizer = make_optimizer(model, chosen, round_number=3)
    rates = {id(parameter): group["lr"] for group in optimizer.param_groups for parameter in group["params"]}
    depth = depths(model)
    for name, parameter in model.named_parameters():
        distance = max(depth.values()) - depth[name]
        assert rates[id(parameter)] == pytest.approx(0.005 * 0.5**distance)


def test_the_rate_falls_along_half_a_cosine_over_the_rounds() -> None:
    rates = [round_learning_rate(settings(schedule="cosine"), round_number=number) for number in (1, 2, 3, 4)]
    assert rates == pytest.approx([0.01, 0.01 * (2 + math.sqrt(2)) / 4, 0.005, 0.01 * (2 - math.sqrt(2)) / 4])
    assert {round_learning_rate(settings(), round_number=number) for number in (1, 4)} == {0.01}


@pytest.mark.parametrize(
    "fine_tuning",
    [{"frozen_rounds": 1}, {"layer_decay": 0.7}, {"schedule": "cosine"}, {"average_decay": 0.9}],
    ids=lambda section: next(iter(section)),
)
def test_a_round_that_is_repeated_by_another_process_ends_the_same(fine_tuning: dict[str, object]) -> None:
    chosen, model = settings(**fine_tuning), fresh()
    first = after_rounds(chosen, 1, model=model)
    expected = after_rounds(chosen, 2, model=model)
    again = fresh()
    again.load_state_dict(first)
    repeated = after_rounds(chosen, 2, model=again)
    assert changed(expected, repeated) == set()
    assert changed(expected, after_rounds(settings(), 1, 2)) != set()


@pytest.mark.parametrize("decay", [0.5, 0.9])
def test_the_average_is_of_the_weights_after_each_step_and_not_of_the_first(decay: float) -> None:
    model, seen = fresh(), list[dict[str, Tensor]]()
    chosen = settings(average_decay=decay)
    train(model, examples(), chosen, round_number=1, device=CPU, on_step=lambda _: seen.append(weights_of(model)))
    shares = [decay**2, decay, 1.0]
    for name, value in weights_of(model).items():
        mean = sum(share * weights[name] for share, weights in zip(shares, seen, strict=True)) / sum(shares)
        assert torch.allclose(value, torch.as_tensor(mean), atol=1e-6)


def test_by_default_an_optimizer_gets_the_parameters_alone() -> None:
    model = fresh("resnet10")
    choose_trainable(model, settings(), round_number=1)
    assert list(parameter_groups(model, settings(), round_number=1)) == list(model.parameters()) == trainable(model)
