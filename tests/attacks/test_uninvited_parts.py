"""A centre asks a site for parts that the study does not have, or sends a bundle that should not be opened."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flwr.app import Context, Message, RecordDict
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.supercore.task_identity import TaskIdentity
from structlog.testing import capture_logs

from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import load_site_runtime
from glsmed.client.settings.config import load_site
from glsmed.shared.cue_calibration.shared_prior import SharedBelief, SharedPrior
from glsmed.shared.protocol.codec import encode
from glsmed.shared.protocol.messages import CountsTask, PriorTask, WireMessage
from tests.client.conftest import STUDY

SHARES = "labels: {shared_calibration: true}\n"
LETS_COUNTS_LEAVE = "egress: {cue_counts: true, min_patients: 1, model_updates: true}\n"
FORGED = SharedPrior(cues={"en/possible": SharedBelief(mean=0.999, strength=10_000, sites=3, trials=9)}, families={})
BOMB_MEGABYTES = 40
LITTLE = 4 * 2**20
OPENING = """
import io, sys, tracemalloc, zipfile
from pathlib import Path
from types import SimpleNamespace
from flwr.supernode import start_client_internal
from flwr.supernode.cli import flower_supernode
from glsmed.client.node.bell import Bell
from glsmed.client.node.flower.supernode import run_supernode

sys.modules["flwr.supernode.cli.flower_supernode"].flower_supernode = lambda: None
{before}
packed = io.BytesIO()
with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("pyproject.toml", '[tool.flwr.app]\\npublisher = "' + "x" * {size} + '"\\n')
tracemalloc.start()
try:
    run = SimpleNamespace(override_config={{}}, fab_hash="")
    start_client_internal.get_fused_config_from_fab(packed.getvalue(), run)
except Exception:  # upstream may refuse the rest of it, once it is unpacked
    pass
print(tracemalloc.get_traced_memory()[1])
"""


class Asked:
    """A site whose policy lets counts leave, and what it answers."""

    def __init__(self, config_file: Path) -> None:
        TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, SUPERLINK_NODE_ID, 1
        config = load_site(config_file)
        self._site = load_site_runtime(config)
        self._app = build_client_app(self._site)
        self.prior = config.state.shared_prior(self._site.study.digest())

    def __call__(self, kind: str, task: WireMessage) -> Message:
        message = Message(encode(task), 1, f"query.{kind}", ttl=60.0, group_id="calibration")
        message.metadata.__dict__["_message_id"] = "request"
        return self._app(message, Context(1, 1, {}, RecordDict(), {}))

    def counts(self) -> Message:
        return self("cue_counts", CountsTask(study_digest=self._site.study.digest()))

    def take(self, prior: str) -> Message:
        return self("shared_prior", PriorTask(study_digest=self._site.study.digest(), prior=prior))


@pytest.fixture
def site(write_config: Callable[..., Path]) -> Iterator[Callable[[str], Asked]]:
    """A function that starts a site of a study with these further lines."""

    def start(study_lines: str) -> Asked:
        replace = {"cpu_threads: 1\n": f"cpu_threads: 1\n{LETS_COUNTS_LEAVE}"}
        return Asked(write_config(study=STUDY + study_lines, replace=replace))

    with capture_logs():
        yield start


def test_a_study_that_shares_nothing_gets_no_counts_and_leaves_no_prior(site: Callable[[str], Asked]) -> None:
    asked = site("")
    assert asked.counts().error.reason == "PrivacyError"
    assert asked.take(FORGED.model_dump_json()).error.reason == "PrivacyError"
    assert not asked.prior.exists()


def test_a_study_that_shares_gets_both_and_the_prior_is_the_owners_alone(site: Callable[[str], Asked]) -> None:
    asked = site(SHARES)
    assert not asked.counts().has_error()
    assert not asked.take(FORGED.model_dump_json()).has_error()
    assert asked.prior.stat().st_mode & 0o777 == 0o600


def test_a_prior_too_large_for_any_vocabulary_is_refused_before_it_is_read(site: Callable[[str], Asked]) -> None:
    asked = site(SHARES)
    padded = FORGED.model_dump_json() + " " * 9_000_000
    assert asked.take(padded).error.reason == "WireError"
    assert not asked.prior.exists()


def most_memory_of_a_bundle(before: str) -> int:
    """Bytes in use at once while a SuperNode takes a run's configuration, in a process that first runs ``before``."""
    program = OPENING.format(before=before, size=BOMB_MEGABYTES * 2**20)
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return int(done.stdout)


def test_a_bundle_is_never_opened() -> None:
    assert most_memory_of_a_bundle("") > BOMB_MEGABYTES * 2**20
    assert most_memory_of_a_bundle('run_supernode([], most_message_bytes=1, bell=Bell(Path("bell")))') < LITTLE
