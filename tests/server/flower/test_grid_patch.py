"""Contract tests of what the ServerApp's Grid does with replies."""

import inspect
import time
from collections.abc import Callable

import pytest
from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, ObjectUnavailableError, pull_objects
from flwr.superlink.grid import http_grid

from glsmed.server.flower.grid_patch import prepare_grid


def test_the_grid_pulls_by_name() -> None:
    assert http_grid.pull_objects is pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert " pull_objects(" in inspect.getsource(http_grid)


def test_the_grid_takes_no_larger_answer_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_grid, "pull_objects", pull_objects)
    prepare_grid(100)
    pull: Callable[[list[str], Callable[[str], bytes]], dict[str, bytes]] = http_grid.pull_objects  # type: ignore[attr-defined]  # imported there by name
    assert pull(["a", "b"], lambda _: b"x" * 50) == {"a": b"x" * 50, "b": b"x" * 50}
    with pytest.raises(ObjectPullError, match="larger than the study's model: more than 100 bytes"):
        pull(["a", "b", "c"], lambda _: b"x" * 50)


def test_the_grid_asks_again_soon_for_what_has_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_grid, "pull_objects", pull_objects)
    prepare_grid(100)
    missing = iter([ObjectUnavailableError("a"), ObjectUnavailableError("a")])

    def late(_: str) -> bytes:
        for error in missing:
            raise error
        return b"x"

    started = time.monotonic()
    assert http_grid.pull_objects(["a"], late) == {"a": b"x"}  # type: ignore[attr-defined]  # imported there by name
    assert time.monotonic() - started < 0.9  # upstream waits a second, then two
