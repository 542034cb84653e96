from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.input_images import InputImage, find_images
from glsmed.client.model_use.prediction import Prediction
from glsmed.client.model_use.predictor import Predictor
from glsmed.client.model_use.worklist import ImageResult, by_need, predict_images

CPU = torch.device("cpu")


@pytest.fixture
def predictor(shipped: ShippedModel) -> Predictor:
    return Predictor(shipped, device=CPU, sensitivity=0.9)


def _result(study_id: str, image: str, *cells: tuple[float, bool | None]) -> ImageResult:
    said = (Prediction(study_id, image, f"f{n}", value, None, None, alert) for n, (value, alert) in enumerate(cells))
    return ImageResult(InputImage(study_id, image, Path(image)), tuple(said))


def _order(*results: ImageResult) -> list[str]:
    return [result.source.image for result in by_need(results)]


def test_alerts_come_first_then_the_likeliest() -> None:
    assert _order(
        _result("a", "a", (0.9, False)),
        _result("b", "b", (0.3, True), (0.95, False)),
        _result("c", "c", (0.4, True)),
        _result("d", "d", (0.2, None)),
    ) == ["c", "b", "a", "d"]


def test_images_of_one_examination_stay_together() -> None:
    assert _order(
        _result("a", "a1", (0.1, False)), _result("b", "b", (0.5, True)), _result("a", "a2", (0.9, True))
    ) == ["a2", "a1", "b"]


def test_an_image_without_predictions_is_not_in_the_list() -> None:
    assert _order(ImageResult(InputImage("a", "a", Path("a")), refused="is empty")) == []


def test_broken_files_do_not_stop_the_rest(predictor: Predictor, hospital_data: Path, tmp_path: Path) -> None:
    own = find_images(hospital_data / "images")[:3]
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    broken = InputImage("x", "broken.png", tmp_path / "broken.png")
    results = list(predict_images([own[0], broken, own[1], own[2]], predictor))
    assert [bool(result.predictions) for result in results] == [True, False, True, True]
    assert "PNG, JPEG or DICOM" in results[1].refused
    assert [result.source for result in results] == [own[0], broken, own[1], own[2]]


def test_each_image_has_every_finding_as_if_it_came_alone(predictor: Predictor, hospital_data: Path) -> None:
    images = find_images(hospital_data / "images")[:4]
    together = list(predict_images(images, predictor))
    for image, result in zip(images, together, strict=True):
        (alone,) = predict_images([image], predictor)
        assert [each.finding for each in result.predictions] == list(predictor.shipped.findings)
        assert [each.probability for each in alone.predictions] == pytest.approx(
            [each.probability for each in result.predictions], abs=1e-5
        )


def test_the_same_picture_under_another_name_is_noted(
    predictor: Predictor, hospital_data: Path, tmp_path: Path
) -> None:
    image = find_images(hospital_data / "images")[0]
    Image.open(image.path).save(tmp_path / "copy.png", compress_level=1)
    copy = InputImage("other", "copy.png", tmp_path / "copy.png")
    first, second = predict_images([image, copy], predictor)
    assert not any("the same picture" in note for note in first.notes)
    assert any(f"the same picture as {image.image} of another examination" in note for note in second.notes)


def test_pictures_that_are_no_chests_are_noted_and_new_patients_are_not(
    predictor: Predictor, hospital_data: Path, tmp_path: Path
) -> None:
    strange = []
    random = np.random.default_rng(0)
    for number in range(6):
        path = tmp_path / f"{number}.png"
        Image.fromarray(random.integers(0, 256, (64, 64), dtype=np.uint8)).save(path)
        strange.append(InputImage(str(number), path.name, path))
    own = find_images(hospital_data / "images")[:60]
    flagged = [any("unlike" in note for note in result.notes) for result in predict_images([*strange, *own], predictor)]
    assert sum(flagged[:6]) == 6
    assert sum(flagged[6:]) <= 4


def test_nothing_but_broken_files_gives_no_prediction(predictor: Predictor, write_dicom: Callable[..., Path]) -> None:
    path = write_dicom(np.full((20, 20), 7, np.uint16))
    (result,) = predict_images([InputImage("s", path.name, path)], predictor)
    assert result.predictions == ()
