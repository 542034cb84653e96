"""How large a radiograph may be, whatever its format."""

from glsmed.shared.errors import DataError

MOST_PIXELS = 80_000_000
_SHORTEST_SIDE_PX = 16


def check_size(width: int, height: int) -> None:
    """Raise unless this is a plausible size of a radiograph.

    Raises:
        DataError: it has too many pixels, or too few.
    """
    if width * height > MOST_PIXELS:
        raise DataError(f"has far more pixels than a radiograph: {width} x {height}")
    if min(width, height) < _SHORTEST_SIDE_PX:
        raise DataError(f"is {width} x {height} pixels: too small for a radiograph")
