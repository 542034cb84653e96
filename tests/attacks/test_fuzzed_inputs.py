"""Damaged and made-up inputs: each is read or refused in our own words, and nothing else happens.

A few hundred of each kind here, 100,000 in all with ``pytest -m slow``.
"""

import io
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from flwr.app import Message
from flwr.common.constant import SUPERLINK_NODE_ID
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.task_identity import TaskIdentity
from PIL import Image

from glsmed.client.data.images import read_image
from glsmed.client.data.manifest import read_manifest
from glsmed.client.node.flower.message_parts import message_of
from glsmed.client.settings.config import load_site
from glsmed.shared.errors import GlsmedError
from glsmed.shared.files.documents import load
from glsmed.shared.files.yaml_writer import dump_yaml
from glsmed.shared.protocol.codec import decode, encode
from glsmed.shared.protocol.enrolment import EnrolmentRequest, generate_private_key, make_request
from glsmed.shared.protocol.messages import TrainTask
from glsmed.shared.protocol.study import load_study
from glsmed.shared.wire.packed_model import FLOAT, as_array
from glsmed.site_adapters.inputs.report_text import read_report_text
from tests.client.conftest import DicomWriter, SiteWriter

FEW, MANY = 150, 12_500  # MANY of each of eight kinds are 100,000
TELLING = [b"\x00", b"\xff", b"[", b"{", b"&a ", b"*a", b"!!python/object:os.system ", b"-1", b"1e999", b"9" * 400]
TELLING += [
    b"../../../etc/passwd",
    b"\n",
    b"\r",
    b"\x1b[2J",
    b'"',
    b",",
    b"\xe2\x80\xae",
    b"\xed\xa0\x80",
    b"<<: *a",
    b": ",
]
Try = Callable[[bytes], object]


def damaged(content: bytes, seed: int) -> bytes:
    """The content with one to five changes: bytes flipped, cut, doubled or replaced, telling words put in."""
    chance = np.random.default_rng(seed)
    changed = content
    for _ in range(chance.integers(1, 6)):
        start = int(chance.integers(len(changed) + 1))
        end = min(len(changed), start + int(chance.choice([1, 1, 2, 8, 64, 1024])))
        part = changed[start:end]
        others = (
            bytes(byte ^ (1 << int(chance.integers(8))) for byte in part),
            b"",
            part * int(chance.choice([2, 3, 20])),
            TELLING[chance.integers(len(TELLING))],
            chance.bytes(len(part)),
        )
        changed = changed[:start] + others[chance.integers(len(others))] + changed[end:]
    return changed


@pytest.fixture
def yaml_study(write_config: SiteWriter, tmp_path: Path) -> tuple[bytes, Try]:
    """A study.yaml."""
    content = (write_config().parent / "study.yaml").read_bytes()
    study = tmp_path / "changed.yaml"

    def read(changed: bytes) -> object:
        study.write_bytes(changed)
        return load_study(study)

    return content, read


@pytest.fixture
def yaml_config(write_config: SiteWriter) -> tuple[bytes, Try]:
    """A site's config.yaml."""
    config = write_config()
    content = config.read_bytes()

    def read(changed: bytes) -> object:
        config.write_bytes(changed)
        return load_site(config)

    return content, read


@pytest.fixture
def manifest(drawn_data: Path, tmp_path: Path) -> tuple[bytes, Try]:
    """A manifest of a few rows beside its files."""
    lines = (drawn_data / "manifest.csv").read_bytes().splitlines(keepends=True)[:6]
    for name in ("images", "reports"):
        (tmp_path / name).symlink_to(drawn_data / name)

    def read(changed: bytes) -> object:
        (tmp_path / "manifest.csv").write_bytes(changed)
        return read_manifest(tmp_path / "manifest.csv")

    return b"".join(lines), read


