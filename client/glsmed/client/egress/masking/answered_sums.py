"""Whose sums a site has helped the centre to see; written before the shares go.

Two sums of the same round, or of the same model, over different sites would show the difference: what the one site that
is in one of them only has added. So would two sums over the same sites, if one of these added its counts to the one and
zeros to the other: a site that joins later adds none at first. So a site helps with such a sum again only if it is over
the same sites, and the same of them add. Sums of different data, as of validation and test patients, have no such
difference.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import SecureAggregationError
from glsmed.shared.files.documents import StrictModel
from glsmed.shared.secure_aggregation.signed_keys import DATA_OF, About, Subject

_SAME_PATIENTS = frozenset({"test", "gold"})
Adders = Mapping[str, tuple[str, ...]]


class _Sum(StrictModel):
    round: int
    model: str
    sites: tuple[str, ...]
    about: About = "update"
    adding: Annotated[
        dict[str, tuple[str, ...]], Field(default_factory=dict, description="by finding or cue, whose counts are in it")
    ]

    def tells_of(self, other: "_Sum") -> bool:
        """Whether the difference to another sum could show what one site added."""
        shared = DATA_OF[self.about] & DATA_OF[other.about]
        if self.model == other.model or shared & _SAME_PATIENTS:  # whatever the model or the cues
            return bool(shared)
        # counts of the validation of two models may stand in one round: of the one that it began with, and of its own
        return self.round == other.round and ("change" in shared or self.about == other.about)

    def adds_otherwise(self, other: "_Sum") -> bool:
        """Whether other sites added to counts that both sums have."""
        return any(self.adding[item] != other.adding[item] for item in self.adding.keys() & other.adding.keys())


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

    def counted_without(self, site: str, subject: Subject) -> frozenset[str]:
        """Findings, or cues, whose counts the centre has without this site's in a sum that such a sum is held against.

        Raises:
            DataError: the account is damaged.
        """
        new = _sum_of(subject, (), {})
        known = (known for known in self._file.read().sums if known.tells_of(new))
        return frozenset(item for one in known for item, adding in one.adding.items() if site not in adding)

    def require_same_sites(self, subject: Subject, sites: tuple[str, ...], adding: Adders) -> None:
        """Raise if the difference to a sum that the centre has already could show what one site added.

        Raises:
            SecureAggregationError: a sum of the same data of this round or of this model was over other sites, or
                others of them added their counts.
            DataError: the account is damaged.
        """
        new = _sum_of(subject, sites, adding)
        for known in self._file.read().sums:
            if known.tells_of(new) and (known.sites != sites or known.adds_otherwise(new)):
                of = "with the counts of other sites among them" if known.sites == sites else f"over {', '.join(sites)}"
                raise SecureAggregationError(
                    f"round {subject.round}: this site gave shares for a sum of {', '.join(known.sites)} in round "
                    f"{known.round}, and the same {of} would show what differs. It takes part again with the same "
                    f"sites, or in the next round. If the centre has lost the first sum for good, and all hospitals "
                    f"agree to it, move {self._file.path} away"
                )

    def add(self, subject: Subject, sites: tuple[str, ...], adding: Adders | None = None) -> None:
        """Keep a sum; it is on disk when this returns.

        Args:
            subject: what it is about.
            sites: whose sum it is.
            adding: by finding or cue whose counts are in it, which of them add.

        Raises:
            OSError: the disk is full.
            SecureAggregationError: as in :meth:`require_same_sites`.
            DataError: the account is damaged.
        """
        self.require_same_sites(subject, sites, adding or {})
        account, new = self._file.read(), _sum_of(subject, sites, adding or {})
        if new not in account.sums:
            self._file.write(account.model_copy(update={"sums": (*account.sums, new)}))


def _sum_of(subject: Subject, sites: tuple[str, ...], adding: Adders) -> _Sum:
    return _Sum(round=subject.round, model=subject.model_digest, sites=sites, about=subject.about, adding=dict(adding))
