"""Reports per second, one process, of this project and of negspacy on the same machine, reports and terms."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from glsmed.shared.files.atomic import write_text
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.commands.line_commands import Work, run
from glsmed.site_adapters.commands.report_answers import extract_answer
from glsmed.site_adapters.reading.reader import Reader

REPEATS = 3
_INSTALL_SECONDS = 600
_RUN_SECONDS = 600
_TOLD = 300


@dataclass(frozen=True, slots=True)
class Rival:
    """What a rival's run gave; ``skipped`` says why there is none."""

    reports_per_second: float | None
    reports_per_processor_second: float | None
    versions: Mapping[str, str]
    skipped: str = ""


def report_lines(texts: Mapping[str, str]) -> list[bytes]:
    """The reports as the lines that ``extract`` reads."""
    return [json.dumps({"id": report_id, "text": text}).encode() + b"\n" for report_id, text in texts.items()]


def extract_speed(adapter: str, lines: list[bytes]) -> tuple[float, float]:
    """Reports per second from JSON lines to JSON lines, by the clock and by processor time.

    The best of three runs, each with a fresh reader. On a busy machine only processor time is comparable.
    """
    runs = [_extract_seconds(adapter, lines) for _ in range(REPEATS)]
    return len(lines) / min(run[0] for run in runs), len(lines) / min(run[1] for run in runs)


def _extract_seconds(adapter: str, lines: list[bytes]) -> tuple[float, float]:
    work = Work(Reader(load_adapter(adapter)), extract_answer)
    start, worked = time.perf_counter(), time.process_time()
    answers = sum(len(outcome.answers) for outcome in run(work, lines, workers=1))
    seconds = time.perf_counter() - start, time.process_time() - worked
    if answers != len(lines):
        raise RuntimeError(f"{len(lines)} reports gave {answers} answers")
    return seconds


def negspacy_speed(adapter: str, lines: list[bytes], work: Path) -> Rival:
    """The speed of negspacy with the same findings and terms, in an environment of its own under ``work``."""
    python = work / "negspacy-env" / "bin" / "python"
    if failure := _install(python):
        return Rival(None, None, {}, failure)
    findings = load_adapter(adapter).findings
    write_text(work / "terms.json", json.dumps({name: list(finding.terms) for name, finding in findings.items()}))
    write_text(work / "reports.jsonl", b"".join(lines).decode())
    script = Path(__file__).with_name("negspacy_run.py")
    command = [str(python), str(script), str(work / "reports.jsonl"), str(work / "terms.json")]
    output, failure = _run(command, seconds=_RUN_SECONDS)
    (work / "reports.jsonl").unlink()
    if failure:
        return Rival(None, None, {}, failure)
    told = json.loads(output.splitlines()[-1])
    return Rival(told.pop("reports_per_second"), told.pop("reports_per_processor_second"), told)


def _install(python: Path) -> str:
    """Why negspacy could not be installed; empty if it is there."""
    if _run([str(python), "-c", "import negspacy"], seconds=60)[1] == "":
        return ""
    folder = python.parents[1]
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(folder)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "negspacy"],
    ):
        _, failure = _run(command, seconds=_INSTALL_SECONDS)
        if failure:
            return f"negspacy could not be installed: {failure}"
    return ""


def _run(command: list[str], *, seconds: int) -> tuple[str, str]:
    """Standard output, and why it failed (empty if it did not)."""
    try:
        done = subprocess.run(  # noqa: S603  # a command of ours with paths of ours
            command, capture_output=True, text=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return "", f"{type(error).__name__}: {error}"
    if done.returncode:
        return "", done.stderr.strip()[-_TOLD:] or f"exit code {done.returncode}"
    return done.stdout, ""
