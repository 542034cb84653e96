"""The whole demo: draw, set up, train together, compare, report."""

import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from glsmed.benchmarks.demo.baselines import collect_local, pooled_study, start_local, train_pooled
from glsmed.benchmarks.demo.federation import admit, set_up_centre, set_up_site, train_together
from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.hospital_data import draw_hospital
from glsmed.benchmarks.demo.new_patients import predict_new_patients
from glsmed.benchmarks.demo.page import write_page
from glsmed.benchmarks.demo.programs import Programs
from glsmed.benchmarks.demo.result import (
    DemoResult,
    as_table,
    beside_local_lines,
    collect,
    effort_table,
    sites_that_gain,
    what_was_equal,
    write_summary,
)
from glsmed.benchmarks.demo.settings import DemoSettings
from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.benchmarks.reading_room.hospitals import HOSPITALS
from glsmed.shared.processes.command_line import Tell
from glsmed.shared.protocol.study import load_study


def run_demo(out: Path, *, settings: DemoSettings, tell: Tell, page: bool = False) -> None:
    """Run the demo in ``out``; it has all happened when this returns.

    Args:
        out: folder for everything.
        settings: how large it is.
        tell: gets one line for each thing that happens.
        page: whether the centre shows its page in a browser while the hospitals train.

    Raises:
        GlsmedError: a step failed; the message holds what the failing program said.
    """
    started = time.monotonic()
    folder = DemoFolder(out.resolve())
    folder.make()
    sites = [hospital.name for hospital in HOSPITALS]
    with Programs(folder.logs) as programs:
        _draw(folder, settings, tell)
        _set_up(folder, settings, programs, tell)
        tell("== the federation: one flwr-server, three glsmed-client, TLS and node keys")
        train_together(folder, sites, programs=programs, tell=tell, page=page)
        tell("== for comparison: each hospital alone, and all data in one place")
        study = load_study(folder.study_file)
        children = start_local(folder, sites, study, programs=programs)
        pooled = train_pooled(folder, sites, pooled_study(study, sites=len(sites)), tell=tell)
        local = collect_local(folder, children, study)
        tell(f"== after the study: {HOSPITALS[0].name} uses its model on new patients")
        tell(_indented(predict_new_patients(folder, HOSPITALS[0], seed=settings.seed, programs=programs)))
    result = collect(folder, study, local=local, pooled=pooled)
    write_summary(folder, result, seconds=time.monotonic() - started)
    write_page(folder, HOSPITALS, result)
    _conclude(folder, result, tell)


def _draw(folder: DemoFolder, settings: DemoSettings, tell: Tell) -> None:
    tell(f"== drawing radiographs and reports of {settings.patients} patients at each of three hospitals")
    for hospital in HOSPITALS:
        images = draw_hospital(folder, hospital, patients=settings.patients, seed=settings.seed)
        tell(f"{hospital.name}: {images} images, reports for {hospital.adapter}")


def _set_up(folder: DemoFolder, settings: DemoSettings, programs: Programs, tell: Tell) -> None:
    tell("== setting up the centre, then each hospital: init, check, enroll, admit")
    set_up_centre(folder, settings, findings=FINDINGS, programs=programs)
    with ThreadPoolExecutor() as pool:  # each waits for the programs of its hospital
        set_up = [pool.submit(set_up_site, folder, hospital, programs=programs) for hospital in HOSPITALS]
        ready = [one.result() for one in set_up]
    for hospital, (report, fingerprint) in zip(HOSPITALS, ready, strict=True):
        admit(folder, hospital, fingerprint=fingerprint, programs=programs)
        tell(_indented(report))


def _conclude(folder: DemoFolder, result: DemoResult, tell: Tell) -> None:
    tell("== means over findings on each hospital's gold test split")
    tell(as_table(result))
    tell("== what was equal")
    tell(textwrap.fill(what_was_equal(result), width=100, break_on_hyphens=False))
    tell(effort_table(result))
    for line in beside_local_lines(result):
        tell(line)
    for other, whose in (("local", "the hospital's own"), ("pooled", "the pooled one")):
        gaining = sites_that_gain(result, over=other)
        tell(f"the federated model ranks better than {whose} at {len(gaining)} of {len(result.sites)} hospitals")
    tell(f"{folder.root / 'summary.json'}\n{folder.root / 'report.html'}")
    tell(f"{folder.predictions(HOSPITALS[0].name)}\n{folder.worklist(HOSPITALS[0].name)}")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.rstrip().splitlines())
