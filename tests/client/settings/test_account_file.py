import stat
from pathlib import Path

import pytest

from glsmed.client.settings.account_file import AccountFile, StudyAccount
from glsmed.shared.errors import DataError


class Spending(StudyAccount):
    """A whole number."""

    spent: int


def account_file(folder: Path, study: str = "a") -> AccountFile[Spending]:
    new = Spending(study=study, spent=0)
    return AccountFile(folder / "account.json", new, "account", without_backup="spend no more")


def test_a_new_account_is_empty_and_writes_nothing(tmp_path: Path) -> None:
    assert account_file(tmp_path).read() == Spending(study="a", spent=0)
    assert list(tmp_path.iterdir()) == []


def test_what_was_written_is_read_by_the_next_process_and_by_nobody_else(tmp_path: Path) -> None:
    account_file(tmp_path).write(Spending(study="a", spent=3))
    assert account_file(tmp_path).read().spent == 3
    assert stat.S_IMODE((tmp_path / "account.json").stat().st_mode) == 0o600


@pytest.mark.parametrize("content", ["", "{", "[]", '{"study": "a"}', '{"study": "a", "spent": 1, "more": 2}'])
def test_a_damaged_file_is_never_taken_for_a_new_account(tmp_path: Path, content: str) -> None:
    (tmp_path / "account.json").write_text(content)
    with pytest.raises(DataError, match=r"account\.json: the account cannot be read: restore it .* spend no more"):
        account_file(tmp_path).read()


def test_a_file_of_another_study_is_refused(tmp_path: Path) -> None:
    account_file(tmp_path, "b").write(Spending(study="b", spent=3))
    with pytest.raises(DataError, match=r"account\.json: this is the account of another study"):
        account_file(tmp_path).read()
