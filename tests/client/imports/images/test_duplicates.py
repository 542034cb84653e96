from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread
from pydicom.uid import RLELossless

from glsmed.client.imports.image_record import FoundImages, ImageRecord
from glsmed.client.imports.images.duplicates import pixel_digest, without_duplicates
from glsmed.client.imports.images.folder import images_in_folder
from tests.drawn_dicom import draw_study, phantom, write_study


def distinct(folder: Path) -> FoundImages:
    return without_duplicates(images_in_folder(folder).records)


def test_different_pictures_stay_with_their_digests(tmp_path: Path) -> None:
    for number in range(3):
        write_study(tmp_path, number)
    found = distinct(tmp_path)
    assert found.skipped == []
    assert len({record.pixel_digest for record in found.records}) == 3
    assert all(len(record.pixel_digest) == 64 for record in found.records)


def test_the_same_pixels_of_one_patient_stay_once(tmp_path: Path) -> None:
    write_study(tmp_path, 1, name="a.dcm")
    write_study(tmp_path, 1, name="b.dcm", SOPInstanceUID="1.2.3", WindowCenter=1000, PatientID=" p0001")
    found = distinct(tmp_path)
    assert [record.path.name for record in found.records] == ["a.dcm"]
    assert [str(skipped) for skipped in found.skipped] == [
        f"{tmp_path / 'b.dcm'}: has the same pixels as {tmp_path / 'a.dcm'}"
    ]


def test_the_same_pixels_under_two_names_are_named_as_such(tmp_path: Path) -> None:
    write_study(tmp_path, 1, name="later.dcm", AcquisitionDate="20260301")
    write_study(tmp_path, 1, name="sooner.dcm", PatientID="P0099", AcquisitionDate="20260201")
    found = distinct(tmp_path)
    assert [record.path.name for record in found.records] == ["sooner.dcm"]
    assert found.skipped[0].reason == (
        f"has the same pixels as {tmp_path / 'sooner.dcm'}, but another patient: 'P0001' here, 'P0099' there; "
        "one patient under two names, or filed wrongly"
    )


def test_depth_compression_and_container_do_not_change_the_digest(tmp_path: Path) -> None:
    plain = write_study(tmp_path, 1)
    packed = dcmread(plain)
    packed.compress(RLELossless)
    packed.save_as(tmp_path / "packed.dcm")
    draw_study(1).dataset.save_as(tmp_path / "bare", implicit_vr=True, little_endian=True, enforce_file_format=False)
    Image.fromarray(phantom(1)).save(tmp_path / "deep.png")
    names = ("00001.dcm", "packed.dcm", "bare", "deep.png")
    assert len({pixel_digest(tmp_path / name) for name in names}) == 1


def test_a_colourless_colour_picture_is_its_grey_one_and_a_coloured_one_is_not(tmp_path: Path) -> None:
    grey = np.arange(400, dtype=np.uint8).reshape(20, 20)
    tinted = np.stack([grey, grey, grey // 2], axis=-1)
    for name, pixels in {"grey": grey, "rgb": np.stack([grey] * 3, axis=-1), "tinted": tinted}.items():
        Image.fromarray(pixels).save(tmp_path / f"{name}.png")
    digests = {name: pixel_digest(tmp_path / f"{name}.png") for name in ("grey", "rgb", "tinted")}
    assert digests["grey"] == digests["rgb"] != digests["tinted"]


def test_the_same_bytes_in_another_shape_are_another_picture(tmp_path: Path) -> None:
    pixels = np.zeros((20, 40), np.uint8)
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    Image.fromarray(pixels.reshape(40, 20)).save(tmp_path / "tall.png")
    assert pixel_digest(tmp_path / "wide.png") != pixel_digest(tmp_path / "tall.png")


def test_an_image_without_readable_pixels_is_named(tmp_path: Path) -> None:
    write_study(tmp_path, 1)
    cut = write_study(tmp_path, 2)
    cut.write_bytes(cut.read_bytes()[:-4000])
    found = distinct(tmp_path)
    assert [record.path.name for record in found.records] == ["00001.dcm"]
    assert found.skipped[0].path == cut
    assert found.skipped[0].reason.startswith("its pixels cannot be decoded: ")


@pytest.mark.parametrize("count", [0, 1])
def test_few_images_need_no_comparison(tmp_path: Path, count: int) -> None:
    records = [ImageRecord(path=write_study(tmp_path, number)) for number in range(count)]
    assert len(without_duplicates(records).records) == count
