"""A real federation whose hospitals reach the centre through the nginx example."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from glsmed.shared.processes.children import free_port
from tests.deploy.nginx_on_loopback import nginx_program, running_nginx

from .conftest import SITES, Federation, edit_yaml, make_federation

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    nginx_program()  # skips before anything is started
    made = make_federation(tmp_path, rounds=1)
    yield made
    made.stop()


def test_a_study_runs_through_the_public_proxy(federation: Federation) -> None:
    port = free_port()
    centre = {"address": f"localhost:{port}", "ca_certificate": "ca.crt"}
    for site in SITES:
        edit_yaml(federation.config(site), lambda content: content.update(centre=centre))
    with running_nginx(federation.root, port=port, centres={"localhost": federation.port}) as log:
        programs = [federation.start_centre(), *(federation.start_site(site) for site in SITES)]
        programs[0].wait_for("done: results are in", seconds=200)
        federation.stop()
        passed = [int(number) for number in re.findall(r"localhost 200 received=(\d+)", log.read_text())]
    assert sum(passed) > _checkpoint_bytes(federation)  # the updates came this way


def _checkpoint_bytes(federation: Federation) -> int:
    return (federation.study_file.parent / "run" / "checkpoints" / "round-0001.safetensors").stat().st_size