@pytest.fixture
def dicom(write_dicom: DicomWriter, tmp_path: Path) -> tuple[bytes, Try]:
    """A DICOM image."""
    pixels = np.arange(64 * 48, dtype=np.uint16).reshape(64, 48)
    path = write_dicom(pixels, WindowCenter=1500, WindowWidth=900, RescaleSlope=1, RescaleIntercept=0)

    def read(changed: bytes) -> object:
        (tmp_path / "changed.dcm").write_bytes(changed)
        return read_image(tmp_path / "changed.dcm", size_px=32)

    return path.read_bytes(), read


@pytest.fixture
def picture(tmp_path: Path) -> tuple[bytes, Try]:
    """A PNG image."""
    content = io.BytesIO()
    Image.fromarray(np.arange(48 * 48, dtype=np.uint8).reshape(48, 48)).save(content, "png")

    def read(changed: bytes) -> object:
        (tmp_path / "changed.png").write_bytes(changed)
        return read_image(tmp_path / "changed.png", size_px=32)

    return content.getvalue(), read


@pytest.fixture
def report() -> tuple[bytes, Try]:
    """A report with markup."""
    text = "<html><body><p>FINDINGS: Kleiner Erguß rechts.</p><br/>IMPRESSION: No pneumothorax.</body></html>"

    def read(changed: bytes) -> object:
        try:
            return read_report_text(changed, name="report")
        except ValueError as error:
            raise GlsmedError(str(error)) from None

    return text.encode(), read


@pytest.fixture
def kit(tmp_path: Path) -> tuple[bytes, Try]:
    """A hospital's request, as the centre reads it."""
    request = make_request(generate_private_key(), site="st-mary", study="chest-doubt", study_digest="0" * 64)

    def read(changed: bytes) -> object:
        (tmp_path / "request.yaml").write_bytes(changed)
        return load(tmp_path / "request.yaml", EnrolmentRequest)

    return dump_yaml(request.model_dump()).encode(), read


@pytest.fixture
def wire() -> tuple[bytes, Try]:
    """The parts of a task, one of which is damaged."""
    TaskIdentity.run_id, TaskIdentity.node_id, TaskIdentity.task_id = 1, SUPERLINK_NODE_ID, 1
    packed = {FLOAT: as_array(np.arange(50, dtype=np.float32))}
    task = TrainTask(
        study_digest="a",
        round=1,
        manifest_digest="b",
        model_digest="c",
        keep_digest="",
        validate=False,
        model=packed,
        control={},
    )
    message = Message(encode(task), 1, "train", ttl=60.0, group_id="1")
    parts = {name: part.deflate() for name, part in get_all_nested_objects(message).items()}
    names, whole = sorted(parts), b"not damaged"

    def read(changed: bytes) -> object:
        seed = zlib.crc32(changed)
        name = names[seed % len(names)]
        own = {**parts, name: parts[name] if changed == whole else damaged(parts[name], seed)}
        return decode(message_of(message.object_id, own).content, TrainTask)

    return whole, read


KINDS = ["yaml_study", "yaml_config", "manifest", "dicom", "picture", "report", "kit", "wire"]


def outcomes(content: bytes, read: Try, count: int) -> Iterator[bool]:
    """Whether each damaged content was read; raises what is no refusal of ours."""
    for seed in range(count):
        try:
            read(damaged(content, seed))
        except GlsmedError:
            yield False
        except Exception as error:
            raise AssertionError(f"damaged({seed}): {type(error).__name__}: {error}") from error
        else:
            yield True


@pytest.mark.parametrize("kind", KINDS)
def test_a_few_hundred_damaged_inputs_are_read_or_refused(kind: str, request: pytest.FixtureRequest) -> None:
    content, read = request.getfixturevalue(kind)
    read(content)
    refused = [not was_read for was_read in outcomes(content, read, FEW)]
    assert any(refused)


@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("kind", KINDS)
def test_a_hundred_thousand_damaged_inputs_are_read_or_refused(kind: str, request: pytest.FixtureRequest) -> None:
    content, read = request.getfixturevalue(kind)
    assert sum(1 for _ in outcomes(content, read, MANY)) == MANY


def test_a_reader_that_lets_a_foreign_error_through_is_found() -> None:
    with pytest.raises(AssertionError, match="ValueError"):
        list(outcomes(b"12", int, 50))
