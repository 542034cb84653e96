"""A run of the study, from its folder to its end; the round process calls it.

It is a ServerApp too, since a bundle has to name one. As such it finds its study folder through the environment.
"""

from pathlib import Path

from flwr.app import Context
from flwr.serverapp import Grid, ServerApp

from glsmed.server.flower.store_grid import StoreGrid
from glsmed.server.folders.lineage import digests_of_run
from glsmed.server.folders.run_folder import RunFolder, RunState, write_status
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes.audited_sites import AuditedSites
from glsmed.server.rounds.rounds import StudyPlan, run_study
from glsmed.server.signing.answer_keys import AnswerKeys
from glsmed.server.signing.audit_heads import AuditHeads
from glsmed.server.signing.serials import Serials
from glsmed.server.signing.signed_grid import SignedGrid, Signing
from glsmed.shared.errors import GlsmedError
from glsmed.shared.processes.logs import log_exception
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.decision import roster_in_use
from glsmed.shared.wire.message_size import most_message_bytes

app = ServerApp()


@app.main()
def main(grid: Grid, context: Context) -> None:  # noqa: ARG001  # Flower's signature
    """Run the study of the folder to its end; an error is left in ``run/status.json``.

    Raises:
        GlsmedError: the study failed; Flower then marks the run as failed.
    """
    run_in_folder(grid, StudyFolder.of_environment())


def run_in_folder(grid: Grid, folder: StudyFolder) -> None:
    """Run the study of ``folder`` over ``grid``.

    Raises:
        GlsmedError: the study failed; ``run/status.json`` holds the same message.
        Exception: anything else; its traceback is in ``logs/serverapp.log``.
    """
    try:
        run, study = RunFolder(folder.run), folder.study()
        digests = digests_of_run(folder.run, study)
        first = run.checkpoints.load(0, study_digests=digests)
        if isinstance(grid, StoreGrid):
            grid.limit_replies(most_message_bytes(first.model.layout.manifest))
        run.keep_study(folder.study_file.read_text(encoding="utf-8"))
        sites = AuditedSites(folder, run)
        signed = SignedGrid(grid, sites, _signing(folder, study, run))
        plan = StudyPlan(digests=digests, roster=roster_in_use(study, folder.approved_roster))
        run_study(signed, study, run, sites=sites, plan=plan)
    except GlsmedError as error:
        write_status(folder.run, RunState("failed", str(error)))
        raise
    except Exception:
        _keep_traceback(folder.log("serverapp"))
        raise


def _signing(folder: StudyFolder, study: Study, run: RunFolder) -> Signing:
    """The centre's key, which this process alone reads, and those of the sites.

    Raises:
        FederationError: the key or the file of serial numbers is missing or damaged.
    """
    return Signing(
        study=study.digest(),
        key=folder.certificates.task_key(),
        serials=Serials(folder.task_serial),
        site_keys=AnswerKeys(folder.sites),
        heads=AuditHeads(folder.audit_heads, record=run.record),
        record=run.record,
    )


def _keep_traceback(log: Path) -> None:
    """Append the current exception to the log; nobody sees what this process prints."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as output:
        log_exception(output, "serverapp_failed")
