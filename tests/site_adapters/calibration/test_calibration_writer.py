from pathlib import Path

import pytest

from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior
from glsmed.site_adapters.calibration.calibration_file import load_calibration_file
from glsmed.site_adapters.calibration.calibration_writer import write_calibration
from glsmed.site_adapters.calibration.gold_cells import GoldCell, gold_cells
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(scope="module")
def labelled(english: Reader) -> list[GoldCell]:
    texts = {str(at): "Possible effusion." for at in range(20)}
    return gold_cells(english, texts, {(report_id, "effusion"): int(report_id) % 2 for report_id in texts})


def test_the_file_is_written_and_the_report_names_it(english: Reader, labelled: list[GoldCell], tmp_path: Path) -> None:
    target = tmp_path / "c.yaml"
    lines = write_calibration(english.adapter, labelled, prior=None, target=target, learned=False)
    file = load_calibration_file(target)
    assert (file.labels, file.cues["possible"].trials, file.learned) == (20, 20, None)
    assert lines[0].startswith("20 gold labels on mentioned findings")
    assert lines[-1] == f"wrote {target}"


def test_the_learned_scoring_is_fitted_where_it_is_asked_for(
    english: Reader, labelled: list[GoldCell], tmp_path: Path
) -> None:
    write_calibration(english.adapter, labelled, prior=None, target=tmp_path / "c.yaml", learned=True)
    assert load_calibration_file(tmp_path / "c.yaml").learned is not None


def test_a_shared_prior_stands_in_for_the_adapters(english: Reader, tmp_path: Path) -> None:
    counted = SharedBelief(mean=0.1, strength=30, sites=4, trials=90)
    prior = SharedPrior(cues={"en/possible": counted}, families={})
    (tmp_path / "shared.json").write_text(prior.model_dump_json())
    write_calibration(english.adapter, [], prior=tmp_path / "shared.json", target=tmp_path / "c.yaml", learned=False)
    level = load_calibration_file(tmp_path / "c.yaml").cues["possible"]
    assert (level.prior, level.strength) == (0.1, 30)
