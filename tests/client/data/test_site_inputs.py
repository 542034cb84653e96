from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.data.site_inputs import read_site_inputs, usable_gold
from glsmed.client.data.splits import split_of
from glsmed.client.settings.config import SiteConfig, SplitSection, load_site
from glsmed.shared.errors import ConfigurationError
from glsmed.shared.protocol.study import load_study


def test_manifest_gold_and_adapter_are_those_that_the_configuration_names(drawn_config: SiteConfig) -> None:
    inputs = read_site_inputs(drawn_config, load_study(drawn_config.study))
    assert inputs.reader.adapter.name == "en_radiology"
    assert {examination for examination, _ in inputs.gold} <= inputs.manifest.reports.keys()
    assert {finding for _, finding in inputs.gold} <= set(inputs.study.findings)


def test_a_site_without_gold_has_none(write_config: Callable[..., Path], write_manifest: Callable[..., Path]) -> None:
    config = load_site(write_config(manifest=write_manifest("s1,p1,1.png,No effusion.")))
    assert read_site_inputs(config, load_study(config.study)).gold == {}


def test_manifest_faults_are_told(write_config: Callable[..., Path], write_manifest: Callable[..., Path]) -> None:
    config = load_site(write_config(manifest=write_manifest("s1,p1,none.jpg,No effusion.")))
    with pytest.raises(ConfigurationError, match=r"no such file: none\.jpg"):
        read_site_inputs(config, load_study(config.study))


def test_gold_of_test_patients_is_not_usable() -> None:
    patients = {f"s{number}": f"p{number}" for number in range(60)}
    gold, split = {(name, "effusion"): 1 for name in patients}, SplitSection()
    kept = usable_gold(gold, patients, split)
    assert {name for name, _ in kept} == {name for name, owner in patients.items() if split_of(owner, split) != "test"}
    assert 0 < len(kept) < 60
    private = usable_gold(gold, patients, split, is_private=True)
    assert {split_of(patients[name], split) for name, _ in private} == {"validation"}
    assert private.items() < kept.items()
