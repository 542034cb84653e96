"""Which code read a report: what was read by other code must be read again."""

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

_ROOMS = ("adapter", "phrasing", "reading", "text", "calibration")


@cache
def reading_code_digest() -> str:
    """SHA-256 (hex) of the source of all that decides how words become cells, and of spaCy's version.

    A hospital's own components are in its adapter's digest.
    """
    package = Path(__file__).resolve().parents[1]
    content = hashlib.sha256(version("spacy").encode())
    for path in sorted(path for room in _ROOMS for path in (package / room).rglob("*.py")):
        content.update(f"\0{path.relative_to(package)}\0".encode())
        content.update(path.read_bytes())
    return content.hexdigest()
