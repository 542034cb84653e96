"""A real Orthanc with its DICOMweb service, on free ports of this machine, over TLS with a password."""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from tests.client.node.stand_ins import Authority
from tests.tls_in_front import tls_in_front

UNPACKED = Path(__file__).resolve().parents[1] / "build" / "orthanc"  # where .ci/run unpacks Debian's packages
TITLE = "DRAWN"
KNOWN_TITLE = "GLSMED"
USER, PASSWORD = "reader", "open sesame"  # of an archive that lives as long as a test
_PLUGIN = "libOrthancDicomWeb.so"
_START_S = 120.0
_STARTS = 3


def environment() -> dict[str, str]:
    """The environment in which unpacked programs find their libraries and DCMTK's dictionaries."""
    folder = UNPACKED / "usr" / "share"  # beside them lies a dictionary for machine parts, which renames patients
    dictionaries = os.pathsep.join(
        str(path) for name in ("dicom", "private") for path in folder.glob(f"libdcmtk*/{name}.dic")
    )
    libraries = os.pathsep.join(str(path) for path in sorted((UNPACKED / "usr" / "lib").glob("*-linux-gnu")))
    before = os.environ.get("LD_LIBRARY_PATH")
    found = {**os.environ, "LD_LIBRARY_PATH": os.pathsep.join(filter(None, (libraries, before)))}
    return {**found, "DCMDICTPATH": dictionaries} if dictionaries else found


def program(name: str, *, package: str) -> Path:
    """A program of this machine or of the unpacked packages; skips the test where there is neither."""
    places = [os.environ.get("PATH", ""), "/usr/sbin", str(UNPACKED / "usr" / "sbin"), str(UNPACKED / "usr" / "bin")]
    found = shutil.which(name, path=os.pathsep.join(places))
    if found is None:
        pytest.skip(f"{name} is not on this machine: apt-get install {package}")
    return Path(found)


def _plugin() -> Path:
    folders = (UNPACKED / "usr" / "lib" / "orthanc", Path("/usr/lib/orthanc"), Path("/usr/share/orthanc/plugins"))
    for folder in folders:
        for path in sorted(folder.glob(f"{_PLUGIN}*")):
            if path.is_file():
                return path
    pytest.skip("Orthanc has no DICOMweb service: apt-get install orthanc-dicomweb")


@dataclass(frozen=True)
class Orthanc:
    """A running archive.

    Attributes:
        web: the root of its DICOMweb service, over TLS.
        dicom: its application entity as an address of ours.
        ca: the authority of its certificate.
        root: its own interface, without TLS.
        dicom_port: the port of the application entity.
        variables: the environment of a site that may use it.
    """

    web: str
    dicom: str
    ca: Path
    root: str
    dicom_port: int
    variables: dict[str, str] = field(repr=False)

    def call(self, method: str, path: str, data: bytes | None = None) -> requests.Response:
        """An answer of Orthanc's own interface."""
        answer = requests.request(method, f"{self.root}{path}", data=data, auth=(USER, PASSWORD), timeout=60)
        answer.raise_for_status()
        return answer

    def store(self, *paths: Path) -> None:
        """Put files into the archive."""
        for path in paths:
            self.call("POST", "/instances", path.read_bytes())

    def empty(self) -> None:
        """Take everything out of the archive."""
        for patient in self.call("GET", "/patients").json():
            self.call("DELETE", f"/patients/{patient}")


@contextmanager
def running_orthanc(folder: Path) -> Iterator[Orthanc]:
    """An empty archive that knows the title GLSMED only, and answers no other."""
    authority = Authority(folder / "pki")
    certificate, key = authority.issue("localhost", "127.0.0.1")
    process, web_port, dicom_port = _started(folder)
    try:
        with tls_in_front(web_port, certificate=certificate, key=key) as port:
            yield Orthanc(
                web=f"https://localhost:{port}/dicom-web",
                dicom=f"dicom://{TITLE}@127.0.0.1:{dicom_port}",
                ca=authority.certificate,
                root=f"http://localhost:{web_port}",
                dicom_port=dicom_port,
                variables={"GLSMED_PACS_USER": USER, "GLSMED_PACS_PASSWORD": PASSWORD},
            )
    finally:
        process.terminate()
        process.wait(timeout=120)


def _started(folder: Path) -> tuple["subprocess.Popen[bytes]", int, int]:
    """An archive that answers, with its ports; on a busy machine, another program may take one before it does."""
    binary, plugin = program("Orthanc", package="orthanc"), _plugin()
    configuration, log = folder / "orthanc.json", folder / "orthanc.log"
    for _ in range(_STARTS):
        web_port, dicom_port = _free_ports()
        configuration.write_text(json.dumps(_configuration(folder, plugin, web_port, dicom_port)))
        with log.open("wb") as output:
            process = subprocess.Popen(
                [binary, configuration], env=environment(), stdout=output, stderr=output, cwd=folder
            )
        if _answers(process, f"http://localhost:{web_port}/system"):
            return process, web_port, dicom_port
        process.kill()
        process.wait()
    pytest.fail(f"Orthanc did not start:\n{log.read_text(errors='replace')[-2000:]}")


def _free_ports() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        first.bind(("127.0.0.1", 0))
        second.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]


def _configuration(folder: Path, plugin: Path, web_port: int, dicom_port: int) -> dict[str, object]:
    return {
        "Name": "drawn",
        "StorageDirectory": str(folder / "storage"),
        "IndexDirectory": str(folder / "storage"),
        "HttpPort": web_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomAet": TITLE,
        "DicomPort": dicom_port,
        "DicomCheckCalledAet": True,
        "DicomAlwaysAllowStore": False,
        "DicomModalities": {"site": [KNOWN_TITLE, "127.0.0.1", 104]},
        "Plugins": [str(plugin)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }


def _answers(process: "subprocess.Popen[bytes]", url: str) -> bool:
    """Whether the archive came up; another program's answer is not its own."""
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(url, auth=(USER, PASSWORD), timeout=60).raise_for_status()
        except requests.RequestException:
            time.sleep(0.1)
        else:
            return True
    return False
