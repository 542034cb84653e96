import shutil
from pathlib import Path

import pytest
import torch

from glsmed.client.case.site_case import site_case, site_models
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.evaluation.evaluation import reference_labels
from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.resident.preparation import by_split, prepare_site
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.case.case_page import Case
from glsmed.shared.case.prices import Prices
from glsmed.shared.errors import DataError
from glsmed.shared.pixels import to_pixels
from glsmed.shared.protocol.study import load_study


@pytest.fixture
def config(site_file: Path) -> SiteConfig:
    return load_site(site_file)


def _case(config: SiteConfig, prices: Prices) -> Case:
    return site_case(config, prices)


def test_the_rates_are_those_of_the_shipped_model_at_its_operating_point(
    config: SiteConfig, prices: Prices, shipped: ShippedModel
) -> None:
    (hospital,) = _case(config, prices).hospitals
    inputs = read_site_inputs(config, load_study(config.study))
    test = prepare_site(inputs).splits["test"]
    truth, _ = reference_labels(test)
    place = test.findings.index(hospital.findings[0])
    with torch.no_grad():
        logits = (shipped.model(to_pixels(test.images)) + shipped.offset)[:, place]
    point = shipped.operation[hospital.findings[0]].at(config.alert_sensitivity)
    alerts = torch.zeros(len(test), dtype=torch.bool) if point is None else logits >= point.logit
    studies = [entry.study_id for entry in by_split(inputs.manifest, config.data.split)["test"]]
    of_study = {study: (float(truth[row, place]), False) for row, study in enumerate(studies)}
    for study, alert in zip(studies, alerts.tolist(), strict=True):
        of_study[study] = (of_study[study][0], of_study[study][1] or alert)
    assert len(of_study) < len(studies)  # several images of one examination count once
    known, raised = (torch.tensor(values) for values in zip(*of_study.values(), strict=True))
    present, absent = known == 1, known == 0
    rates = hospital.models["federated"]
    assert (hospital.present[0], hospital.absent[0]) == (int(present.sum()), int(absent.sum()))
    assert rates.sensitivity[0, 0] == pytest.approx(float(raised[present].double().mean()))
    assert rates.false_alerts[0, 0] == pytest.approx(float(raised[absent].double().mean()))


def test_a_finding_that_cannot_be_judged_is_named(config: SiteConfig, prices: Prices) -> None:
    case, study = _case(config, prices), load_study(config.study)
    assert {*case.hospitals[0].findings, *case.left_out} == set(study.findings)
    assert len(case.plan) == len(case.hospitals[0].findings)


def test_the_hospitals_own_model_is_compared_where_there_is_one(config: SiteConfig, prices: Prices) -> None:
    assert _case(config, prices).models == ("federated",)
    local = config.state.local_model(load_study(config.study).digest())
    shutil.copytree(config.state.shipped_model, local)
    both = _case(config, prices)
    assert both.models == ("local", "federated")
    change = both.year("federated").less(both.year("local"))
    assert not change.misses.any()  # the same model on the same draws


def test_a_model_of_another_study_does_not_count(config: SiteConfig, prices: Prices) -> None:
    text = config.study.read_text(encoding="utf-8")
    config.study.write_text(text.replace("rounds: 1", "rounds: 3"))
    with pytest.raises(DataError, match="expected a model of the study chest-doubt, got none: `glsmed-client train"):
        site_models(config, load_study(config.study))
