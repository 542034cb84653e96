"""A drawn film, written as DICOM in many ways, and how DCMTK shows it."""

import io
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pydicom
import pytest
from numpy.typing import NDArray
from PIL import Image

ROWS, COLUMNS = 120, 96
Render = Callable[..., NDArray[np.uint8]]


@pytest.fixture(scope="session")
def film() -> NDArray[np.uint16]:
    """A 12-bit picture ``(120, 96)`` that is not symmetric: two dark fields, a bright stripe, a bright label, noise."""
    rows, columns = np.mgrid[0:ROWS, 0:COLUMNS]
    values = 1500.0 + 6 * rows + 3 * columns
    for centre in (28, 66):
        values -= 1100 * np.exp(-(((columns - centre) / 13) ** 2 + ((rows - 55) / 30) ** 2))
    values[:, 45:50] += 700
    values[4:14, 4:18] = 3500
    values += np.random.default_rng(5).normal(0, 25, values.shape)
    return np.clip(values, 0, 4095).astype(np.uint16)


@pytest.fixture(scope="session")
def dcmtk() -> Render:
    """A function that gives the greys of a file as DCMTK shows it; tests that ask for it skip where DCMTK is absent."""
    if shutil.which("dcm2pnm") is None or shutil.which("dcmj2pnm") is None:
        pytest.skip("DCMTK is not installed (Debian package dcmtk)")

    def render(path: Path, *options: str) -> NDArray[np.uint8]:
        program = "dcmj2pnm" if pydicom.dcmread(path, force=True).file_meta.get("TransferSyntaxUID") else "dcm2pnm"
        command = [program, "--quiet", "--write-raw-pnm", *options, str(path)]
        done = subprocess.run(command, capture_output=True, check=True)
        return np.asarray(Image.open(io.BytesIO(done.stdout)).convert("L"))

    return render
