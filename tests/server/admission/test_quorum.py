from pathlib import Path

import pytest

from glsmed.server.admission.quorum import quorum_shortfall
from glsmed.server.admission.registry import admit, read_registry, withdraw
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.enrolment import generate_private_key, make_request


@pytest.fixture
def sites(tmp_path: Path) -> Path:
    """``b`` and ``c``; ``a`` is withdrawn, and ``b`` was and came back."""
    for site in ("a", "b", "c", "b"):
        request = make_request(generate_private_key(), site=site, study="doubt", study_digest="ab")
        (tmp_path / "request.yaml").write_text(dump_yaml(request.model_dump()))
        if (tmp_path / "sites" / "b.yaml").exists() and site == "b":
            withdraw("b", sites=tmp_path / "sites")
        admit(tmp_path / "request.yaml", sites=tmp_path / "sites", study="doubt", study_digest="ab")
    withdraw("a", sites=tmp_path / "sites")
    return tmp_path / "sites"


@pytest.mark.parametrize("quorum", [1, 2])
def test_enough_sites_are_nothing_to_tell(sites: Path, quorum: int) -> None:
    assert quorum_shortfall(read_registry(sites), quorum) is None


def test_too_few_are_told_with_who_is_gone_and_what_to_do(sites: Path) -> None:
    said = quorum_shortfall(read_registry(sites), 3) or ""
    assert "2 site(s) admitted (b, c; withdrawn: a), the quorum is 3. Admit another hospital" in said
    assert "lower federation.quorum" in said
