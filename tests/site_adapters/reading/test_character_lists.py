"""What stands in one list with the mention that a Japanese denial follows."""

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader


@pytest.fixture(scope="module")
def japanese() -> Reader:
    return Reader(load_adapter("ja_radiology"))


@pytest.mark.parametrize("between", ["、", "や", "および", "、左", "や両側の", "・"])
def test_joiners_and_words_of_place_make_a_list(japanese: Reader, between: str) -> None:
    cells = japanese.read(f"気胸{between}胸水は認めない。").cells
    assert (cells["pneumothorax"].state, cells["effusion"].state) == ("absent", "absent")


@pytest.mark.parametrize("between", ["の", "に伴う", "があり、"])
def test_other_words_do_not(japanese: Reader, between: str) -> None:
    cells = japanese.read(f"気胸{between}胸水は認めない。").cells
    assert (cells["pneumothorax"].state, cells["effusion"].state) == ("present", "absent")
