import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from glsmed.client.data import image_cache
from glsmed.client.data.cache import file_keys
from glsmed.client.data.images import read_image
from glsmed.client.data.manifest import ImageEntry, Manifest, read_manifest
from glsmed.client.data.patient_keys import patient_key
from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.data.splits import SPLITS
from glsmed.client.labels import label_table
from glsmed.client.labels.site_labels import label_rows
from glsmed.client.resident.preparation import SiteData, by_split, prepare_site
from glsmed.client.settings.config import SiteConfig, SplitSection, load_site
from glsmed.shared.errors import ConfigurationError, DataError
from glsmed.shared.protocol.study import LabelSection, Study, TrainingSection, load_study
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.calibration.calibration import calibration_file
from glsmed.site_adapters.calibration.calibration_file import save_calibration_file
from glsmed.site_adapters.calibration.calibration_fit import fit_labels
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.inputs.gold_labels import read_gold
from glsmed.site_adapters.reading.reader import Reader

Read = list[dict[str, str]]


def words_only(study: Study) -> Study:
    """The study with training on what the reports say alone."""
    return study.model_copy(
        update={"labels": LabelSection(gold_as_labels=False), "training": TrainingSection(site_offset=False)}
    )


@pytest.fixture
def study(drawn_config: SiteConfig) -> Study:
    return load_study(drawn_config.study)


@pytest.fixture
def data(drawn_config: SiteConfig, study: Study) -> SiteData:
    return prepare_site(read_site_inputs(drawn_config, words_only(study)))


@pytest.fixture
def manifest_rows(drawn_config: SiteConfig) -> Read:
    with drawn_config.data.manifest.open(encoding="utf-8") as source:
        return list(csv.DictReader(source))


def test_every_image_is_in_one_split_and_every_patient_too(data: SiteData, manifest_rows: Read) -> None:
    patients = [set(data.splits[name].patients) for name in SPLITS]
    assert sum(len(data.splits[name]) for name in SPLITS) == len(manifest_rows)
    assert set.union(*patients) == {row["patient_id"] for row in manifest_rows}
    assert sum(map(len, patients)) == len(set.union(*patients))


IDENTIFIERS = st.text(alphabet="pP01 \u3000０", min_size=1, max_size=4)


@given(st.lists(st.tuples(IDENTIFIERS, st.integers(0, 3)), max_size=30), st.integers(0, 9))
def test_no_patient_is_in_two_splits_however_typed(rows: list[tuple[str, int]], seed: int) -> None:
    images = tuple(ImageEntry(str(study), patient_key(patient), Path("x.png")) for patient, study in rows)
    entries = by_split(Manifest(images, {}), SplitSection(seed=seed))
    assert sum(map(len, entries.values())) == len(rows)
    for typed, _ in rows:
        kept = "".join(typed.replace("０", "0").split()).lower()
        assert sum(any(entry.patient_id == kept for entry in entries[name]) for name in SPLITS) == 1


