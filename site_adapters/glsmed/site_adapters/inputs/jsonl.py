"""Reports as JSON lines: read one by one, so that a broken line costs only itself."""

import json
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, TextIO

from glsmed.shared.errors import DataError, UsageError
from glsmed.shared.files.atomic import atomic_replace

STREAM = Path("-")
# Two patterns, for a set of signs alone is searched for fast.
_UNREAD_SIGN = re.compile(r"[<&\\{|$\[\0-\x08\x0b-\x1f\x7f]")
_UNREAD_OPENING = re.compile(r"\s*(?:MSH|OBR|OBX|NTE)")
_decode = json.JSONDecoder().decode  # as json.loads, which would first guess at other encodings than UTF-8
_REPORT_SUFFIXES = (".txt", ".text", ".html", ".htm", ".rtf", ".xml")


class Report(NamedTuple):
    """One report; ``report_id`` names it in every answer. Markup in its text is read away, plain text is as given."""

    report_id: str
    text: str


def parse_report(line: bytes) -> Report:
    """The report in one line, ``{"id": …, "text": …}``; further keys are left alone.

    Raises:
        DataError: says what is wrong with the line.
    """
    try:
        content = _decode(str(line.removeprefix(BOM_UTF8), "utf-8"))
    except UnicodeDecodeError:
        raise DataError("is not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise DataError(f"is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise DataError('is not an object {"id": …, "text": …}')
    report_id, text = content.get("id"), content.get("text")
    if not isinstance(report_id, (str, int)) or isinstance(report_id, bool):
        raise DataError('has no "id" (a string or a whole number)')
    if not isinstance(text, str):
        raise DataError('has no "text" (a string)')
    report = Report(str(report_id), read_given(text))
    if b"\\u" in line:  # what has no escapes is UTF-8, which holds whole characters only
        _refuse_half_characters(report.report_id + text)
    return report


def read_given(text: str) -> str:
    """The report in a text of a command line or of JSON; plain text stays sign by sign.

    Raises:
        DataError: says what the text is instead of a report.
    """
    if not text.isascii() or _UNREAD_SIGN.search(text) or _UNREAD_OPENING.match(text):
        from glsmed.site_adapters.inputs.report_text import report_as_given  # brings RTF and HTML

        try:
            return report_as_given(text)
        except ValueError as error:
            raise DataError(str(error)) from None
    return text


def _refuse_half_characters(text: str) -> None:
    """A report with half of a surrogate pair could be read but not written."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise DataError(
            f"holds half a character (\\u{ord(error.object[error.start]):04x}): write the whole character"
        ) from None


@contextmanager
def open_lines(source: Path) -> Iterator[Iterable[bytes]]:
    """The lines of a file, or of standard input for ``-``; of a manifest (CSV) or one report, its reports as lines.

    Raises:
        UsageError: the file cannot be read.
        ConfigurationError: with every fault of a manifest and of the reports that it names.
    """
    if source == STREAM:
        yield sys.stdin.buffer
        return
    from glsmed.site_adapters.inputs.manifest_reports import is_manifest, read_manifest_reports  # brings RTF and HTML

    if is_manifest(source):
        reports = read_manifest_reports(source)
        yield (json.dumps({"id": study_id, "text": text}).encode() for study_id, text in reports.items())
        return
    try:
        stream = source.open("rb")
    except OSError as error:
        raise UsageError(f"{source}: cannot be read: {error.strerror}") from None
    with stream:
        yield stream if source.suffix.lower() not in _REPORT_SUFFIXES else _one_report(source, stream)


def _one_report(source: Path, stream: BinaryIO) -> Iterable[bytes]:
    """The report in a file of its own as a line; JSON lines whose file has another suffix stay lines.

    Raises:
        UsageError: its encoding is in doubt, or it is no report.
    """
    from glsmed.site_adapters.inputs.report_text import read_report_text

    raw = stream.read()
    if raw.lstrip()[:1] == b"{" and not raw.lstrip().startswith(b"{\\rtf"):
        return raw.splitlines()
    try:
        text = read_report_text(raw, name=str(source)).text
    except ValueError as error:
        raise UsageError(str(error)) from None
    return [json.dumps({"id": source.stem, "text": text}).encode()]


@contextmanager
def open_output(target: Path) -> Iterator[TextIO]:
    """Where answers go: standard output for ``-``, or a file that appears only once it is complete."""
    if target == STREAM:
        yield sys.stdout
        sys.stdout.flush()
        return
    with atomic_replace(target) as temporary:
        with temporary.open("w", encoding="utf-8") as stream:
            yield stream
        temporary.chmod(0o644)
