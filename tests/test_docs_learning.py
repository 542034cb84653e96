"""docs/learning.md: every number of its worked example and of its other examples is computed again."""

import math
import re
import shlex
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from glsmed.client.labels.training_targets import base_rate_logit
from glsmed.client.learning.image_informed import image_informed_targets
from glsmed.shared.protocol.study import DEFAULT_IMAGE_SHARE
from glsmed.shared.smoothing import (
    rates_from_probability,
    smoothed_targets,
    soft_target_loss,
    weights_from_spread,
)
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.cli import app
from glsmed.site_adapters.reading.cells import Cell
from glsmed.site_adapters.reading.reader import Reader

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "learning.md").read_text(encoding="utf-8")
EXAMPLE = PAGE.split("## A worked example")[1].split("\n## ")[0]
COMMAND, *SHOWN = re.findall(r"```console\n\$ (.*?)```", EXAMPLE, re.DOTALL)[0].splitlines()
SENTENCE = shlex.split(COMMAND)[-1]


@pytest.fixture(scope="module")
def cell() -> Cell:
    return Reader(load_adapter("en_radiology")).read(SENTENCE).cells["effusion"]


def test_the_page_quotes_one_sentence() -> None:
    assert f'A report says "{SENTENCE}"' in EXAMPLE


def test_the_command_prints_what_the_page_shows() -> None:
    result = CliRunner().invoke(app, shlex.split(COMMAND)[1:])
    assert _without_line_numbers(result.output) == _without_line_numbers("\n".join(SHOWN))


def _without_line_numbers(text: str) -> list[str]:
    """The lines of an output; the page does not depend on where a cue stands in its vocabulary."""
    return re.sub(r"(\.yaml):\d+", r"\1", text).splitlines()


def test_the_probability_and_its_spread(cell: Cell) -> None:
    assert f"q = {cell.probability:.2f} with a spread of {cell.spread:.2f}" in EXAMPLE
    assert f"{cell.probability:.2f} (the prior)" in EXAMPLE


def _rows(header: str) -> list[list[float]]:
    """The rows of the table below a header, each cell as its first number."""
    lines = EXAMPLE.split(header)[1].split("\n\n")[0].splitlines()[2:]
    return [[float(re.findall(r"[-+]?[\d.]+", text)[0]) for text in line.strip("| ").split("|")] for line in lines]


def test_label_rate_and_target_of_each_probability() -> None:
    rows = _rows("| the words mean | y | r | t |")
    assert len(rows) == 2
    for probability, *shown in rows:
        label, rate = rates_from_probability(torch.tensor(probability, dtype=torch.float64))
        target = smoothed_targets(label, rate)
        assert shown == [pytest.approx(float(value), abs=0.005) for value in (label, rate, target)]


def test_the_loss_is_binary_cross_entropy_in_every_row(cell: Cell) -> None:
    rows = _rows("| network says z | p |")
    assert len(rows) == 4
    for z, *shown in rows:
        p = 1 / (1 + math.exp(-z))
        losses = [-t * math.log(p) - (1 - t) * math.log(1 - p) for t in (cell.probability, 0.0, 1.0)]
        assert shown == pytest.approx([p, losses[0], p - cell.probability, *losses[1:]], abs=0.0005)


def test_the_loss_of_the_software_is_that_of_the_table() -> None:
    for z, _, loss, _, if_absent, if_present in _rows("| network says z | p |"):
        logits = torch.full((3, 1), z)
        losses = soft_target_loss(logits, torch.tensor([[0.25], [0.0], [1.0]]), reduction="none")
        assert losses.tolist() == pytest.approx([loss, if_absent, if_present], abs=0.0005)


def test_the_smallest_loss_is_where_the_probability_is_the_target(cell: Cell) -> None:
    best = torch.tensor(cell.probability).logit()
    loss = soft_target_loss(best.reshape(1, 1), torch.tensor([[cell.probability]]))
    assert f"p = {cell.probability:.2f} (z = {best:.3f}, loss {loss:.3f})" in EXAMPLE


def test_the_weight_by_spread(cell: Cell) -> None:
    weight = weights_from_spread(torch.tensor(cell.probability), torch.tensor(cell.spread))
    assert f"is {cell.strength:g}, so the weight is {weight:.2f}" in EXAMPLE


def test_the_offset() -> None:
    offset = base_rate_logit(torch.full((99, 1), 0.2), torch.ones(99, 1))
    assert f"99 cells with a mean target of 0.20 give an offset of {offset.item():.3f}" in PAGE


def test_the_target_that_listens_to_the_image() -> None:
    words, logit = torch.tensor([[0.92]]), torch.tensor([[-3.0]])
    whole, default = (image_informed_targets(logit, words, None, torch.tensor(s)) for s in (1.0, DEFAULT_IMAGE_SHARE))
    flat = " ".join(PAGE.split())
    expected = (
        f"say {whole.item():.3f}, and with a share of {DEFAULT_IMAGE_SHARE} the target becomes {default.item():.3f}"
    )
    assert expected in flat


def test_targets_of_a_negative_rate() -> None:
    present, absent = smoothed_targets(torch.tensor([1.0, 0.0]), torch.tensor([-0.5, -0.5])).tolist()
    assert f"r = -0.5 the targets are {present:g} and {absent:g}" in PAGE
