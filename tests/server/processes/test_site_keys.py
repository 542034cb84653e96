from collections.abc import Callable
from pathlib import Path
from typing import cast

import pytest

from glsmed.server.admission.registry import read_registry, withdraw
from glsmed.server.flower.control import Control, LinkNode, RegistrationRefusedError
from glsmed.server.folders.new_study import make_study_folder
from glsmed.server.folders.study_folder import StudyFolder
from glsmed.server.processes import site_keys
from glsmed.server.processes.site_keys import SiteKeys
from glsmed.shared.errors import FederationError
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import EnrolmentRequest, generate_private_key, make_request


class FakeLink:
    """Keeps keys as Flower does: a key that was withdrawn stays taken."""

    def __init__(self) -> None:
        self.known: dict[str, LinkNode] = {}
        self.refused: set[str] = set()
        self.on_list: Callable[[], object] = lambda: None

    def nodes(self) -> list[LinkNode]:
        listed = list(self.known.values())
        self.on_list()
        return listed

    def register(self, public_key: str, *, site: str) -> int:
        if public_key in self.known or site in self.refused:
            raise RegistrationRefusedError("Public key already in use.")
        self.known[public_key] = LinkNode(len(self.known) + 1, site, public_key)
        return len(self.known)

    def unregister(self, node_id: int) -> None:
        (node,) = (node for node in self.known.values() if node.node_id == node_id)
        self.known[node.public_key] = LinkNode(node_id, node.site, node.public_key, is_withdrawn=True)


class Centre:
    """A study folder with its keys, a link that keeps them, and what was told."""

    def __init__(self, folder: StudyFolder, *, quorum: int) -> None:
        self.folder = folder
        self.link = FakeLink()
        self.told: list[str] = []
        self.keys = SiteKeys(folder, quorum=quorum, tell=self.told.append)

    def put(self, site: str, *, key: bytes | None = None) -> EnrolmentRequest:
        request = make_request(key or generate_private_key(), site=site, study="doubt", study_digest="ab")
        (self.folder.sites / f"{site}.yaml").write_text(dump_yaml(request.model_dump()))
        return request

    def take_up(self) -> list[str]:
        """What this pass told."""
        before = len(self.told)
        self.keys.take_up_quietly(cast("Control", self.link))
        return self.told[before:]

    def sites(self) -> set[str]:
        return set(self.folder.site_by_node().values())


@pytest.fixture
def centre(tmp_path: Path) -> Centre:
    folder = make_study_folder(
        tmp_path / "study", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440
    )
    return Centre(folder, quorum=0)


def test_who_is_admitted_may_join(centre: Centre) -> None:
    for site in ("b", "a"):
        centre.put(site)
    assert centre.take_up() == ["a may join", "b may join"]
    assert centre.take_up() == []
    assert centre.sites() == {"a", "b"}


def test_a_withdrawn_site_is_refused_and_named(centre: Centre) -> None:
    for site in ("a", "b"):
        centre.put(site)
    centre.take_up()
    withdraw("a", sites=centre.folder.sites)
    (line,) = centre.take_up()
    assert line.startswith("a is withdrawn: its key is refused from now on")
    assert centre.sites() == {"b"}
    assert [node.site for node in centre.link.nodes() if node.is_withdrawn] == ["a"]


def test_a_request_that_was_removed_by_hand_is_a_withdrawal_that_is_kept(centre: Centre) -> None:
    centre.put("a")
    centre.take_up()
    (centre.folder.sites / "a.yaml").unlink()
    centre.take_up()
    assert [withdrawal.site for withdrawal in read_registry(centre.folder.sites).withdrawn.values()] == ["a"]


def test_a_withdrawn_key_that_comes_back_is_told_once_and_stops_nobody(centre: Centre) -> None:
    key = generate_private_key()
    centre.put("a", key=key)
    centre.take_up()
    withdraw("a", sites=centre.folder.sites)
    centre.take_up()
    centre.put("a", key=key)
    centre.put("b")
    trouble, joined = sorted(centre.take_up())
    assert "was withdrawn at this study" in trouble
    assert "glsmed-client --site config.yaml enroll" in trouble
    assert joined == "b may join"
    assert centre.take_up() == []
    assert centre.sites() == {"b"}


def test_the_record_outlives_flowers_database(centre: Centre) -> None:
    key = generate_private_key()
    centre.put("a", key=key)
    centre.take_up()
    withdraw("a", sites=centre.folder.sites)
    centre.take_up()
    centre.link.known.clear()
    centre.put("a", key=key)
    (trouble,) = centre.take_up()
    assert "was withdrawn at this study" in trouble
    assert centre.sites() == set()


