import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from glsmed.client.data.images import read_image
from glsmed.client.evaluation.familiarity import Familiarity
from glsmed.client.evaluation.model_description import ModelDescription
from glsmed.client.evaluation.shipped_model import SiteParts, load_shipped_model, write_shipped_model
from glsmed.client.learning.calibration_interval import FindingInterval
from glsmed.client.learning.operating_point import FindingOperation
from glsmed.client.learning.output_calibration import FindingCalibration, OutputCalibration
from glsmed.shared.errors import DataError
from glsmed.shared.networks.building import build_model
from glsmed.shared.protocol.network_settings import ModelSection
from glsmed.shared.protocol.study import Study

STUDY = Study(study="s", findings=("effusion", "nodule"), model=ModelSection(architecture="resnet10", image_size_px=32))
MAP = OutputCalibration(
    findings=STUDY.findings, curves={"nodule": FindingCalibration(slope=0.5, intercept=-1, gold_cells=80)}
)


def _parts(
    *, clahe: bool = False, offset: torch.Tensor | None = None, description: ModelDescription | None = None
) -> SiteParts:
    return SiteParts(site="st-mary", clahe=clahe, offset=offset, output_calibration=MAP, description=description)


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    model = build_model("resnet10", n_findings=2, seed=3)
    write_shipped_model(tmp_path, model, STUDY, round_number=7, parts=_parts(offset=torch.tensor([1.0, -2.0])))
    return tmp_path


def test_it_gives_the_probabilities_that_were_evaluated(shipped: Path) -> None:
    images = torch.randint(0, 256, (3, 1, 32, 32), generator=torch.Generator().manual_seed(0)).byte()
    model = build_model("resnet10", n_findings=2, seed=3).eval()
    with torch.no_grad():
        logits = model((images.float() / 255 - 0.5) / 0.25) + torch.tensor([1.0, -2.0])
    expected = torch.stack([logits[:, 0].sigmoid(), (0.5 * logits[:, 1] - 1).sigmoid()], dim=1)
    loaded = load_shipped_model(shipped)
    assert loaded.findings == ("effusion", "nodule")
    assert torch.allclose(loaded.probabilities(images), expected, atol=1e-6)


def test_without_an_offset_nothing_is_added(tmp_path: Path) -> None:
    model = build_model("resnet10", n_findings=2, seed=3)
    write_shipped_model(tmp_path, model, STUDY, round_number=1, parts=_parts())
    assert load_shipped_model(tmp_path).offset.tolist() == [0.0, 0.0]


def test_files_that_do_not_belong_together_are_refused(shipped: Path) -> None:
    content = json.loads((shipped / "site.json").read_text())
    (shipped / "site.json").write_text(json.dumps({**content, "weights_sha256": "0" * 64}))
    with pytest.raises(DataError, match="was not written for this"):
        load_shipped_model(shipped)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"model\.safetensors"):
        load_shipped_model(tmp_path)


def _description() -> ModelDescription:
    familiarity = Familiarity.of(torch.randn(6, 4), torch.tensor([0.1, 0.5]), torch.full((32, 32), 90.0))
    interval = FindingInterval(band=((-1.0, 0.1, 0.3), (1.0, 0.5, 0.8)), gold_cells=50)
    operation = FindingOperation(reference="gold", positives=4, negatives=9)
    return ModelDescription({"effusion": interval}, {"nodule": operation}, familiarity)


@pytest.fixture
def described(tmp_path: Path) -> Path:
    model = build_model("resnet10", n_findings=2, seed=3)
    write_shipped_model(tmp_path, model, STUDY, round_number=7, parts=_parts(description=_description()))
    return tmp_path


def test_what_predictions_are_read_by_comes_back(described: Path) -> None:
    loaded = load_shipped_model(described)
    assert loaded.familiarity is not None
    assert torch.equal(loaded.familiarity.average, torch.full((32, 32), 90.0))
    assert loaded.familiarity.limit == pytest.approx(0.5)
    assert loaded.intervals == {"effusion": _description().intervals["effusion"]}
    assert loaded.operation["nodule"].why_not() == "no operating point: too few positives (4)"
    assert (loaded.round, loaded.image_size_px, loaded.study) == (7, 32, STUDY.digest())
    assert {path.stat().st_mode & 0o777 for path in described.iterdir()} == {0o600}


def test_a_folder_of_the_first_layout_can_still_be_read(shipped: Path) -> None:
    content = json.loads((shipped / "site.json").read_text())
    for later in ("layout", "intervals", "operation", "features_sha256", "site", "study_name", "clahe", "pipeline"):
        del content[later]
    (shipped / "site.json").write_text(json.dumps(content))
    loaded = load_shipped_model(shipped)
    assert (loaded.intervals, loaded.operation, loaded.familiarity) == ({}, {}, None)


@pytest.mark.parametrize("learned", [True, False])
def test_it_makes_pictures_as_it_learned_them_whatever_the_configuration_says_now(
    tmp_path: Path, learned: bool
) -> None:
    picture = tmp_path / "chest.png"
    Image.fromarray(np.random.default_rng(0).integers(0, 200, (40, 30), dtype=np.uint8)).save(picture)
    model = build_model("resnet10", n_findings=2, seed=3)
    write_shipped_model(tmp_path, model, STUDY, round_number=1, parts=_parts(clahe=learned))
    made = load_shipped_model(tmp_path, clahe=not learned).picture(picture)
    assert (made == read_image(picture, size_px=32, clahe=learned)).all()
    assert (made != read_image(picture, size_px=32, clahe=not learned)).any()


@pytest.mark.parametrize("clahe", [True, False])
def test_where_an_earlier_release_did_not_say_the_configuration_does(shipped: Path, clahe: bool) -> None:
    content = json.loads((shipped / "site.json").read_text())
    del content["clahe"]
    (shipped / "site.json").write_text(json.dumps({**content, "layout": 2}))
    assert load_shipped_model(shipped, clahe=clahe).clahe is clahe


def test_a_folder_of_a_later_release_is_refused_with_what_to_do(shipped: Path) -> None:
    content = json.loads((shipped / "site.json").read_text())
    (shipped / "site.json").write_text(json.dumps({**content, "layout": 4, "new": 1}))
    with pytest.raises(DataError, match="expected layout 3 or earlier, got 4: update glsmed"):
        load_shipped_model(shipped)


def test_features_of_another_model_are_refused(described: Path) -> None:
    (described / "features.safetensors").write_bytes(b"other")
    with pytest.raises(DataError, match="was not written for this features"):
        load_shipped_model(described)
