"""An archive that speaks DIMSE: searched by C-FIND, fetched by C-GET (DICOM PS3.4 annex C)."""

import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydicom import uid as uids
from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
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

    def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        """The images that fit, each once; errors as in :class:`Archive`."""
        self._check_port()
        with self._association([build_context(_FIND)]) as association:
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
        identifier = _identifier(level, keys)
        found: list[Dataset] = []
        for status, answer in association.send_c_find(identifier, _FIND):
            if "Status" not in status:
                raise self._error(_SILENT.format(own=self._own_title))
            if status.Status in _PENDING and answer is not None:
                found.append(answer)
            elif status.Status != _SUCCESS:
                raise self._error(f"refuses the search ({_status_words(status)})")
        return found

    def fetch(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        """The images as they are stored; errors as in :class:`Archive`.

        An archive that ends the connection is connected to once more: some allow few requests on one.
        """
        left = list(instances)
        while left:
            begun = len(left)
            try:
                for answer in self._fetch_in_one_association(left):
                    yield answer
                    left.pop(0)
            except ArchiveError:
                if len(left) == begun:
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


def _get_contexts() -> list[PresentationContext]:
    stores = [build_context(storage, syntaxes) for storage in _IMAGES for syntaxes in _SYNTAXES]
    return [build_context(_GET), *stores]


def _identifier(level: str, keys: dict[str, str]) -> Dataset:
    identifier = Dataset()
    identifier.QueryRetrieveLevel = level
    returned = {"STUDY": "StudyInstanceUID", "SERIES": "SeriesInstanceUID", "IMAGE": "SOPInstanceUID"}[level]
    for keyword, value in {returned: "", **keys}.items():
        setattr(identifier, keyword, value)
    return identifier


def _status_words(status: Dataset) -> str:
    comment = str(status.get("ErrorComment") or "").strip()
    return f"status {status.Status:#06x}{', ' + comment if comment else ''}"
