import sqlite3
import stat
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from glsmed.client.labelling.answers import Answer, AnswerStore, Asked
from glsmed.shared.errors import DataError


def answer(value: str | None, reader: str = "a", **more: str) -> Answer:
    return Answer(reader, more.get("study", "s1"), "effusion", value, "hidden", more.get("role", "reader"))  # type: ignore[arg-type]  # words of the store


def test_the_latest_answer_of_a_reader_counts_and_the_earlier_ones_stay(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "a.sqlite")
    for value in ("present", "absent"):
        store.add([answer(value)])
    assert [one.value for one in store.answers()] == ["absent"]
    assert [one.value for one in store.history("s1", "effusion")] == ["present", "absent"]


def test_an_answer_taken_back_is_none(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "a.sqlite")
    store.add([answer("present")])
    store.add([answer(None)])
    assert store.answers() == []


def test_readers_and_roles_do_not_touch_each_other(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "a.sqlite")
    store.add([answer("present"), answer("absent", "b"), answer("absent", role="adjudicator")])
    assert {(one.reader, one.role, one.value) for one in store.answers()} == {
        ("a", "reader", "present"),
        ("b", "reader", "absent"),
        ("a", "adjudicator", "absent"),
    }


def test_many_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    stores = [AnswerStore(tmp_path / "a.sqlite") for _ in range(4)]

    def write(number: int) -> None:
        stores[number % 4].add([answer("present", reader=f"r{number % 4}", study=f"s{number}")])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(120)))
    assert {one.study_id for one in stores[0].answers()} == {f"s{number}" for number in range(120)}


def test_two_draws_at_once_see_each_other(tmp_path: Path) -> None:
    stores = [AnswerStore(tmp_path / "a.sqlite") for _ in range(2)]

    def draw(store: AnswerStore) -> None:
        with store.drawing() as (before, new):
            new.append(Asked(f"s{len(before)}", "effusion", 0.5, "x", 10, len(before) + 1, twice=False))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(draw, stores * 10))
    asked = stores[0].asked()
    assert [one.study_id for one in asked] == [f"s{number}" for number in range(20)]
    assert [one.batch for one in asked] == list(range(1, 21))


def test_a_draw_that_fails_keeps_nothing(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "a.sqlite")

    def draw() -> None:
        with store.drawing() as (_, new):
            new.append(Asked("s", "effusion", 0.5, "x", 10, 1, twice=False))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        draw()
    assert store.asked() == []


def test_the_file_is_its_owners_alone_and_writes_ahead(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "a.sqlite"
    AnswerStore(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert sqlite3.connect(path).execute("PRAGMA journal_mode").fetchone() == ("wal",)


@pytest.mark.parametrize(
    "spoil",
    [lambda path: path.write_bytes(b"x" * 5000), lambda path: _later_layout(path)],
    ids=["no database", "later"],
)
def test_a_file_that_is_not_ours_is_refused(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    path = tmp_path / "a.sqlite"
    spoil(path)
    with pytest.raises(DataError, match=r"a\.sqlite"):
        AnswerStore(path)


def _later_layout(path: Path) -> None:
    with sqlite3.connect(path) as store:
        store.execute("PRAGMA user_version = 99")
    store.close()


def test_the_secret_stays(tmp_path: Path) -> None:
    assert (
        AnswerStore(tmp_path / "a").secret == AnswerStore(tmp_path / "a").secret != AnswerStore(tmp_path / "b").secret
    )
