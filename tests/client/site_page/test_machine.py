from pathlib import Path

import pytest

from glsmed.client.settings.state_folder import StateFolder
from glsmed.client.site_page.machine import Gpu, Machine, gpu_of, machine_blocks, read_machine
from glsmed.shared.pages.blocks import Paragraph, Table


@pytest.mark.parametrize(
    ("line", "gpu"),
    [
        ("NVIDIA A2, 1024, 15356, 37", Gpu("NVIDIA A2", 1024 * 2**20, 15356 * 2**20, 37)),
        ("NVIDIA A2, [N/A], 15356, 37", None),
        ("", None),
        ("a, b, 1, 2, 3", None),
    ],
)
def test_a_gpu_is_what_its_driver_says(line: str, gpu: Gpu | None) -> None:
    assert gpu_of(line) == gpu


def test_disk_and_the_parts_of_the_state_folder(tmp_path: Path) -> None:
    state = StateFolder(tmp_path / "state")
    state.prepare()
    state.label_table.write_bytes(b"x" * 1000)
    machine = read_machine(state)
    assert machine.parts == {"patients": 1000, "models": 0, "audit": 0, "accounts": 0, "logs": 0}
    assert 0 < machine.free <= machine.total


def test_little_room_is_said_aloud_and_gpus_have_a_row() -> None:
    blocks = machine_blocks(Machine(10**9, 10**11, {"patients": 5}, [Gpu("A", 2 * 10**9, 8 * 10**9, 50)]))
    assert blocks[0] == Paragraph("Disk: 1.0 GB free of 100.0 GB.", strong=True)
    assert isinstance(blocks[-1], Table)
    assert blocks[-1].rows == [["A", "2.0 GB", "8.0 GB", "50 %"]]
