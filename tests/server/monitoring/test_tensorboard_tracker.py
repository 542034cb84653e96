import subprocess
import sys
from pathlib import Path

import pytest

from glsmed.server.monitoring.curves import Point
from glsmed.server.monitoring.tensorboard_tracker import TensorBoardTracker

POINTS = [Point("round", "seconds", number, 10.0 * number) for number in (1, 2, 3)]


def _as_tensorboard_shows(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """By TensorBoard's own reader."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    shown = EventAccumulator(str(folder))
    shown.Reload()
    tags = shown.Tags()["scalars"]
    return {tag: [(event.step, event.value) for event in shown.Scalars(tag)] for tag in tags}


def test_tensorboard_shows_every_point(tmp_path: Path) -> None:
    tracker = TensorBoardTracker(tmp_path / "run" / "tensorboard")
    assert tracker.kept() == set()
    tracker.keep(POINTS[:2])
    tracker.keep([POINTS[2], Point("validation", "auroc/effusion/st-mary", 1, 0.75)])
    assert _as_tensorboard_shows(tmp_path / "run" / "tensorboard") == {
        "round/seconds": [(1, 10.0), (2, 20.0), (3, 30.0)],
        "validation/auroc/effusion/st-mary": [(1, 0.75)],
    }
    tracker.close()


def test_another_start_writes_all_anew_and_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for start in (POINTS[:2], POINTS):
        tracker = TensorBoardTracker(tmp_path)
        tracker.kept()
        tracker.keep(start)
        tracker.close()
    assert _as_tensorboard_shows(tmp_path) == {"round/seconds": [(1, 10.0), (2, 20.0), (3, 30.0)]}
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("heavy", ["torch", "tensorflow"])
def test_the_centre_needs_no_heavy_library_for_it(tmp_path: Path, heavy: str) -> None:
    program = (
        "import sys; from pathlib import Path\n"
        "from glsmed.server.monitoring.curves import Point\n"
        "from glsmed.server.monitoring.tensorboard_tracker import TensorBoardTracker\n"
        f"tracker = TensorBoardTracker(Path({str(tmp_path)!r})); tracker.keep([Point('round', 'seconds', 1, 1.0)])\n"
        f"tracker.close(); print({heavy!r} in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
