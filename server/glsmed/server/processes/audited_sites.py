"""Which node is which site, as the round loop asks again and again; each withdrawal goes into the run's audit log."""

from collections.abc import Mapping
from pathlib import Path

from glsmed.server.admission.withdrawals import record_files, withdrawals
from glsmed.server.folders.run_folder import RunFolder
from glsmed.server.folders.study_folder import StudyFolder

_EVENT = "site_withdrawn"


class AuditedSites:
    """Calling it gives the site of each node id, after what was withdrawn since has been recorded once."""

    def __init__(self, folder: StudyFolder, run: RunFolder) -> None:
        self._folder = folder
        self._run = run
        self._recorded = {str(fields.get("key")) for fields in run.recorded(_EVENT)}
        self._files: frozenset[Path] = frozenset()

    def __call__(self) -> Mapping[int, str]:
        """The site of each node id.

        Raises:
            FederationError: it is not known which node is which site, or the disk is full.
        """
        self._record_new()
        return self._folder.site_by_node()

    def _record_new(self) -> None:
        files = frozenset(record_files(self._folder.sites))
        if files == self._files:
            return
        self._files = files
        for key, withdrawal in withdrawals(self._folder.sites, faults={}).items():
            if key not in self._recorded:
                self._run.record(_EVENT, {"site": withdrawal.site, "key": key, "withdrawn_at": withdrawal.withdrawn_at})
                self._recorded.add(key)