def test_a_key_that_flowers_database_keeps_as_withdrawn_is_recorded(centre: Centre) -> None:
    request = centre.put("a")
    centre.link.known[request.public_key] = LinkNode(1, "a", request.public_key, is_withdrawn=True)
    (trouble,) = centre.take_up()
    assert "was withdrawn at this study" in trouble
    assert not read_registry(centre.folder.sites).admitted


def test_a_key_that_flower_refuses_is_told_once_and_stops_nobody(centre: Centre) -> None:
    for site in ("a", "b"):
        centre.put(site)
    centre.link.refused = {"a"}
    trouble, joined = sorted(centre.take_up())
    assert "a.yaml: Flower refuses the key of 'a' (Public key already in use.): the hospital moves" in trouble
    assert joined == "b may join"
    assert centre.take_up() == []
    assert centre.sites() == {"b"}


def test_a_site_whose_file_breaks_takes_no_part_until_it_is_mended(centre: Centre) -> None:
    centre.put("a")
    centre.take_up()
    file = centre.folder.sites / "a.yaml"
    whole = file.read_text()
    file.write_text("site: st-")
    centre.put("b")
    trouble, joined = sorted(centre.take_up())
    assert "a.yaml:1" in trouble
    assert "until then that site takes no part" in trouble
    assert joined == "b may join"
    assert centre.sites() == {"b"}
    assert not read_registry(centre.folder.sites).withdrawn
    file.write_text(whole)
    centre.take_up()
    assert centre.sites() == {"a", "b"}


def test_a_broken_record_of_a_withdrawal_lets_no_key_in_that_it_may_be_of(centre: Centre) -> None:
    key, other = generate_private_key(), generate_private_key()
    centre.put("a", key=key)
    centre.take_up()
    withdraw("a", sites=centre.folder.sites)
    centre.take_up()
    (record,) = (centre.folder.sites / "withdrawn").glob("*.yaml")
    record.write_text("site: st-")
    centre.link.known.clear()  # Flower's database was moved away
    centre.put("a", key=key)
    centre.put("b", key=other)
    centre.take_up()
    assert centre.sites() == {"b"}
    record.rename(record.with_name("renamed.yaml"))
    assert not read_registry(centre.folder.sites).admitted


def test_a_full_disk_does_not_keep_a_withdrawn_key_in(centre: Centre, monkeypatch: pytest.MonkeyPatch) -> None:
    for site in ("a", "b"):
        centre.put(site)
    centre.take_up()
    (centre.folder.sites / "a.yaml").unlink()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site_keys, "keep_withdrawal", full)
    assert any("is not on record yet" in line for line in centre.take_up())
    assert centre.sites() == {"b"}
    assert [node.site for node in centre.link.nodes() if node.is_withdrawn] == ["a"]


def test_a_trouble_that_returns_is_told_again(centre: Centre) -> None:
    broken = centre.folder.sites / "a.yaml"
    for _ in range(2):
        broken.write_text("site: st-")
        assert len(centre.take_up()) == 1
        broken.unlink()
        assert centre.take_up() == []


def test_a_site_that_is_removed_while_the_registry_is_taken_up_does_not_end_the_study(centre: Centre) -> None:
    centre.put("a")
    centre.link.on_list = (centre.folder.sites / "a.yaml").unlink
    assert centre.take_up() == []
    assert centre.sites() == set()


def test_without_the_folder_nobody_takes_part_and_nobody_is_withdrawn(centre: Centre) -> None:
    centre.put("a")
    centre.take_up()
    centre.folder.sites.rename(centre.folder.root / "elsewhere")
    (line,) = centre.take_up()
    assert line.startswith("no site takes part for now: ")
    assert centre.sites() == set()
    (centre.folder.root / "elsewhere").rename(centre.folder.sites)
    centre.take_up()
    assert centre.sites() == {"a"}


def test_a_link_that_does_not_answer_is_told_once_while_running_and_ends_the_start(centre: Centre) -> None:
    def fail() -> None:
        raise FederationError("cannot list the registered sites")

    centre.link.on_list = fail
    assert centre.take_up() == ["the admitted sites stay as they were: cannot list the registered sites"]
    assert centre.take_up() == []
    with pytest.raises(FederationError):
        centre.keys.take_up(cast("Control", centre.link))


def test_a_quorum_that_can_no_longer_be_reached_is_told_once_with_its_remedy(tmp_path: Path) -> None:
    folder = make_study_folder(
        tmp_path / "study", name="doubt", public_names=["localhost"], port=8443, loopback_port=8440
    )
    centre = Centre(folder, quorum=2)
    for site in ("a", "b"):
        centre.put(site)
    centre.take_up()
    withdraw("a", sites=folder.sites)
    said = centre.take_up()
    assert "1 site(s) admitted (b; withdrawn: a), the quorum is 2. Admit another hospital" in said[-1]
    assert centre.take_up() == []
    centre.put("c")
    assert centre.take_up() == ["c may join"]
