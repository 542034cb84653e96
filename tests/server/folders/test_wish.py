from pathlib import Path

import pytest

from glsmed.server.folders.wish import forget_wish, make_wish, read_wish
from glsmed.shared.errors import FederationError


def test_the_last_wish_counts_until_it_is_forgotten(tmp_path: Path) -> None:
    assert read_wish(tmp_path) is None
    make_wish(tmp_path, "pause")
    make_wish(tmp_path, "stop")
    assert read_wish(tmp_path) == "stop"
    forget_wish(tmp_path)
    assert read_wish(tmp_path) is None


@pytest.mark.parametrize("content", ["{", '{"wish": "leave"}', "[]"])
def test_a_damaged_wish_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "wish.json").write_text(content)
    with pytest.raises(FederationError, match=r"wish\.json"):
        read_wish(tmp_path)
