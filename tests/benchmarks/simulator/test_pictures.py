import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.simulator.pictures import evidence_from_scores
from glsmed.benchmarks.simulator.real import RealPictures, as_scanned, read_archive, read_folder
from glsmed.benchmarks.simulator.sources import source_named
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.shared.errors import ConfigurationError, DataError, UsageError


def archive(path: Path, n: int = 200) -> Path:
    """Bright pictures are positive, with some that mislead."""
    rng = np.random.default_rng(0)
    labels = (rng.random(n) < 0.5).astype(np.uint8)
    pixels = np.clip(rng.normal(90 + 60 * labels[:, None, None], 40, (n, 28, 28)), 0, 255).astype(np.uint8)
    half = n // 2
    np.savez(
        path,
        train_images=pixels[:half],
        train_labels=labels[:half, None],
        test_images=pixels[half:],
        test_labels=labels[half:, None],
    )
    return path


def test_evidence_ranks_within_each_truth() -> None:
    evidence = evidence_from_scores(np.array([3.0, 1.0, 2.0, -1.0, 5.0]), np.array([1, 1, 1, 0, 0]))
    assert evidence.tolist() == pytest.approx([1.0, 0.15, 0.575, 0.0, 0.5])


def test_archive_is_read_whole_and_dealt_without_repeats(tmp_path: Path) -> None:
    source = read_archive(archive(tmp_path / "x.npz"), finding="pneumonia")
    assert isinstance(source, RealPictures)
    dealt = source.take(HOSPITALS, studies=40, rare=False, rng=np.random.default_rng(1))
    assert [part.truth.mean() for part in dealt] == pytest.approx([0.3, 0.5, 0.7])
    names = [name for part in dealt for name in part.names]
    assert len(set(names)) == 120


def test_too_few_pictures_are_an_error(tmp_path: Path) -> None:
    source = read_archive(archive(tmp_path / "x.npz"), finding="pneumonia")
    with pytest.raises(DataError, match="too few"):
        source.take(HOSPITALS, studies=80, rare=False, rng=np.random.default_rng(1))


def test_a_file_that_is_no_archive_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "x.npz").write_text("no")
    with pytest.raises(DataError, match=r"x\.npz"):
        read_archive(tmp_path / "x.npz", finding="pneumonia")


def test_folder_with_gold_is_read_in_grey_and_resized(tmp_path: Path) -> None:
    rows = ["image,finding,value"]
    for number in range(12):
        Image.new("RGB", (40, 30), (20 * (number % 2) + 100, 0, 0)).save(tmp_path / f"{number}.png")
        rows.append(f"{number}.png,effusion,{number % 2}")
    (tmp_path / "gold.csv").write_text("\n".join(rows) + "\n")
    source = read_folder(tmp_path, side_px=28)
    assert source.pixels.shape == (12, 28, 28)
    assert source.findings == ("effusion",)
    assert source.truth.tolist() == [0, 1] * 6


def test_every_fault_of_a_folder_is_told_with_its_line(tmp_path: Path) -> None:
    Image.new("L", (4, 4)).save(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("no image")
    lines = ["image,finding,value", "a.png,effusion,2", "b.png,effusion,1", "c.png,effusion,1", "a.png,nodule,1"]
    (tmp_path / "gold.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(ConfigurationError) as caught:
        read_folder(tmp_path, side_px=28)
    assert [fault.line for fault in caught.value.faults] == [2, 3, 4, 5]


def test_a_folder_without_gold_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gold\.csv"):
        source_named(str(tmp_path))


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(UsageError, match="drawn"):
        source_named("nowhere")


def test_drawn_pictures_have_the_visibility_of_their_case() -> None:
    pictures = SyntheticPictures(28).take(HOSPITALS, studies=30, rare=False, rng=np.random.default_rng(0))[0]
    assert pictures.pixels.shape == (30, 28, 28)
    assert bool(((pictures.evidence > 0) == (pictures.truth == 1)).all())


def test_a_rare_finding_is_rare_everywhere() -> None:
    rare = SyntheticPictures(28).take(HOSPITALS, studies=300, rare=True, rng=np.random.default_rng(0))
    assert max(part.truth[:, 0].mean() for part in rare) < 0.04
    assert min(part.truth[:, 1].mean() for part in rare) > 0.1


def test_scanners_differ() -> None:
    pixels = np.full((3, 28, 28), 90, dtype=np.uint8)
    means = [as_scanned(pixels, hospital.scanner, np.random.default_rng(0)).mean() for hospital in HOSPITALS]
    assert means[1] > means[0] > means[2]  # gamma 0.75, 1 and 1.35


def test_real_archive_is_what_the_benchmark_expects(real_data: object) -> None:
    assert callable(real_data)
    source = read_archive(real_data("pneumoniamnist") / "pneumoniamnist.npz", finding="pneumonia")
    assert source.pixels.shape == (5856, 28, 28)
    assert json.dumps(source.findings) == '["pneumonia"]'
