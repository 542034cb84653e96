from pathlib import Path

import httpx
import pytest

from glsmed.client.node.connection_faults import OutsideFaultError
from glsmed.client.node.refusals import not_admitted, unknown_answer

from .stand_ins import site


def test_a_new_site_is_told_to_send_its_request(tmp_path: Path) -> None:
    fault = not_admitted(site(tmp_path, "centre.test:8443", tmp_path / "ca.crt"), "[code 2004] no")
    assert "does not admit the key of 'st-mary': [code 2004] no. Send request.yaml to the centre" in str(fault)


def test_a_site_that_was_admitted_before_is_told_of_a_withdrawal(tmp_path: Path) -> None:
    (tmp_path / "node-id").write_text("42\n")
    fault = not_admitted(site(tmp_path, "centre.test:8443", tmp_path / "ca.crt"), "[code 2004] no")
    assert "that was withdrawn or you have made a new one: ask the centre" in str(fault)


@pytest.mark.parametrize("status", [302, 403, 404, 418])
def test_an_answer_that_is_not_the_centres_is_no_matter_of_keys(tmp_path: Path, status: int) -> None:
    fault = unknown_answer(site(tmp_path, "centre.test:8443", tmp_path / "ca.crt"), httpx.Response(status))
    assert isinstance(fault, OutsideFaultError)
    assert f"answered HTTP {status}, which is not the centre's own answer" in str(fault)


def test_a_refused_signature_with_the_clocks_equal_is_a_matter_of_keys(tmp_path: Path) -> None:
    fault = unknown_answer(site(tmp_path, "centre.test:8443", tmp_path / "ca.crt"), httpx.Response(401))
    assert "does not admit the key of 'st-mary': HTTP 401" in str(fault)
    assert not isinstance(fault, OutsideFaultError)
