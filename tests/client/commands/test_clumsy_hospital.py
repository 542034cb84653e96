"""What happens in hospitals while ``import`` and ``check`` run: damaged files, kills, Ctrl-C, full and locked disks.

Each starts the real command as a process of its own, on 2,000 small drawn images.
"""

import csv
import json
import os
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.drawn_dicom import write_study

pytestmark = [pytest.mark.processes, pytest.mark.slow, pytest.mark.timeout(280)]

IMAGES = 2000
WORDS = ("Small pleural effusion.", "No pleural effusion.", "A nodule cannot be excluded.", "Normal.")
STUDY = """\
study: clumsy
findings: [effusion, nodule]
model: {architecture: resnet10, image_size_px: 32}
training: {rounds: 1, steps_per_round: 2, batch_size: 4}
"""
CONFIG = """\
site: st-mary
centre: {{address: "127.0.0.1:8443"}}
data: {{manifest: manifest.csv, adapter: en_radiology, max_unreadable: {share}}}
device: cpu
egress: {{model_updates: true}}
"""
# counts how often images are opened: a check opens each once for its headers, and once more where it decodes it
PROGRAM = """\
import atexit, sys
opened = []
def count(event, args):
    if event == "open" and str(args[0]).endswith(".png"):
        opened.append(args[0])
sys.addaudithook(count)
atexit.register(lambda: sys.stderr.write(f"opened {len(opened)}\\n"))
from glsmed.client.cli import main
main()
"""


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hospital")
    (folder / "images").mkdir()
    rng = np.random.default_rng(3)
    with (folder / "manifest.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(("study_id", "patient_id", "image", "report_text"))
        for number in range(IMAGES):
            Image.fromarray(rng.integers(0, 256, (48, 40), np.uint8)).save(folder / "images" / f"{number:04d}.png")
            words = f"{WORDS[number % len(WORDS)]} Number {number}."
            table.writerow((f"s{number}", f"p{number}", f"images/{number:04d}.png", words))
    (folder / "study.yaml").write_text(STUDY)
    return folder


@pytest.fixture
def hospital(drawn: Path, tmp_path: Path) -> Path:
    """A hospital of its own for each test; only its first image may be changed."""
    folder = tmp_path / "hospital"
    shutil.copytree(drawn, folder, copy_function=os.link)
    first = folder / "images" / "0000.png"
    content = first.read_bytes()
    first.unlink()
    first.write_bytes(content)
    configure(folder)
    return folder


def configure(folder: Path, *, share: float = 0.0) -> None:
    (folder / "config.yaml").write_text(CONFIG.format(share=share))


def command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-c", PROGRAM, "--site", str(folder / "config.yaml"), *words]


def start(folder: Path, *words: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command(folder, *words),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=as_in_the_foreground,
    )


def as_in_the_foreground() -> None:
    """Shells make what they start in the background deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def done(folder: Path, *words: str, before: Callable[[], None] | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(folder, *words), capture_output=True, text=True, preexec_fn=before, timeout=250, check=False
    )


def opened(result: "subprocess.CompletedProcess[str]") -> int:
    return int(result.stderr.rpartition("opened ")[2])


def journal(folder: Path) -> Path:
    return folder / "state" / "patients" / "images-32px.part.jsonl"


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 200
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def is_decoding(folder: Path) -> bool:
    return journal(folder).exists() and journal(folder).read_bytes().count(b"\n") > 20


def test_one_unreadable_image_of_two_thousand_stops_a_site_or_is_counted(hospital: Path) -> None:
    (hospital / "images" / "0000.png").write_bytes(b"\x89PNG\r\n\x1a\n and nothing more")
    refused = done(hospital, "check")
    assert refused.returncode == 2
    assert "0000.png: cannot be read: its PNG data end early" in refused.stdout
    assert "1 fault(s): training cannot start" in refused.stdout
    configure(hospital, share=0.01)
    allowed = done(hospital, "check")
    assert (allowed.returncode, "ready: training could start" in allowed.stdout) == (0, True)
    assert f"{IMAGES} images (1 unreadable)" in allowed.stdout
    assert "warning: " in allowed.stdout
    assert "0000.png" in allowed.stdout.partition("warning: ")[2]
    assert "0000.png" in (hospital / "state" / "patients" / "check.html").read_text()
    assert (hospital / "state" / "patients" / "unreadable-images.txt").read_text().count("\n") == 1
    trained = done(hospital, "train-local", "--rounds", "1")
    assert f"1 of {IMAGES} images cannot be read and are left out" in trained.stdout + trained.stderr
    assert opened(trained) == 0, "what was decoded is not read again, nor tried again"


def test_a_check_that_was_killed_goes_on_where_it_was(hospital: Path) -> None:
    with start(hospital, "check") as process:
        wait_until(lambda: is_decoding(hospital))
        process.send_signal(signal.SIGKILL)
    finished = journal(hospital).read_bytes().count(b"\n") - 1
    assert finished < IMAGES
    again = done(hospital, "check")
    assert again.returncode == 0, again.stdout
    assert opened(again) <= IMAGES + IMAGES - finished
    left = {path.name for path in (hospital / "state" / "patients").iterdir()}
    assert not {name for name in left if "part" in name or name.startswith(".")}


def test_of_two_checks_at_once_the_second_says_who_is_first(hospital: Path) -> None:
    with start(hospital, "check") as first:
        wait_until(lambda: is_decoding(hospital))
        os.kill(first.pid, signal.SIGSTOP)
        try:
            second = done(hospital, "check")
        finally:
            os.kill(first.pid, signal.SIGCONT)
        said, _ = first.communicate(timeout=250)
    assert "images and labels were not checked: " in second.stdout
    assert f"process {first.pid}" in second.stdout
    assert (second.returncode, first.returncode) == (0, 0)
    assert f"{IMAGES} images (0 unreadable)" in said


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_check_ends_at_once_and_cleanly(hospital: Path, number: signal.Signals) -> None:
    with start(hospital, "check") as process:
        wait_until(lambda: is_decoding(hospital))
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    assert "Traceback" not in said
    finished = journal(hospital).read_bytes().count(b"\n") - 1
    again = done(hospital, "check")
    assert again.returncode == 0
    assert opened(again) <= IMAGES + IMAGES - finished


def test_an_interrupted_import_leaves_no_manifest_and_can_be_started_again(tmp_path: Path) -> None:
    for number in range(300):
        write_study(tmp_path / "export", number)
    (tmp_path / "ris.csv").write_text("Accession,Report\n" + "".join(f"A{n:05d},Clear.\n" for n in range(300)))
    words = ("import", "--images", str(tmp_path / "export"), "--reports", str(tmp_path / "ris.csv"))
    out = tmp_path / "made" / "manifest.csv"
    out.parent.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", IMPORT, *words, "--out", str(out)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=as_in_the_foreground,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip().splitlines()[-1]) == (130, "interrupted")
    assert "Traceback" not in said
    assert list(out.parent.iterdir()) == []
    again = subprocess.run(
        [sys.executable, "-c", IMPORT, *words, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert len(out.read_text().splitlines()) == 301


# says when the first image is opened
IMPORT = """\
import sys
said = []
def told(event, args):
    if event == "open" and "/export/" in str(args[0]) and not said:
        said.append(1)
        sys.stderr.write("reading\\n")
        sys.stderr.flush()
sys.addaudithook(told)
from glsmed.client.cli import main
main()
"""


def in_own_mounts(*script: str) -> "subprocess.CompletedProcess[str]":
    """A script of the shell with mounts of its own, which nobody else sees."""
    if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("mounting a file system of one's own is not allowed here")
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", " && ".join(script)], capture_output=True, text=True, timeout=250, check=False
    )


def as_shell(words: list[str]) -> str:
    return shlex.join(words)


def test_a_state_folder_that_cannot_be_written_is_named(hospital: Path) -> None:
    state = hospital / "state"
    state.mkdir()
    check = as_shell(command(hospital, "check"))
    result = in_own_mounts(f"mount -t tmpfs -o ro tmpfs {state}", check)
    assert result.returncode == 2
    assert f"{state}: the state folder cannot be made: Read-only file system" in result.stdout + result.stderr
    assert "Traceback" not in result.stderr


def test_a_disk_that_fills_while_images_are_decoded_is_named(hospital: Path) -> None:
    state = hospital / "state"
    state.mkdir()
    check = as_shell(command(hospital, "check"))
    result = in_own_mounts(f"mount -t tmpfs -o size=900k tmpfs {state}", check)
    assert result.returncode == 2
    assert "images-32px.npy: the image cache cannot be written: No space left on device" in result.stdout
    assert "Traceback" not in result.stderr


def test_a_file_limit_is_named_and_the_next_check_is_whole(hospital: Path) -> None:
    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    limited = done(hospital, "check", before=small_files)
    assert limited.returncode == 2
    assert "the image cache cannot be written: File too large" in limited.stdout
    assert "Traceback" not in limited.stderr
    whole = done(hospital, "check")
    assert (whole.returncode, opened(whole)) == (0, 2 * IMAGES)
    index: Mapping[str, object] = json.loads((hospital / "state" / "patients" / "images-32px.json").read_text())
    assert len(str(index)) > IMAGES
