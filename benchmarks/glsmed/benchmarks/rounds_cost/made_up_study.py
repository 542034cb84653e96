"""A study whose model is only arrays, of any size: the centre's own round loop, with another first model.

``python -m glsmed.benchmarks.rounds_cost.made_up_study STUDY_FILE`` is ``flwr-server --study`` with a run bundle that
names the ServerApp of this module. Only light sites can take part: a hospital refuses the bundle.
"""

import io
import sys
import zipfile
from pathlib import Path

import numpy as np
from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.serverapp import run_in_folder
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.command_line import run_command
from glsmed.shared.protocol.bundle import bundle_bytes, zip_bundle
from glsmed.shared.protocol.messages import Arrays

_ARRAYS = 64  # about as many as a ResNet-18 has
_BYTES_PER_VALUE = 4
_MEGA = 1e6
_OWN_APP = b"glsmed.server.processes.serverapp:app"
_THIS_APP = b"glsmed.benchmarks.rounds_cost.made_up_study:app"

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:  # noqa: ARG001  # Flower's signature
    """Run the study of the folder, beginning with the made-up model."""
    folder = StudyFolder.of_environment()
    megabytes = float(_size_file(folder).read_text(encoding="ascii"))
    run_in_folder(grid, folder, first_model=made_up_model(megabytes))


def made_up_model(megabytes: float) -> Arrays:
    """As many float32 arrays as a ResNet-18 has, of equal size and together so large; always the same values.

    Raises:
        UsageError: the size is too small for so many arrays.
    """
    length = round(megabytes * _MEGA / _BYTES_PER_VALUE / _ARRAYS)
    if length < 1:
        raise UsageError(f"a made-up model of {megabytes} MB: expected at least {_ARRAYS * _BYTES_PER_VALUE} bytes")
    rng = np.random.default_rng(0)
    return {f"array_{number:02d}": rng.random(length, dtype=np.float32) - 0.5 for number in range(_ARRAYS)}


def keep_size(folder: StudyFolder, megabytes: float) -> None:
    """Note the size of the study's made-up model, for its ServerApp."""
    write_text(_size_file(folder), f"{megabytes}\n")


def made_up_bundle() -> bytes:
    """The run bundle of this release, with the ServerApp of this module instead of its own."""
    with zipfile.ZipFile(io.BytesIO(bundle_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if not name.startswith(".info/")}
    return zip_bundle({name: content.replace(_OWN_APP, _THIS_APP) for name, content in files.items()})


def _size_file(folder: StudyFolder) -> Path:
    return folder.root / "made-up-model-megabytes"


def supervise() -> None:
    """Run the study of the file given first, as ``flwr-server --study`` does."""
    from glsmed.server.processes.supervisor import StudySupervisor  # here: the ServerApp does not need it

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    StudySupervisor(Path(sys.argv[1]), tell=tell, bundle=made_up_bundle()).run()


if __name__ == "__main__":
    run_command(supervise)
