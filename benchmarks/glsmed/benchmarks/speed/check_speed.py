"""How long a hospital waits for ``check``: with nothing prepared, and again with nothing changed."""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from glsmed.benchmarks.reading_room.hospital_folder import ExaminationFiles, whole_folder, write_hospital
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.benchmarks.reading_room.sites import DrawnExamination, draw_site
from glsmed.shared.errors import GlsmedError
from glsmed.site_adapters.inputs.progress import track

_DRAWN = 200  # examinations; every row repeats one of them with pixels and words of its own
_SIDE_PX = 64
_SEED = 11
_CLIENT = "from glsmed.client.cli import main; main()"
_STUDY = """\
study: check-speed
findings: [effusion, cardiomegaly, nodule, consolidation, pneumothorax]
model: {architecture: resnet10, image_size_px: 64}
"""
_CONFIG = """\
site: st-mary
centre: {address: "127.0.0.1:8443"}
data: {manifest: data/manifest.csv, gold: data/gold.csv, adapter: en_radiology}
device: cpu
"""


def write_large_site(folder: Path, *, rows: int) -> Path:
    """A hospital of so many examinations with an image each, small and all different; its config.yaml.

    Raises:
        UsageError: the folder exists.
    """
    drawn = list(islice(draw_site(HOSPITALS[0], patients=_DRAWN, seed=_SEED), _DRAWN))
    with whole_folder(folder) as temporary:
        write_hospital(temporary / "data", track(_examinations(drawn, rows), description="drawing", total=rows))
        (temporary / "study.yaml").write_text(_STUDY)
        (temporary / "config.yaml").write_text(_CONFIG)
    return folder / "config.yaml"


def _examinations(drawn: list[DrawnExamination], rows: int) -> Iterator[ExaminationFiles]:
    for row in range(rows):
        one = drawn[row % len(drawn)]
        yield ExaminationFiles(
            study_id=f"s{row:06d}",
            patient_id=f"p{row:06d}",
            report=f"{one.report}\nExamination number {row}.",
            images={f"{row:06d}": _own(one.images[0], row)},
            truth={finding: one.case.truth(finding) for finding in HOSPITALS[0].prevalence} if row % 10 == 0 else {},
        )


def _own(picture: NDArray[np.uint8], row: int) -> NDArray[np.uint8]:
    """The picture ``(64, 64)`` with the row's number in its corner: no two files are the same."""
    small = picture[:: picture.shape[0] // _SIDE_PX, :: picture.shape[1] // _SIDE_PX][:_SIDE_PX, :_SIDE_PX].copy()
    small[0, :3] = row >> 16 & 255, row >> 8 & 255, row & 255
    return small


def check_seconds(config: Path, *, repeats: int) -> Iterable[Mapping[str, float | str]]:
    """Wall-clock seconds and peak memory of one check with an empty state folder, then of repeated ones.

    Raises:
        GlsmedError: the check found a fault; holds what it said.
    """
    for run in range(1 + repeats):
        yield {"check": "cold" if run == 0 else "warm", **_one(config)}


def _one(config: Path) -> Mapping[str, float]:
    command = [sys.executable, "-c", _CLIENT, "--site", str(config), "check"]
    started = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own command
    said = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise GlsmedError(f"the check ended with {process.returncode}:\n{said}")
    return {"seconds": round(seconds, 1), "peak_gb": round(usage.ru_maxrss / 1e6, 2)}
