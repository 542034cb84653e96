"""The vocabularies and the example adapters hold to the contract that hospitals' adapters are held to."""

from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.layers import built_in_names
from glsmed.site_adapters.contract import check_site_adapter

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "configs" / "adapters").glob("*.yaml"))


@pytest.mark.parametrize("adapter", [*built_in_names(), *map(str, EXAMPLES)], ids=lambda adapter: Path(adapter).stem)
def test_an_adapter_of_the_project_keeps_the_contract(adapter: str) -> None:
    assert check_site_adapter(adapter).findings
