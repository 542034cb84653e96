"""The two ports that the centre listens on."""

from glsmed.server.flower.settings import LOOPBACK
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.report import CheckReport
from glsmed.shared.errors import FederationError
from glsmed.shared.files.exclusive_lock import is_held
from glsmed.shared.processes.children import require_free_port
from glsmed.shared.protocol.study import Study


def check_ports(folder: StudyFolder, study: Study) -> CheckReport:
    """Whether nothing else listens where the centre will; not asked while the centre of this study runs."""
    report = CheckReport()
    if is_held(folder.lock):
        report.lines.append("the centre of this study is running: its ports are its own")
        return report
    centre = study.centre
    for host, port, purpose in (
        (centre.host, centre.port, "centre.port, for hospitals"),
        (LOOPBACK, centre.loopback_port, "centre.loopback_port, for this machine"),
    ):
        try:
            require_free_port(host, port, purpose=purpose)
            report.lines.append(f"{host}:{port} is free ({purpose})")
        except FederationError as error:
            report.faults.append(str(error))
    return report
