"""The highest serial number of a study's tasks, and the newest certificate of its centre, that this site has seen."""

from datetime import UTC, datetime

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.files.audit import recorded
from glsmed.shared.signing.signed_records import TaskHeader
from glsmed.shared.signing.task_signature import SignedTask, require

TASK = "task"  # event of the audit log
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class _Account(StudyAccount):
    serial: int = -1
    certified_at: datetime = _LONG_AGO


class TaskAccount:
    """What shows that a task is newer than all before; on disk before the task is looked at.

    Where the file is missing, the audit log says which tasks were taken.

    Raises:
        DataError: the file is damaged.
    """

    def __init__(self, state: StateFolder, study_digest: str) -> None:
        self._file = AccountFile(
            state.task_account(study_digest),
            _Account(study=study_digest),
            "account of tasks",
            without_backup="move it away: the audit log says which tasks were taken",
        )
        account = self._file.read()
        taken = (int(entry["serial"]) for entry in recorded(state.audit_log, TASK) if entry["study"] == study_digest)
        self._account = account.model_copy(update={"serial": max([account.serial, *taken])})

    def take(self, task: SignedTask) -> None:
        """Note a task as taken.

        Raises:
            TaskRefusedError: it, or one after it, was taken before; or its key is older than one that was seen.
            OSError: the disk is full.
        """
        account = self._account
        require("certificate", expected=max(account.certified_at, task.certified_at), got=task.certified_at)
        _require_newer(task.header, account.serial)
        taken = {"serial": task.header.serial, "certified_at": task.certified_at}
        self._account = account.model_copy(update=taken)
        self._file.write(self._account)


def _require_newer(task: TaskHeader, last: int) -> None:
    require("serial", expected=max(task.serial, last + 1), got=task.serial)
