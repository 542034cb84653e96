from pathlib import Path

import pytest

from glsmed.server.folders.registry import admit, admitted_sites
from glsmed.shared.errors import ConfigurationError, DataError
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
    assert list(admitted_sites(tmp_path / "sites")) == ["sakura", "st-mary"]


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


def test_a_taken_name_needs_the_old_entry_removed_by_hand(tmp_path: Path) -> None:
    _admit(_write(tmp_path / "a.yaml", _request()), tmp_path / "sites")
    with pytest.raises(DataError, match=r"remove sites/st-mary\.yaml first"):
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
    with pytest.raises(DataError, match=rf"{damaged}: .*{said}"):
        admitted_sites(sites)
    with pytest.raises(DataError, match=rf"{damaged}: .*{said}"):
        _admit(damaged, tmp_path / "others")
