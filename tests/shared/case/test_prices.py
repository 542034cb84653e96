from pathlib import Path

import pytest

from glsmed.shared.case.prices import Prices, load_prices
from glsmed.shared.case.prices_file import write_prices
from glsmed.shared.errors import ConfigurationError, UsageError


def test_what_is_written_can_be_read_and_says_what_every_key_is(tmp_path: Path) -> None:
    write_prices(tmp_path / "prices.yaml")
    assert load_prices(tmp_path / "prices.yaml").sites == {}
    text = (tmp_path / "prices.yaml").read_text(encoding="utf-8")
    for name in (*Prices.model_fields, "prevalence"):
        assert f"{name}:" in text


def test_the_example_of_a_finding_is_right(tmp_path: Path) -> None:
    write_prices(tmp_path / "prices.yaml")
    text = (tmp_path / "prices.yaml").read_text(encoding="utf-8")
    (tmp_path / "own.yaml").write_text(text.replace("findings: {}", "findings:").replace("#  pneumo", "  pneumo"))
    prices = load_prices(tmp_path / "own.yaml")
    assert prices.of_finding("pneumothorax").cost_per_miss == 4000
    assert prices.of_finding("pneumothorax").found_by_alert == prices.misses.found_by_alert
    assert prices.of_finding("effusion") == prices.misses


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "prices.yaml").write_text("mine")
    with pytest.raises(UsageError, match="exists already: edit it"):
        write_prices(tmp_path / "prices.yaml")
    with pytest.raises(UsageError, match="expected a folder"):
        write_prices(tmp_path / "nowhere" / "prices.yaml")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("missed_without_model: 0.1", "missed_without_model: 10", "misses.missed_without_model"),
        ("minutes_saved_when_quiet: 0", "minutes_saved_when_quiet: 4", "expected at most minutes_per_examination"),
        ("years: 3", "years: 0", "years"),
        ("findings: {}", "findings: {nodule: {prevalence: {present: 3, of: 2}}}", r"expected at most of \(2\), got 3"),
        ("cost_per_miss: 400 ", "cost_per_miss: many ", "misses.cost_per_miss"),
    ],
)
def test_a_price_that_cannot_be_is_named(tmp_path: Path, old: str, new: str, says: str) -> None:
    write_prices(tmp_path / "prices.yaml")
    text = (tmp_path / "prices.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "prices.yaml").write_text(text.replace(old, new))
    with pytest.raises(ConfigurationError, match=says):
        load_prices(tmp_path / "prices.yaml")
