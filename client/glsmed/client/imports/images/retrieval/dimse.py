"""An archive that speaks DIMSE: searched by C-FIND, fetched by C-GET (DICOM PS3.4 annex C)."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydicom import uid as uids
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.dimse_messages import C_FIND_RSP
from pynetdicom.dimse_primitives import DimseServiceType
from pynetdicom.events import Event
from pynetdicom.presentation import PresentationContext, build_context, build_role

from glsmed.client.imports.images.retrieval.address import DimseAddress, check_title
from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery, Fetched, RemoteInstance

OWN_TITLE = "GLSMED"
_FIND = uids.UID("1.2.840.10008.5.1.4.1.2.2.1")  # Study Root Query/Retrieve Information Model
_GET = uids.UID("1.2.840.10008.5.1.4.1.2.2.3")
_CONNECT_S = 15.0
_ANSWER_S = 120.0
_IMAGES = (
    uids.ComputedRadiographyImageStorage,
    uids.DigitalXRayImageStorageForPresentation,
    uids.DigitalXRayImageStorageForProcessing,
    uids.DigitalMammographyXRayImageStorageForPresentation,
    uids.DigitalMammographyXRayImageStorageForProcessing,
    uids.SecondaryCaptureImageStorage,
    uids.XRayRadiofluoroscopicImageStorage,
    uids.CTImageStorage,
    uids.MRImageStorage,
    uids.UltrasoundImageStorage,
    uids.NuclearMedicineImageStorage,
    uids.PositronEmissionTomographyImageStorage,
)
# One context each, so that the archive sends what it holds instead of what it first agreed to.
_SYNTAXES: tuple[list[str | uids.UID], ...] = (
    [uids.ExplicitVRLittleEndian, uids.ImplicitVRLittleEndian],
    [uids.JPEGBaseline8Bit],
    [uids.JPEGExtended12Bit],
    [uids.JPEGLosslessSV1, uids.JPEGLossless],
    [uids.JPEGLSLossless],
    [uids.JPEG2000Lossless],
    [uids.JPEG2000],
    [uids.RLELossless],
)
_SILENT = (
    f"ended the connection or did not answer within {_ANSWER_S:.0f} seconds; it may not know our AE title {{own}}, or "
    "not allow it to search and retrieve: ask its administrator"
)
_IDENTIFIERS = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}
_ATTEMPTS = 3
_PENDING = (0xFF00, 0xFF01)
_SUCCESS = 0x0000
_REJECTIONS = {
    (1, 3): "does not know our AE title {own}: have its administrator register {own} with this machine's address",
    (1, 7): "is not called {title}: ask its administrator for its AE title",
    (1, 2): "does not speak this application context",
    (3, 1): "is too busy now: try again later",
    (3, 2): "has reached its limit of connections: try again later",
}


class DimseArchive:
    """An archive's application entity.

    Raises:
        UsageError: ``own_title`` is not an AE title.
    """

    def __init__(self, address: DimseAddress, *, own_title: str = OWN_TITLE) -> None:
        self._address = address
        self._own_title = check_title(own_title)
        self._heard = 0  # answers to searches that reached this machine

    def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        """The images that fit, each once; errors as in :class:`Archive`."""
        self._check_port()
        hearing: list[evt.EventHandlerType] = [(evt.EVT_DIMSE_RECV, self._hear)]
        with self._association([build_context(_FIND)], handlers=hearing) as association:
            for study in self._study_uids(association, query):
                for found in self._find(association, "SERIES", StudyInstanceUID=study, Modality=""):
                    if query.wants_modality(str(found.get("Modality") or "")):
                        series = str(found.SeriesInstanceUID)
                        images = self._find(association, "IMAGE", StudyInstanceUID=study, SeriesInstanceUID=series)
                        yield from (RemoteInstance(study, series, str(image.SOPInstanceUID)) for image in images)

    def _study_uids(self, association: Association, query: ArchiveQuery) -> Iterator[str]:
        seen: set[str] = set()
        for filters in query.study_filters():
            for study in self._find(association, "STUDY", **filters):
                uid = str(study.StudyInstanceUID)
                if uid not in seen:
                    seen.add(uid)
                    yield uid

    def _find(self, association: Association, level: str, **keys: str) -> list[Dataset]:
        """All answers; a search of which the library lost one is repeated."""
        for _ in range(_ATTEMPTS):
            heard = self._heard
            answers = self._find_once(association, _identifier(level, keys))
            if self._heard - heard == len(answers) + 1:  # the last says that there are no more
                return answers
        raise self._error(f"was asked {_ATTEMPTS} times, and each time an answer was lost: try when less is running")

    def _find_once(self, association: Association, identifier: Dataset) -> list[Dataset]:
        found: list[Dataset] = []
        for status, answer in association.send_c_find(identifier, _FIND):
            if "Status" not in status:
                raise self._error(_SILENT.format(own=self._own_title))
            if status.Status in _PENDING and answer is not None:
                found.append(self._checked(answer, identifier.QueryRetrieveLevel))
            elif status.Status != _SUCCESS:
                raise self._error(f"refuses the search ({_status_words(status)})")
        return found

    def _checked(self, answer: Dataset, level: str) -> Dataset:
        if not answer.get(_IDENTIFIERS[level]):
            raise self._error(f"answered a search without {_IDENTIFIERS[level]}")
        return answer

    def _hear(self, event: Event) -> None:
        """Count what arrives, beside :func:`_give_back_answers`: an answer given back late can come after the last."""
        self._heard += isinstance(event.message, C_FIND_RSP)

    def fetch(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        """The images as they are stored; errors as in :class:`Archive`.

        An archive that ends the connection is connected to again: some allow few requests on one. Only when nothing
        came over several connections is it given up.
        """
        left, attempts = list(instances), 0
        while left:
            attempts += 1
            try:
                for answer in self._fetch_in_one_association(left):
                    left.pop(0)
                    attempts = 0
                    yield answer
            except ArchiveError:
                if attempts >= _ATTEMPTS:
                    raise

    def _fetch_in_one_association(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        received: dict[str, bytes] = {}

        def keep(event: Event) -> int:
            received[str(event.file_meta.MediaStorageSOPInstanceUID)] = event.encoded_dataset()
            return _SUCCESS

        with self._association(_get_contexts(), handlers=[(evt.EVT_C_STORE, keep)], storing=True) as association:
            for instance in tuple(instances):
                fault = self._get(association, instance)
                content = received.pop(instance.instance_uid, b"")
                yield Fetched(instance, content, "" if content else fault or "the archive sent nothing for it")
                received.clear()

    def _get(self, association: Association, instance: RemoteInstance) -> str:
        """Ask for one image, which comes to the association's handler; gives the archive's fault in words."""
        keys = {
            "StudyInstanceUID": instance.study_uid,
            "SeriesInstanceUID": instance.series_uid,
            "SOPInstanceUID": instance.instance_uid,
        }
        fault = ""
        for status, _ in association.send_c_get(_identifier("IMAGE", keys), _GET):
            if "Status" not in status:
                raise self._error(_SILENT.format(own=self._own_title))
            if status.Status not in (*_PENDING, _SUCCESS):
                fault = f"the archive did not give it ({_status_words(status)})"
        return fault

    @contextmanager
    def _association(
        self,
        contexts: list[PresentationContext],
        *,
        handlers: Sequence[evt.EventHandlerType] = (),
        storing: bool = False,
    ) -> Iterator[Association]:
        entity = AE(ae_title=self._own_title)
        entity.connection_timeout = _CONNECT_S
        entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = _ANSWER_S
        roles = [build_role(storage, scp_role=True) for storage in _IMAGES] if storing else []
        association = entity.associate(
            self._address.host,
            self._address.port,
            contexts,
            ae_title=self._address.title,
            ext_neg=list(roles),
            evt_handlers=list(handlers),
        )
        if not association.is_established:
            raise self._refusal(association)
        _give_back_answers(association)
        try:
            yield association
        finally:
            association.release()

    def _check_port(self) -> None:
        """The operating system's own words where nobody listens; the library only logs them."""
        try:
            socket.create_connection((self._address.host, self._address.port), _CONNECT_S).close()
        except TimeoutError:
            raise self._error(f"did not answer within {_CONNECT_S:.0f} seconds") from None
        except OSError as error:
            raise self._error(f"cannot be reached: {error.strerror or error}") from None

    def _refusal(self, association: Association) -> ArchiveError:
        if not association.is_rejected:
            self._check_port()
            return self._error(
                "ended the connection before it began: it may ask for TLS, or lack C-FIND or C-GET (then use DICOMweb)"
            )
        answer = association.acceptor.primitive
        reason = (0, 0) if answer is None else (answer.result_source or 0, answer.diagnostic or 0)
        words = _REJECTIONS.get(reason, f"refuses the association (source {reason[0]}, reason {reason[1]})")
        return self._error(words.format(own=self._own_title, title=self._address.title))

    def _error(self, words: str) -> ArchiveError:
        return ArchiveError(f"{self._address}: {words}")


def _give_back_answers(association: Association) -> None:
    """Keep the association's own thread from taking answers away from the call that waits for them.

    pynetdicom 3.0 lets the thread look for the other side's requests between two calls; on a busy machine it takes an
    answer, logs that it is no request, and drops it. The call then lacks an answer, or waits for ever for the last.
    """
    serve = association._serve_request

    def serve_or_give_back(msg: DimseServiceType, context_id: int) -> None:
        if msg.is_valid_request:
            serve(msg, context_id)
        else:
            association.dimse.msg_queue.put((context_id, msg))

    association._serve_request = serve_or_give_back  # type: ignore[method-assign]  # there is no public way


def _get_contexts() -> list[PresentationContext]:
    stores = [build_context(storage, syntaxes) for storage in _IMAGES for syntaxes in _SYNTAXES]
    return [build_context(_GET), *stores]


def _identifier(level: str, keys: dict[str, str]) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    for keyword, value in {_IDENTIFIERS[level]: "", **keys}.items():
        setattr(identifier, keyword, value)
    return identifier


def _status_words(status: Dataset) -> str:
    comment = str(status.get("ErrorComment") or "").strip()
    return f"status {status.Status:#06x}{', ' + comment if comment else ''}"
