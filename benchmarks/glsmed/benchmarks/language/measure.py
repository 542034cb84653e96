"""All that ``glsmed-benchmark language`` measures, in one run."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from glsmed.benchmarks.corpora.data_root import corpus_folder
from glsmed.benchmarks.corpora.jmed import read_jmed
from glsmed.benchmarks.corpora.nubes import read_nubes, sentences_of
from glsmed.benchmarks.corpora.openi import read_openi, read_systems
from glsmed.benchmarks.corpora.ptbxl import read_ptbxl
from glsmed.benchmarks.language.bare_mentions.form_rows import form_rows
from glsmed.benchmarks.language.ecg_score import ADAPTERS, LABELS, ecg_cells, score_ecg
from glsmed.benchmarks.language.jmed_score import score_jmed
from glsmed.benchmarks.language.nubes_score import score_nubes
from glsmed.benchmarks.language.openi_score import openi_cells, score_openi
from glsmed.benchmarks.language.requirements import Requirement, at_least, at_most, skipped
from glsmed.benchmarks.language.seeded_faults import SEEDED_FAULTS
from glsmed.benchmarks.language.speed import extract_speed, negspacy_speed, report_lines
from glsmed.benchmarks.language.wording.wording_score import read_checks, score_wording, share_passed, wording_table
from glsmed.shared.errors import GlsmedError, UsageError
from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.inputs.progress import track
from glsmed.site_adapters.lint.run import lint
from glsmed.site_adapters.reading.reader import Reader

Part = Callable[[], Iterator[Requirement]]


def measure_language(work: Path, *, ecg_adapters: Path, only: Sequence[str] = ()) -> list[Requirement]:
    """One row per requirement; where a corpus or rival is missing, the row names it instead of a value.

    Args:
        work: folder for the rival's environment, kept between runs.
        ecg_adapters: folder of the two ECG adapters.
        only: names of the parts to measure; all where it is empty.

    Raises:
        UsageError: there is no such part.
    """
    parts: Sequence[tuple[str, Part]] = (
        ("Open-i", openi_rows),
        ("bare mentions", bare_rows),
        ("wording", wording_rows),
        ("NUBes", nubes_rows),
        ("JMED", jmed_rows),
        ("PTB-XL", lambda: ecg_rows(ecg_adapters)),
        ("speed", lambda: speed_rows(work)),
        ("lint", lint_rows),
    )
    names = [name for name, _ in parts]
    if unknown := [name for name in only if name not in names]:
        raise UsageError(f"{', '.join(unknown)}: no such part; there are {', '.join(names)}")
    parts = [(name, part) for name, part in parts if name in only or not only]
    rows: list[Requirement] = []
    for name, part in track(parts, description="measuring"):
        try:
            rows += part()
        except (GlsmedError, OSError) as error:
            rows.append(skipped(name, str(error)))
    return rows


def openi_rows() -> Iterator[Requirement]:
    """Open-i: F1 and Brier on hedged cells, with priors, calibrated, and with few labels."""
    reader = Reader(load_adapter("en_radiology"))
    scores = score_openi(reader.adapter, openi_cells(reader, read_openi(corpus_folder("openi_reports"))))
    calibrated, hedged = scores.calibrated, scores.calibrated_hedged
    yield at_least(
        "Open-i, 13 findings, F1 at 0.5, calibrated on other reports",
        calibrated.f1,
        0.90,
        known=0.873,
        calibrated=calibrated.as_dict(),
        priors=scores.prior.as_dict(),
        reports=scores.reports,
        folds=10,
    )
    prior = scores.prior_hedged
    yield at_most("Open-i hedged cells, Brier, priors alone", prior.brier, 0.20, known=0.219, **prior.as_dict())
    yield at_most(
        "Open-i hedged cells, Brier, calibrated on other reports",
        hedged.brier,
        0.14,
        known=0.150,
        hedged_labels_at_least=scores.fewest_hedged,
        **hedged.as_dict(),
    )
    for labels, required, known in ((25, 0.17, 0.179), (100, 0.155, 0.168)):
        what = f"Open-i hedged cells, Brier, with {labels} gold hedged cells"
        yield at_most(what, scores.few[labels], required, known=known, repeats=20, error=scores.few_error[labels])


def bare_rows() -> Iterator[Requirement]:
    """Open-i: what a mention without any cue means, by its form, at two hospital systems."""
    reader = Reader(load_adapter("en_radiology"))
    yield from form_rows(reader, read_openi(corpus_folder("openi_reports")), read_systems(corpus_folder("iu_xray")))


def wording_rows() -> Iterator[Requirement]:
    """Wording that is often misread: checks of our own, by kind and language."""
    checks = read_checks()
    passed = score_wording(checks)
    yield at_least(
        "wording checks passed",
        share_passed(checks),
        0.97,
        checks=len(checks),
        passed=passed,
        table=wording_table(checks),
    )


def nubes_rows() -> Iterator[Requirement]:
    """NUBes: cues of negation and uncertainty, and scopes."""
    numbers = score_nubes(Reader(load_adapter("es_radiology")), sentences_of(read_nubes(corpus_folder("nubes_es"))))
    for kind, required, known in (("uncertainty", 0.80, 0.48), ("negation", 0.92, 0.88), ("scope", 0.80, None)):
        own = {name: value for name, value in numbers.items() if name.startswith(kind)}
        yield at_least(f"NUBes, {kind}, F1", numbers[f"{kind}_f1"], required, known=known, **own)


def jmed_rows() -> Iterator[Requirement]:
    """JMED: lymph node and distant metastasis in Japanese reports."""
    numbers = score_jmed(Reader(load_adapter("ja_radiology")), read_jmed(corpus_folder("jmed_ja")))
    for task, required in (("lymph_node_metastasis", 0.90), ("distant_metastasis", 0.85)):
        own = {name: value for name, value in numbers.items() if name.startswith(task)}
        yield at_least(f"JMED, {task}, F1", numbers[f"{task}_f1"], required, **own)


def ecg_rows(adapters: Path) -> Iterator[Requirement]:
    """PTB-XL: Brier against likelihood after 100 labels, with that of the best fixed table as the requirement."""
    reports = read_ptbxl(corpus_folder("ptbxl_text"))
    for language, (file, site) in ADAPTERS.items():
        reader, cells = ecg_cells(adapters / file, [report for report in reports if report.site == site])
        scores = score_ecg(reader, cells)
        yield at_most(
            f"PTB-XL, {language}, Brier against likelihood after {LABELS} labels (required: the best fixed table)",
            scores.calibrated,
            min(scores.tables.values()),
            cells=scores.cells,
            priors=scores.prior,
            tables=scores.tables,
            hedged_cells=scores.hedged,
        )


def speed_rows(work: Path) -> Iterator[Requirement]:
    """Reports per second of extract, and how many times as fast as negspacy."""
    texts = {report.report_id: report.text for report in read_openi(corpus_folder("openi_reports"))}
    lines = report_lines(texts)
    speed, by_processor = extract_speed("en_radiology", lines)
    yield at_least(
        "extract, reports/s, one process",
        speed,
        8000,
        known=3300,
        reports=len(lines),
        reports_per_processor_second=by_processor,
    )
    rival = negspacy_speed("en_radiology", lines, work)
    what = "extract against negspacy on this machine, times as fast by processor time"
    if rival.reports_per_second is None or rival.reports_per_processor_second is None:
        yield skipped(what, rival.skipped)
        return
    yield at_least(
        what,
        by_processor / rival.reports_per_processor_second,
        None,
        by_the_clock=speed / rival.reports_per_second,
        negspacy_reports_per_second=rival.reports_per_second,
        negspacy_reports_per_processor_second=rival.reports_per_processor_second,
        versions=dict(rival.versions),
    )


def lint_rows() -> Iterator[Requirement]:
    """Seeded faults that lint finds."""
    missed = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "site.yaml"
        for seeded in SEEDED_FAULTS:
            path.write_text(seeded.text, encoding="utf-8")
            if seeded.rule not in {problem.rule for problem in lint(path)}:
                missed.append(seeded.kind)
    caught = 1 - len(missed) / len(SEEDED_FAULTS)
    yield at_least("seeded adapter faults that lint finds", caught, 1.0, faults=len(SEEDED_FAULTS), missed=missed)
