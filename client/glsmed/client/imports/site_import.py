"""The whole import: images and reports in, joined, manifest and log out."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.client.imports.examinations import examinations
from glsmed.client.imports.image_record import FoundImages, ImageRecord
from glsmed.client.imports.joining import Joined, JoinRules, Joins, join
from glsmed.client.imports.manifest_file import LogRow, patient_of, write_log, write_manifest
from glsmed.client.imports.report_record import FoundReports, ReportRecord
from glsmed.shared.errors import DataError

LOG_NAME = "import-log.csv"
_MOST_NAMED = 8  # reasons in the summary; the log has them all


@dataclass(frozen=True, slots=True)
class ImportSummary:
    """What an import did.

    Attributes:
        images: how many are in the manifest.
        examinations: how many these are of.
        kinds: how many examinations were joined by what.
        statuses: how many reports were read with each state.
        encodings: how many reports were in each encoding.
        reasons: how many images, reports and examinations were left out for each reason, the commonest first.
        mended: how many reports had characters that were put right.
        manifest: the file.
        log: the file that says what became of each image and report.
    """

    images: int
    examinations: int
    kinds: Mapping[str, int]
    statuses: Mapping[str, int]
    encodings: Mapping[str, int]
    reasons: Mapping[str, int]
    mended: int
    manifest: Path
    log: Path

    @property
    def lines(self) -> list[str]:
        """The summary as text for people."""
        reasons = list(self.reasons.items())
        more = len(reasons) - _MOST_NAMED
        return [
            f"reports read: {_counted(self.statuses)}",
            f"encodings: {_counted(self.encodings)}" + (f"; {self.mended} mended" if self.mended else ""),
            f"examinations joined: {_counted({f'by {kind}': count for kind, count in self.kinds.items()})}",
            *(f"left out: {count} × {reason}" for reason, count in reasons[:_MOST_NAMED]),
            *([f"left out: {more} more kinds of reason"] if more > 0 else []),
            f"{self.manifest}: {self.images} images of {self.examinations} examinations",
            f"{self.log}: what became of each image and report",
        ]


def import_site(images: FoundImages, reports: FoundReports, *, rules: JoinRules, manifest: Path) -> ImportSummary:
    """Join and write; the log lies beside the manifest and is written in any case.

    Args:
        images: those wanted, and those left out.
        reports: likewise.
        rules: of joining.
        manifest: the file to write; one that exists is replaced.

    Raises:
        DataError: no image has a report; then there is no manifest.
    """
    whole, refused = examinations(images.records)
    joins = join(whole, reports.records, rules)
    named = [each for each in joins.joined if patient_of(each)]
    nameless = [each for each in joins.joined if not patient_of(each)]
    rows = [*_used(named), *_unused(images, reports, joins, refused), *_nameless(nameless)]
    log = manifest.parent / LOG_NAME
    write_log(log, rows)
    if not named:
        raise DataError(f"no image has a report, so no manifest was written; {log} says what became of each file")
    count = write_manifest(manifest, named)
    return ImportSummary(
        images=count,
        examinations=len(named),
        kinds=joins.kinds,
        statuses=Counter(report.status for report in reports.records),
        encodings=Counter(report.encoding for report in reports.records),
        reasons=_reasons(rows),
        mended=sum(bool(report.mended) for report in reports.records),
        manifest=manifest,
        log=log,
    )


def _used(joined: Iterable[Joined]) -> Iterator[LogRow]:
    for each in joined:
        key, sources = each.examination.key, "; ".join(record.source for record in each.used)
        for image in each.examination.images:
            yield LogRow("image", str(image.path), "used", f"joined by {each.kind} to {sources}", key)
        for record in each.used:
            yield LogRow("report", record.source, "used", f"joined by {each.kind}; {_manner(record)}", key)


def _manner(record: ReportRecord) -> str:
    mended = f"; mended: {record.mended}" if record.mended else ""
    return f"{record.status}, {record.format}, {record.encoding}{mended}"


def _unused(
    images: FoundImages, reports: FoundReports, joins: Joins, refused: Sequence[tuple[ImageRecord, str]]
) -> Iterator[LogRow]:
    for skipped in images.skipped:
        yield LogRow("image", str(skipped.path), "left out", skipped.reason)
    for image, reason in refused:
        yield LogRow("image", str(image.path), "left out", reason)
    for examination, reason in joins.without_report:
        for image in examination.images:
            yield LogRow("image", str(image.path), "left out", reason, examination.key)
    for part in reports.left_out:
        yield LogRow("report", part.source, "left out", part.reason)
    for record, reason in joins.not_used:
        yield LogRow("report", record.source, "left out", reason)


def _nameless(joined: Iterable[Joined]) -> Iterator[LogRow]:
    for each in joined:
        for image in each.examination.images:
            yield LogRow(
                "image",
                str(image.path),
                "left out",
                "neither it nor its report names the patient",
                each.examination.key,
            )


def _reasons(rows: Iterable[LogRow]) -> Mapping[str, int]:
    """How often each reason came, without what it says of the single case behind its colon."""
    found = Counter(f"{row.what} {row.why.split(':')[0]}" for row in rows if row.done == "left out")
    return dict(found.most_common())


def _counted(numbers: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in numbers.items() if count) or "none"
