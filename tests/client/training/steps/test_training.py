import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from glsmed.client.data.examples import Examples
from glsmed.client.learning.negative_rates import NegativeRatesError
from glsmed.client.training.steps.gradient_correction import Steering
from glsmed.client.training.steps.round_plan import TrainingDivergedError
from glsmed.client.training.steps.stepper import DeviceMemoryError
from glsmed.client.training.steps.training import predict_logits, train
from glsmed.shared.errors import DataError
from glsmed.shared.networks.building import build_model
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import AugmentationSection, TrainingSection
from glsmed.shared.smoothing import smoothed_targets

CPU = torch.device("cpu")
STILL = AugmentationSection(rotation_degrees=0, translation_fraction=0, scale_fraction=0, contrast_fraction=0)


def settings(**changes: object) -> TrainingSection:
    plain = TrainingSection(steps_per_round=4, batch_size=8, augmentation=STILL, optimizer="sgd", learning_rate=0.1)
    return plain.model_copy(update={"momentum": 0.0, "weight_decay": 0.0, **changes})


def examples(n: int = 24, *, offset: float | None = None) -> Examples:
    """Images whose brightness tells the finding."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 2, (n, 1), generator=generator).float()
    noise = torch.randint(0, 60, (n, 1, 16, 16), generator=generator)
    return Examples(
        images=(noise + 120 * labels[:, :, None, None]).byte(),
        targets=labels * 0.9 + 0.05,
        weights=torch.ones(n, 1),
        gold=torch.full((n, 1), math.nan),
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion",),
        offsets=None if offset is None else torch.full((n, 1), offset),
    )


def with_rate(rate: float) -> Examples:
    """The same findings with another smoothing rate."""
    data = examples()
    labels = data.targets.round()
    return replace(data, targets=smoothed_targets(labels, torch.full_like(labels, rate)))


def linear(bias: float = 0.0) -> nn.Sequential:
    layer = nn.Linear(256, 1)
    nn.init.zeros_(layer.weight)
    nn.init.constant_(layer.bias, bias)
    return nn.Sequential(nn.Flatten(), layer)


def layer_of(model: nn.Sequential) -> nn.Linear:
    layer = model[1]
    assert isinstance(layer, nn.Linear)
    return layer


def test_one_step_is_one_step_of_plain_pytorch() -> None:
    data, model = examples(8), linear()
    train(model, data, settings(steps_per_round=1), round_number=1, device=CPU)
    reference = linear()
    nn.functional.binary_cross_entropy_with_logits(reference(to_pixels(data.images)), data.targets).backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
    weight = layer_of(reference).weight
    assert weight.grad is not None
    assert torch.allclose(layer_of(model).weight, -0.1 * weight.grad, atol=1e-6)


@pytest.mark.parametrize("lowest_rate", [0.0, -0.4])
def test_a_round_is_that_of_the_formula_with_labels_and_rates(lowest_rate: float) -> None:
    """Four steps with all images each, against softplus(z) - (y(1 - r) + r/2) z in plain PyTorch."""
    generator, data = torch.Generator().manual_seed(7), examples(8, offset=0.3)
    labels, weights = data.targets.round(), torch.rand(8, 1, generator=generator)
    rates = lowest_rate + (1 - lowest_rate) * torch.rand(8, 1, generator=generator)
    soft = replace(data, targets=smoothed_targets(labels, rates), weights=weights)
    model, reference = linear(), linear()
    train(model, soft, settings(learning_rate=0.01), round_number=4, device=CPU)
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.01)
    for _ in range(4):
        optimizer.zero_grad()
        logits = reference(to_pixels(data.images)) + 0.3
        cells = nn.functional.softplus(logits) - (labels * (1 - rates) + rates / 2) * logits
        ((cells * weights).sum() / weights.sum()).backward()
        optimizer.step()
    for trained, by_hand in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(trained, by_hand, atol=1e-6)


def test_with_a_pull_a_round_is_that_of_the_loss_with_the_proximal_term() -> None:
    """Li et al., Federated optimization in heterogeneous networks, MLSys 2020, equation 2, in plain PyTorch."""
    data, mu = examples(8), 3.0
    model, reference, start = linear(0.5), linear(0.5), linear(0.5)
    train(model, data, settings(), round_number=1, device=CPU, steering=Steering(pull=mu))
    optimizer = torch.optim.SGD(reference.parameters(), lr=0.1)
    for _ in range(4):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(reference(to_pixels(data.images)), data.targets)
        pairs = zip(reference.parameters(), start.parameters(), strict=True)
        (loss + mu / 2 * torch.stack([((a - b.detach()) ** 2).sum() for a, b in pairs]).sum()).backward()  # type: ignore[no-untyped-call]  # torch types backward only in part
        optimizer.step()
    for trained, by_hand in zip(model.parameters(), reference.parameters(), strict=True):
        assert torch.allclose(trained, by_hand, atol=1e-6)


def test_an_offset_acts_as_a_bias_that_is_not_learned() -> None:
    moved, biased = linear(), linear(bias=1.5)
    train(moved, examples(offset=1.5), settings(), round_number=1, device=CPU)
    train(biased, examples(), settings(), round_number=1, device=CPU)
    assert torch.allclose(layer_of(moved).weight, layer_of(biased).weight, atol=1e-6)
    assert torch.allclose(layer_of(moved).bias + 1.5, layer_of(biased).bias, atol=1e-6)


def test_with_a_share_the_target_is_part_words_part_words_and_image() -> None:
    bias, offset, share = 1.2, -0.4, 0.75
    data = replace(examples(8, offset=offset), image_shares=torch.full((8, 1), share))
    model = linear(bias)
    train(model, data, settings(steps_per_round=1), round_number=1, device=CPU)
    words = data.targets
    both = torch.sigmoid(torch.logit(words) + bias)  # the model's odds times those of the words over the base rate's
    gradient = (torch.sigmoid(torch.tensor(bias + offset)) - ((1 - share) * words + share * both)).mean()
    assert layer_of(model).bias.item() == pytest.approx(bias - 0.1 * float(gradient), abs=1e-6)


def test_a_masked_cell_teaches_nothing() -> None:
    data = examples()
    wrong = replace(data, targets=1 - data.targets, weights=data.weights * 0)
    both = Examples(
        images=torch.cat([data.images, wrong.images]),
        targets=torch.cat([data.targets, wrong.targets]),
        weights=torch.cat([data.weights, wrong.weights]),
        gold=torch.cat([data.gold, wrong.gold]),
        patients=data.patients + wrong.patients,
        findings=data.findings,
    )
    first, second = linear(), linear()
    train(first, data, settings(), round_number=1, device=CPU)
    summary = train(second, both, settings(), round_number=1, device=CPU)
    assert torch.equal(layer_of(first).weight, layer_of(second).weight)
    assert summary.cells == 24


def test_same_round_same_model_other_round_other_batches() -> None:
    models = [linear() for _ in range(3)]
    for model, number in zip(models, (1, 1, 2), strict=True):
        train(model, examples(), settings(), round_number=number, device=CPU)
    weights = [layer_of(model).weight for model in models]
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_training_learns(optimizer: str) -> None:
    model = build_model("resnet10", n_findings=1, seed=0)
    changed = settings(optimizer=optimizer, learning_rate=1e-3 if optimizer == "adamw" else 0.01, steps_per_round=15)
    train(model, examples(), changed, round_number=1, device=CPU)
    logits = predict_logits(model, examples(), device=CPU)
    assert bool(((logits > 0) == (examples().targets > 0.5)).float().mean() > 0.9)


def test_summary_counts_what_was_done() -> None:
    summary = train(linear(), examples(), settings(), round_number=1, device=CPU)
    assert (summary.steps, summary.images, summary.cells) == (4, 32, 24)
    assert summary.loss == pytest.approx(0.6, abs=0.2)


def test_every_step_is_reported() -> None:
    seen: list[int] = []
    train(linear(), examples(), settings(), round_number=1, device=CPU, on_step=seen.append)
    assert seen == [0, 1, 2, 3]


def test_no_labelled_cell_is_an_error_that_says_where_to_look() -> None:
    nothing = replace(examples(), weights=torch.zeros(24, 1))
    with pytest.raises(DataError, match="glsmed-client check"):
        train(linear(), nothing, settings(), round_number=1, device=CPU)


def test_a_loss_that_is_no_number_is_an_error_that_names_the_remedy() -> None:
    with pytest.raises(TrainingDivergedError, match="learning_rate"):
        train(linear(bias=math.nan), examples(), settings(), round_number=1, device=CPU)


def test_negative_rates_wait_for_the_warm_up() -> None:
    hard, negative = with_rate(0.0), with_rate(-0.5)
    for number, same in ((3, True), (4, False)):
        first, second = linear(), linear()
        train(first, hard, settings(learning_rate=0.001), round_number=number, device=CPU)
        train(second, negative, settings(learning_rate=0.001), round_number=number, device=CPU)
        assert torch.equal(layer_of(first).weight, layer_of(second).weight) is same


def test_negative_rates_that_run_away_stop_training() -> None:
    data = with_rate(-0.5)
    with pytest.raises(NegativeRatesError, match="effusion"):
        train(linear(bias=80.0), data, settings(), round_number=4, device=CPU)


def test_rates_beyond_the_cap_are_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        train(linear(), with_rate(-0.6), settings(), round_number=4, device=CPU)


class Short(nn.Module):
    """A model whose device holds only a few images."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.inner = linear()
        self.most = most
        self.seen: list[int] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(len(images))
        if len(images) > self.most:
            raise torch.OutOfMemoryError("no room")
        return self.inner(images)  # type: ignore[no-any-return]  # torch types no call of a module


def test_short_memory_takes_less_at_a_time_with_the_same_result() -> None:
    plenty, short = linear(), Short(3)
    first = train(plenty, examples(), settings(), round_number=1, device=CPU)
    second = train(short, examples(), settings(), round_number=1, device=CPU)
    assert torch.allclose(layer_of(short.inner).weight, layer_of(plenty).weight, atol=1e-6)
    assert second.loss == pytest.approx(first.loss, rel=1e-5)
    assert short.seen[:4] == [8, 4, 2, 2]
    assert max(short.seen[2:]) == 2


def test_a_single_image_that_does_not_fit_is_an_error_that_names_the_remedy() -> None:
    with pytest.raises(DeviceMemoryError, match="image_size_px"):
        train(Short(0), examples(), settings(), round_number=1, device=CPU)
