from pathlib import Path

import pytest

from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.monitoring.curves import Point, points


@pytest.mark.usefixtures("run")
def test_every_number_and_every_round_that_counted_is_a_point(run: RunFolder) -> None:
    found = points(run.root)
    assert [one for one in found if one.part == "validation" and one.round == 2] == [
        Point("validation", "auroc/effusion/sakura", 2, 0.7),
        Point("validation", "auroc/effusion/st-mary", 2, 0.9),
        Point("validation", "patients/sakura", 2, 12.0),
        Point("validation", "patients/st-mary", 2, 12.0),
    ]
    assert [(one.round, one.value) for one in found if one.curve == "round/seconds"] == [(1, 30.0), (2, 50.0)]
    assert {one.value for one in found if one.curve == "round/bytes_down"} == {2_000.0}


def test_a_run_that_has_not_begun_has_none(tmp_path: Path) -> None:
    assert points(tmp_path / "run") == []
