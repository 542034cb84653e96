"""Counts as they may leave: in steps of ``egress.min_patients``, and unchanged until so many patients have changed.

Two exact counts, before and after one more patient, tell what that patient has.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from glsmed.client.egress.site_numbers import Number
from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.files.documents import StrictModel


class _Released(StrictModel):
    value: float
    patients: int  # whom the count was about when it was released


class _Account(StudyAccount):
    released: dict[str, _Released]


class ReleasedCounts:
    """What a site said of its counts in one study.

    Args:
        state: the site's state folder; the first count makes the file.
        study_digest: another study has another account.
        step: ``egress.min_patients``.
    """

    def __init__(self, state: StateFolder, study_digest: str, *, step: int) -> None:
        self._step = max(1, step)
        self._file = AccountFile(
            state.released_counts(study_digest),
            _Account(study=study_digest, released={}),
            "record of released counts",
            without_backup="move it away: counts are then released anew",
        )

    def released(self, counts: Mapping[str, Number], *, of: str) -> dict[str, float]:
        """The counts as they leave; on disk before they do.

        Args:
            counts: by name; only those that may leave.
            of: the message and split that they go with.

        Raises:
            DataError: the file is damaged.
            OSError: the disk is full.
        """
        stepped = {key: Number(one.value // self._step * self._step, one.patients) for key, one in counts.items()}
        return self.held(stepped, of=of)

    def held(self, counts: Mapping[str, Number], *, of: str) -> dict[str, float]:
        """The same without steps, for counts that would be of no use in steps."""
        with self._changing() as known:
            return {key: self._one(known, f"{of}/{key}", count) for key, count in counts.items()}

    def _one(self, known: dict[str, _Released], name: str, count: Number) -> float:
        before = known.get(name)
        if before is None or abs(count.patients - before.patients) >= self._step:
            known[name] = _Released(value=count.value, patients=count.patients)
        return known[name].value

    @contextmanager
    def _changing(self) -> Iterator[dict[str, _Released]]:
        account = self._file.read()
        known = dict(account.released)
        yield known
        if known != account.released:
            self._file.write(account.model_copy(update={"released": known}))
