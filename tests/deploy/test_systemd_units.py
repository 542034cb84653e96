"""The systemd units: accepted by systemd itself, locked down, and in step with the programs that they start."""

import configparser
import inspect
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from glsmed.shared.errors import ConfigurationError
from glsmed.shared.processes.children import stop_children
from glsmed.shared.processes.command_line import INTERRUPTED, TERMINATED

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"
NAMES = ("glsmed-centre@.service", "glsmed-site@.service")
INSTALLED = "/opt/glsmed/bin/"
MOST_EXPOSURE = 20  # of 100, as `systemd-analyze security` counts; a unit without any hardening has 96


class Settings(configparser.RawConfigParser):
    """A unit's settings with their last value; names keep their capitals."""

    def optionxform(self, optionstr: str) -> str:
        return optionstr


def service(name: str) -> configparser.SectionProxy:
    settings = Settings(strict=False, interpolation=None)
    settings.read(UNITS / name)
    return settings["Service"]


@pytest.fixture
def systemd_analyze() -> str:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not installed: this machine has no systemd")
    return program


def here(name: str, folder: Path, *, without: str = "") -> Path:
    """A copy of the unit whose program is the one of this environment, from which lines may be left out."""
    text = (UNITS / name).read_text(encoding="utf-8").replace(INSTALLED, f"{Path(sys.executable).parent}/")
    lines = [line for line in text.splitlines() if not without or not line.startswith(without)]
    copy = folder / name.replace("@", "@here")
    copy.write_text("\n".join(lines) + "\n")
    return copy


def verify(program: str, unit: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program, "verify", str(unit)], capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("name", NAMES)
def test_systemd_has_nothing_to_say_against_a_unit(name: str, tmp_path: Path, systemd_analyze: str) -> None:
    done = verify(systemd_analyze, here(name, tmp_path))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_says_what_is_wrong_with_a_misspelt_unit(tmp_path: Path, systemd_analyze: str) -> None:
    unit = here(NAMES[0], tmp_path)
    unit.write_text(unit.read_text().replace("ProtectSystem=", "ProtectSytsem="))
    assert "ProtectSytsem" in verify(systemd_analyze, unit).stderr


def test_systemd_accepts_the_drop_in_of_the_operations_page(tmp_path: Path, systemd_analyze: str) -> None:
    page = (UNITS.parents[1] / "docs" / "operations.md").read_text(encoding="utf-8")
    drop_in = page[page.index("```\n[Service]") + 4 :].split("```")[0]
    unit = here(NAMES[1], tmp_path)
    unit.write_text(unit.read_text() + drop_in)
    done = verify(systemd_analyze, unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def exposure_is_low(program: str, unit: Path) -> bool:
    """Whether systemd counts at most :data:`MOST_EXPOSURE`."""
    command = [program, "security", "--no-pager", "--offline=true", f"--threshold={MOST_EXPOSURE}", str(unit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if "exposure level" not in done.stdout:
        pytest.skip(f"this systemd cannot judge a unit's file: {done.stderr.strip()}")
    return done.returncode == 0


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_leaves_its_program_little(name: str, tmp_path: Path, systemd_analyze: str) -> None:
    assert exposure_is_low(systemd_analyze, here(name, tmp_path))


def test_a_unit_without_its_system_call_filter_is_seen(tmp_path: Path, systemd_analyze: str) -> None:
    assert not exposure_is_low(systemd_analyze, here(NAMES[0], tmp_path, without="SystemCallFilter="))


@pytest.mark.parametrize("name", NAMES)
def test_wrong_configuration_is_not_tried_again_and_a_stop_is_no_failure(name: str) -> None:
    settings = service(name)
    assert settings["Restart"] == "on-failure"
    assert settings["RestartPreventExitStatus"] == str(ConfigurationError.exit_code)
    assert settings["SuccessExitStatus"].split() == [str(INTERRUPTED), str(TERMINATED)]


@pytest.mark.parametrize("name", NAMES)
def test_systemd_waits_longer_than_the_program_waits_for_its_own_children(name: str) -> None:
    grace_seconds = inspect.signature(stop_children).parameters["grace_seconds"].default
    assert float(service(name)["TimeoutStopSec"].removesuffix("s")) >= 2 * grace_seconds


@pytest.mark.parametrize("name", NAMES)
def test_only_the_program_itself_is_asked_to_stop(name: str) -> None:
    settings = service(name)
    assert (settings["KillSignal"], settings["KillMode"]) == ("SIGTERM", "mixed")


@pytest.mark.parametrize("name", NAMES)
def test_a_unit_writes_to_its_own_folder_alone(name: str) -> None:
    settings = service(name)
    assert settings["ProtectSystem"] == "strict"
    assert settings["ReadWritePaths"] == settings["WorkingDirectory"] == "/var/lib/glsmed/%i"


def test_a_site_may_use_its_gpu_and_a_centre_no_device() -> None:
    centre, site = map(service, NAMES)
    assert centre["PrivateDevices"] == "yes"
    assert "PrivateDevices" not in site
    assert (site["DevicePolicy"], site["DeviceAllow"]) == ("closed", "char-nvidia* rw")
