import re
from pathlib import Path

import pytest

from glsmed.server.admission.registry import admit, read_registry, withdraw
from glsmed.shared.errors import ConfigurationError, DataError, UsageError
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import EnrolmentRequest, generate_private_key, make_request


def _write(path: Path, request: EnrolmentRequest) -> Path:
    path.write_text(dump_yaml(request.model_dump()), encoding="utf-8")
    return path


def _request(
    site: str = "st-mary", *, key: bytes | None = None, study: str = "doubt", digest: str = "ab"
) -> EnrolmentRequest:
    return make_request(key or generate_private_key(), site=site, study=study, study_digest=digest)


def _admit(path: Path, sites: Path) -> EnrolmentRequest:
    return admit(path, sites=sites, study="doubt", study_digest="ab")


def test_admitted_requests_come_back_by_site_name(tmp_path: Path) -> None:
    for site in ("st-mary", "sakura"):
        _admit(_write(tmp_path / "request.yaml", _request(site)), tmp_path / "sites")
    assert list(read_registry(tmp_path / "sites").admitted) == ["sakura", "st-mary"]


def test_admitting_the_same_request_twice_changes_nothing(tmp_path: Path) -> None:
    file = _write(tmp_path / "request.yaml", _request())
    assert _admit(file, tmp_path / "sites") == _admit(file, tmp_path / "sites")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (_request(study="other"), "asks to join the study 'other'; this one is 'doubt'"),
        (_request(digest="cd"), r"approved another version of study\.yaml"),
        (_request().model_copy(update={"site": "elsewhere"}), "altered or not signed"),
    ],
)
def test_requests_that_do_not_fit_are_refused(tmp_path: Path, request_: EnrolmentRequest, message: str) -> None:
    with pytest.raises(DataError, match=message):
        _admit(_write(tmp_path / "request.yaml", request_), tmp_path / "sites")
    assert not (tmp_path / "sites").exists()


def test_a_taken_name_needs_the_old_key_withdrawn(tmp_path: Path) -> None:
    _admit(_write(tmp_path / "a.yaml", _request()), tmp_path / "sites")
    with pytest.raises(DataError, match="flwr-server withdraw st-mary"):
        _admit(_write(tmp_path / "b.yaml", _request()), tmp_path / "sites")


def test_two_sites_cannot_share_a_key(tmp_path: Path) -> None:
    key = generate_private_key()
    _admit(_write(tmp_path / "a.yaml", _request("a", key=key)), tmp_path / "sites")
    with pytest.raises(DataError, match="already admitted as 'a'"):
        _admit(_write(tmp_path / "b.yaml", _request("b", key=key)), tmp_path / "sites")


@pytest.mark.parametrize("site", ["../evil", "St Mary", "", "a/b"])
def test_a_site_name_cannot_reach_outside_its_folder(tmp_path: Path, site: str) -> None:
    file = _write(tmp_path / "request.yaml", _request().model_copy(update={"site": site}))
    with pytest.raises(ConfigurationError, match="site"):
        _admit(file, tmp_path / "sites")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"public_key": "ssh-ed25519 AAAA"}, "not an OpenSSH public key"),
        ({"glsmed": "9.9"}, "was altered or not signed"),
    ],
)
def test_a_damaged_request_is_named_whether_new_or_admitted(tmp_path: Path, change: dict[str, str], said: str) -> None:
    sites = tmp_path / "sites"
    sites.mkdir()
    damaged = _write(sites / "st-mary.yaml", _request().model_copy(update=change))
    assert re.search(said, read_registry(sites).faults[damaged])
    with pytest.raises(DataError, match=rf"{damaged}: .*{said}"):
        _admit(damaged, tmp_path / "others")


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """Two admitted sites, ``a`` and ``c``."""
    for site in ("a", "c"):
        _admit(_write(tmp_path / f"{site}.yaml", _request(site)), tmp_path / "sites")
    return tmp_path / "sites"


def test_a_file_that_is_no_request_hides_no_other(sites: Path) -> None:
    (sites / "b.yaml").write_text("site: st-")
    registry = read_registry(sites)
    assert list(registry.admitted) == ["a", "c"]
    assert registry.unreadable == {"b"}
    (fault,) = registry.faults.values()
    assert "\n" not in fault
    assert "admit the hospital's request.yaml again" in fault


