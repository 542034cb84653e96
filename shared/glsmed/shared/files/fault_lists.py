"""Many faults of few kinds: a few lines for a person, and a file with all of them."""

import re
from collections.abc import Sequence
from pathlib import Path

from glsmed.shared.errors import Fault
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text

MOST_LINES = 20
_NUMBER = re.compile(r"\d+(\.\d+)?")


def grouped(faults: Sequence[Fault], *, things: str, full_list: Path) -> list[Fault]:
    """One fault for each kind, the most frequent first, no more than twenty; one that stands alone stays as it is.

    Two faults are of one kind if their words are the same but for numbers.

    Args:
        faults: all of them.
        things: what they are about, such as images.
        full_list: the file that :func:`write_full_list` writes, for the words.
    """
    kinds: dict[str, list[Fault]] = {}
    for fault in faults:
        kinds.setdefault(_NUMBER.sub("#", f"{fault.key}: {fault.message}"), []).append(fault)
    ordered = sorted(kinds.values(), key=len, reverse=True)
    lines = [_line(group, things, full_list) for group in ordered[:MOST_LINES]]
    if len(ordered) > MOST_LINES:
        rest = sum(map(len, ordered[MOST_LINES:]))
        lines.append(Fault(f"{rest} more {things}", f"of {len(ordered) - MOST_LINES} more kinds: see {full_list}"))
    return lines


def _line(group: Sequence[Fault], things: str, full_list: Path) -> Fault:
    first = group[0]
    if len(group) == 1:
        return first
    words = f"{first.key}: {first.message}" if first.key else first.message
    return Fault(f"{len(group)} {things}", f"{words}; first: {first.source}; all: {full_list}")


def write_full_list(path: Path, faults: Sequence[Fault]) -> None:
    """Write every fault on a line of its own, readable by its owner only; no file where there is none.

    Raises:
        OSError: the file cannot be written.
    """
    if faults:
        write_text(path, "".join(f"{fault}\n" for fault in faults), mode=PRIVATE_FILE)
    else:
        path.unlink(missing_ok=True)
