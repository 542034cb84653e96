"""What only a stand-in shows; everything else is tried against a real archive in ../test_sources.py."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from glsmed.client.imports.images.retrieval import dicomweb
from glsmed.client.imports.images.retrieval.address import WebAddress
from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery, RemoteInstance
from glsmed.client.imports.images.retrieval.dicomweb import WebArchive
from glsmed.shared.errors import UsageError

STUDY = "StudyInstanceUID"


def studies(count: int) -> list[dict[str, Any]]:
    return [{"0020000D": {"vr": "UI", "Value": [f"1.2.{number}"]}} for number in range(count)]


def found(search: Callable[..., list[dict[str, Any]]]) -> list[str]:
    archive = WebArchive(WebAddress("http://localhost:1"))
    return [str(study.StudyInstanceUID) for study in archive._ask(search, STUDY)]


@pytest.mark.parametrize("cap", [20, 25, 60, 1000])
def test_an_answer_that_is_cut_short_is_asked_on(cap: int) -> None:
    whole = studies(60)

    def search(offset: int | None) -> list[dict[str, Any]]:
        return whole[offset or 0 :][:cap]

    assert found(search) == [f"1.2.{number}" for number in range(60)]


def test_an_archive_that_sends_the_same_page_for_ever_ends_the_search() -> None:
    asked: list[int | None] = []

    def search(offset: int | None) -> list[dict[str, Any]]:
        asked.append(offset)
        return studies(30)

    assert len(found(search)) == 30
    assert asked == [None, 30]


@contextmanager
def answering(status: int, body: bytes, kind: str = "application/dicom+json") -> Iterator[WebArchive]:
    """An archive that answers every question with this."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Keep quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield WebArchive(WebAddress(f"http://127.0.0.1:{server.server_port}/dicom-web"))
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (200, b"<html>Welcome</html>", "has no DICOMweb service there"),
        (200, b'{"0020000D": 1}', "answered what is not DICOMweb"),
        (200, b'[{"00080060": {"vr": "CS"}}]', "answered what is not DICOMweb"),
        (403, b"", "does not allow this"),
        (500, b"", "answered with HTTP status 500"),
    ],
)
def test_an_answer_that_is_no_search_result_is_said(status: int, body: bytes, words: str) -> None:
    with answering(status, body) as archive, pytest.raises(ArchiveError, match=words):
        list(archive.search(ArchiveQuery()))


@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [(404, b"", "the archive did not give it: HTTP status 404"), (200, b"noise", "the archive answered what is not")],
)
def test_one_image_that_fails_is_named(status: int, body: bytes, fault: str) -> None:
    with answering(status, body, 'multipart/related; type="application/dicom"; boundary=x') as archive:
        (answer,) = archive.fetch([RemoteInstance("1.1", "1.2", "1.3")])
    assert answer.content == b""
    assert answer.fault.startswith(fault)


def test_credentials_that_run_out_end_the_fetching() -> None:
    with answering(401, b"") as archive, pytest.raises(ArchiveError, match="asks for other credentials"):
        list(archive.fetch([RemoteInstance("1.1", "1.2", "1.3")]))


def test_an_archive_that_does_not_answer_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicomweb, "_TIMEOUT_S", (1.0, 0.2))
    monkeypatch.setattr(dicomweb, "_AGAIN", 0)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        archive = WebArchive(WebAddress(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        with pytest.raises(ArchiveError, match="did not answer within"):
            list(archive.search(ArchiveQuery()))


def test_an_authority_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none.crt: expected a file with the certificate"):
        WebArchive(WebAddress("https://pacs.example.org"), ca_certificate=tmp_path / "none.crt")
