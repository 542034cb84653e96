"""A centre and its hospitals set up and run with the commands that real ones type."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from glsmed.benchmarks.demo.folder import DemoFolder
from glsmed.benchmarks.demo.programs import Follower, Programs, fingerprint_in, require_running
from glsmed.benchmarks.demo.settings import DemoSettings
from glsmed.benchmarks.reading_room.hospitals import Hospital
from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import write_bytes, write_text
from glsmed.shared.files.documents import read_document
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import Child, free_port
from glsmed.shared.processes.command_line import Tell

_POLL_SECONDS = 0.3


def set_up_centre(folder: DemoFolder, settings: DemoSettings, *, findings: Sequence[str], programs: Programs) -> None:
    """Make the study: authority, certificate, and what the hospitals will agree on."""
    ports = ("--port", str(free_port()), "--loopback-port", str(free_port()))
    programs.run("flwr-server", "init", str(folder.study_file.parent), "--name", "demo", *ports)
    changes = {
        "findings": list(findings),
        "model": {"architecture": settings.architecture, "image_size_px": settings.image_size_px},
        "training": {
            "rounds": settings.rounds,
            "steps_per_round": settings.steps_per_round,
            "batch_size": settings.batch_size,
            "learning_rate": settings.learning_rate,
            "seed": settings.seed,
        },
        "federation": {"quorum": 3, "round_deadline_minutes": 5},
        "centre": {"host": "127.0.0.1"},
    }
    _edit(folder.study_file, changes)


def set_up_site(folder: DemoFolder, hospital: Hospital, *, programs: Programs) -> tuple[str, str]:
    """Configure, check and enrol a hospital; returns what ``check`` printed, and its key's fingerprint."""
    site, config = folder.site(hospital.name), folder.config(hospital.name)
    given = ("--study", str(folder.study_file), "--ca", str(folder.study_file.parent / "pki" / "ca.crt"))
    programs.run("glsmed-client", "init", str(site), *given, "--adapter", hospital.adapter)
    data = {"manifest": "data/manifest.csv", "gold": "data/gold.csv"}
    _edit(config, {"data": data, "device": "cpu", "cpu_threads": 1, "egress": {"min_patients": 5}})
    checked = programs.run("glsmed-client", "--site", str(config), "check")
    return checked, fingerprint_in(programs.run("glsmed-client", "--site", str(config), "enroll"))


def admit(folder: DemoFolder, hospital: Hospital, *, fingerprint: str, programs: Programs) -> None:
    """Admit an enrolled hospital at the centre, and send it the certificate of its key.

    The centre compares the fingerprint that the hospital reads out.
    """
    site = folder.site(hospital.name)
    request = ("admit", str(site / "request.yaml"), "--fingerprint", fingerprint)
    programs.run("flwr-server", "--study", str(folder.study_file), *request)
    certificate = folder.study_file.parent / "sites" / "certificates" / f"{hospital.name}.crt"
    write_bytes(site / "keys" / "site.crt", certificate.read_bytes())


def train_together(
    folder: DemoFolder, sites: Sequence[str], *, programs: Programs, tell: Tell, page: bool = False
) -> None:
    """Run the centre and every hospital as processes of their own until the last round is done.

    Args:
        folder: of the demo.
        sites: the hospitals.
        programs: starts them.
        tell: gets every line of the centre, that with the address of its page too.
        page: whether the centre shows its page meanwhile.

    Raises:
        FederationError: one of them ended before that; holds the end of its log.
    """
    shown = ["--page"] if page else []
    centre = programs.start("centre", "flwr-server", "--study", str(folder.study_file), *shown)
    hospitals = [programs.start(site, "glsmed-client", "--site", str(folder.config(site))) for site in sites]
    try:
        _follow(centre, hospitals, tell)
    finally:
        programs.stop([*hospitals, centre])


def _follow(centre: Child, hospitals: Sequence[Child], tell: Tell) -> None:
    log = Follower(centre.log)
    while centre.is_running():
        require_running(hospitals)
        time.sleep(_POLL_SECONDS)
        for line in log.new_lines():
            tell(f"centre {line}")
    for line in log.new_lines():
        tell(f"centre {line}")
    if centre.process.returncode != 0:
        raise FederationError(f"the centre failed; the end of {centre.log}:\n{centre.log_tail()}")


def _edit(path: Path, changes: Mapping[str, object]) -> None:
    """Change values of a YAML file; the order of its keys stays, its comments do not."""
    content = read_document(path).data
    _merge(content, changes)
    write_text(path, f"# Every key: docs/configuration.md\n{dump_yaml(content)}")


def _merge(content: dict[str, object], changes: Mapping[str, object]) -> None:
    for key, value in changes.items():
        present = content.get(key)
        if isinstance(value, Mapping) and isinstance(present, dict):
            _merge(present, value)
        else:
            content[key] = value
