"""Whose sums a site has helped the centre to see; written before the shares go.

Two sums of the same round, or of the same model, over different sites would show the difference: the update of the one
site that is in one of them only. So a site helps with such a sum again only if it is over the same sites.
"""

from typing import Annotated

from pydantic import Field

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.client.settings.state_folder import StateFolder
from glsmed.shared.errors import SecureAggregationError
from glsmed.shared.files.documents import StrictModel


class _Sum(StrictModel):
    round: int
    model: str
    sites: tuple[str, ...]


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

    def require_same_sites(self, round_number: int, model_digest: str, sites: tuple[str, ...]) -> None:
        """Raise if the difference to a sum that the centre has already could show one site's update.

        Raises:
            SecureAggregationError: a sum of this round or of this model was over other sites.
            DataError: the account is damaged.
        """
        for known in self._file.read().sums:
            if (known.round == round_number or known.model == model_digest) and known.sites != sites:
                raise SecureAggregationError(
                    f"round {round_number}: this site gave shares for a sum of {', '.join(known.sites)} in round "
                    f"{known.round}, and the same over {', '.join(sites)} would show what differs. It takes part again "
                    f"with the same sites, or in the next round. If the centre has lost the first sum for good, and "
                    f"all hospitals agree to it, move {self._file.path} away"
                )

    def add(self, round_number: int, model_digest: str, sites: tuple[str, ...]) -> None:
        """Keep a sum; it is on disk when this returns.

        Raises:
            OSError: the disk is full.
            SecureAggregationError: as in :meth:`require_same_sites`.
            DataError: the account is damaged.
        """
        self.require_same_sites(round_number, model_digest, sites)
        account = self._file.read()
        new = _Sum(round=round_number, model=model_digest, sites=sites)
        if new not in account.sums:
            self._file.write(account.model_copy(update={"sums": (*account.sums, new)}))
