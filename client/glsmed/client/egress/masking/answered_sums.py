"""Whose sums a site has helped the centre to see; written before the shares go.

Two sums of the same round, or of the same model, over different sites would show the difference: what the one site that
is in one of them only has added. So a site helps with such a sum again only if it is over the same sites. Sums of
different data, as of validation and test patients, have no such difference.
"""

from typing import Annotated

from pydantic import Field

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import SecureAggregationError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.secure_aggregation.signed_keys import DATA_OF, About, Subject

_SAME_PATIENTS = frozenset({"test", "gold"})


class _Sum(StrictModel):
    round: int
    model: str
    sites: tuple[str, ...]
    about: About = "update"

    def tells_of(self, other: "_Sum") -> bool:
        """Whether the difference to another sum could show what one site added."""
        shared = DATA_OF[self.about] & DATA_OF[other.about]
        if self.model == other.model or shared & _SAME_PATIENTS:  # whatever the model or the cues
            return bool(shared)
        # counts of the validation of two models may stand in one round: of the one that it began with, and of its own
        return self.round == other.round and ("change" in shared or self.about == other.about)


class _Account(StudyAccount):
    sums: Annotated[tuple[_Sum, ...], Field(description="those that the site gave shares for")] = ()


class AnsweredSums:
    """The account of one site in one study.

    Args:
        state: the site's state folder.
        study_digest: of the study.
    """

    def __init__(self, state: StateFolder, study_digest: str) -> None:
        self._file = AccountFile(
            state.answered_sums(study_digest),
            _Account(study=study_digest),
            name="account of answered sums",
            without_backup="ask the centre in which rounds sites dropped out, and move the file away only if none did",
        )

    def require_same_sites(self, subject: Subject, sites: tuple[str, ...]) -> None:
        """Raise if the difference to a sum that the centre has already could show what one site added.

        Raises:
            SecureAggregationError: a sum of the same data of this round or of this model was over other sites.
            DataError: the account is damaged.
        """
        new = _sum_of(subject, sites)
        for known in self._file.read().sums:
            if known.tells_of(new) and known.sites != sites:
                raise SecureAggregationError(
                    f"round {subject.round}: this site gave shares for a sum of {', '.join(known.sites)} in round "
                    f"{known.round}, and the same over {', '.join(sites)} would show what differs. It takes part again "
                    f"with the same sites, or in the next round. If the centre has lost the first sum for good, and "
                    f"all hospitals agree to it, move {self._file.path} away"
                )

    def add(self, subject: Subject, sites: tuple[str, ...]) -> None:
        """Keep a sum; it is on disk when this returns.

        Raises:
            OSError: the disk is full.
            SecureAggregationError: as in :meth:`require_same_sites`.
            DataError: the account is damaged.
        """
        self.require_same_sites(subject, sites)
        account, new = self._file.read(), _sum_of(subject, sites)
        if new not in account.sums:
            self._file.write(account.model_copy(update={"sums": (*account.sums, new)}))


def _sum_of(subject: Subject, sites: tuple[str, ...]) -> _Sum:
    return _Sum(round=subject.round, model=subject.model_digest, sites=sites, about=subject.about)
