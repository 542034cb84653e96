from collections.abc import Callable
from pathlib import Path
from typing import Any

Typed = Callable[..., Any]


def test_a_site_that_could_train_ends_with_0(typed: Typed, write_config: Callable[..., Path]) -> None:
    done = typed("--site", write_config(), "check")
    assert done.code == 0
    assert done.out.rstrip().endswith("ready: training could start")


def test_a_site_that_could_not_ends_with_2_and_the_reason(typed: Typed, write_config: Callable[..., Path]) -> None:
    done = typed("--site", write_config(replace={"device: cpu": "device: cuda:9"}), "check")
    assert done.code == 2
    assert "fault: device: cuda:9 is not on this machine" in done.out


def test_a_missing_configuration_is_one_line(typed: Typed, tmp_path: Path) -> None:
    done = typed("--site", tmp_path / "none.yaml", "check")
    assert done.code == 2
    assert f"fault: {tmp_path}/none.yaml: cannot be read: No such file or directory" in done.out.splitlines()


def test_a_centre_that_cannot_be_reached_is_a_fault_online_alone(
    typed: Typed, write_config: Callable[..., Path]
) -> None:
    config = write_config(replace={"127.0.0.1:8443": "127.0.0.1:1"})
    assert typed("--site", config, "check").code == 0
    done = typed("--site", config, "check", "--online")
    assert done.code == 2
    assert "fault: TCP: 127.0.0.1, port 1: Connection refused" in done.out
    assert done.out.rstrip().endswith("1 fault(s): training cannot start")


def test_online_a_missing_configuration_is_said_once(typed: Typed, tmp_path: Path) -> None:
    done = typed("--site", tmp_path / "none.yaml", "check", "--online")
    assert (done.code, done.out.count("none.yaml: cannot be read")) == (2, 1)
