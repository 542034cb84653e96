"""A drawn hospital without gold labels, ready to be labelled."""

from collections.abc import Callable
from pathlib import Path

import pytest

from glsmed.client.data.site_inputs import read_site_inputs
from glsmed.client.labelling.session import Labelling, open_labelling
from glsmed.client.settings.config import load_site
from glsmed.shared.protocol.study import load_study

Opener = Callable[..., Labelling]


@pytest.fixture
def open_as(write_config: Callable[..., Path]) -> Opener:
    """A function from a reader's name to their session; all of one test share the answers."""

    def opened(reader: str = "tanaka", *, report: str = "hidden", gold: Path | None = None) -> Labelling:
        path = write_config(gold=gold) if gold else write_config(replace=_without_gold(write_config))
        config = load_site(path)
        inputs = read_site_inputs(config, load_study(config.study))
        return open_labelling(inputs, reader=reader, report=report, beside=path.parent)  # type: ignore[arg-type]  # one of two

    return opened


def _without_gold(write_config: Callable[..., Path]) -> dict[str, str]:
    line = next(line for line in write_config().read_text().splitlines() if line.strip().startswith("gold:"))
    return {line + "\n": ""}


@pytest.fixture
def drawn_data_gold(drawn_data: Path, tmp_path: Path) -> Callable[[int], Path]:
    """A function that writes a gold file of the first rows of the drawn one."""

    def write(rows: int) -> Path:
        lines = (drawn_data / "gold.csv").read_text().splitlines()
        path = tmp_path / "gold.csv"
        path.write_text("\n".join(lines[: rows + 1]) + "\n")
        return path

    return write
