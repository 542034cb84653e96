import pytest

from glsmed.client.data.pictures.sizes import check_size
from glsmed.shared.errors import DataError


@pytest.mark.parametrize("size", [(16, 16), (2000, 2500), (10_000, 8000)])
def test_a_plausible_size_passes(size: tuple[int, int]) -> None:
    check_size(*size)


@pytest.mark.parametrize(("size", "words"), [((15, 900), "too small"), ((10_001, 8000), "far more pixels")])
def test_another_is_named(size: tuple[int, int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        check_size(*size)
