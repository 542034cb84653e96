"""``glsmed-benchmark language``: how well and how fast reports are read, and what is required of both."""

import json
import os
import platform
import time
from pathlib import Path
from typing import Annotated

import typer

from glsmed.shared.errors import UsageError

_PROJECT = Path(__file__).resolve().parents[4]
_ECG_ADAPTERS = _PROJECT / "configs" / "adapters"


def language(
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file too.")] = None,
    work: Annotated[
        Path | None, typer.Option(help="Folder for negspacy's own environment.", show_default="the user's cache")
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option(help="Measure only this part, as in `--part wording`; several may be given.")
    ] = None,
) -> None:
    """How well and how fast reports are read, with what is required, as JSON; needs the corpora under $GLSMED_DATA.

    **Examples**:

    - `glsmed-benchmark language --out runs/language.json`
    - `glsmed-benchmark language --part wording --part "bare mentions"`
    """
    from glsmed.benchmarks.language.measure import measure_language
    from glsmed.shared.files.atomic import write_text

    _require_checkout()
    folder = work or default_work()
    folder.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    rows = measure_language(folder, ecg_adapters=_ECG_ADAPTERS, only=part or ())
    content = {
        "rows": [row.as_dict() for row in rows],
        "machine": {"python": platform.python_version(), "processors": os.cpu_count(), "system": platform.system()},
        "seconds": round(time.monotonic() - start, 1),
    }
    text = json.dumps(content, indent=2)
    if out is not None:
        write_text(out, text + "\n")
    typer.echo(text)


def default_work() -> Path:
    """Where the rival's environment is kept: the user's cache."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "glsmed" / "language"


def _require_checkout() -> None:
    """Raise if the ECG adapters are not beside the code.

    Raises:
        UsageError: they are not: the code runs from an installed package.
    """
    if not _ECG_ADAPTERS.is_dir():
        raise UsageError(f"{_ECG_ADAPTERS}: no such folder; run the benchmark from a checkout of the project")
