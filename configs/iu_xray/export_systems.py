"""What the systems of two hospitals would export: public radiographs, and reports as a RIS lists them.

    python configs/iu_xray/export_systems.py --data DATA --out runs/iu_xray --studies 300

writes, for hospital A and B, ``<out>/exports/<hospital>/`` with images/, new/, ris.csv and gold.csv. Images stay where
they are: these are links. No report is read for glsmed here: ``glsmed-client import`` joins, and the site's adapter
reads. ``run.sh`` beside this file does the rest of the way.

    python configs/iu_xray/export_systems.py --data DATA --table runs/iu_xray.csv

writes one table of both instead, which ``glsmed-benchmark dataset`` makes a data set of.
"""

import argparse
import csv
import os
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from glsmed.benchmarks.corpora.openi import FINDINGS, OpeniReport, read_openi
from glsmed.shared.errors import UsageError
from glsmed.shared.files.atomic import atomic_replace
from glsmed.shared.processes.command_line import run_command

HERE = Path(__file__).resolve().parent
SYSTEMS = {"A": "hospital-a", "B": "hospital-b"}  # as images.csv has them: inferred from the headers of the originals
NEW_SHARE = 0.1  # of the studies: no report of theirs is exported, and the model is used on them


@dataclass(frozen=True, slots=True)
class Examination:
    """One report and its frontal images."""

    report: OpeniReport
    images: tuple[Path, ...]


def read_systems(data: Path) -> Mapping[str, Sequence[Examination]]:
    """By hospital, the examinations that have an image and a report with findings or an impression.

    Raises:
        UsageError: the data are not there.
    """
    table, archive = data / "iu_xray" / "images.csv", data / "openi_reports" / "NLMCXR_reports.tgz"
    for path in (table, archive):
        if not path.is_file():
            raise UsageError(f"{path}: no such file; give --data, or set GLSMED_DATA to the folder that holds it")
    reports = {report.report_id: report for report in read_openi(archive.parent)}
    images: dict[str, dict[str, list[Path]]] = {hospital: {} for hospital in SYSTEMS.values()}
    with table.open(encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["report"] in reports and row["system"] in SYSTEMS:
                path = table.parent / row["file"]
                images[SYSTEMS[row["system"]]].setdefault(row["report"], []).append(path)
    return {
        hospital: [Examination(reports[name], tuple(paths)) for name, paths in named.items()]
        for hospital, named in images.items()
    }


def export(folder: Path, examinations: Sequence[Examination]) -> str:
    """Write one hospital's exports; returns a line that says what they hold."""
    new = examinations[: round(len(examinations) * NEW_SHARE)]
    known = examinations[len(new) :]
    count = sum(_link(folder / "images", each) for each in known)
    for each in new:
        _link(folder / "new", each)
    reports = [(each.report.report_id, "final", each.report.text) for each in known]
    _write_table(folder / "ris.csv", ("accession_number", "status", "report"), reports)
    gold = [(each.report.report_id, finding, value) for each in known for finding, value in each.report.gold.items()]
    _write_table(folder / "gold.csv", ("study_id", "finding", "value"), gold)
    return f"{folder.name}: {len(known)} reports, {count} images; {len(new)} new examinations without a report"


def write_table(path: Path, systems: Mapping[str, Sequence[Examination]]) -> None:
    """Write a row for each image whose report has gold; images by their paths on this machine."""
    findings = list(FINDINGS.values())
    rows = [
        (each.report.report_id, system, image.resolve(), each.report.text, *map(each.report.gold.__getitem__, findings))
        for system, examinations in systems.items()
        for each in examinations
        if each.report.gold
        for image in each.images
    ]
    _write_table(path, ("study_id", "system", "image", "report", *findings), rows)


def _link(folder: Path, examination: Examination) -> int:
    """The images under their accession number; the patients' numbers are in the names of the files."""
    place = folder / examination.report.report_id
    place.mkdir(parents=True)
    for path in examination.images:
        (place / path.name).symlink_to(path)
    return len(examination.images)


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with atomic_replace(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    """Read the command line and write the exports of both hospitals."""
    default = Path(os.environ.get("GLSMED_DATA", HERE.parents[2] / "shared" / "data"))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=default, help="folder with iu_xray/ and openi_reports/")
    parser.add_argument("--out", type=Path, default=HERE.parents[1] / "runs" / "iu_xray", help="folder to write to")
    parser.add_argument("--studies", type=int, help="of each hospital, drawn by chance; all where it is not given")
    parser.add_argument("--table", type=Path, help="write one table of both systems to this file instead")
    arguments = parser.parse_args()
    systems = read_systems(arguments.data.resolve())
    if arguments.table:
        write_table(arguments.table.resolve(), systems)
        sys.stdout.write(f"{arguments.table}\n")
        return
    for hospital, examinations in systems.items():
        drawn = list(examinations)
        random.Random(hospital).shuffle(drawn)  # noqa: S311  # a sample, the same each time
        sys.stdout.write(export(arguments.out.resolve() / "exports" / hospital, drawn[: arguments.studies]) + "\n")


if __name__ == "__main__":
    run_command(main)
