"""All reports of a file, for work that needs every one of them: nothing is left out silently."""

from collections.abc import Mapping
from pathlib import Path

from glsmed.shared.errors import ConfigurationError, DataError, Fault
from glsmed.site_adapters.inputs.jsonl import open_lines, parse_report
from glsmed.site_adapters.inputs.manifest_reports import is_manifest, read_manifest_reports


def read_reports(source: Path) -> Mapping[str, str]:
    """The text of each report by its id, in the order of the file: JSON lines, or a manifest (CSV).

    Raises:
        UsageError: the file cannot be read.
        ConfigurationError: with every line that is broken or repeats an id, or because there is no report at all.
    """
    if is_manifest(source):
        return read_manifest_reports(source)
    texts: dict[str, str] = {}
    first: dict[str, int] = {}
    faults: list[Fault] = []
    with open_lines(source) as lines:
        for number, line in enumerate(lines, 1):
            try:
                report = parse_report(line) if line.strip() else None
            except DataError as error:
                faults.append(Fault(str(source), str(error), line=number))
                continue
            if report is None:
                continue
            if report.report_id in first:
                message = f"the report {report.report_id!r} is already in line {first[report.report_id]}"
                faults.append(Fault(str(source), message, line=number, key="id"))
            first.setdefault(report.report_id, number)
            texts[report.report_id] = report.text
    if not faults and not texts:
        faults.append(Fault(str(source), "has no reports", line=1))
    if faults:
        raise ConfigurationError(faults)
    return texts
