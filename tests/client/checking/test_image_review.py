from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from glsmed.client.checking.image_review import LookStore, review_images
from glsmed.client.data.image_facts import ImageFacts, image_facts
from glsmed.client.data.manifest import ImageEntry
from glsmed.shared.errors import DataError

GREY = torch.arange(64 * 64, dtype=torch.int64).remainder(251).to(torch.uint8).reshape(1, 64, 64)
BLACK = torch.zeros(1, 64, 64, dtype=torch.uint8)


@pytest.fixture
def drawn(tmp_path: Path) -> list[ImageEntry]:
    entries = []
    for number in range(3):
        path = tmp_path / f"{number}.png"
        Image.fromarray(np.asarray(GREY)[0]).save(path)
        entries.append(ImageEntry(f"s{number}", f"p{number}", path, view="pa"))
    return entries


def store(folder: Path) -> LookStore:
    return LookStore(folder / "looks.json", size_px=64)


def test_pixels_and_headers_make_a_look(drawn: list[ImageEntry], tmp_path: Path) -> None:
    first, second, _ = review_images(drawn, [GREY, BLACK, GREY], store(tmp_path))
    assert first.look.suspicions == ()
    assert [one.kind for one in second.look.suspicions] == ["constant"]
    assert (first.view, first.scanner) == ("PA", "PNG")


def test_a_file_is_looked_at_again_only_once_it_has_changed(
    drawn: list[ImageEntry], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = store(tmp_path)
    before = [image.look for image in review_images(drawn, [GREY, BLACK, GREY], kept)]
    kept.save()
    assert (tmp_path / "looks.json").stat().st_mode & 0o777 == 0o600
    drawn[2].image.write_bytes(drawn[2].image.read_bytes() + b"\0")
    looked: list[Path] = []

    def looked_at(path: Path) -> ImageFacts:
        looked.append(path)
        return image_facts(path)

    monkeypatch.setattr("glsmed.client.checking.image_review.image_facts", looked_at)
    after = [image.look for image in review_images(drawn, [GREY, BLACK, GREY], store(tmp_path))]
    assert (after, looked) == (before, [drawn[2].image])


def test_looks_without_pixels_are_not_taken_for_looks_with_them(drawn: list[ImageEntry], tmp_path: Path) -> None:
    kept = store(tmp_path)
    list(review_images(drawn, None, kept))
    kept.save()
    _, second, _ = review_images(drawn, [GREY, BLACK, GREY], store(tmp_path))
    assert second.look.suspicions


@pytest.mark.parametrize("content", ["", "{}", '{"version": [1, 2, 3]}', '{"version": "x", "looks": 3, "files": {}}'])
def test_a_damaged_file_is_made_again(drawn: list[ImageEntry], tmp_path: Path, content: str) -> None:
    (tmp_path / "looks.json").write_text(content)
    assert len(list(review_images(drawn, None, store(tmp_path)))) == 3


def test_a_file_that_cannot_be_read_is_left_out(drawn: list[ImageEntry], tmp_path: Path) -> None:
    drawn[0].image.unlink()
    drawn[1].image.write_bytes(b"no image")
    assert [image.entry.study_id for image in review_images(drawn, None, store(tmp_path))] == ["s2"]


def test_a_store_that_cannot_be_written_says_so(drawn: list[ImageEntry], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    kept = LookStore(tmp_path / "file" / "looks.json", size_px=64)
    list(review_images(drawn, None, kept))
    with pytest.raises(DataError, match="cannot be written"):
        kept.save()


def test_a_scanner_is_named_by_maker_and_model(write_dicom: Callable[..., Path], tmp_path: Path) -> None:
    path = write_dicom(
        np.zeros((32, 32), np.uint16), Manufacturer="Maker", ManufacturerModelName="DX 1", ViewPosition="AP"
    )
    (image,) = review_images([ImageEntry("s", "p", path)], None, store(tmp_path))
    assert (image.view, image.scanner) == ("AP", "Maker DX 1")
