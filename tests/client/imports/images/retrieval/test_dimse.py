"""What only a stand-in shows; everything else is tried against a real archive in ../test_sources.py."""

import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pynetdicom.dimse_primitives import C_FIND

from glsmed.client.imports.images.retrieval.address import DimseAddress
from glsmed.client.imports.images.retrieval.archive import ArchiveQuery, RemoteInstance
from glsmed.client.imports.images.retrieval.dimse import DimseArchive, _give_back_answers
from tests.drawn_dicom import write_study
from tests.orthanc_on_loopback import TITLE, Orthanc

FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def test_an_image_that_is_no_longer_there_is_named_and_the_others_come(orthanc: Orthanc, tmp_path: Path) -> None:
    orthanc.store(*(write_study(tmp_path, number) for number in range(3)))
    archive = DimseArchive(DimseAddress(TITLE, "127.0.0.1", orthanc.dicom_port))
    first, *others = archive.search(ArchiveQuery())
    gone = RemoteInstance("1.2.3", "1.2.4", "1.2.5")
    answers = list(archive.fetch([first, gone, *others]))
    assert [bool(answer.content) for answer in answers] == [True, False, True, True]
    assert answers[1].fault.startswith("the archive ")


def test_an_answer_that_the_librarys_thread_took_is_given_back() -> None:
    queued: list[object] = []
    served: list[object] = []
    association: Any = SimpleNamespace(
        dimse=SimpleNamespace(msg_queue=SimpleNamespace(put=queued.append)),
        _serve_request=lambda message, _: served.append(message),
    )
    _give_back_answers(association)
    answer, request = C_FIND(), C_FIND()
    answer.MessageIDBeingRespondedTo, answer.Status, answer.AffectedSOPClassUID = 1, 0xFF00, FIND
    request.MessageID, request.Priority, request.AffectedSOPClassUID = 1, 2, FIND
    request.Identifier = io.BytesIO(b"keys")
    association._serve_request(answer, 1)
    association._serve_request(request, 1)
    assert queued == [(1, answer)]
    assert served == [request]
