import re
from xml.etree import ElementTree

import pytest

from glsmed.shared.pages.figures import Estimate, bars_svg, estimates_svg, lines_svg, reliability_svg

DRAWN = {
    "reliability": reliability_svg({"st-mary": [(0.1, 0.2), (0.6, 0.5)]}, title='calibration "of" <x>'),
    "estimates": estimates_svg(
        {"effusion": {"a": Estimate(0.8, 0.7, 0.9), "b": Estimate(0.7)}, "nodule": {"b": Estimate(0.6, 0.5, 0.7)}},
        across="AUROC",
        title="t",
    ),
    "lines": lines_svg({"a": {1: 0.5, 2: 0.4}}, across="round", up="log-loss", title="t"),
    "bars": bars_svg({"x": {"local": 0.7, "federated": 0.8}, "y": {"local": 0.6}}, up="AUROC", title="t", lowest=0.5),
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_drawing_stands_in_a_page_and_takes_its_ink(name: str) -> None:
    svg = DRAWN[name]
    ElementTree.fromstring(svg)  # noqa: S314  # our own text
    assert svg.startswith("<svg ")
    assert "currentColor" in svg
    assert "#010203" not in svg
    assert "<metadata" not in svg
    assert not re.search(r'href="(?!#)', svg)


def test_its_title_is_for_those_who_do_not_see_it() -> None:
    assert 'aria-label="calibration &quot;of&quot; &lt;x&gt;"' in DRAWN["reliability"]


def test_the_same_numbers_make_the_same_bytes() -> None:
    again = lines_svg({"a": {1: 0.5, 2: 0.4}}, across="round", up="log-loss", title="t")
    assert again == DRAWN["lines"]


def test_ten_curves_are_drawn_and_more_are_said() -> None:
    many = lines_svg({f"s{number}": {1: 0.5} for number in range(12)}, across="round", up="loss", title="t")
    assert "the first 10 of 12" in many
    assert ">s11<" not in many
