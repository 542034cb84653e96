"""The centre's image, built where buildah or podman and the base image are at hand.

torch and CUDA's libraries are left out of the list that is installed: they make most of the image and of the time, and
nothing of the recipe depends on them.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.processes, pytest.mark.timeout(900)]

PROJECT = Path(__file__).resolve().parents[2]
RECIPE = Path("deploy") / "Containerfile.centre"
IMAGE = "localhost/glsmed-centre-of-a-test"
AUTHORITIES = Path("/etc/ssl/certs/ca-certificates.crt")  # of this machine, which may stand behind a proxy
_LARGE = re.compile(r"(torch|triton|nvidia|cuda)[\w.-]*==")

Run = Callable[..., subprocess.CompletedProcess[str]]


def builder() -> str:
    """buildah or podman with the recipe's base image; skips the test where there is none."""
    tool = shutil.which("buildah") or shutil.which("podman")
    if tool is None:
        pytest.skip("neither buildah nor podman is installed: apt-get install buildah")
    base = re.findall(r"^ARG BASE=(\S+)$", (PROJECT / RECIPE).read_text(encoding="utf-8"), re.MULTILINE)[0]
    if subprocess.run([tool, "inspect", "--type", "image", base], capture_output=True, check=False).returncode == 0:
        return tool
    try:
        subprocess.run([tool, "pull", base], capture_output=True, timeout=60, check=True)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip(f"{base} is not here, and its registry cannot be reached")
    return tool


def small_context(folder: Path) -> Path:
    """What the recipe copies, with a list of packages that is short."""
    for portion in ("server", "shared"):
        shutil.copytree(PROJECT / portion, folder / portion, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PROJECT / "deploy", folder / "deploy")
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(PROJECT / name, folder)
    lock = folder / "deploy" / "requirements-centre.lock"
    entries = re.split(r"\n(?=[\w.-]+==)", lock.read_text(encoding="utf-8"))
    lock.write_text("\n".join(entry for entry in entries if not _LARGE.match(entry)) + "\n")
    return folder


def authorities() -> list[str]:
    if not AUTHORITIES.is_file():
        return []
    return ["--volume", f"{AUTHORITIES}:/authorities.crt:ro", "--build-arg", "PIP_CERT=/authorities.crt"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A function that runs a command in the image, as the image's user."""
    tool = builder()
    context = small_context(tmp_path_factory.mktemp("context"))
    command = [tool, "build", "--format", "docker", "--file", str(context / RECIPE), "--tag", IMAGE]
    built = subprocess.run(
        [*command, *authorities(), str(context)], capture_output=True, text=True, timeout=850, check=False
    )
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    if tool.endswith("podman"):
        yield lambda *words: _finish([tool, "run", "--rm", "--entrypoint", words[0], IMAGE, *words[1:]])
    else:
        made = subprocess.run([tool, "from", "--pull-never", IMAGE], capture_output=True, text=True, check=True)
        yield lambda *words: _finish([tool, "run", made.stdout.strip(), "--", *words])
        subprocess.run([tool, "rm", made.stdout.strip()], capture_output=True, check=True)
    subprocess.run([tool, "rmi", IMAGE], capture_output=True, check=True)


def _finish(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def test_the_image_runs_as_a_user_that_cannot_change_its_programs(run: Run) -> None:
    assert run("id", "--user").stdout.strip() == "10001"
    assert run("touch", "/opt/glsmed/bin/flwr-server").returncode != 0


def test_the_image_makes_a_study_and_says_what_it_lacks_to_run_it(run: Run) -> None:
    assert run("flwr-server", "init", "/study/doubt", "--public-name", "localhost").returncode == 0
    started = run("flwr-server", "--study", "/study/doubt/study.yaml")
    assert "0 site(s) admitted (none), the quorum is 2" in started.stdout + started.stderr


def test_the_image_holds_no_program_and_no_code_of_a_hospital(run: Run) -> None:
    listed = run("ls", "/opt/glsmed/bin").stdout.split()
    assert {"flwr-server"} == {name for name in listed if name.startswith("glsmed") or name == "flwr-server"}
    assert "ModuleNotFoundError" in run("python", "-c", "import glsmed.client").stderr
