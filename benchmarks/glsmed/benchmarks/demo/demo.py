"""The whole demo: draw, set up, train together, compare, report."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from glsmed.benchmarks.demo.baselines import collect_local, start_local, train_pooled
from glsmed.benchmarks.demo.federation import set_up_centre, set_up_site, train_together
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.hospital_data import draw_hospital
from glsmed.benchmarks.demo.page import write_page
from glsmed.benchmarks.demo.programs import Programs
from glsmed.benchmarks.demo.result import as_table, collect, sites_that_gain, write_summary
from glsmed.benchmarks.demo.settings import DemoSettings
from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.shared.protocol.study import load_study

Report = Callable[[str], None]


def run_demo(out: Path, *, settings: DemoSettings, report: Report) -> None:
    """Run the demo in ``out``; it has all happened when this returns.

    Raises:
        GlsmedError: a step failed; the message holds what the failing program said.
    """
    started = time.monotonic()
    folder = DemoFolder(out.resolve())
    folder.make()
    sites = [hospital.name for hospital in HOSPITALS]
    with Programs(folder.logs) as programs:
        _draw(folder, settings, report)
        _set_up(folder, settings, programs, report)
        report("== the federation: one flwr-server, three glsmed-client, TLS and node keys")
        train_together(folder, sites, programs=programs, report=report)
        report("== for comparison: each hospital alone, and all data in one place, with equal numbers of steps")
        children = start_local(folder, sites, programs=programs)
        study = load_study(folder.study_file)
        pooled = train_pooled(folder, sites, study, report=lambda line: report(f"pooled {line}"))
        results = collect(folder, local=collect_local(folder, sites, children), pooled=pooled)
    write_summary(folder, results, rounds=settings.rounds, seconds=time.monotonic() - started)
    write_page(folder, HOSPITALS, results)
    _conclude(folder, results, report)


def _draw(folder: DemoFolder, settings: DemoSettings, report: Report) -> None:
    report(f"== drawing radiographs and reports of {settings.patients} patients at each of three hospitals")
    for hospital in HOSPITALS:
        images = draw_hospital(folder, hospital, patients=settings.patients, seed=settings.seed)
        report(f"{hospital.name}: {images} images, reports for {hospital.adapter}")


def _set_up(folder: DemoFolder, settings: DemoSettings, programs: Programs, report: Report) -> None:
    report("== setting up the centre, then each hospital: init, check, enroll, admit")
    set_up_centre(folder, settings, findings=FINDINGS, programs=programs)
    for hospital in HOSPITALS:
        report(_indented(set_up_site(folder, hospital, programs=programs)))


def _conclude(folder: DemoFolder, results: dict[str, dict[str, dict[str, float]]], report: Report) -> None:
    gaining: Sequence[str] = sites_that_gain(results)
    report("== means over findings on each hospital's gold test split")
    report(as_table(results))
    report(f"the federated model ranks better than the hospital's own at {len(gaining)} of {len(results)} hospitals")
    report(f"{folder.root / 'summary.json'}\n{folder.root / 'report.html'}")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines())
