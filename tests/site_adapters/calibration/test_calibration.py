from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import Calibration, calibrate, load_calibration
from glsmed.site_adapters.calibration.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.reading.reader import Reader

Writer = Callable[..., Path]


def learned(reader: Reader, *labels: tuple[str, str, int]) -> Calibration:
    """The calibration by ``(text, finding, value)``."""
    texts = {str(number): text for number, (text, _, _) in enumerate(labels)}
    gold = {(str(number), finding): value for number, (_, finding, value) in enumerate(labels)}
    return calibrate(reader.adapter, gold_cells(reader, texts, gold))


def test_labels_draw_the_mean_towards_them_and_narrow_the_spread(english: Reader) -> None:
    calibration = learned(english, *[("Possible effusion.", "effusion", 0)] * 20)
    cell = english.read("Possible effusion.").cells["effusion"]
    mean, spread = calibration(cell)
    assert mean < 0.5 * cell.probability
    assert spread < cell.spread


def test_a_finding_without_labels_takes_its_cues_mean(english: Reader) -> None:
    calibration = learned(english, *[("Possible effusion.", "effusion", 0)] * 20)
    assert calibration(english.read("Possible nodule.").cells["nodule"])[0] == calibration.file.cues["possible"].mean


def test_a_combination_that_was_never_labelled_keeps_its_prior(english: Reader) -> None:
    cell = english.read("Probably no pneumothorax.").cells["pneumothorax"]
    assert learned(english, ("Possible mass.", "mass", 1))(cell) == (cell.probability, cell.spread)


def test_alternatives_share_what_calibration_leaves(english: Reader) -> None:
    calibration = learned(english, *[("Pneumonia versus effusion.", "pneumonia", 1)] * 20)
    pair = english.read("Atelectasis versus mass.").cells["mass"]
    three = english.read("Atelectasis versus mass versus nodule.").cells["mass"]
    assert three.share == pytest.approx(2 / 3)
    assert calibration(three)[0] == pytest.approx(calibration(pair)[0] * 2 / 3)


def test_unmentioned_findings_have_a_probability_of_their_own(english: Reader) -> None:
    calibration = learned(english, *[("Clear.", "effusion", 0)] * 79, ("Clear.", "effusion", 1))
    assert calibration.unmentioned == pytest.approx((0.01 * 20 + 1) / (20 + 80))


def test_no_number_of_labels_makes_sure(english: Reader) -> None:
    calibration = learned(english, *[("No effusion.", "effusion", 0)] * 20_000)
    assert calibration(english.read("No effusion.").cells["effusion"])[0] == 0.0001


def test_the_digest_changes_with_any_label(english: Reader) -> None:
    one, other = learned(english, ("Possible mass.", "mass", 1)), learned(english, ("Possible mass.", "mass", 0))
    assert one.digest == learned(english, ("Possible mass.", "mass", 1)).digest != other.digest


def test_a_loaded_calibration_answers_as_the_one_that_was_saved(english: Reader, tmp_path: Path) -> None:
    calibration = learned(english, *[("Possible effusion.", "effusion", 0)] * 7, ("Clear.", "mass", 0))
    save_calibration_file(tmp_path / "c.yaml", calibration.file)
    loaded = load_calibration(tmp_path / "c.yaml", english.adapter)
    cell = english.read("Possible effusion.").cells["effusion"]
    assert (loaded.digest, loaded(cell)) == (calibration.digest, calibration(cell))


@pytest.mark.parametrize(
    ("body", "changed"),
    [
        ("cues: [{id: possible, phrases: [iffy]}]", "possible"),
        ("cues: [{id: possible, certainty: 0.9}]", "possible"),
        ("cues: [{id: hunch, kind: uncertainty, certainty: 0.3, phrases: [hunch of]}]", "hunch"),
    ],
)
def test_a_calibration_of_other_cues_is_refused(
    english: Reader, adapter_file: Writer, tmp_path: Path, body: str, changed: str
) -> None:
    save_calibration_file(tmp_path / "c.yaml", learned(english, ("Possible mass.", "mass", 1)).file)
    with pytest.raises(ConfigurationError) as caught:
        load_calibration(tmp_path / "c.yaml", load_adapter(adapter_file(body)))
    assert f"c.yaml: was made with en_radiology@1, whose cues differ from those of site@1 ({changed})" in str(
        caught.value
    )


def test_new_terms_leave_a_calibration_valid(english: Reader, adapter_file: Writer, tmp_path: Path) -> None:
    save_calibration_file(tmp_path / "c.yaml", learned(english, ("Possible mass.", "mass", 1)).file)
    adapter = load_adapter(adapter_file("findings: {effusion: {terms: [wet lung base]}}"))
    assert load_calibration(tmp_path / "c.yaml", adapter).file.adapter == "en_radiology"
