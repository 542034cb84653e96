import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from glsmed.server.flower.executor import superexec_arguments
from glsmed.server.flower.settings import LinkSettings
from glsmed.server.folders.pki import CertificateFolder
from glsmed.shared.processes.children import QUIET_FLOWER, free_port


def _settings(folder: Path) -> LinkSettings:
    certificates = CertificateFolder(folder / "pki")
    certificates.create(study="doubt", public_names=["localhost"])
    (folder / "secret").write_text("a secret of this test")
    return LinkSettings(
        public_host="127.0.0.1",
        public_port=1,
        loopback_port=free_port(),
        ca_certificate=certificates.ca_certificate,
        server_certificate=certificates.server_certificate,
        server_key=certificates.server_key,
        database=folder / "link.db",
        superexec_secret=folder / "secret",
    )


def _group_has_ended(group: int) -> bool:
    listed = subprocess.run(["ps", "-eo", "pgid,stat"], capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in listed.splitlines()[1:])
    return not any(int(row[0]) == group and not row[1].startswith("Z") for row in rows)


@pytest.mark.parametrize("seconds", [0, 5])
def test_it_ends_when_its_parent_was_killed_and_nobody_has_collected_the_parent(tmp_path: Path, seconds: int) -> None:
    command = [
        sys.executable,
        "-m",
        "glsmed.server.processes.superexec_process",
        *superexec_arguments(_settings(tmp_path)),
    ]
    parent = (
        "import time; from pathlib import Path; from glsmed.shared.processes.children import start_child;"
        f"c = start_child('x', {command!r}, log=Path({str(tmp_path / 'x.log')!r}), environment={QUIET_FLOWER!r});"
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    environment = {**os.environ, "FLWR_HOME": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        group = int(process.stdout.readline())
        time.sleep(seconds)  # at once, while the executor is starting; and when it is at work
        assert not _group_has_ended(group)
        process.send_signal(signal.SIGKILL)
        deadline = time.monotonic() + 30
        while not _group_has_ended(group):
            assert time.monotonic() < deadline
            time.sleep(0.1)
