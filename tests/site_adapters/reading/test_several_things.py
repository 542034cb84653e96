from pathlib import Path

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.reading.reader import Reader

BOTH = ("PICC in place. The pacemaker has been removed.", "The pacemaker has been removed. PICC in place.")


def _device_state(folder: Path, text: str, *, several: str) -> str:
    path = folder / "own.yaml"
    path.write_text(
        "adapter: own\nversion: 1\nlanguage: en\nextends: en_radiology\n"
        f"findings: {{support_devices: {{several_things: {several}}}}}\n"
    )
    return Reader(load_adapter(str(path))).read(text).cells["support_devices"].state


@pytest.mark.parametrize("text", BOTH)
def test_what_is_gone_undoes_no_other_thing(tmp_path: Path, text: str) -> None:
    assert _device_state(tmp_path, text, several="true") == "present"


def test_what_is_gone_is_gone_where_nothing_else_is_named(tmp_path: Path) -> None:
    assert _device_state(tmp_path, "The pacemaker has been removed.", several="true") == "absent"


def test_a_site_may_say_that_a_finding_is_one_thing(tmp_path: Path) -> None:
    assert _device_state(tmp_path, BOTH[0], several="false") == "absent"
