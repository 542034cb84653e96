import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery, Fetched, RemoteInstance
from glsmed.client.imports.images.retrieval.download import download
from glsmed.shared.errors import DataError

QUERY = ArchiveQuery()


@dataclass
class Shelf:
    """An archive of so many images that gives some up and ends the connection after others."""

    images: int
    without: frozenset[str] = frozenset()
    ends_after: int | None = None
    asked: list[str] = field(default_factory=list)

    def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        return (RemoteInstance("1.1", "1.2", f"1.3.{number}") for number in range(self.images))

    def fetch(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        for number, instance in enumerate(instances):
            if number == self.ends_after:
                raise ArchiveError("PACS: ended the connection")
            self.asked.append(instance.instance_uid)
            gone = instance.instance_uid in self.without
            yield Fetched(instance, fault="the archive lost it") if gone else Fetched(instance, b"content")


def test_files_stand_by_study_series_and_instance_for_their_owner_only(tmp_path: Path) -> None:
    done = download(Shelf(2), QUERY, tmp_path / "new" / "images")
    assert done.paths == tuple(tmp_path / "new/images/1.1/1.2" / name for name in ("1.3.0.dcm", "1.3.1.dcm"))
    assert done.fetched == 2
    assert {stat.S_IMODE(path.stat().st_mode) for path in done.paths} == {0o600}


def test_what_the_archive_does_not_give_is_named_and_asked_for_again(tmp_path: Path) -> None:
    done = download(Shelf(3, without=frozenset({"1.3.1"})), QUERY, tmp_path)
    assert [path.stem for path in done.paths] == ["1.3.0", "1.3.2"]
    assert [str(failed) for failed in done.failed] == [f"{tmp_path}/1.1/1.2/1.3.1.dcm: the archive lost it"]
    again = Shelf(3)
    assert download(again, QUERY, tmp_path).fetched == 1
    assert again.asked == ["1.3.1"]


def test_a_lost_connection_says_how_far_it_came_and_the_next_start_goes_on(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="2 of 5 images are there: start again for the others"):
        download(Shelf(5, ends_after=2), QUERY, tmp_path)
    again = Shelf(5)
    assert len(download(again, QUERY, tmp_path).paths) == 5
    assert again.asked == ["1.3.2", "1.3.3", "1.3.4"]


def test_an_image_that_two_questions_find_is_fetched_once(tmp_path: Path) -> None:
    class Twice(Shelf):
        def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
            yield from super().search(query)
            yield from super().search(query)

    shelf = Twice(2)
    assert len(download(shelf, QUERY, tmp_path).paths) == 2
    assert len(shelf.asked) == 2


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot hold the images"):
        download(Shelf(1), QUERY, tmp_path / "file" / "images")
