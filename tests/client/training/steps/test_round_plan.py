import math
from dataclasses import replace

import pytest
import torch

from glsmed.client.data.examples import Examples
from glsmed.client.training.steps.round_plan import (
    RoundPlan,
    TrainingDivergedError,
    check_soft_targets,
    finite_loss,
    usable_rows,
)
from glsmed.shared.errors import DataError
from glsmed.shared.protocol.study import TrainingSection

CPU = torch.device("cpu")
SETTINGS = TrainingSection(steps_per_round=5, batch_size=4, seed=3)


def examples(n: int = 10) -> Examples:
    """The first two images have no labelled cell; the last has a negative rate."""
    targets = torch.linspace(0.1, 0.9, n)[:, None].clone()
    targets[-1] = 1.25
    weights = torch.ones(n, 1)
    weights[:2] = 0
    return Examples(
        images=torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 1, 4, 4).contiguous(),
        targets=targets,
        weights=weights,
        gold=torch.full((n, 1), math.nan),
        patients=tuple(f"p{number}" for number in range(n)),
        findings=("effusion",),
    )


def plan(round_number: int = 4) -> RoundPlan:
    return RoundPlan.of(examples(), SETTINGS, round_number=round_number)


def images_of(made: RoundPlan) -> list[list[int]]:
    return [batch.images[:, 0, 0, 0].tolist() for batch in made.batches()]


def test_a_pass_sees_every_labelled_image_once_before_the_next_begins() -> None:
    batches = images_of(plan())
    assert [len(batch) for batch in batches] == [4] * 5
    assert sorted(batches[0] + batches[1]) == list(range(2, 10))
    assert sorted(batches[2] + batches[3]) == list(range(2, 10))


def test_without_a_key_batches_follow_from_seed_and_round_alone() -> None:
    assert images_of(plan()) == images_of(plan())
    assert images_of(plan(4)) != images_of(plan(5))
    other = RoundPlan.of(examples(), SETTINGS.model_copy(update={"seed": 4}), round_number=4)
    assert images_of(plan()) != images_of(other)


def test_a_key_decides_the_batches_and_the_study_seed_does_not() -> None:
    def keyed(key: bytes, seed: int = 3) -> list[list[int]]:
        settings = SETTINGS.model_copy(update={"seed": seed})
        return images_of(RoundPlan.of(examples(), settings, round_number=4, key=key))

    assert keyed(b"a") == keyed(b"a", seed=4)
    assert keyed(b"a") != keyed(b"b")


def test_negative_rates_count_as_0_in_the_first_rounds_and_then_have_their_guards() -> None:
    first, later = plan(3), plan(4)
    assert float(first.examples.targets.max()) == 1
    assert (first.logit_limit, first.monitor(CPU)) == (None, None)
    assert float(later.examples.targets.max()) == 1.25
    assert later.logit_limit == 6
    assert later.monitor(CPU) is not None


def test_a_site_with_few_images_takes_all_of_them_in_a_step() -> None:
    few = RoundPlan.of(examples(5), SETTINGS, round_number=1)
    assert few.images_in_step == 3
    assert few.summary(summed_loss=10.0, monitor=None, seconds=1.0).images == 15


def test_the_loss_of_a_round_is_the_mean_of_its_steps() -> None:
    summary = plan().summary(summed_loss=10.0, monitor=None, seconds=1.0)
    assert (summary.loss, summary.steps, summary.images, summary.cells) == (2.0, 5, 20, 8)


def test_without_a_labelled_cell_there_is_nothing_to_train_on() -> None:
    with pytest.raises(DataError, match="glsmed-client check"):
        usable_rows(replace(examples(), weights=torch.zeros(10, 1)))


@pytest.mark.parametrize(("target", "lowest_rate"), [(1.01, 0.0), (-0.01, 0.0), (1.26, -0.5), (math.nan, -0.5)])
def test_a_target_further_beyond_than_its_rate_may_be_is_refused(target: float, lowest_rate: float) -> None:
    with pytest.raises(ValueError, match="got one outside"):
        check_soft_targets(replace(examples(), targets=torch.full((10, 1), target)), lowest_rate=lowest_rate)


@pytest.mark.parametrize("weight", [-0.1, math.nan, math.inf])
def test_a_weight_that_is_negative_or_not_finite_is_refused(weight: float) -> None:
    data = replace(examples(), targets=torch.full((10, 1), 0.5), weights=torch.full((10, 1), weight))
    with pytest.raises(ValueError, match="weight"):
        check_soft_targets(data)


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_names_the_round_and_the_remedy(loss: float) -> None:
    with pytest.raises(TrainingDivergedError, match=r"in round 7: lower learning_rate"):
        finite_loss(loss, 7)
    assert finite_loss(-2.5, 7) == -2.5
