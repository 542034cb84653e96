import base64
import io
from pathlib import Path

import jinja2
import numpy as np
import pytest
from PIL import Image

from glsmed.client.model_use.pages.page import picture_source, write_page


@pytest.mark.parametrize(("shape", "mode"), [((8, 8), "L"), ((8, 8, 3), "RGB")])
def test_a_picture_becomes_an_address_that_holds_it(shape: tuple[int, ...], mode: str) -> None:
    kind, _, data = picture_source(np.full(shape, 90, np.uint8)).partition(";base64,")
    image = Image.open(io.BytesIO(base64.b64decode(data)))
    assert kind.startswith("data:image/")
    assert (image.mode, image.size) == (mode, (8, 8))


def test_a_page_that_lacks_something_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(jinja2.UndefinedError):
        write_page(tmp_path / "w.html", "worklist.html.j2", {"site": "st-mary"})
    assert list(tmp_path.iterdir()) == []
