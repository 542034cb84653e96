import stat
from pathlib import Path

import numpy as np
import pytest

from glsmed.client.training.round_arrays import RoundArrays
from glsmed.shared.errors import DataError


def arrays(value: float) -> dict[str, np.ndarray]:
    return {"b": np.full(2, value, np.float32), "a": np.array(value)}


def kept(files: RoundArrays, *, at_most: int) -> float | None:
    found = files.latest(at_most=at_most)
    return None if found is None else float(found["a"])


def test_the_last_round_up_to_the_one_asked_for_is_read(tmp_path: Path) -> None:
    files = RoundArrays(tmp_path)
    for number in (1, 2, 5):
        files.save(number, arrays(number))
    assert [kept(files, at_most=number) for number in range(7)] == [None, 1, 2, 2, 2, 5, 5]


def test_arrays_are_as_they_were_for_another_process_too(tmp_path: Path) -> None:
    RoundArrays(tmp_path).save(1, arrays(3))
    found = RoundArrays(tmp_path).latest(at_most=1)
    assert found is not None
    assert found["b"].tolist() == [3, 3]
    assert found["b"].dtype == np.float32
    assert found["a"].shape == ()


def test_only_so_many_rounds_stay(tmp_path: Path) -> None:
    files = RoundArrays(tmp_path, keep=2)
    for number in (1, 2, 4):
        files.save(number, arrays(number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["round-0002.safetensors", "round-0004.safetensors"]


def test_a_round_that_is_repeated_takes_later_ones_away(tmp_path: Path) -> None:
    files = RoundArrays(tmp_path)
    for number in (1, 2, 3, 2):
        files.save(number, arrays(number))
    assert kept(files, at_most=9) == 2


def test_a_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    RoundArrays(tmp_path / "new").save(1, arrays(1))
    assert stat.S_IMODE((tmp_path / "new" / "round-0001.safetensors").stat().st_mode) == 0o600


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    RoundArrays(tmp_path).save(1, arrays(1))
    (tmp_path / "round-0001.safetensors").write_bytes(b"nothing")
    with pytest.raises(DataError, match=r"round-0001\.safetensors is damaged"):
        RoundArrays(tmp_path).latest(at_most=1)
