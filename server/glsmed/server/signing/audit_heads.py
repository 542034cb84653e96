"""The ends of the sites' audit logs, as their signed answers name them: what a hospital compares its own log with.

``run/audit-heads/SITE.jsonl`` has one line for each answer. A log can only grow: an answer that names fewer entries
than one before, or another hash for as many, shows that lines were taken back; that goes into the run's audit log.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from glsmed.shared.errors import FederationError
from glsmed.shared.files.atomic import PRIVATE_FOLDER
from glsmed.shared.signing.signed_records import AnswerHeader

WENT_BACK = "site_audit_went_back"
Record = Callable[[str, Mapping[str, object]], None]


class AuditHeads:
    """Keeps what each answer says of its site's log.

    Args:
        folder: of the files; made when it is needed.
        record: appends an event with its fields to the run's audit log.
    """

    def __init__(self, folder: Path, *, record: Record) -> None:
        self._folder = folder
        self._record = record
        self._last: dict[str, tuple[int, str]] = {}

    def keep(self, answer: AnswerHeader) -> None:
        """Note the end of a site's log; the site's name was checked with its signature.

        Raises:
            FederationError: the disk is full, or a file is damaged.
        """
        entries, head = self._last_of(answer.site)
        if answer.audit_entries < entries or (answer.audit_entries == entries and answer.audit_head != head):
            known = {"entries": entries, "head": head}
            told = {"entries": answer.audit_entries, "head": answer.audit_head}
            self._record(WENT_BACK, {"site": answer.site, "serial": answer.serial, "known": known, "told": told})
        self._append(answer)
        self._last[answer.site] = answer.audit_entries, answer.audit_head

    def _last_of(self, site: str) -> tuple[int, str]:
        if site not in self._last:
            path = self._folder / f"{site}.jsonl"
            try:
                lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
                entry = json.loads(lines[-1] if lines else '{"entries": 0, "head": ""}')
                self._last[site] = int(entry["entries"]), str(entry["head"])
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise FederationError(f"{path} cannot be read ({error}): restore it, or move it away") from None
        return self._last[site]

    def _append(self, answer: AnswerHeader) -> None:
        line = {
            "entries": answer.audit_entries,
            "head": answer.audit_head,
            "kind": answer.kind,
            "round": answer.round,
            "serial": answer.serial,
        }
        path = self._folder / f"{answer.site}.jsonl"
        try:
            self._folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as output:
                output.write(json.dumps(line, sort_keys=True) + "\n")
        except OSError as error:
            raise FederationError(f"{path} cannot be written: {error}; make room and start again") from None
