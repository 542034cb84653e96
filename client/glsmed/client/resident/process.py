"""The resident process of a site: owns the data, the device and the egress policy, and outlives every round.

``python -m glsmed.client.resident CONFIG PORT`` loads the site once, writes the file ``resident.ready`` in the
state folder, then takes tasks from the SuperNode until it is stopped. So a round needs no new process, no
reloading and no start of the device.
"""

import signal
import sys
import time
from functools import partial
from pathlib import Path

import structlog

from glsmed.client.node.bundle_check import BundleCheck
from glsmed.client.node.flower.task_queue import TaskQueue
from glsmed.client.node.gate.beside_answers import note_start
from glsmed.client.node.gate.signed_app import SignedApp
from glsmed.client.node.gate.task_gate import task_gate
from glsmed.client.node.node_settings import NodeSettings
from glsmed.client.resident.app import build_client_app
from glsmed.client.resident.site_runtime import load_site_runtime
from glsmed.client.resident.task_events import note_failed
from glsmed.client.settings.config import SiteConfig, load_site
from glsmed.shared.files.atomic import write_text
from glsmed.shared.processes.children import end_with_parent
from glsmed.shared.processes.error_words import log_uncaught
from glsmed.shared.processes.logs import configure_process_logging
from glsmed.shared.processes.memory import keep_out_of_collections
from glsmed.shared.wire.message_size import most_message_bytes

_RECONNECT_SECONDS = 0.5
_ARGUMENTS = 3


def serve_tasks(config: SiteConfig, queue: TaskQueue) -> None:
    """Load the site, say that it is ready, and run tasks until the process is stopped."""
    log = structlog.get_logger()
    site = load_site_runtime(config)
    gate = task_gate(config, study_digest=site.study.digest(), audit=site.egress.audit)
    app = SignedApp(build_client_app(site), gate, on_refusal=partial(note_failed, site))
    note_start(site.egress.audit)
    check_bundle = BundleCheck(config.accept_bundles)
    write_text(config.state.resident_ready, f"{most_message_bytes(site.model_manifest)}\n")
    keep_out_of_collections()
    log.info("site_ready")
    while True:
        try:
            had_work = queue.run_next(app, check_bundle=check_bundle, release_error=site.egress.release_error)
        except ConnectionError as error:
            log.debug("supernode_not_there", reason=str(error))
            time.sleep(_RECONNECT_SECONDS)
            continue
        if not had_work:
            queue.wait()


def main() -> None:
    """Serve the site of the configuration file given first, on the SuperNode's port given second."""
    end_with_parent()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    if len(sys.argv) != _ARGUMENTS:
        raise SystemExit("usage: python -m glsmed.client.resident CONFIG PORT")
    config = load_site(Path(sys.argv[1]))
    configure_process_logging(site=config.site)
    log_uncaught()
    serve_tasks(config, TaskQueue(NodeSettings.of(config, runtime_port=int(sys.argv[2]))))
