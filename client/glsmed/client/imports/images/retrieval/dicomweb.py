"""An archive that speaks DICOMweb: searched by QIDO-RS, fetched by WADO-RS (DICOM PS3.18)."""

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pydicom
import requests
from dicomweb_client.web import DICOMwebClient
from pydicom.dataset import Dataset
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

from glsmed.client.imports.images.retrieval.address import WebAddress
from glsmed.client.imports.images.retrieval.archive import ArchiveError, ArchiveQuery, Fetched, RemoteInstance
from glsmed.client.imports.images.retrieval.credentials import NoCredentials
from glsmed.shared.errors import UsageError

_TIMEOUT_S = (15.0, 120.0)  # to connect, and between two answers
# an archive that is busy, or a proxy before it; a refused certificate or connection is final
_AGAIN = Retry(3, connect=0, read=2, backoff_factor=1, status_forcelist=(429, 502, 503, 504), raise_on_status=False)
_SHORTEST_PAGE = 20  # no archive cuts an answer that is shorter than this
_AS_STORED = (("application/dicom", "*"),)  # the archive need not decompress
_REFUSALS = {
    401: "asks for other credentials: check GLSMED_PACS_TOKEN, or GLSMED_PACS_USER and GLSMED_PACS_PASSWORD",
    403: "does not allow this: ask its administrator for the right to search and retrieve",
    404: "has no DICOMweb service there: check the path of the address, for instance /dicom-web",
    407: "is behind a proxy that asks for a password: set HTTPS_PROXY with it, or NO_PROXY for this host",
}
_FOR_ALL = (401, 403, 407)  # what is refused of one image for these reasons is refused of all


class _InstanceError(Exception):
    """One image could not be fetched."""


class _Session(requests.Session):
    """A session whose certificate authority is not overruled by REQUESTS_CA_BUNDLE of the environment."""

    def merge_environment_settings(self, *arguments: Any, **named: Any) -> Any:
        settings = super().merge_environment_settings(*arguments, **named)
        return settings if self.verify is True else {**settings, "verify": self.verify}


class WebArchive:
    """A DICOMweb service.

    Raises:
        UsageError: credentials would be sent where they can be read on the way, or the certificate is not there.
    """

    def __init__(
        self, address: WebAddress, *, credentials: AuthBase | None = None, ca_certificate: Path | None = None
    ) -> None:
        credentials = credentials or NoCredentials()
        if not isinstance(credentials, NoCredentials) and not address.is_private:
            raise UsageError(f"archive: credentials are sent over https only, got {address.url}")
        if ca_certificate is not None and not ca_certificate.is_file():
            raise UsageError(f"{ca_certificate}: expected a file with the certificate of the archive's authority")
        session = _Session()
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=_AGAIN))
        session.auth = credentials
        session.verify = True if ca_certificate is None else str(ca_certificate)
        self._url = address.url
        self._client = DICOMwebClient(address.url, session=session, timeout=_TIMEOUT_S, permissive_uid=True)
        self._client.set_http_retry_params(retry=False)  # its own retries log tracebacks and wait for hopeless cases

    def search(self, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        """The images that fit, each once; errors as in :class:`Archive`."""
        seen: set[str] = set()
        for filters in query.study_filters():
            for study in self._ask(self._client.search_for_studies, "StudyInstanceUID", search_filters=filters):
                study_uid = str(study.StudyInstanceUID)
                if study_uid not in seen:
                    seen.add(study_uid)
                    yield from self._instances(study_uid, query)

    def _instances(self, study_uid: str, query: ArchiveQuery) -> Iterator[RemoteInstance]:
        for series in self._ask(self._client.search_for_series, "SeriesInstanceUID", study_instance_uid=study_uid):
            if query.wants_modality(str(series.get("Modality") or "")):
                uid = str(series.SeriesInstanceUID)
                named = {"study_instance_uid": study_uid, "series_instance_uid": uid}
                for image in self._ask(self._client.search_for_instances, "SOPInstanceUID", **named):
                    yield RemoteInstance(study_uid, uid, str(image.SOPInstanceUID))

    def _ask(self, search: Any, key: str, **named: Any) -> Iterator[Dataset]:
        """Every answer, page by page: archives cut long ones short, and some send the same page for ever."""
        seen: set[str] = set()
        while True:
            page = self._page(search, key, offset=len(seen), **named)
            fresh = {uid: answer for uid, answer in page.items() if uid not in seen}
            seen.update(fresh)
            yield from fresh.values()
            if not fresh or len(page) < _SHORTEST_PAGE:
                return

    def _page(self, search: Any, key: str, *, offset: int, **named: Any) -> dict[str, Dataset]:
        """The answers by their identifier."""
        with self._in_words(), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the client warns of an answer that was cut short; we ask on
            answers = [Dataset.from_json(item) for item in search(offset=offset or None, **named)]
            return {str(answer[key].value): answer for answer in answers}

    def fetch(self, instances: Sequence[RemoteInstance]) -> Iterator[Fetched]:
        """The images as they are stored; errors as in :class:`Archive`."""
        for instance in instances:
            try:
                with self._in_words():
                    yield Fetched(instance, self._retrieve(instance))
            except _InstanceError as error:
                yield Fetched(instance, fault=str(error))

    def _retrieve(self, instance: RemoteInstance) -> bytes:
        uids = (instance.study_uid, instance.series_uid, instance.instance_uid)
        try:
            dataset = self._client.retrieve_instance(*uids, media_types=_AS_STORED)
            return _as_file(dataset)
        except requests.HTTPError as error:
            status = _status(error)
            if status in _FOR_ALL:
                raise
            raise _InstanceError(f"the archive did not give it: HTTP status {status}") from None
        except requests.RequestException:
            raise
        except Exception as error:  # an answer that is not DICOM raises nearly anything
            raise _InstanceError(f"the archive answered what is not DICOM: {_cause(error)}") from None

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        """Errors of the client as ours."""
        try:
            yield
        except requests.HTTPError as error:
            status = _status(error)
            raise ArchiveError(f"{self._url}: {_REFUSALS.get(status, f'answered with HTTP status {status}')}") from None
        except requests.exceptions.SSLError as error:
            words = f"its certificate is not accepted ({_cause(error)}): give its authority with --pacs-ca"
            raise ArchiveError(f"{self._url}: {words}") from None
        except requests.Timeout:
            raise ArchiveError(f"{self._url}: did not answer within {_TIMEOUT_S[1]:.0f} seconds") from None
        except requests.exceptions.InvalidJSONError:
            raise ArchiveError(f"{self._url}: {_REFUSALS[404]}") from None
        except requests.RequestException as error:
            raise ArchiveError(f"{self._url}: cannot be reached: {_cause(error)}") from None
        except (ValueError, KeyError, AttributeError, TypeError) as error:
            raise ArchiveError(f"{self._url}: answered what is not DICOMweb: {_cause(error)}") from None


def _status(error: requests.HTTPError) -> int:
    return 0 if error.response is None else error.response.status_code


def _cause(error: BaseException) -> str:
    """The innermost reason that the layers of an HTTP client wrap."""
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
    return " ".join(str(error).split())[:200] or type(error).__name__


def _as_file(dataset: Dataset) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # loose values stay as the archive has them
        pydicom.dcmwrite(target, dataset, enforce_file_format=True)
    return target.getvalue()
