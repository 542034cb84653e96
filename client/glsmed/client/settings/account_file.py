"""An account that a site keeps of what a study has had of it: one JSON file, readable by its owner only."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Generic, TypeVar

from pydantic import Field, ValidationError

from glsmed.shared.errors import DataError
from glsmed.shared.files.atomic import PRIVATE_FILE, write_text
from glsmed.shared.files.documents import StrictModel


class StudyAccount(StrictModel):
    """Base of what such a file holds."""

    study: Annotated[str, Field(description="digest of the study")]


AccountT = TypeVar("AccountT", bound=StudyAccount)


@dataclass(frozen=True, slots=True)
class AccountFile(Generic[AccountT]):
    """The file of one account; what it holds is on disk before :meth:`write` returns.

    Attributes:
        path: of the file; the first :meth:`write` makes it.
        new: the account before anything is written, which names the study.
        name: what errors call it.
        without_backup: what errors say of a damaged file that cannot be restored.
    """

    path: Path
    new: AccountT
    name: str
    without_backup: str

    def read(self) -> AccountT:
        """The account as it stands.

        Raises:
            DataError: the file is damaged, or of another study.
        """
        try:
            account = type(self.new).model_validate_json(self.path.read_bytes())
        except FileNotFoundError:
            return self.new
        except (ValidationError, OSError) as error:
            raise DataError(
                f"{self.path}: the {self.name} cannot be read: restore it from a backup; without one, "
                f"{self.without_backup} ({error})"
            ) from None
        if account.study != self.new.study:
            raise DataError(
                f"{self.path}: this is the {self.name} of another study: restore this study's own file, or move this "
                "one away to begin a new account"
            )
        return account

    def write(self, account: AccountT) -> None:
        """Replace the account by another.

        Raises:
            OSError: the disk is full; the file is then as it was.
        """
        write_text(self.path, account.model_dump_json(indent=1) + "\n", mode=PRIVATE_FILE)
