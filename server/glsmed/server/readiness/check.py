"""Everything that a study needs before its first hospital, checked at once."""

from collections.abc import Callable, Iterator
from pathlib import Path

from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.certificate_check import check_certificates
from glsmed.server.readiness.disk_check import check_disk
from glsmed.server.readiness.finding_check import check_findings
from glsmed.server.readiness.model_check import check_model
from glsmed.server.readiness.port_check import check_ports
from glsmed.server.readiness.privacy_check import check_privacy
from glsmed.server.readiness.report import CheckReport
from glsmed.server.readiness.roster_check import check_roster
from glsmed.server.readiness.site_check import check_site_certificates, check_sites
from glsmed.shared.errors import ConfigurationError, GlsmedError
from glsmed.shared.protocol.study import Study


def run_check(study_file: Path) -> CheckReport:
    """What would keep the study from starting, or from ending well; nothing is started or changed."""
    folder = StudyFolder(study_file)
    report = CheckReport()
    try:
        study = folder.study()
    except ConfigurationError as error:
        report.faults += [str(fault) for fault in error.faults]
        return report
    report.lines.append(f"study {study.study}: {len(study.findings)} findings, {study.training.rounds} rounds")
    for check in _checks(folder, study):
        try:
            report.add(check())
        except GlsmedError as error:
            report.faults.append(str(error))
    return report


def _checks(folder: StudyFolder, study: Study) -> Iterator[Callable[[], CheckReport]]:
    yield lambda: check_findings(folder.study_file, study.findings)
    yield lambda: check_certificates(folder.certificates, study.centre.public_names)
    yield lambda: check_ports(folder, study)
    yield lambda: check_sites(folder.sites, study)
    yield lambda: check_site_certificates(folder)
    yield lambda: check_roster(folder, study)
    yield lambda: check_model(folder.root, study)
    yield lambda: check_privacy(study.training)
    yield lambda: check_disk(folder, study)
