"""A real federation on this machine: the commands that a centre and its hospitals type, over TLS, with node keys."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glsmed.shared.files.documents import read_document
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import free_port

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # a shell starts background jobs so; programs would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

PROGRAMS = Path(sys.executable).parent
SITES = ("st-mary", "riverside")
PATIENTS = 40
BUSY = 4.0  # other tests and other programs run beside these; only a failure waits so long
REPORTS = ("There is a pleural effusion.", "No pleural effusion.", "A pleural effusion cannot be excluded.")


@dataclass
class Program:
    """A program of ours that runs in the background."""

    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for(self, pattern: str, *, seconds: float = 60) -> str:
        """The output once it matches; fails with the output when it does not in time, or the program ends.

        Args:
            pattern: regular expression.
            seconds: on a quiet machine; a busy one may take :data:`BUSY` times as long.
        """
        deadline = time.monotonic() + BUSY * seconds
        ended = False
        while time.monotonic() < deadline and not ended:
            ended = self.process.poll() is not None
            if re.search(pattern, self.output()):
                return self.output()
            time.sleep(0.1)
        raise AssertionError(f"{pattern!r} did not come (exit code {self.process.poll()}):\n{self.output()}")

    def interrupt(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)

    def wait(self) -> None:
        try:
            self.process.wait(timeout=25 * BUSY)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Federation:
    """A study folder and two site folders, enrolled and admitted."""

    root: Path
    port: int
    loopback_port: int
    programs: list[Program] = field(default_factory=list)

    @property
    def study_file(self) -> Path:
        return self.root / "centre" / "study.yaml"

    @property
    def ca(self) -> Path:
        return self.root / "centre" / "pki" / "ca.crt"

    def config(self, site: str) -> Path:
        return self.root / site / "config.yaml"

    def certificate(self, site: str) -> Path:
        """What the centre has made for an admitted site."""
        return self.root / "centre" / "sites" / "certificates" / f"{site}.crt"

    def send_certificate(self, site: str) -> None:
        shutil.copyfile(self.certificate(site), self.root / site / "keys" / "site.crt")

    def start_centre(self) -> Program:
        return self.start("flwr-server", "--study", str(self.study_file))

    def start_site(self, site: str) -> Program:
        return self.start("glsmed-client", "--site", str(self.config(site)))

    def start(self, program: str, *arguments: str) -> Program:
        log = self.root / f"{program}-{len(self.programs)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(PROGRAMS / program), *arguments],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        self.programs.append(Program(process, log))
        return self.programs[-1]

    def stop(self) -> None:
        for program in self.programs:
            program.interrupt()
        for program in self.programs:
            program.wait()


def run_command(program: str, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command to its end, output captured."""
    return subprocess.run(
        [str(PROGRAMS / program), *arguments], cwd=cwd, capture_output=True, text=True, timeout=120 * BUSY, check=False
    )


def succeed(program: str, *arguments: str, cwd: Path) -> str:
    done = run_command(program, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def edit_yaml(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    content = read_document(path).data
    change(content)
    path.write_text(dump_yaml(content), encoding="utf-8")


def canaries(seed: int) -> list[str]:
    """Words that stand in a site's identifiers, file names and reports, and nowhere else: four for each patient."""
    return [f"{word:016x}" for word in np.random.default_rng(1000 + seed).integers(2**60, 2**62, 4 * PATIENTS)]


def write_site_data(folder: Path, *, seed: int) -> None:
    """Pictures whose brightness follows the report, a manifest and gold."""
    words = iter(canaries(seed))
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    manifest, gold = ["study_id,patient_id,image,report,report_text"], ["study_id,finding,value"]
    for _patient in range(PATIENTS):
        which = int(rng.integers(len(REPORTS)))
        picture = rng.normal(60 if which else 180, 20, (40, 40)).clip(0, 255).astype(np.uint8)
        study_id, patient_id, image = f"s{next(words)}", f"p{next(words)}", f"{next(words)}.png"
        Image.fromarray(picture).save(folder / image)
        manifest.append(f"{study_id},{patient_id},{image},,{REPORTS[which]} Reader {next(words)}.")
        gold.append(f"{study_id},effusion,{int(which == 0)}")
    (folder / "manifest.csv").write_text("\n".join(manifest) + "\n")
    (folder / "gold.csv").write_text("\n".join(gold) + "\n")


def _edit_study(content: dict[str, object], training: dict[str, int], deadline_minutes: int) -> None:
    content["findings"] = ["effusion"]
    content["model"] = {"architecture": "resnet10", "image_size_px": 32}
    content["training"] = training
    content["federation"] = {"quorum": 2, "round_deadline_minutes": deadline_minutes}
    content["labels"] = {"shared_calibration": True}


def _edit_site(content: dict[str, object]) -> None:
    content["data"] = {
        "manifest": "data/manifest.csv",
        "gold": "data/gold.csv",
        "adapter": "en_radiology",
        "split": {"train": 0.5, "validation": 0.25, "test": 0.25},
    }
    content["device"] = "cpu"
    content["cpu_threads"] = 1
    egress = content["egress"]
    assert isinstance(egress, dict)
    egress["min_patients"] = 2
    egress["cue_counts"] = True


def make_federation(root: Path, *, rounds: int, steps: int = 4, deadline_minutes: int = 2) -> Federation:
    """Everything up to the point where the centre and the hospitals start."""
    federation = Federation(root, free_port(), free_port())
    ports = ("--port", str(federation.port), "--loopback-port", str(federation.loopback_port))
    succeed("flwr-server", "init", "centre", "--name", "doubt", *ports, cwd=root)
    training = {"rounds": rounds, "steps_per_round": steps, "batch_size": 8}
    edit_yaml(federation.study_file, lambda content: _edit_study(content, training, deadline_minutes))
    with ThreadPoolExecutor() as pool:  # each waits for the programs of its hospital
        said = pool.map(lambda numbered: _set_up_site(federation, numbered[1], seed=numbered[0]), enumerate(SITES))
        enrolled = dict(zip(SITES, said, strict=True))
    for site in SITES:
        read_out = ("--fingerprint", fingerprint_in(enrolled[site]))
        study = ("--study", str(federation.study_file))
        succeed("flwr-server", *study, "admit", f"{site}/request.yaml", *read_out, cwd=root)
        federation.send_certificate(site)
    return federation


def fingerprint_in(enrolled: str) -> str:
    """What the hospital reads out over the telephone, from what ``enroll`` printed there."""
    found = re.search(r"SHA256:[A-Za-z0-9+/]{43}", enrolled)
    assert found is not None, enrolled
    return found.group()


def _set_up_site(federation: Federation, site: str, *, seed: int) -> str:
    root = federation.root
    files = ("--study", str(federation.study_file), "--ca", str(federation.ca))
    succeed("glsmed-client", "init", site, *files, cwd=root)
    write_site_data(root / site / "data", seed=seed)
    edit_yaml(federation.config(site), _edit_site)
    succeed("glsmed-client", "--site", f"{site}/config.yaml", "check", cwd=root)
    return succeed("glsmed-client", "--site", f"{site}/config.yaml", "enroll", cwd=root)


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    """A fresh federation of three rounds that is stopped after the test."""
    made = make_federation(tmp_path, rounds=3)
    yield made
    made.stop()


def port_is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