def test_a_broken_file_does_not_keep_another_hospital_from_being_admitted(sites: Path, tmp_path: Path) -> None:
    (sites / "b.yaml").write_text("site: st-")
    _admit(_write(tmp_path / "d.yaml", _request("d")), sites)
    assert list(read_registry(sites).admitted) == ["a", "c", "d"]


def test_a_withdrawn_key_is_refused_with_what_to_do(sites: Path, tmp_path: Path) -> None:
    withdraw("a", sites=sites)
    with pytest.raises(DataError) as caught:
        _admit(tmp_path / "a.yaml", sites)
    said = str(caught.value)
    assert "was withdrawn at this study on 20" in said
    assert "moves its keys/site.key away" in said
    assert "glsmed-client --site config.yaml enroll" in said
    assert "sends the new request.yaml" in said


def test_a_withdrawn_key_is_refused_under_another_name(sites: Path, tmp_path: Path) -> None:
    key = generate_private_key()
    _admit(_write(tmp_path / "d.yaml", _request("d", key=key)), sites)
    withdraw("d", sites=sites)
    with pytest.raises(DataError, match="was withdrawn at this study, as 'd',"):
        _admit(_write(tmp_path / "e.yaml", _request("e", key=key)), sites)


def test_a_withdrawn_hospital_returns_with_a_new_key(sites: Path, tmp_path: Path) -> None:
    withdraw("a", sites=sites)
    _admit(_write(tmp_path / "new.yaml", _request("a")), sites)
    registry = read_registry(sites)
    assert list(registry.admitted) == ["a", "c"]
    assert [withdrawal.site for withdrawal in registry.withdrawn.values()] == ["a"]


def test_a_withdrawal_keeps_what_was_known_of_the_site(sites: Path) -> None:
    entry = read_registry(sites).admitted["a"]
    withdrawal = withdraw("a", sites=sites)
    assert withdrawal == read_registry(sites).withdrawn[entry.key]
    assert (withdrawal.admitted_at, withdrawal.glsmed) == (entry.admitted_at, entry.request.glsmed)


def test_a_withdrawn_request_that_is_put_back_is_a_fault_and_hides_no_other(sites: Path, tmp_path: Path) -> None:
    withdraw("a", sites=sites)
    (sites / "a.yaml").write_bytes((tmp_path / "a.yaml").read_bytes())
    registry = read_registry(sites)
    assert list(registry.admitted) == ["c"]
    assert "was withdrawn at this study" in registry.faults[sites / "a.yaml"]


def test_a_withdrawal_that_a_crash_cut_short_is_finished_by_the_next(sites: Path, tmp_path: Path) -> None:
    withdraw("a", sites=sites)
    (sites / "a.yaml").write_bytes((tmp_path / "a.yaml").read_bytes())
    withdraw("a", sites=sites)
    assert not (sites / "a.yaml").exists()


@pytest.mark.parametrize(
    ("site", "said"), [("aa", "no site named 'aa' is admitted"), ("b", "sites/b.yaml cannot be read: remove it")]
)
def test_only_an_admitted_site_can_be_withdrawn(sites: Path, site: str, said: str) -> None:
    (sites / "b.yaml").write_text("site: st-")
    with pytest.raises(UsageError, match=said):
        withdraw(site, sites=sites)


def test_withdrawing_twice_says_so(sites: Path) -> None:
    withdraw("a", sites=sites)
    with pytest.raises(UsageError, match="was withdrawn already, on 20"):
        withdraw("a", sites=sites)


def test_of_two_files_of_one_site_the_one_with_its_name_counts(sites: Path) -> None:
    own = (sites / "c.yaml").read_bytes()
    (sites / "b.yaml").write_bytes(own)
    registry = read_registry(sites)
    assert registry.admitted["c"].file.name == "c.yaml"
    assert "'c' is admitted by c.yaml already: remove this file" in registry.faults[sites / "b.yaml"]


def test_of_two_sites_with_one_key_the_first_counts(sites: Path) -> None:
    key = generate_private_key()
    for site in ("x", "y"):
        _write(sites / f"{site}.yaml", _request(site, key=key))
    registry = read_registry(sites)
    assert "x" in registry.admitted
    assert "already admitted as 'x'" in registry.faults[sites / "y.yaml"]


def test_a_folder_that_is_gone_is_not_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder"):
        read_registry(tmp_path / "sites")
