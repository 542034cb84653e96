"""A study with its enrolled sites in one folder, made with the commands that a centre and hospitals type."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from glsmed.benchmarks.demo.programs import Programs, fingerprint_in
from glsmed.benchmarks.rounds_cost.light_sites.made_up_model import made_up_model
from glsmed.benchmarks.rounds_cost.settings import RunSettings
from glsmed.client.settings.enrolment import certificate_beside
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.atomic import PRIVATE_FILE, write_bytes, write_text
from glsmed.shared.files.documents import read_document
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, make_request

_PATIENTS = 24
_REPORTS = ("There is a pleural effusion.", "No pleural effusion.", "A pleural effusion cannot be excluded.")
_SPLIT = {"train": 0.5, "validation": 0.25, "test": 0.25}


@dataclass(frozen=True, slots=True)
class RunFolders:
    """Where the centre and the sites of one run live."""

    root: Path

    @property
    def centre(self) -> StudyFolder:
        """The centre's study folder."""
        return StudyFolder.at(self.root / "centre")

    @property
    def light_sites(self) -> Path:
        """The file that tells the process of the light sites who they are."""
        return self.root / "light-sites.json"

    def config(self, site: str) -> Path:
        """A hospital's configuration."""
        return self.root / site / "config.yaml"

    def key(self, site: str) -> Path:
        """A light site's key."""
        return self.root / f"{site}.key"


def set_up_centre(folders: RunFolders, settings: RunSettings, *, programs: Programs) -> int:
    """Make the study; returns the centre's public port."""
    port = free_port()
    ports = ("--port", str(port), "--loopback-port", str(free_port()))
    programs.run("flwr-server", "init", str(folders.centre.root), "--name", "rounds", *ports)
    edit_yaml(folders.centre.study_file, {**settings.study_changes(), "centre": {"host": "127.0.0.1"}})
    if settings.model_megabytes is not None:
        arrays = made_up_model(settings.model_megabytes)
        RunFolder(folders.centre.run).checkpoints.begin(arrays, study_digest=folders.centre.study().digest())
    return port


def set_up_hospitals(folders: RunFolders, sites: Sequence[str], *, programs: Programs) -> None:
    """Make real hospitals with a few small pictures, enrolled and admitted."""
    for seed, site in enumerate(sites):
        given = ("--study", str(folders.centre.study_file), "--ca", str(folders.centre.certificates.ca_certificate))
        programs.run("glsmed-client", "init", str(folders.root / site), *given)
        _write_pictures(folders.root / site / "data", seed=seed)
        edit_yaml(folders.config(site), _site_changes())
        enrolled = programs.run("glsmed-client", "--site", str(folders.config(site)), "enroll")
        _admit(folders, folders.root / site / "request.yaml", fingerprint_in(enrolled), programs=programs)
        _send_certificate(folders, site, folders.root / site / "keys" / "site.crt")


def approve_roster(folders: RunFolders, sites: Sequence[str], *, programs: Programs) -> None:
    """Write the roster at the centre, and let every hospital approve it."""
    programs.run("flwr-server", "--study", str(folders.centre.study_file), "sites", "--write-roster")
    for site in sites:
        write_bytes(folders.root / site / folders.centre.roster.name, folders.centre.roster.read_bytes())
        edit_yaml(folders.config(site), {"roster": folders.centre.roster.name})


def connect_hospital(folders: RunFolders, site: str, *, port: int) -> None:
    """Let a hospital reach the centre through this port."""
    edit_yaml(folders.config(site), {"centre": {"address": f"localhost:{port}"}})


def set_up_light_sites(folders: RunFolders, sites: Sequence[str], *, programs: Programs) -> None:
    """Make keys for sites that are only played, and admit them."""
    study = folders.centre.study()
    for site in sites:
        write_bytes(folders.key(site), generate_private_key(), mode=PRIVATE_FILE)
        request = make_request(
            folders.key(site).read_bytes(), site=site, study=study.study, study_digest=study.digest()
        )
        request_file = folders.root / f"{site}-request.yaml"
        write_text(request_file, dump_yaml(request.model_dump()))
        _admit(folders, request_file, fingerprint(request.public_key), programs=programs)
        _send_certificate(folders, site, certificate_beside(folders.key(site)))


def connect_light_sites(folders: RunFolders, ports: Mapping[str, int]) -> None:
    """Let light sites reach the centre through these ports."""
    sites = [
        {"site": site, "address": f"localhost:{port}", "key": str(folders.key(site))} for site, port in ports.items()
    ]
    content = {
        "sites": sites,
        "ca_certificate": str(folders.centre.certificates.ca_certificate),
        "study": str(folders.centre.study_file),
        "first_model": str(RunFolder(folders.centre.run).checkpoints.path(0)),
    }
    write_text(folders.light_sites, json.dumps(content, indent=1))


def edit_yaml(path: Path, changes: Mapping[str, object]) -> None:
    """Change keys of a YAML file; within a section, only those that are given."""
    content = read_document(path).data
    for key, value in changes.items():
        present = content.get(key)
        content[key] = {**present, **value} if isinstance(present, dict) and isinstance(value, Mapping) else value
    write_text(path, dump_yaml(content))


def _admit(folders: RunFolders, request: Path, read_out: str, *, programs: Programs) -> None:
    study = ("--study", str(folders.centre.study_file))
    programs.run("flwr-server", *study, "admit", str(request), "--fingerprint", read_out)


def _send_certificate(folders: RunFolders, site: str, place: Path) -> None:
    write_bytes(place, (folders.centre.site_certificates / f"{site}.crt").read_bytes())


def _site_changes() -> dict[str, object]:
    return {
        "data": {"manifest": "data/manifest.csv", "gold": "data/gold.csv", "split": _SPLIT},
        "device": "cpu",
        "cpu_threads": 1,
        "egress": {"min_patients": 1},
    }


def _write_pictures(folder: Path, *, seed: int) -> None:
    """Noise with reports and gold labels, enough for every split."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    manifest, gold = ["study_id,patient_id,image,report,report_text"], ["study_id,finding,value"]
    for patient in range(_PATIENTS):
        report = _REPORTS[patient % len(_REPORTS)]
        Image.fromarray(rng.integers(0, 256, (40, 40), dtype=np.uint8)).save(folder / f"{patient}.png")
        manifest.append(f"s{patient},p{patient},{patient}.png,,{report}")
        gold.append(f"s{patient},effusion,{int(report == _REPORTS[0])}")
    write_text(folder / "manifest.csv", "\n".join(manifest) + "\n")
    write_text(folder / "gold.csv", "\n".join(gold) + "\n")
