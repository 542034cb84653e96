"""Who and what is turned away: routes, clients, certificates and bundles that do not belong to the study."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from glsmed.client.node.centre_context import centre_context
from glsmed.shared.protocol.bundle import zip_bundle

from .conftest import PROGRAMS, SITES, Federation, Program, edit_yaml, make_federation, run_command

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture(scope="module")
def waiting_centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Federation]:
    """A centre that listens and waits for its hospitals, of which none is started."""
    made = make_federation(tmp_path_factory.mktemp("waiting"), rounds=1)
    made.start_centre().wait_for("listening on")
    yield made
    made.stop()


def _get(federation: Federation, path: str, *, port: int | None = None) -> int:
    """The answer to an admitted site, which shows its certificate."""
    greeting = centre_context(federation.ca, federation.root / SITES[0] / "keys" / "site.key")
    with httpx.Client(verify=greeting, timeout=60) as client:
        return client.get(f"https://localhost:{port or federation.port}{path}").status_code


def test_the_public_port_answers_nothing_but_fleet_and_health(waiting_centre: Federation) -> None:
    assert _get(waiting_centre, "/health") == 200
    for path in ("/", "/docs", "/openapi.json", "/v1/control/list-runs", "/v1/runtime/acquire-task"):
        assert _get(waiting_centre, path) == 404


def test_the_loopback_port_answers_nobody_but_the_centres_own_processes(waiting_centre: Federation) -> None:
    assert _get(waiting_centre, "/health", port=waiting_centre.loopback_port) == 200
    for path in ("/docs", "/v1/control/list-runs", "/v1/fleet/pull-messages"):
        assert _get(waiting_centre, path, port=waiting_centre.loopback_port) == 401


def test_the_loopback_port_is_not_reachable_from_outside(waiting_centre: Federation) -> None:
    addresses = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)} - {"127.0.0.1"}
    for address in addresses:
        with socket.socket() as probe:
            assert probe.connect_ex((address, waiting_centre.loopback_port)) != 0


def test_a_client_without_tls_gets_no_answer(waiting_centre: Federation) -> None:
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://localhost:{waiting_centre.port}/health")


def test_a_hospital_that_was_not_admitted_is_told_what_to_do(waiting_centre: Federation) -> None:
    site = waiting_centre.config("stranger")
    given = ("--study", str(waiting_centre.study_file), "--ca", str(waiting_centre.ca))
    assert run_command("glsmed-client", "init", str(site.parent), *given, cwd=waiting_centre.root).returncode == 0
    assert run_command("glsmed-client", "--site", str(site), "enroll", cwd=waiting_centre.root).returncode == 0
    done = run_command("glsmed-client", "--site", str(site), cwd=waiting_centre.root)
    assert done.returncode == 2
    assert "site.crt: no such file, and the centre answers nobody without a certificate" in done.stderr
    assert "Send request.yaml to the centre" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_browser_without_a_certificate_is_not_answered(waiting_centre: Federation) -> None:
    with (
        httpx.Client(verify=ssl.create_default_context(cafile=waiting_centre.ca), timeout=60) as client,
        pytest.raises(httpx.TransportError),
    ):
        client.get(f"https://localhost:{waiting_centre.port}/health")


def test_a_hospital_with_another_authority_does_not_talk_to_the_centre(waiting_centre: Federation) -> None:
    other = waiting_centre.root / "other"
    made = run_command("flwr-server", "init", str(other), cwd=waiting_centre.root)
    assert made.returncode == 0
    config = waiting_centre.config(SITES[0])
    kept = config.read_text()
    address = f"localhost:{waiting_centre.port}"
    trusted = {"address": address, "ca_certificate": str(other / "pki" / "ca.crt")}
    edit_yaml(config, lambda content: content.update(centre=trusted))
    done = run_command("glsmed-client", "--site", str(config), cwd=waiting_centre.root)
    config.write_text(kept)
    assert done.returncode == 2
    assert f"was issued by another authority than {other / 'pki' / 'ca.crt'}" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_that_is_running_is_not_started_again(waiting_centre: Federation) -> None:
    done = run_command("flwr-server", "--study", str(waiting_centre.study_file), cwd=waiting_centre.root)
    assert done.returncode == 1
    assert f"process {waiting_centre.programs[0].process.pid} already does this" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_named_with_its_key(waiting_centre: Federation) -> None:
    copy = waiting_centre.root / "copy"
    shutil.copytree(waiting_centre.study_file.parent, copy, ignore=shutil.ignore_patterns("state", "run", "logs"))
    done = run_command("flwr-server", "--study", str(copy / "study.yaml"), cwd=waiting_centre.root)
    assert done.returncode == 1
    assert f":{waiting_centre.port} (centre.port, for hospitals): Address already in use" in done.stderr
    assert "Traceback" not in done.stderr


EVIL_CENTRE = '''
import sys
from pathlib import Path
import glsmed.server.processes.supervisor as supervisor
bundle = Path(sys.argv[1]).read_bytes()
supervisor.bundle_bytes = lambda: bundle
own = supervisor.child_command
rounds = """
import sys
import glsmed.server.flower.executor as executor
import glsmed.server.processes.round_process as round_process
executor.require_own_bundle = lambda bundle: None
round_process.main()
"""
supervisor.child_command = lambda name, study: (
    [sys.executable, "-c", rounds, str(study)] if name == "rounds" else own(name, study)
)
supervisor.StudySupervisor(Path(sys.argv[2]), tell=lambda line: print(line, flush=True)).run()
'''
EVIL_APP = "from pathlib import Path\nPath({marker!r}).touch()\n"


def _evil_bundle(marker: Path) -> bytes:
    from glsmed.shared.protocol import bundle

    code = EVIL_APP.format(marker=str(marker)).encode()
    return zip_bundle(
        {
            "pyproject.toml": bundle._PYPROJECT.replace(
                "glsmed.shared.protocol.inert_client_app", "glsmed.client.resident.app"
            ).encode(),
            "LICENSE": b"none\n",
            "README.md": b"none\n",
            "glsmed/client/app.py": code,
            "glsmed/client/__init__.py": code,
        }
    )


def test_code_in_a_bundle_of_the_centre_is_not_executed_at_a_site(federation: Federation) -> None:
    marker, bundle = federation.root / "executed", federation.root / "evil.fab"
    bundle.write_bytes(_evil_bundle(marker))
    log = federation.root / "evil-centre.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", EVIL_CENTRE, str(bundle), str(federation.study_file)],
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"},
        )
    centre = Program(process, log)
    federation.programs.append(centre)
    centre.wait_for("listening on")
    for site in SITES:
        federation.start_site(site).wait_for("takes part", seconds=90)
    said = centre.wait_for("not ready: BundleRefusedError", seconds=90)
    assert "0 of 2 ready" in said
    assert not marker.exists()
    resident = (federation.config(SITES[0]).parent / "state" / "logs" / "resident.log").read_text()
    assert "which this site (glsmed" in resident
    assert (
        '"code": "BundleRefusedError"'
        in (federation.config(SITES[0]).parent / "state" / "audit" / "audit.jsonl").read_text()
    )
    process.send_signal(signal.SIGINT)


def test_a_site_waits_for_the_centre_and_goes_on_when_it_comes(federation: Federation) -> None:
    sites = [federation.start_site(site) for site in SITES]
    for site in sites:
        site.wait_for(r"not reachable .*trying again in 2 s")
    federation.start_centre()
    for site in sites:
        site.wait_for("takes part", seconds=120)
