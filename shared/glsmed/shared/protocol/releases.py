"""Which releases run at an end of the federation: both ends have to agree on them."""

from importlib.metadata import version

RELEASE_HEADER = "release-"  # of the centre's answer to GET /health; a package's name follows


def releases() -> dict[str, str]:
    """The installed release of each package that both ends have to agree on."""
    return {name: version(name) for name in ("glsmed", "flwr")}


def fits(name: str, ours: str, theirs: str) -> bool:
    """Whether two releases work together: glsmed's as a whole, Flower's in major and minor number."""
    return ours == theirs if name == "glsmed" else ours.split(".")[:2] == theirs.split(".")[:2]
