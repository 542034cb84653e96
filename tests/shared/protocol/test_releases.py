from importlib.metadata import version

import pytest

from glsmed.shared.protocol.bundle import RELEASE
from glsmed.shared.protocol.releases import fits, releases


def test_the_installed_releases_are_named() -> None:
    assert releases() == {"glsmed": RELEASE, "flwr": version("flwr")}


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "fit"),
    [
        ("glsmed", "0.1.0", "0.1.0", True),
        ("glsmed", "0.1.0", "0.1.1", False),
        ("flwr", "1.41.0", "1.41.2", True),
        ("flwr", "1.41.0", "1.42.0", False),
        ("flwr", "1.41.0", "2.41.0", False),
    ],
)
def test_which_releases_fit(name: str, ours: str, theirs: str, fit: bool) -> None:
    assert fits(name, ours, theirs) == fit
