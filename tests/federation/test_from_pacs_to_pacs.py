"""The whole way of two hospitals: from PACS and RIS into training, and the model's answer back into the PACS."""

import csv
import json
import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pydicom import dcmread

from glsmed.benchmarks.reading_room.cases import FINDINGS
from glsmed.shared.processes.children import free_port
from tests.orthanc_on_loopback import KNOWN_TITLE, TITLE, Orthanc, environment, program, running_orthanc

from .conftest import PROGRAMS, Federation, edit_yaml, fingerprint_in
from .pacs_hospitals import (
    DRAFT,
    ENGLISH,
    JAPANESE,
    NEW_DAY,
    NEW_STUDIES,
    STUDIES,
    PacsHospital,
    write_exports,
    write_new_studies,
)

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

HOSPITALS = (ENGLISH, JAPANESE)
ROUNDS = 3
_SAID = re.compile(r'"Tracking Identifier"\)="(\w+)".*?"Probability"\)="([^"]+)"', re.DOTALL)
_VOID = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
)
_OPTIONAL_END = frozenset(
    {"p", "li", "td", "th", "tr", "thead", "tbody", "tfoot", "dt", "dd", "option", "html", "body"}
)


@dataclass(frozen=True)
class Hospital:
    """A hospital's folder and its archive."""

    drawn: PacsHospital
    folder: Path
    archive: Orthanc

    @property
    def name(self) -> str:
        return self.drawn.name

    def glsmed(self, *words: str | Path) -> str:
        """One of its commands to the end; returns what it printed."""
        return type_command(
            self.folder, PROGRAMS / "glsmed-client", "--site", "config.yaml", *words, **self.archive.variables
        )


def type_command(folder: Path, *words: str | Path, **variables: str) -> str:
    """What a command prints; it and its output are added to transcript.txt beside the folder."""
    command = [str(word) for word in words]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, timeout=600, check=False
    )
    said = f"{folder.name}$ {shlex.join([Path(command[0]).name, *command[1:]])}\n{done.stdout}{done.stderr}\n"
    with (folder.parent / "transcript.txt").open("a", encoding="utf-8") as transcript:
        transcript.write(said)
    assert done.returncode == 0, said
    return done.stdout


@pytest.fixture
def hospitals(tmp_path: Path) -> Iterator[tuple[Hospital, ...]]:
    """Both, each with a real archive of its own; skipped where Orthanc is not on this machine."""
    with ExitStack() as running:
        made = []
        for drawn in HOSPITALS:
            (tmp_path / "archives" / drawn.name).mkdir(parents=True)
            archive = running.enter_context(running_orthanc(tmp_path / "archives" / drawn.name))
            made.append(Hospital(drawn, tmp_path / drawn.name, archive))
        yield tuple(made)


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Federation]:
    """The centre's folder; everything that was started from it is stopped."""
    federation = Federation(tmp_path, free_port(), free_port())
    ports = ("--port", str(federation.port), "--loopback-port", str(federation.loopback_port))
    type_command(tmp_path, PROGRAMS / "flwr-server", "init", "centre", "--name", "doubt", *ports)
    edit_yaml(federation.study_file, _edit_study)
    yield federation
    federation.stop()


def _edit_study(content: dict[str, object]) -> None:
    content["findings"] = list(FINDINGS)
    content["model"] = {"architecture": "resnet10", "image_size_px": 64}
    content["training"] = {"rounds": ROUNDS, "steps_per_round": 20, "batch_size": 16}
    content["federation"] = {"quorum": 2, "round_deadline_minutes": 5}


def test_from_the_archives_through_a_study_and_back_into_the_archives(
    centre: Federation, hospitals: tuple[Hospital, ...]
) -> None:
    with ThreadPoolExecutor() as both:
        enrolled = list(both.map(lambda hospital: _join(centre, hospital), hospitals))
    for hospital, said in zip(hospitals, enrolled, strict=True):
        admit = ("admit", f"../{hospital.name}/request.yaml", "--fingerprint", fingerprint_in(said))
        type_command(centre.root / "centre", PROGRAMS / "flwr-server", "--study", "study.yaml", *admit)
        centre.send_certificate(hospital.name)
    _train(centre, hospitals)
    _check_pages(centre.root / "centre" / "run")
    for hospital in hospitals:
        check_html(hospital.folder / "state" / "patients" / "check.html")
        check_html(hospital.folder / "state" / "models" / "shipped" / "model-card.html")
        _use_model(hospital)
        _check_answers(hospital)


