"""English reading against what a coder indexed in real reports, by the vocabulary's priors alone."""

import gc
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, f1_score  # type: ignore[import-untyped]  # scikit-learn ships no types

from glsmed.benchmarks.corpora.openi import FINDINGS, OpeniReport, read_openi
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

LEAST_F1 = 0.90
MOST_HEDGED_BRIER = 0.20
LEAST_REPORTS_PER_SECOND = 2_000  # a guard against a slip; the benchmark measures


@pytest.fixture(scope="module")
def reports(real_data: Callable[[str], Path]) -> list[OpeniReport]:
    return [report for report in read_openi(real_data("openi_reports")) if report.gold]


def test_findings_agree_with_the_coder(english: Reader, reports: list[OpeniReport]) -> None:
    gold, said = [], []
    for report in reports:
        cells = english.read(report.text).cells
        for finding in FINDINGS.values():
            gold.append(report.gold[finding])
            said.append(finding in cells and cells[finding].probability >= 0.5)
    assert f1_score(np.array(gold), np.array(said)) >= LEAST_F1


def test_doubt_means_what_the_coder_made_of_it(english: Reader, reports: list[OpeniReport]) -> None:
    gold, probability = [], []
    for report in reports:
        for finding, cell in english.read(report.text).cells.items():
            if cell.state == "uncertain" and finding in report.gold:
                gold.append(report.gold[finding])
                probability.append(cell.probability)
    assert len(gold) > 400
    assert brier_score_loss(gold, probability) <= MOST_HEDGED_BRIER


def test_thousands_of_reports_are_read_in_a_second(reports: list[OpeniReport]) -> None:
    reader = Reader(load_adapter("en_radiology"))
    gc.freeze()  # what other tests left in this process is not looked through
    start = time.process_time()
    for report in reports:
        reader.read(report.text)
    seconds = time.process_time() - start
    gc.unfreeze()
    assert len(reports) / seconds > LEAST_REPORTS_PER_SECOND
