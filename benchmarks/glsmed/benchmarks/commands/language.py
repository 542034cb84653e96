"""``glsmed-benchmark language``: how well and how fast reports are read, with the bars to reach."""

import json
import os
import platform
import time
from pathlib import Path

import typer

from glsmed.benchmarks.language.measure import measure_language
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import write_text

_PROJECT = Path(__file__).resolve().parents[4]
_ECG_ADAPTERS = _PROJECT / "configs" / "adapters"


def default_work() -> Path:
    """Where the rival's environment is kept: the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "glsmed" / "language"


def language_command(*, out: Path | None, work: Path) -> None:
    """Print all rows as JSON, and write them to ``out`` too.

    Raises:
        UsageError: the ECG adapters are not beside the code: the benchmark runs from a checkout.
    """
    if not _ECG_ADAPTERS.is_dir():
        raise UsageError(f"{_ECG_ADAPTERS}: no such folder; run the benchmark from a checkout of the project")
    work.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    rows = measure_language(work, ecg_adapters=_ECG_ADAPTERS)
    told = {
        "rows": [row.as_dict() for row in rows],
        "machine": {"python": platform.python_version(), "processors": os.cpu_count(), "system": platform.system()},
        "seconds": round(time.monotonic() - start, 1),
    }
    text = json.dumps(told, indent=2)
    if out is not None:
        write_text(out, text + "\n")
    typer.echo(text)
