"""Places of connections, counted."""

import pytest

from glsmed.server.flower.doors.entrance import PLACE, Entrance, Place, may_stay
from glsmed.server.flower.doors.limits import Limits


def _come(entrance: Entrance, cut: list[str], name: str, address: str = "10.0.0.1") -> Place:
    place = entrance.let_in(address)
    assert place is not None
    place.end_with(lambda: cut.append(name))
    return place


def test_the_stranger_that_came_first_goes_first() -> None:
    entrance, cut = Entrance(Limits(strangers=2)), list[str]()
    for name in "abcd":
        _come(entrance, cut, name)
    assert cut == ["a", "b"]


def test_one_address_takes_places_from_itself_alone() -> None:
    entrance, cut = Entrance(Limits(strangers_of_address=2)), list[str]()
    _come(entrance, cut, "other", "10.0.0.2")
    for name in "abcd":
        _come(entrance, cut, name)
    assert cut == ["a", "b"]


def test_a_site_is_never_cut_and_strangers_wait_outside_when_sites_fill_the_house() -> None:
    entrance, cut = Entrance(Limits(connections=2)), list[str]()
    for name in "ab":
        assert _come(entrance, cut, name).belongs_to(name)
    assert entrance.let_in("10.0.0.1") is None
    assert cut == []


def test_a_place_that_is_left_can_be_taken_again() -> None:
    entrance, cut = Entrance(Limits(connections=1)), list[str]()
    for name in "abc":
        place = _come(entrance, cut, name)
        assert place.belongs_to("st-mary")
        place.leave()
        place.leave()
    assert cut == []


def test_a_site_has_so_many_connections_and_no_more() -> None:
    entrance, cut = Entrance(Limits(connections_of_site=2)), list[str]()
    first, second, third = (_come(entrance, cut, name) for name in "abc")
    assert first.belongs_to("st-mary")
    assert first.belongs_to("st-mary")
    assert second.belongs_to("st-mary")
    assert not third.belongs_to("st-mary")
    assert third.belongs_to("riverside")
    second.leave()
    assert _come(entrance, cut, "d").belongs_to("st-mary")


@pytest.mark.parametrize("scope", [{}, {PLACE: None}])
def test_a_request_without_a_place_may_stay(scope: dict[str, object]) -> None:
    assert may_stay(scope, "st-mary")
