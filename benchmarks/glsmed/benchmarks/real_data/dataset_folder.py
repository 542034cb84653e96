"""A data set of real examinations as it lies on disk; docs/dataset.md describes the format."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor

from glsmed.benchmarks.simulator.hospital_data import ABSENT, UNMENTIONED, read_cells, reading_tables
from glsmed.client.data.images import read_image
from glsmed.client.data.manifest import ImageEntry, read_manifest
from glsmed.shared.errors import DataError, UsageError
from glsmed.site_adapters.inputs.gold_labels import read_gold
from glsmed.site_adapters.reading.cells import Cell

DESCRIPTION = "dataset.json"


@dataclass(frozen=True, slots=True)
class RealHospital:
    """N images of one hospital, K findings.

    Attributes:
        adapter: name or path of its adapter.
        patients: N patient numbers; no patient is divided between training and test.
        images: ``(N, 1, S, S)`` uint8.
        truth: ``(N, K)`` float32 in {0, 1}, NaN where it is not known.
        cells: what the adapter read in the report of each image, by finding.
        state: ``(N, K)`` int64 code of the cell's state; ``probability`` and ``spread`` float32, 0 where unmentioned.
    """

    name: str
    adapter: str
    findings: tuple[str, ...]
    patients: tuple[str, ...]
    images: Tensor
    truth: Tensor
    cells: tuple[Mapping[str, Cell], ...]
    state: Tensor
    probability: Tensor
    spread: Tensor

    def part(self, rows: Sequence[int]) -> "RealHospital":
        """The hospital with these images alone."""
        chosen = torch.tensor(rows, dtype=torch.long)
        return replace(
            self,
            patients=tuple(self.patients[row] for row in rows),
            cells=tuple(self.cells[row] for row in rows),
            images=self.images[chosen],
            truth=self.truth[chosen],
            state=self.state[chosen],
            probability=self.probability[chosen],
            spread=self.spread[chosen],
        )


@lru_cache(maxsize=4)
def read_dataset(folder: Path, *, size_px: int) -> tuple[RealHospital, ...]:
    """The hospitals of a data set, in the order of its description; read once in a process.

    Raises:
        DataError: the description is missing or broken, or an image cannot be read.
        ConfigurationError: with the faults of a hospital's manifest or gold.
    """
    description = describe_dataset(folder)
    return tuple(
        _hospital(folder / name, adapter_at(folder, adapter), description, size_px=size_px)
        for name, adapter in description.adapters.items()
    )


@dataclass(frozen=True, slots=True)
class Description:
    """What ``dataset.json`` says.

    Attributes:
        adapters: name or path, by hospital.
        unmentioned: P(finding | the report does not mention it), where that is taken as absent; None masks it.
    """

    findings: tuple[str, ...]
    adapters: Mapping[str, str]
    unmentioned: float | None


def describe_dataset(folder: Path) -> Description:
    """What the data set says of itself.

    Raises:
        DataError: there is no description, or it does not say these.
    """
    path = folder / DESCRIPTION
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        unmentioned = content.get("unmentioned_probability")
        return Description(
            findings=tuple(map(str, content["findings"])),
            adapters={str(name): str(one["adapter"]) for name, one in content["hospitals"].items()},
            unmentioned=None if unmentioned is None else float(unmentioned),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path}: expected a data set's findings and hospitals, got {error!r}; docs/dataset.md describes the format"
        ) from None


def adapter_at(folder: Path, adapter: str) -> str:
    """The adapter's name, or its path: beside the data set, or from where the command runs.

    Raises:
        UsageError: it names a file that is not there.
    """
    if not adapter.endswith((".yaml", ".yml")):
        return adapter
    for place in (folder / adapter, Path(adapter)):
        if place.is_file():
            return str(place)
    raise UsageError(f"{folder / DESCRIPTION}: no adapter {adapter}, neither there nor in {Path.cwd()}")


def _hospital(folder: Path, adapter: str, description: Description, *, size_px: int) -> RealHospital:
    findings = description.findings
    manifest = read_manifest(folder / "manifest.csv")
    entries = [entry for entry in manifest.images if entry.study_id in manifest.reports]
    studies = list(dict.fromkeys(entry.study_id for entry in entries))
    gold = read_gold(folder / "gold.csv", examinations=studies, findings=findings)
    read = dict(zip(studies, read_cells(adapter, [manifest.reports[study] for study in studies]), strict=True))
    cells = [read[entry.study_id] for entry in entries]
    state, probability, spread = reading_tables(cells, findings)
    if description.unmentioned is not None:
        silent = state == UNMENTIONED
        state[silent], probability[silent] = ABSENT, description.unmentioned
    truth = [[gold.get((entry.study_id, finding), torch.nan) for finding in findings] for entry in entries]
    return RealHospital(
        name=folder.name,
        adapter=adapter,
        findings=findings,
        patients=tuple(entry.patient_id for entry in entries),
        images=_images(entries, size_px),
        truth=torch.tensor(truth, dtype=torch.float32),
        cells=tuple(cells),
        state=state,
        probability=probability,
        spread=spread,
    )


def _images(entries: Sequence[ImageEntry], size_px: int) -> Tensor:
    try:
        pictures = [torch.from_numpy(read_image(entry.image, size_px=size_px)) for entry in entries]
    except ValueError as error:
        raise DataError(f"an image cannot be read: {error}") from None
    return torch.stack(pictures)[:, None]
