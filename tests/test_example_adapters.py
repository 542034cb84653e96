"""The customisation examples in configs/adapters load, hold, and name what they say they name."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.benchmarks.corpora.ptbxl import read_ptbxl
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.examples import check_examples
from glsmed.site_adapters.reading.reader import Reader

ADAPTERS = sorted((Path(__file__).resolve().parents[1] / "configs" / "adapters").glob("*.yaml"))
SITES = {"ecg-german": "0", "ecg-english": "1"}


def _code(finding: str) -> str:
    return {"avb1": "1AVB", "isc": "ISC_"}.get(finding, finding.upper())


@pytest.mark.parametrize("path", ADAPTERS, ids=lambda path: path.stem)
def test_its_own_examples_hold(path: Path) -> None:
    adapter = load_adapter(path)
    assert adapter.name == path.stem
    assert [str(fault) for fault in check_examples(adapter)] == []


@pytest.mark.parametrize("path", ADAPTERS, ids=lambda path: path.stem)
def test_a_parents_examples_still_hold(path: Path) -> None:
    assert [str(fault) for fault in check_examples(load_adapter(path), inherited=True)] == []


@pytest.mark.parametrize("name", SITES)
def test_findings_are_statements_that_reports_of_its_language_name(real_data: Callable[[str], Path], name: str) -> None:
    folder = real_data("ptbxl_text")
    reader = Reader(load_adapter(next(path for path in ADAPTERS if path.stem == name)))
    own = set(reader.adapter.findings) - set(load_adapter(f"{reader.adapter.language}_radiology").findings)
    with (folder / "scp_statements.csv").open(encoding="utf-8", newline="") as source:
        assert {_code(finding) for finding in own} <= {row[0] for row in csv.reader(source)}
    texts = [report.text for report in read_ptbxl(folder) if report.site == SITES[name]]
    cells = [cell for text in texts for finding, cell in reader.read(text).cells.items() if finding in own]
    assert len(cells) > len(texts)
    assert sum(cell.state == "uncertain" for cell in cells) > len(texts) // 4
