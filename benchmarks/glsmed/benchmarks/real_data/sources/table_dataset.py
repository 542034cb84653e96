"""A published table of examinations as a data set on disk: a folder for each hospital, with files as a hospital's."""

import csv
import itertools
import json
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from glsmed.benchmarks.reading_room.hospital_folder import whole_folder
from glsmed.benchmarks.real_data.dataset_folder import DESCRIPTION
from glsmed.benchmarks.real_data.sources.table_columns import TableColumns, read_columns
from glsmed.shared.errors import ConfigurationError, Fault, UsageError

FORMAT = 1
ONE_SITE = "hospital"
_BLANK = {"", "na", "nan", "not available"}
Row = Mapping[str, str]


def write_table_dataset(table: Path, columns_file: Path, out: Path) -> dict[str, int]:
    """Write the data set, whole or not at all; returns the images of each hospital.

    Args:
        table: a CSV with a header; images lie where their column says, from the table's folder. A row without an image
            is left out.
        columns_file: which column is what, see :class:`TableColumns`.
        out: folder to make.

    Raises:
        UsageError: ``out`` exists, or a file is missing.
        ConfigurationError: the columns have faults, the table lacks one of them, or an examination has two reports at
            one hospital.
    """
    columns = read_columns(columns_file)
    by_site = _by_site(_rows(table, columns), columns.site)
    for site, rows in by_site.items():
        _require_one_report_each(site, rows, columns, table)
    with whole_folder(out) as folder:
        adapter = _copied_adapter(columns, columns_file.parent, folder)
        for site, rows in by_site.items():
            _write_site(folder / site, rows, columns, table.parent)
        hospitals = {site: {"adapter": adapter, "images": len(rows)} for site, rows in sorted(by_site.items())}
        content = {
            "format": FORMAT,
            "origin": columns.origin,
            "findings": list(columns.findings),
            "unmentioned_probability": columns.unmentioned_probability,
            "hospitals": hospitals,
        }
        (folder / DESCRIPTION).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    return {site: len(rows) for site, rows in by_site.items()}


def _by_site(rows: Iterable[Row], column: str) -> dict[str, list[Row]]:
    """The rows of each hospital by its folder's name; two hospitals never share one: the second is numbered."""
    names: dict[str, str] = {}
    by_site: dict[str, list[Row]] = {}
    for row in rows:
        value = row[column].strip() if column else ""
        if value not in names:
            wished, taken = site_name(value), set(names.values())
            numbered = (f"{wished}-{number}" for number in itertools.count(2))
            names[value] = next(name for name in itertools.chain([wished], numbered) if name not in taken)
        by_site.setdefault(names[value], []).append(row)
    return by_site


def _require_one_report_each(site: str, rows: Sequence[Row], columns: TableColumns, table: Path) -> None:
    first: dict[str, str] = {}
    for row in rows:
        study, text = row[columns.study], _report(row, columns)
        if first.setdefault(study, text) != text:
            raise ConfigurationError(
                [
                    Fault(
                        str(table),
                        f"{columns.study} {study}: expected one report at {site}, got {first[study]!r} and {text!r}; "
                        "where several readers read it, let their column be `site`",
                    )
                ]
            )


def site_name(value: str) -> str:
    """A hospital's name as a folder has it: small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-") or ONE_SITE


def _rows(table: Path, columns: TableColumns) -> list[Row]:
    if not table.is_file():
        raise UsageError(f"{table}: no such file; expected the data set's table")
    with table.open(encoding="utf-8-sig", newline="") as source:
        reader = csv.DictReader(source)
        named = [columns.study, columns.patient, columns.image, *columns.findings.values()]
        wanted = [*named, *([columns.site] if columns.site else []), *re.findall(r"\{(.+?)\}", columns.report)]
        missing = [name for name in wanted if name not in (reader.fieldnames or ())]
        if missing:
            raise ConfigurationError(
                [Fault(str(table), f"expected the columns {', '.join(missing)}; they are missing")]
            )
        return [row for row in reader if row[columns.image].strip()]


def _copied_adapter(columns: TableColumns, beside: Path, folder: Path) -> str:
    if not columns.adapter.endswith((".yaml", ".yml")):
        return columns.adapter
    source = beside / columns.adapter
    if not source.is_file():
        raise UsageError(f"{source}: no such adapter")
    shutil.copyfile(source, folder / source.name)
    return source.name


def _write_site(folder: Path, rows: Sequence[Row], columns: TableColumns, images: Path) -> None:
    (folder / "images").mkdir(parents=True)
    manifest = [
        (row[columns.study], row[columns.patient], _copied_image(images / row[columns.image], folder, number), "", text)
        for number, row in enumerate(rows)
        for text in [_report(row, columns)]
    ]
    _write_csv(folder / "manifest.csv", ("study_id", "patient_id", "image", "report", "report_text"), manifest)
    _write_csv(folder / "gold.csv", ("study_id", "finding", "value"), dict.fromkeys(_gold(rows, columns)))


def _copied_image(source: Path, folder: Path, number: int) -> str:
    if not source.is_file():
        raise UsageError(f"{source}: no such image; the table names it")
    name = f"images/{number:05d}{source.suffix.lower()}"
    shutil.copyfile(source, folder / name)
    return name


def _report(row: Row, columns: TableColumns) -> str:
    def value(found: re.Match[str]) -> str:
        text = row[found[1]]
        for old, new in columns.replace.items():
            text = text.replace(old, new)
        return text

    return re.sub(r"\{(.+?)\}", value, columns.report)


def _gold(rows: Iterable[Row], columns: TableColumns) -> Iterator[tuple[str, str, str]]:
    for row in rows:
        for finding, column in columns.findings.items():
            if row[column].strip().lower() not in _BLANK:
                yield row[columns.study], finding, str(round(float(row[column])))


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as output:
        writer = csv.writer(output)
        writer.writerow(header)
        writer.writerows(rows)
