"""A withdrawn hospital that comes back with the same key, against a real SuperLink."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from glsmed.server.flower.control import Control, RegistrationRefusedError
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.processes.children import free_port
from glsmed.shared.protocol.enrolment import fingerprint, generate_private_key, make_request

from .conftest import Federation, run_command, succeed

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]


@pytest.fixture
def federation(tmp_path: Path) -> Iterator[Federation]:
    """A centre that has admitted ``alder``, ``birch`` and ``cedar``; no hospital runs."""
    made = Federation(tmp_path, free_port(), free_port())
    ports = ("--port", str(made.port), "--loopback-port", str(made.loopback_port))
    succeed("flwr-server", "init", "centre", "--name", "doubt", *ports, cwd=tmp_path)
    for site in ("alder", "birch", "cedar"):
        _admit(made, site)
    yield made
    made.stop()


def _admit(federation: Federation, site: str) -> None:
    _centre(federation, "admit", f"{site}.yaml", "--fingerprint", _write_request(federation, site))


def _write_request(federation: Federation, site: str) -> str:
    """Returns the fingerprint of its key."""
    digest = StudyFolder(federation.study_file).study().digest()
    request = make_request(generate_private_key(), site=site, study="doubt", study_digest=digest)
    (federation.root / f"{site}.yaml").write_text(dump_yaml(request.model_dump()))
    return fingerprint(request.public_key)


def _centre(federation: Federation, *arguments: str) -> str:
    return succeed("flwr-server", "--study", str(federation.study_file), *arguments, cwd=federation.root)


def _put_back(federation: Federation, site: str) -> None:
    request = (federation.root / f"{site}.yaml").read_bytes()
    (federation.study_file.parent / "sites" / f"{site}.yaml").write_bytes(request)


def test_a_withdrawn_key_that_is_put_back_keeps_nobody_out(federation: Federation) -> None:
    folder = StudyFolder(federation.study_file)
    centre = federation.start_centre()
    centre.wait_for("listening on", seconds=90)
    assert "never joins this study again" in _centre(federation, "revoke", "alder")
    centre.wait_for("alder is withdrawn", seconds=30)
    _check_flower_keeps_the_key(folder)
    _check_it_is_not_admitted(federation)

    _put_back(federation, "alder")
    _admit(federation, "dogwood")
    centre.wait_for("dogwood may join", seconds=30)
    centre.wait_for("was withdrawn at this study", seconds=30)
    centre.interrupt()
    centre.wait()

    _admit(federation, "elm")
    said = federation.start_centre().wait_for("waiting for sites", seconds=120)
    assert said.count("was withdrawn at this study") == 1
    assert "elm may join" in said
    assert set(folder.site_by_node().values()) == {"birch", "cedar", "dogwood", "elm"}
    _check_audit_log(folder)


def _check_flower_keeps_the_key(folder: StudyFolder) -> None:
    """What all this is for: Flower lists the key as withdrawn and takes it never again."""
    with closing(Control(folder.link_settings(folder.study()))) as control:
        (gone,) = (node for node in control.nodes() if node.is_withdrawn)
        assert gone.site == "alder"
        with pytest.raises(RegistrationRefusedError, match="already in use"):
            control.register(gone.public_key, site="alder")


def _check_it_is_not_admitted(federation: Federation) -> None:
    study = ("--study", str(federation.study_file))
    refused = run_command("flwr-server", *study, "admit", "alder.yaml", cwd=federation.root)
    assert refused.returncode == 2
    assert "was withdrawn at this study" in refused.stderr


def _check_audit_log(folder: StudyFolder) -> None:
    """The withdrawal is in the log of the run once, though the centre was started twice."""
    log = (folder.run / "audit.jsonl").read_text()
    assert log.count('"event": "site_withdrawn"') == 1
    assert '"site": "alder"' in log
