from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from glsmed.client.egress.site_numbers import Number
from glsmed.client.learning.output_calibration import OutputCalibration
from glsmed.client.monitoring.drift_reference import read_drift_reference
from glsmed.client.resident.final_model import beside_own_model, keep_final_model
from glsmed.client.resident.site_runtime import SiteRuntime, load_site_runtime
from glsmed.client.settings.config import load_site


@pytest.fixture
def site(write_config: Callable[..., Path]) -> Iterator[SiteRuntime]:
    config = load_site(write_config())
    config.state.prepare()
    yield load_site_runtime(config)
    structlog.reset_defaults()


def test_the_card_and_the_reference_for_drift_lie_beside_the_model(site: SiteRuntime) -> None:
    keep_final_model(site, OutputCalibration(findings=site.study.findings, curves={}), round_number=2)
    folder = site.config.state.shipped_model
    names = {path.name for path in folder.iterdir()}
    assert {
        "model.safetensors",
        "site.json",
        "model-card.md",
        "model-card.html",
        "model-card.ja.md",
        "drift-reference.json",
    } <= names
    reference = read_drift_reference(folder)
    assert reference.findings == site.study.findings
    assert 0 < len(reference.values) <= len(set(site.splits["test"].patients))


def test_a_model_whose_answers_are_no_numbers_is_kept_without_a_card(site: SiteRuntime) -> None:
    for values in site.model.parameters():
        values.data.fill_(float("nan"))
    keep_final_model(site, OutputCalibration(findings=site.study.findings, curves={}), round_number=2)
    assert {path.name for path in site.config.state.shipped_model.iterdir()} == {"model.safetensors", "site.json"}


def test_without_a_model_of_its_own_nothing_is_compared(site: SiteRuntime) -> None:
    assert beside_own_model(site, {"auroc/effusion": Number(0.8, 30)}) == ""
