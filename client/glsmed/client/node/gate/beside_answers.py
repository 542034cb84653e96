"""What leaves a site beside its answers: Flower's own words, entered in the audit log once for each start."""

from importlib.metadata import version

from glsmed.shared.files.audit import AuditLog
from glsmed.shared.protocol.releases import releases

STARTED = "site_started"  # event of the audit log
_BESIDE: dict[str, str] = {
    "request": "this site's public key, its number at the centre, the time and a signature of it, names and releases "
    "of Flower, of its SuperNode and of its HTTP library",
    "answer": "numbers of the run, of the site, of the task and of the answer, the time it was made and for how long "
    "it is kept, the task's kind and round, the seconds that it took, and this site's signature: digest of the "
    "answer, number and digest of the task, number of entries of this log and the hash of the last",
    "every 20 seconds": "that this site is there",
}


def note_start(audit: AuditLog) -> None:
    """Enter what goes with every request and every answer from now on.

    Raises:
        OSError: the log cannot be written.
    """
    audit.append(STARTED, {"beside": _BESIDE, "releases": {**releases(), "httpx": version("httpx")}})
