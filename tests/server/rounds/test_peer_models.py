from pathlib import Path

import numpy as np
import pytest

from glsmed.server.rounds.peer_models import PeerModels
from glsmed.server.strategies.rule import UpdateFacts
from glsmed.server.updates.checked_update import CheckedUpdate, SiteModel
from glsmed.shared.errors import FederationError
from glsmed.shared.wire.model_form import FloatSource, ModelForm
from tests.server.conftest import FIRST_MODEL, LAYOUT

UP = ModelForm.up(LAYOUT, "fp32")


def _update(site: str, weight: float, *, shows: bool = True) -> CheckedUpdate:
    arrays = {"weight": np.full(2, weight, dtype=np.float32), "batches": np.array([7])}
    packed = UP.encode(LAYOUT.pack(arrays))
    first = FloatSource.of(UP, UP.encode(LAYOUT.pack(FIRST_MODEL)))
    facts = UpdateFacts(site, cells=1, patients=1, steps=1, norm=1.0)
    return CheckedUpdate(facts, SiteModel.of(UP, packed, first), packed, show_to_peers=shows)


def _peers(folder: Path) -> PeerModels:
    return PeerModels(folder / "peers", LAYOUT, "fp32")


def test_a_model_outlives_the_process_with_all_its_buffers(tmp_path: Path) -> None:
    _peers(tmp_path).keep(3, [_update("b", 2.0), _update("a", 1.0), _update("c", 3.0, shows=False)])
    assert _peers(tmp_path).sites(3) == ["a", "b"]
    model = _peers(tmp_path).outgoing(3, "b")
    arrays = LAYOUT.unpack(model.form.decode(model.packed))
    assert (arrays["weight"].tolist(), arrays["batches"].tolist()) == ([2.0, 2.0], [7])


def test_a_round_that_is_tried_again_replaces_what_it_left(tmp_path: Path) -> None:
    peers = _peers(tmp_path)
    peers.keep(3, [_update("a", 1.0)])
    peers.keep(3, [_update("b", 2.0)])
    assert peers.sites(3) == ["b"]


def test_all_rounds_but_one_are_forgotten_and_then_that(tmp_path: Path) -> None:
    peers = _peers(tmp_path)
    for number in (2, 3):
        peers.keep(number, [_update("a", 1.0)])
    peers.forget(but=3)
    assert (peers.sites(2), peers.sites(3)) == ([], ["a"])
    peers.forget()
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_model_is_named_with_the_remedy(tmp_path: Path) -> None:
    _peers(tmp_path).keep(3, [_update("a", 1.0)])
    (tmp_path / "peers" / "round-0003" / "a.safetensors").write_bytes(b"not a model")
    with pytest.raises(FederationError, match=r"a\.safetensors is damaged .*remove it to go on without"):
        _peers(tmp_path).outgoing(3, "a")


def test_a_folder_that_cannot_be_written_is_one_error(tmp_path: Path) -> None:
    (tmp_path / "peers").write_text("a file in the way")
    with pytest.raises(FederationError, match="cannot be written"):
        _peers(tmp_path).keep(3, [_update("a", 1.0)])
