"""The roster of a study whose updates are masked, against the admitted sites."""

from collections.abc import Iterator

from glsmed.server.admission.registry import read_registry
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.readiness.report import CheckReport
from glsmed.shared.protocol.study import Study
from glsmed.shared.secure_aggregation.decision import roster_in_use
from glsmed.shared.secure_aggregation.roster import FEWEST_SITES, Roster

_AGAIN = "write the roster again (flwr-server sites --write-roster), and every hospital has to approve the new one"


def check_roster(folder: StudyFolder, study: Study) -> CheckReport:
    """Whether updates are masked, and by a roster of the sites that are admitted.

    Raises:
        ConfigurationError: the roster has faults.
        DataError: it is of another study; or the study insists on secure aggregation, and there is none.
    """
    roster = roster_in_use(study, folder.approved_roster)
    if roster is None:
        return CheckReport(["secure aggregation: off; the centre sees each site's update"])
    report = CheckReport([f"secure aggregation: on, with the {len(roster.sites)} sites of {folder.roster.name}"])
    report.warnings += _differences(roster, folder)
    return report


def _differences(roster: Roster, folder: StudyFolder) -> Iterator[str]:
    admitted = {site: entry.request.public_key for site, entry in read_registry(folder.sites).admitted.items()}
    for site in sorted(admitted.keys() - roster.sites.keys()):
        yield f"{site} is admitted and not on the roster, so its updates do not count: {_AGAIN}"
    for site in sorted(admitted.keys() & roster.sites.keys()):
        if admitted[site] != roster.sites[site]:
            yield f"{site} is admitted with another key than the roster has: {_AGAIN}"
    here = len(admitted.keys() & roster.sites.keys())
    if here < FEWEST_SITES:
        yield f"{here} site(s) of the roster are admitted, and a round needs {FEWEST_SITES}"