def _join(centre: Federation, hospital: Hospital) -> str:
    """Everything a hospital does before the centre admits it; returns what ``enroll`` printed."""
    files = ("--study", centre.study_file, "--ca", centre.ca, "--adapter", hospital.drawn.drawn.adapter)
    type_command(centre.root, PROGRAMS / "glsmed-client", "init", hospital.name, *files)
    edit_yaml(hospital.folder / "config.yaml", _edit_site)
    hospital.archive.store(*write_exports(hospital.folder, hospital.drawn))
    fetch = ("--pacs", _address(hospital), "--pacs-ca", hospital.archive.ca, "--modality", "DX", "--view", "PA")
    said = hospital.glsmed("import", *fetch, "--reports", "oru.hl7")
    assert f"examinations joined: {STUDIES} by accession number" in said
    manifest = (hospital.folder / "manifest.csv").read_text(encoding="utf-8")
    assert DRAFT not in manifest
    hospital.glsmed("check")
    return hospital.glsmed("enroll")


def _address(hospital: Hospital) -> str:
    """DICOMweb at one hospital, C-FIND and C-GET at the other."""
    return hospital.archive.web if hospital.drawn == ENGLISH else hospital.archive.dicom


def _edit_site(content: dict[str, object]) -> None:
    data = content["data"]
    assert isinstance(data, dict)
    data["gold"] = "gold.csv"
    data["split"] = {"train": 0.6, "validation": 0.2, "test": 0.2}
    content["device"], content["cpu_threads"] = "cpu", 1


def _train(federation: Federation, hospitals: tuple[Hospital, ...]) -> None:
    centre = federation.start_centre()
    for hospital in hospitals:
        federation.start_site(hospital.name)
    centre.wait_for("done: results are in", seconds=240)
    for program_ in federation.programs:
        program_.interrupt()
    for program_ in federation.programs:
        program_.wait()


def _use_model(hospital: Hospital) -> None:
    """Twenty patients without a report, in the archive: predictions, and what goes back into it."""
    hospital.archive.store(*write_new_studies(hospital.folder / "scanner", hospital.drawn))
    asked = ("--in", _address(hospital), "--pacs-ca", hospital.archive.ca, "--first-day", NEW_DAY)
    outs = ("--out", "predictions.csv", "--html", "worklist.html", "--sr", "sr", "--sc", "sc")
    said = hospital.glsmed("predict", *asked, *outs)
    assert f"{NEW_STUDIES} of {NEW_STUDIES} images have a prediction" in said
    check_html(hospital.folder / "worklist.html")
    storescu = program("storescu", package="dcmtk")
    address = ("-aet", KNOWN_TITLE, "-aec", TITLE, "127.0.0.1", str(hospital.archive.dicom_port))
    type_command(hospital.folder, storescu, *address, "+sd", "+r", "sr", "sc", **environment())


def _check_answers(hospital: Hospital) -> None:
    """The archive holds a report for each new image that says what predictions.csv says, as DCMTK reads it."""
    with (hospital.folder / "predictions.csv").open(newline="") as source:
        rows = list(csv.DictReader(source))
    fetched = _fetch(hospital.archive, hospital.folder / "fetched", modality="SR")
    assert len(fetched) == NEW_STUDIES
    for path in fetched:
        said = type_command(hospital.folder, program("dsrdump", package="dcmtk"), path, **environment())
        study = dcmread(path).StudyInstanceUID
        own = {row["finding"]: float(row["probability"]) for row in rows if row["study_id"] == study}
        assert dict(_SAID.findall(said)).keys() == own.keys() == set(FINDINGS)
        assert {name: float(number) for name, number in _SAID.findall(said)} == own


def _fetch(archive: Orthanc, folder: Path, *, modality: str) -> list[Path]:
    query = f'{{"Level": "Series", "Query": {{"Modality": "{modality}"}}, "Expand": true}}'
    folder.mkdir()
    found = archive.call("POST", "/tools/find", query.encode()).json()
    paths = []
    for instance in [name for series in found for name in series["Instances"]]:
        paths.append(folder / f"{instance}.dcm")
        paths[-1].write_bytes(archive.call("GET", f"/instances/{instance}/file").content)
    return paths


def _check_pages(run: Path) -> None:
    """What a study leaves at the centre is there and can be read."""
    assert json.loads((run / "summary.json").read_text())["rounds"] == ROUNDS
    for name in ("report", "model-card", "data-sheet"):
        check_html(run / f"{name}.html")


class _Elements(HTMLParser):
    """The elements that are open; ``faults`` names an end without a beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open[-1] != tag and self.open[-1] in _OPTIONAL_END:
            self.open.pop()
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"line {self.getpos()[0]}: </{tag}>")


def check_html(page: Path) -> None:
    elements = _Elements()
    elements.feed(page.read_text(encoding="utf-8"))
    assert (elements.faults, elements.open) == ([], []), page
