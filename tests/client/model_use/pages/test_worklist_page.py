import re
from pathlib import Path

import pytest
import torch
from PIL import Image

from glsmed.client.evaluation.shipped_model import ShippedModel
from glsmed.client.model_use.input_images import InputImage, find_images
from glsmed.client.model_use.pages import worklist_page
from glsmed.client.model_use.pages.worklist_page import write_worklist
from glsmed.client.model_use.predictor import Predictor
from glsmed.client.model_use.worklist import ImageResult, by_need, predict_images


@pytest.fixture
def results(shipped: ShippedModel, hospital_data: Path) -> list[ImageResult]:
    with Predictor(shipped, device=torch.device("cpu"), sensitivity=0.9) as predictor:
        return list(predict_images(find_images(hospital_data / "images")[:12], predictor))


def _page(path: Path, results: list[ImageResult], shipped: ShippedModel) -> str:
    write_worklist(path, results, shipped, site="st-mary", sensitivity=0.9)
    return path.read_text(encoding="utf-8")


def test_images_stand_by_need_with_picture_and_interval(
    tmp_path: Path, results: list[ImageResult], shipped: ShippedModel
) -> None:
    page = _page(tmp_path / "w.html", results, shipped)
    names = re.findall(r'<img alt="([^"]+)" src="data:image/jpeg;base64,', page)
    assert names == [result.source.image for result in by_need(results)]
    first = by_need(results)[0].predictions[0]
    assert first.low is not None
    assert f"{first.low:.0%} to {first.high:.0%}" in page


def test_it_says_how_alerts_were_chosen_and_where_there_are_none(
    tmp_path: Path, results: list[ImageResult], shipped: ShippedModel
) -> None:
    page = _page(tmp_path / "w.html", results, shipped)
    for operation in shipped.operation.values():
        assert operation.why_not() in page
        assert f"{operation.positives} patients with" in page


def test_nothing_is_fetched_nothing_runs_and_names_are_escaped(
    tmp_path: Path, results: list[ImageResult], shipped: ShippedModel
) -> None:
    path = tmp_path / "x.png"
    Image.new("L", (20, 20), 3).save(path)
    evil = ImageResult(InputImage("<script>alert(1)</script>", 'a" onload="x', path), refused="<b>bad</b>")
    page = _page(tmp_path / "w.html", [evil, *results], shipped)
    assert "<script" not in page
    assert 'onload="x' not in page
    assert "<b>bad" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert re.findall(r'(?:src|href)="(?!data:)', page) == []
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_long_list_is_cut_and_says_so(
    tmp_path: Path, results: list[ImageResult], shipped: ShippedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worklist_page, "MOST_SHOWN", 5)
    page = _page(tmp_path / "w.html", results, shipped)
    assert page.count("<img ") == 5
    assert "the first 5 of 12" in page
