"""Where the demo keeps what: the centre's folder, and a folder per hospital."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.errors import UsageError

_MARK = "made-by-glsmed-demo"


@dataclass(frozen=True, slots=True)
class DemoFolder:
    """Paths below the folder that ``--out`` names."""

    root: Path

    @property
    def study_file(self) -> Path:
        """The centre's study."""
        return self.root / "centre" / "study.yaml"

    @property
    def run(self) -> Path:
        """What the centre's run leaves behind."""
        return self.root / "centre" / "run"

    @property
    def logs(self) -> Path:
        """Output of the programs in the background."""
        return self.root / "logs"

    def site(self, name: str) -> Path:
        """One hospital's folder."""
        return self.root / "hospitals" / name

    def config(self, name: str) -> Path:
        """One hospital's configuration."""
        return self.site(name) / "config.yaml"

    def new_images(self, name: str) -> Path:
        """Images of patients who come to a hospital after the study."""
        return self.site(name) / "new-images"

    def predictions(self, name: str) -> Path:
        """What a hospital's model says of them."""
        return self.site(name) / "predictions.csv"

    def worklist(self, name: str) -> Path:
        """The same as a page, those that need a person first."""
        return self.site(name) / "worklist.html"

    def truth(self, name: str) -> Path:
        """The true labels of all studies of a hospital: no program of the federation reads them."""
        return self.root / "truth" / f"{name}.csv"

    def local_result(self, name: str) -> Path:
        """What a hospital's own model reached."""
        return self.root / "local" / f"{name}.json"

    def make(self) -> None:
        """Make the folder, empty; an earlier demo in it is removed.

        Raises:
            UsageError: it holds something else.
        """
        if self.root.exists() and not (self.root / _MARK).is_file() and any(self.root.iterdir()):
            raise UsageError(f"{self.root} exists and is not an earlier demo: choose another folder with --out")
        if self.root.exists():
            shutil.rmtree(self.root)
        self.root.mkdir(parents=True)
        (self.root / _MARK).touch()
