from glsmed.site_adapters.calibration.calibration import calibration_file
from glsmed.site_adapters.calibration.calibration_fit import fit_labels
from glsmed.site_adapters.calibration.gold_cells import gold_cells
from glsmed.site_adapters.calibration.reliability import reliability_report
from glsmed.site_adapters.reading.reader import Reader


def report(reader: Reader, labels: list[tuple[str, int]]) -> list[str]:
    texts = {str(number): text for number, (text, _) in enumerate(labels)}
    cells = gold_cells(reader, texts, {(str(number), "effusion"): value for number, (_, value) in enumerate(labels)})
    fit = fit_labels(reader.adapter, cells)
    return list(reliability_report(cells, fit, calibration_file(reader.adapter, cells, fit)))


def test_tables_hold_hedged_cells_before_and_after(english: Reader) -> None:
    lines = report(english, [("Possible effusion.", 0)] * 30 + [("No effusion.", 0)] * 10)
    assert lines[0] == "40 gold labels on mentioned findings, 30 of them hedged, in 40 reports"
    rows = [line.split() for line in lines if line.startswith(("  0", "  1"))]
    before, after = rows
    assert (before[3], before[5]) == ("30", "0.000")
    assert after[:4] == ["0.0", "to", "0.1", "30"]
    assert float(before[4]) > float(after[4])


def test_without_hedged_cells_there_is_no_table(english: Reader) -> None:
    assert "prior, hedged cells: none" in report(english, [("No effusion.", 0)] * 20)


def test_without_labels_it_says_that_nothing_was_tested(english: Reader) -> None:
    assert report(english, [])[-1] == "too few reports to hold any out: the calibration is not tested"
