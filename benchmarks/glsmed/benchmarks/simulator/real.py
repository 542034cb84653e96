"""Real pictures with one gold label each: from a MedMNIST archive, or a folder of images with gold.csv."""

import csv
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # scikit-learn ships no types
from sklearn.model_selection import cross_val_predict  # type: ignore[import-untyped]  # as above

from glsmed.benchmarks.reading_room.drawing import Scanner
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.benchmarks.simulator.pictures import Pictures, evidence_from_scores
from glsmed.benchmarks.simulator.scenarios import PREVALENCE_OF_RARE
from glsmed.shared.errors import ConfigurationError, DataError, Fault

_SCORE_SIDE = 14
PREVALENCES = (0.3, 0.5, 0.7)


@dataclass(frozen=True, slots=True)
class RealPictures:
    """Real pictures, dealt to the hospitals so that their prevalences are 30, 50 and 70 %.

    How plain a finding is to see is not known of real pictures: it is taken from the rank of a cross-fitted logistic
    regression on 14 x 14 pixels, so that pictures that are hard for that model are doubted more often.
    """

    pixels: NDArray[np.uint8]
    truth: NDArray[np.int8]
    evidence: NDArray[np.float32]
    names: tuple[str, ...]
    findings: tuple[str, ...]

    def take(
        self, hospitals: Sequence[Hospital], *, studies: int, rare: bool, rng: np.random.Generator
    ) -> list[Pictures]:
        """``studies`` pictures for each hospital.

        Raises:
            DataError: there are too few of a class.
        """
        shares = [PREVALENCE_OF_RARE if rare else share for share in PREVALENCES[: len(hospitals)]]
        pools = [rng.permutation(np.flatnonzero(self.truth == value)).tolist() for value in (0, 1)]
        dealt = []
        for share in shares:
            positives = max(1, round(share * studies))
            wanted = (studies - positives, positives)
            if any(len(pool) < count for pool, count in zip(pools, wanted, strict=True)):
                raise DataError(f"too few pictures for {len(hospitals)} hospitals with {studies} studies each")
            chosen = [pool.pop() for pool, count in zip(pools, wanted, strict=True) for _ in range(count)]
            dealt.append(rng.permutation(np.array(chosen)))
        return [self._of(chosen, hospital.scanner, rng) for chosen, hospital in zip(dealt, hospitals, strict=True)]

    def _of(self, chosen: NDArray[np.intp], scanner: Scanner, rng: np.random.Generator) -> Pictures:
        return Pictures(
            pixels=as_scanned(self.pixels[chosen], scanner, rng),
            truth=self.truth[chosen, None],
            evidence=self.evidence[chosen, None],
            names=tuple(self.names[place] for place in chosen),
        )


def as_scanned(pixels: NDArray[np.uint8], scanner: Scanner, rng: np.random.Generator) -> NDArray[np.uint8]:
    """The pictures with a hospital's contrast curve and noise."""
    exposed = (pixels / 255.0) ** scanner.gamma + rng.normal(0, scanner.noise, pixels.shape)
    return np.round(np.clip(exposed, 0, 1) * 255).astype(np.uint8)


def read_archive(path: Path, *, finding: str) -> RealPictures:
    """The pictures of a MedMNIST file (``*_images`` and ``*_labels`` in an npz).

    Raises:
        DataError: the file is no such archive.
    """
    try:
        with np.load(path, allow_pickle=False) as archive:
            splits = [name.removesuffix("_images") for name in archive.files if name.endswith("_images")]
            pixels = np.concatenate([archive[f"{split}_images"] for split in splits])
            labels = np.concatenate([archive[f"{split}_labels"] for split in splits])
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path}: no archive with pictures and labels: {error}") from None
    truth = (labels.reshape(len(labels), -1)[:, 0] > 0).astype(np.int8)
    names = tuple(f"{path.name}#{number}" for number in range(len(truth)))
    return _real_pictures(pixels, truth, names, finding)


def read_folder(folder: Path, *, side_px: int) -> RealPictures:
    """Images with ``gold.csv`` (image,finding,value) beside them, about one finding, in grey and resized.

    Raises:
        ConfigurationError: with every fault of gold.csv and the images.
        DataError: gold.csv is missing.
    """
    path = folder / "gold.csv"
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    faults = [fault for line, row in enumerate(rows, 2) if (fault := _fault(path, line, row, folder, rows[0]))]
    if faults or not rows:
        raise ConfigurationError(faults or [Fault(str(path), "holds no row")])
    pixels = np.stack([_grey(folder / row["image"], side_px) for row in rows])
    truth = np.array([int(row["value"]) for row in rows], dtype=np.int8)
    return _real_pictures(pixels, truth, tuple(row["image"] for row in rows), rows[0]["finding"])


def _fault(path: Path, line: int, row: dict[str, str], folder: Path, first: dict[str, str]) -> Fault | None:
    if not row.get("image") or not (folder / row["image"]).is_file():
        return Fault(str(path), f"image: no file {row.get('image')!r} in {folder}", line=line)
    if row.get("value") not in ("0", "1"):
        return Fault(str(path), f"value: expected 0 or 1, got {row.get('value')!r}", line=line)
    if not row.get("finding") or row["finding"] != first.get("finding"):
        return Fault(str(path), f"finding: expected {first.get('finding')!r} in every row", line=line)
    try:
        with Image.open(folder / row["image"]) as picture:
            picture.verify()
    except (UnidentifiedImageError, OSError, SyntaxError) as error:
        return Fault(str(path), f"image: {row['image']!r} cannot be read: {error}", line=line)
    return None


def _grey(path: Path, side_px: int) -> NDArray[np.uint8]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("L").resize((side_px, side_px), Image.Resampling.BILINEAR))


def _real_pictures(
    pixels: NDArray[np.uint8], truth: NDArray[np.int8], names: tuple[str, ...], finding: str
) -> RealPictures:
    evidence = evidence_from_scores(_scores(pixels, truth), truth)
    return RealPictures(pixels, truth, evidence, names, (finding,))


def _scores(pixels: NDArray[np.uint8], truth: NDArray[np.int8]) -> NDArray[np.floating]:
    """``(N,)`` scores of a logistic regression that has not seen the picture that it scores."""
    small = np.stack(
        [np.asarray(Image.fromarray(one).resize((_SCORE_SIDE, _SCORE_SIDE), Image.Resampling.BOX)) for one in pixels]
    )
    features = small.reshape(len(small), -1) / 255.0 - 0.5
    model = LogisticRegression(C=0.1, max_iter=500)
    scores: NDArray[np.floating] = cross_val_predict(model, features, truth, cv=4, method="decision_function")
    return scores
