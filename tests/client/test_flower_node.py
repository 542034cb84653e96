import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Context, Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.client.bundle_check import BundleCheck
from glsmed.client.config import EgressSection
from glsmed.client.egress import EgressPolicy
from glsmed.client.flower_node import Answering, NodeSettings, probe_centre
from glsmed.server.pki import CertificateFolder
from glsmed.shared.audit import AuditLog
from glsmed.shared.bundle import bundle_bytes
from glsmed.shared.enrolment import generate_private_key
from glsmed.shared.errors import DataError
from glsmed.shared.model_manifest import ArraySpec, ModelManifest
from glsmed.shared.processes import free_port
from glsmed.shared.study import Study

CONTEXT = Context(run_id=1, node_id=7, node_config={}, state=RecordDict(), run_config={})
CANARY = "patient-4711"


@pytest.fixture
def task() -> Message:
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, 7, 1
    message = Message(RecordDict(), 7, "query")
    message.metadata.__dict__["_message_id"] = "a"
    return message


def _fail(_message: Message, _context: Context) -> Message:
    raise np.exceptions.AxisError(f"column {CANARY}")


def _answering(folder: Path) -> Answering:
    manifest = ModelManifest((ArraySpec("w", (2,), "float32"),))
    study = Study(study="doubt", findings=("effusion",))
    egress = EgressPolicy(EgressSection(), study, manifest, site="st-mary", audit=AuditLog(folder / "audit.jsonl"))
    return Answering(_fail, BundleCheck(), egress.release_error)


@pytest.mark.parametrize(
    ("bundle", "code"), [(b"PK\3\4 of another release", "BundleRefusedError"), (bundle_bytes(), "UnexpectedError")]
)
def test_an_error_before_or_in_the_app_is_in_the_audit_log_and_its_words_stay(
    tmp_path: Path, task: Message, bundle: bytes, code: str
) -> None:
    reply = _answering(tmp_path).reply(task, CONTEXT, bundle)
    assert reply.error.reason == code
    entry = json.loads((tmp_path / "audit.jsonl").read_text())
    assert (entry["event"], entry["fields"]) == ("sent_error", {"code": code})


def test_nothing_is_sent_when_the_audit_log_cannot_be_written(tmp_path: Path, task: Message) -> None:
    answering = _answering(tmp_path)
    (tmp_path / "audit.jsonl").mkdir()
    with pytest.raises(IsADirectoryError):
        answering.reply(task, CONTEXT, bundle_bytes())


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    """A site with a key and an authority, and a port where nobody listens."""
    CertificateFolder(tmp_path / "pki").create(study="doubt", public_names=["localhost"])
    (tmp_path / "site.key").write_bytes(generate_private_key())
    (tmp_path / "site.key").chmod(0o600)
    return NodeSettings(
        centre=f"localhost:{free_port()}",
        ca_certificate=tmp_path / "pki" / "ca.crt",
        private_key=tmp_path / "site.key",
        site="st-mary",
        runtime_port=1,
        superexec_secret=tmp_path / "secret",
        node_id_file=tmp_path / "node-id",
    )


def test_a_centre_that_is_not_there_is_worth_another_try(settings: NodeSettings) -> None:
    settings.node_id_file.write_text("damaged")
    with pytest.raises(ConnectionError, match="refused"):
        probe_centre(settings)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda site: site.ca_certificate.write_text("junk"), r"ca\.crt: not a certificate in PEM"),
        (lambda site: site.ca_certificate.unlink(), r"ca\.crt: no such file; the centre sends it"),
        (lambda site: site.private_key.write_text("junk"), r"site\.key: not an OpenSSH private key"),
        (lambda site: site.private_key.unlink(), r"site\.key: no such key; make it with"),
        (lambda site: site.private_key.chmod(0o640), r"others on this machine may read .* chmod 600"),
    ],
)
def test_a_file_that_the_site_cannot_join_with_is_named(
    settings: NodeSettings, change: Callable[[NodeSettings], object], said: str
) -> None:
    change(settings)
    with pytest.raises(DataError, match=said):
        probe_centre(settings)
