from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.client.model_use.input_images import find_images
from glsmed.shared.errors import ConfigurationError, DataError, UsageError

PIXELS = np.arange(400, dtype=np.uint16).reshape(20, 20)


def _picture(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (20, 20), 90).save(path)
    return path


def test_a_folder_gives_its_pictures_in_the_order_of_their_paths(tmp_path: Path) -> None:
    for name in ("b/2.png", "a/1.jpg", "a/0.png", ".hidden/3.png", "b/.4.png"):
        _picture(tmp_path / name)
    (tmp_path / "notes.txt").write_text("no image")
    found = find_images(tmp_path)
    assert [image.image for image in found] == ["a/0.png", "a/1.jpg", "b/2.png"]
    assert [image.study_id for image in found] == ["a/0", "a/1", "b/2"]


def test_dicom_counts_whatever_it_is_called_and_says_its_examination(
    tmp_path: Path, write_dicom: Callable[..., Path]
) -> None:
    write_dicom(PIXELS, name="IM0001", StudyInstanceUID="1.2.3")
    found = find_images(tmp_path)
    assert [(image.study_id, image.image) for image in found] == [("1.2.3", "IM0001")]


def test_dicom_without_an_examination_goes_by_its_path(tmp_path: Path, write_dicom: Callable[..., Path]) -> None:
    write_dicom(PIXELS, name="x.dcm")
    assert find_images(tmp_path)[0].study_id == "x"


def test_a_table_names_images_relative_to_itself_and_may_be_a_manifest(tmp_path: Path) -> None:
    table = tmp_path / "manifest.csv"
    table.write_text("study_id,patient_id,image,report\ns1,p1,img/1.png,r.txt\ns1,p1,img/2.png,r.txt\n")
    found = find_images(table)
    assert [(image.study_id, image.image, image.path) for image in found] == [
        ("s1", "img/1.png", tmp_path / "img/1.png"),
        ("s1", "img/2.png", tmp_path / "img/2.png"),
    ]


@pytest.mark.parametrize("name", ["IMG\\\\2.png", "img/2.PNG", "ma\u0308nner/1.png"])
def test_a_table_may_spell_names_as_another_system_does(tmp_path: Path, name: str) -> None:
    _picture(tmp_path / "img/2.png")
    _picture(tmp_path / "m\u00e4nner/1.png")
    (tmp_path / "new.csv").write_text(f"study_id,image\ns1,{name}\n", encoding="utf-8")
    (found,) = find_images(tmp_path / "new.csv")
    assert (found.image, found.problem, found.path.is_file()) == (name, "", True)


def test_a_missing_image_of_a_table_is_an_image_with_a_problem(tmp_path: Path) -> None:
    (tmp_path / "new.tsv").write_text("study_id\timage\ns1\tgone.png\n")
    (found,) = find_images(tmp_path / "new.tsv")
    assert found.problem == "no such file: gone.png"


@pytest.mark.parametrize("name", ["report.txt", "images.xlsx", "study.yaml"])
def test_a_file_that_is_neither_image_nor_table_is_refused_with_what_is_expected(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("No pleural effusion.")
    with pytest.raises(UsageError, match=r"expected a folder, a table \(.csv or .tsv\)"):
        find_images(tmp_path / name)


def test_a_table_needs_only_two_columns(tmp_path: Path) -> None:
    table = tmp_path / "new.csv"
    table.write_text("study_id,image\ns1,1.png\n")
    assert len(find_images(table)) == 1


def test_a_single_image_will_do(tmp_path: Path) -> None:
    assert [image.image for image in find_images(_picture(tmp_path / "one.png"))] == ["one.png"]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        ("study_id,picture\ns1,1.png\n", ConfigurationError, "column 'image' is missing"),
        ("study_id,image\ns1,\n", ConfigurationError, ":2: image: is blank"),
        ("study_id,image\n,1.png\n", ConfigurationError, ":2: study_id: is blank"),
    ],
)
def test_a_table_with_a_fault_is_refused_with_its_line(
    tmp_path: Path, content: str, error: type[Exception], message: str
) -> None:
    (tmp_path / "new.csv").write_text(content)
    with pytest.raises(error, match=message):
        find_images(tmp_path / "new.csv")


def test_nothing_to_predict_on_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected PNG, JPEG or DICOM images, got none"):
        find_images(tmp_path)
    with pytest.raises(UsageError, match="no such file or folder"):
        find_images(tmp_path / "nowhere")
