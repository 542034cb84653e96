import pytest

from glsmed.benchmarks.methods.catalogue import CANDIDATES, control_of, describe, make_method, needs_federation


@pytest.mark.parametrize(
    ("name", "candidate", "control"),
    [
        ("co-teaching", 0, "u-ones-ensemble"),
        ("co-teaching", 1, "u-ignore-ensemble"),
        ("dividemix", 2, "u-ones-ensemble"),
        ("dividemix", 3, "u-ignore-ensemble"),
        ("u-self-trained", 0, "u-ignore-ensemble"),
        ("gls-site", 0, None),
    ],
)
def test_a_method_with_two_networks_has_two_plain_ones_beside_it(
    name: str, candidate: int, control: str | None
) -> None:
    assert control_of(name, describe(name, candidate)) == control
    if control is not None:
        assert make_method(control).networks == 2


def test_no_method_trains_several_networks_without_a_control() -> None:
    several = [name for name in CANDIDATES if make_method(name).networks > 1 and not name.endswith("-ensemble")]
    assert all(control_of(name, describe(name, 0)) for name in several)


def test_only_methods_about_federations_need_one() -> None:
    assert [name for name in CANDIDATES if needs_federation(name)] == ["fednoro"]
