"""Where pictures come from, by name as on the command line."""

from pathlib import Path

from glsmed.benchmarks.corpora.data_root import corpus_folder
from glsmed.benchmarks.simulator.pictures import PictureSource
from glsmed.benchmarks.simulator.real import read_archive, read_folder
from glsmed.benchmarks.simulator.synthetic import SyntheticPictures
from glsmed.shared.errors import UsageError

SIDE_PX = 28
DRAWN, PNEUMONIA = "drawn", "pneumoniamnist"


def source_named(name: str) -> PictureSource:
    """``drawn``, ``pneumoniamnist`` (under ``$GLSMED_DATA``), or a folder of images with gold.csv.

    Raises:
        UsageError: it is none of these.
        ConfigurationError: the folder's files have faults.
        DataError: the archive cannot be read.
    """
    if name == DRAWN:
        return SyntheticPictures(SIDE_PX)
    if name == PNEUMONIA:
        return read_archive(corpus_folder(PNEUMONIA) / f"{PNEUMONIA}.npz", finding="pneumonia")
    if Path(name).is_dir():
        return read_folder(Path(name), side_px=SIDE_PX)
    raise UsageError(f"--pixels {name}: expected {DRAWN}, {PNEUMONIA}, or a folder of images with gold.csv")


def label_of(name: str) -> str:
    """A name for file names: that of a folder without its path."""
    return Path(name).name
