import math
from dataclasses import replace

import pytest
import torch

from glsmed.client.data.examples import Examples, SplitName
from glsmed.client.labels.training_targets import (
    image_shares,
    site_offset,
    with_gold_labels,
    with_image_shares,
    with_offset,
    with_training_targets,
)
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import LabelSection, Study, TrainingSection

NAN = math.nan
FINDINGS = ("effusion", "nodule")


def _examples() -> Examples:
    return Examples(
        images=torch.zeros(4, 1, 2, 2, dtype=torch.uint8),
        targets=torch.tensor([[1.0, 0.1], [0.7, 0.8], [0.0, 0.0], [0.1, 0.0]]),
        weights=torch.tensor([[1.0, 1.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]),
        gold=torch.tensor([[NAN, NAN], [0.0, 1.0], [NAN, NAN], [NAN, NAN]]),
        patients=("a", "b", "c", "d"),
        findings=FINDINGS,
    )


def _study(*, gold: bool = True, offset: bool = True) -> Study:
    labels, training = LabelSection(gold_as_labels=gold), TrainingSection(site_offset=offset)
    return Study(study="s", findings=FINDINGS, labels=labels, training=training)


def test_gold_stands_above_the_words_and_above_silence() -> None:
    learned = with_gold_labels(_examples())
    assert learned.targets[1].tolist() == [0.0, 1.0]
    assert learned.weights[1].tolist() == [1.0, 1.0]


def test_cells_without_gold_stay() -> None:
    learned, others = with_gold_labels(_examples()), torch.tensor([0, 2, 3])
    for name in ("targets", "weights"):
        assert torch.equal(getattr(learned, name)[others], getattr(_examples(), name)[others])


def test_offset_is_the_logit_of_the_mean_target_with_half_a_label_of_each_class() -> None:
    effusion = (1.0 + 0.7 + 0.0 + 0.5) / 4
    nodule = (0.1 + 0.0 + 0.0 + 0.5) / 4
    expected = [math.log(base / (1 - base)) for base in (effusion, nodule)]
    assert site_offset(_examples()).tolist() == pytest.approx(expected)


def test_a_finding_without_labels_has_no_offset() -> None:
    assert site_offset(replace(_examples(), weights=torch.zeros(4, 2))).tolist() == [0.0, 0.0]


def test_offset_has_a_bound() -> None:
    ones = torch.ones(100_000, 1)
    many = replace(_examples(), targets=ones, weights=ones)
    assert site_offset(many).tolist() == [4.0]


def test_every_split_gets_the_offset_of_training_and_only_training_gets_gold() -> None:
    splits = with_training_targets({"train": _examples(), "validation": _examples(), "test": _examples()}, _study())
    expected = site_offset(with_gold_labels(_examples()))
    for examples in splits.values():
        assert examples.offsets is not None
        assert torch.equal(examples.offsets, expected.expand(4, 2))
    assert splits["train"].targets[1, 0] == 0
    assert splits["test"].targets[1, 0] == pytest.approx(0.7)


def test_each_part_can_be_switched_off() -> None:
    splits: dict[SplitName, Examples] = {"train": _examples(), "validation": _examples(), "test": _examples()}
    learned = with_training_targets(splits, _study(gold=False, offset=False))["train"]
    assert learned.offsets is None
    assert torch.equal(learned.targets, _examples().targets)


def test_rows_take_everything_of_an_image() -> None:
    whole = with_image_shares(with_offset(_examples(), torch.tensor([1.0, 2.0])), torch.tensor([0.0, 0.5]))
    some = whole.rows(torch.tensor([2, 0]))
    assert some.patients == ("c", "a")
    assert len(some) == 2
    assert some.offsets is not None
    assert some.offsets.tolist() == [[1.0, 2.0], [1.0, 2.0]]
    assert some.image_shares is not None
    assert some.image_shares.tolist() == [[0.0, 0.5], [0.0, 0.5]]
    assert torch.equal(some.targets, _examples().targets[[2, 0]])


@pytest.mark.parametrize(
    ("present", "absent", "kind", "share"),
    [(3, 17, "platt", 0.0), (3, 16, "platt", 0.6), (2, 30, "platt", 0.6), (0, 0, "platt", 0.6), (50, 50, "off", 0.6)],
)
def test_the_image_speaks_only_for_findings_without_a_map(present: int, absent: int, kind: str, share: float) -> None:
    gold = torch.full((120, 2), NAN)
    gold[: present + absent, 0] = torch.tensor([1.0] * present + [0.0] * absent)
    model = ModelSection.model_validate({"calibration_map": kind})
    study = Study(study="s", findings=FINDINGS, labels=LabelSection(image_share=0.6), model=model)
    assert image_shares(gold, study).tolist() == pytest.approx([share, 0.6])


def test_image_shares_are_for_training_and_need_the_offset() -> None:
    splits: dict[SplitName, Examples] = {"train": _examples(), "validation": _examples(), "test": _examples()}
    learned = with_training_targets(splits, _study())
    assert learned["train"].image_shares is not None
    assert learned["train"].image_shares.tolist() == [[0.75, 0.75]] * 4
    assert learned["test"].image_shares is None
    assert with_training_targets(splits, _study(offset=False))["train"].image_shares is None


def test_no_share_leaves_the_examples_as_they_are() -> None:
    examples = _examples()
    assert with_image_shares(examples, torch.zeros(2)) is examples
