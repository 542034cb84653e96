import stat
from pathlib import Path

from glsmed.shared.errors import Fault
from glsmed.shared.files.fault_lists import MOST_LINES, grouped, write_full_list

FILE = Path("state/list.txt")


def lines(faults: list[Fault]) -> list[str]:
    return [str(fault) for fault in grouped(faults, things="images", full_list=FILE)]


def test_a_fault_that_stands_alone_stays_as_it_is() -> None:
    assert lines([Fault("a.png", "is empty")]) == ["a.png: is empty"]
    assert lines([Fault("m.csv", "is blank", 3, "view")]) == ["m.csv:3: view: is blank"]


def test_faults_of_one_kind_are_one_line_with_the_first_of_them() -> None:
    many = [Fault(f"{number}.dcm", f"has {number} frames, expected 1") for number in (3, 4, 5)]
    assert lines([Fault("a.png", "is empty"), *many]) == [
        f"3 images: has 3 frames, expected 1; first: 3.dcm; all: {FILE}",
        "a.png: is empty",
    ]


def test_the_number_of_lines_is_bounded_and_no_fault_is_lost() -> None:
    kinds = [
        Fault(f"{kind}{place}", f"is {kind * (ord(kind) - 96)}")
        for kind in "abcdefghijklmnopqrstuvwxyz"
        for place in "xy"
    ]
    shown = lines(kinds)
    assert len(shown) == MOST_LINES + 1
    assert shown[-1] == f"12 more images: of 6 more kinds: see {FILE}"


def test_the_full_list_has_every_fault_and_goes_when_there_is_none(tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    write_full_list(path, [Fault("a.png", "is empty"), Fault("b.png", "is empty")])
    assert path.read_text().splitlines() == ["a.png: is empty", "b.png: is empty"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_full_list(path, [])
    assert not path.exists()