def test_images_stand_beside_their_own_patient(data: SiteData, manifest_rows: Read, drawn_config: SiteConfig) -> None:
    folder = drawn_config.data.manifest.parent
    train = data.splits["train"]
    own = [row for row in manifest_rows if row["patient_id"] in set(train.patients)]
    assert [row["patient_id"] for row in own] == list(train.patients)
    for place in (0, len(own) // 2, len(own) - 1):
        expected = read_image(folder / own[place]["image"], size_px=32)
        np.testing.assert_array_equal(train.images[place, 0].numpy(), expected)


def test_labels_are_those_of_the_table(data: SiteData, drawn_config: SiteConfig, study: Study) -> None:
    inputs = read_site_inputs(drawn_config, words_only(study))
    table = {(row.study_id, row.finding): row for row in label_rows(inputs)}
    train = data.splits["train"]
    own = [entry for entry in inputs.manifest.images if entry.patient_id in set(train.patients)]
    for name, tensor in (("target", train.targets), ("weight", train.weights)):
        expected = [[getattr(table[entry.study_id, finding], name) for finding in study.findings] for entry in own]
        torch.testing.assert_close(tensor, torch.tensor(expected, dtype=torch.float32))


def test_gold_is_not_a_number_where_there_is_none(drawn_config: SiteConfig, study: Study, tmp_path: Path) -> None:
    assert drawn_config.data.gold is not None
    lines = drawn_config.data.gold.read_text().splitlines()
    (tmp_path / "few.csv").write_text("\n".join(line for line in lines if "effusion" in line or line == lines[0]))
    few = drawn_config.model_copy(update={"data": drawn_config.data.model_copy(update={"gold": tmp_path / "few.csv"})})
    gold = prepare_site(read_site_inputs(few, words_only(study))).splits["train"].gold
    assert not torch.isnan(gold[:, 0]).any()
    assert torch.isnan(gold[:, 1:]).all()


def test_a_finding_unknown_to_the_adapter_is_masked_and_never_negative(drawn_config: SiteConfig, study: Study) -> None:
    wider = words_only(study).model_copy(update={"findings": ("gallstone", *study.findings)})
    for name in SPLITS:
        examples = prepare_site(read_site_inputs(drawn_config, wider)).splits[name]
        assert examples.weights[:, 0].sum() == 0
        assert examples.weights[:, 1:].sum() > 0


def test_a_second_start_reads_no_image_and_no_report(
    drawn_config: SiteConfig, study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = prepare_site(read_site_inputs(drawn_config, study))

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(image_cache, "read_image", forbidden)
    monkeypatch.setattr(file_keys, "read_and_hash", forbidden)
    monkeypatch.setattr(label_table, "_make_rows", forbidden)
    second = prepare_site(read_site_inputs(drawn_config, study))
    for name in SPLITS:
        assert torch.equal(first.splits[name].images, second.splits[name].images)
        assert torch.equal(first.splits[name].targets, second.splits[name].targets)


def test_a_split_without_a_patient_is_refused(
    write_config: Callable[..., Path], write_manifest: Callable[..., Path], study: Study
) -> None:
    config = load_site(write_config(manifest=write_manifest("s1,p1,1.png,No effusion.")))
    with pytest.raises(DataError, match=r"no patient falls into the split\(s\) .*: there are 1 patients"):
        prepare_site(read_site_inputs(config, study))


def test_an_image_in_two_splits_is_refused(
    write_config: Callable[..., Path], write_manifest: Callable[..., Path], study: Study
) -> None:
    manifest = write_manifest(*(f"s{number},p{number},{number}.png,No effusion." for number in range(12)))
    config = load_site(write_config(manifest=manifest))
    with pytest.raises(ConfigurationError, match=r"is the same image as .* but of another patient"):
        prepare_site(read_site_inputs(config, study))


def _calibrated(config: SiteConfig, path: Path, *, adapter: str = "en_radiology") -> SiteConfig:
    """The site with a calibration on all its gold labels."""
    assert config.data.gold is not None
    reader = Reader(load_adapter(adapter))
    texts = read_manifest(config.data.manifest).reports
    gold = read_gold(config.data.gold, examinations=texts.keys(), findings=list(reader.adapter.findings))
    cells = gold_cells(reader, texts, gold)
    save_calibration_file(path, calibration_file(reader.adapter, cells, fit_labels(reader.adapter, cells)))
    return config.model_copy(update={"data": config.data.model_copy(update={"calibration": path})})


def test_a_calibration_moves_the_targets_towards_the_gold(
    drawn_config: SiteConfig, study: Study, tmp_path: Path
) -> None:
    def brier(config: SiteConfig) -> float:
        inputs = read_site_inputs(config, study)
        rows = [row for row in label_rows(inputs) if row.state == "uncertain"]
        return sum((row.target - inputs.gold[row.study_id, row.finding]) ** 2 for row in rows) / len(rows)

    before = brier(drawn_config)
    assert brier(_calibrated(drawn_config, tmp_path / "c.yaml")) < before
    assert brier(drawn_config) == before


def test_the_path_of_the_calibration_is_seen_from_the_config_file(
    write_config: Callable[..., Path], tmp_path: Path
) -> None:
    config = load_site(write_config(replace={"en_radiology": "en_radiology\n  calibration: mine/c.yaml"}))
    assert config.data.calibration == tmp_path / "mine" / "c.yaml"


def test_a_calibration_for_other_cues_is_refused(drawn_config: SiteConfig, study: Study, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "adapter: own\nextends: en_radiology\ncues:\n"
        "  - {id: bet, phrases: [I would bet], kind: uncertainty, certainty: 0.4, strength: 4, scope: forward}\n"
    )
    other = _calibrated(drawn_config, tmp_path / "c.yaml", adapter=str(tmp_path / "own.yaml"))
    with pytest.raises(ConfigurationError, match=r"calibrate again \(a site of a study: glsmed-client"):
        label_rows(read_site_inputs(other, study))


def test_gold_counts_only_about_the_studies_of_the_manifest(
    drawn_config: SiteConfig, study: Study, tmp_path: Path
) -> None:
    (tmp_path / "gold.csv").write_text("study_id,finding,value\nnobody,effusion,1\n")
    other = drawn_config.model_copy(
        update={"data": drawn_config.data.model_copy(update={"gold": tmp_path / "gold.csv"})}
    )
    with pytest.raises(ConfigurationError, match="no row is about an examination of the manifest: 'nobody'"):
        read_site_inputs(other, study)


@pytest.fixture
def spoiled(drawn_config: SiteConfig, tmp_path: Path) -> tuple[SiteConfig, list[Path]]:
    """The drawn site with two spoiled images, which its settings allow, and these."""
    folder = Path(shutil.copytree(drawn_config.data.manifest.parent, tmp_path / "data"))
    images = sorted((folder / "images").iterdir())[:2]
    for image in images:
        image.write_bytes(b"no image")
    data = drawn_config.data.model_copy(
        update={"manifest": folder / "manifest.csv", "gold": folder / "gold.csv", "max_unreadable": 0.1}
    )
    return drawn_config.model_copy(update={"data": data}), images


def test_unreadable_images_are_left_out_of_everything_that_is_trained_on(
    spoiled: tuple[SiteConfig, list[Path]], study: Study
) -> None:
    config, images = spoiled
    whole = read_manifest(config.data.manifest)
    data = prepare_site(read_site_inputs(config, words_only(study)))
    assert data.summary.unreadable_images == 2
    assert data.summary.images == len(whole.images)
    left = {entry.image for entry in data.inputs.manifest.images}
    assert left == {entry.image for entry in whole.images} - set(images)
    entries = by_split(data.inputs.manifest, config.data.split)
    for name in SPLITS:
        assert data.splits[name].patients == tuple(entry.patient_id for entry in entries[name])
        for entry, row in zip(entries[name], data.splits[name].images, strict=True):
            assert np.array_equal(read_image(entry.image, size_px=32), row[0].numpy())
    assert all(study_id in data.inputs.manifest.patients for study_id, _ in data.inputs.gold)
    assert len(label_rows(data.inputs)) > 0


def test_more_unreadable_images_than_allowed_are_refused(spoiled: tuple[SiteConfig, list[Path]], study: Study) -> None:
    config, _ = spoiled
    strict = config.model_copy(update={"data": config.data.model_copy(update={"max_unreadable": 0.001})})
    with pytest.raises(ConfigurationError, match=r"^2 images: is not a PNG, JPEG or DICOM image; first: "):
        prepare_site(read_site_inputs(strict, study))
