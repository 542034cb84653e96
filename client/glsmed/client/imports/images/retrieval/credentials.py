"""How a site proves itself to a DICOMweb archive: by secrets of the environment, which no argv or log shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from glsmed.shared.errors import UsageError

TOKEN = "GLSMED_PACS_TOKEN"  # noqa: S105 - the name of a variable
USER = "GLSMED_PACS_USER"
PASSWORD = "GLSMED_PACS_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True)
class BearerToken(AuthBase):
    """A token in the Authorization header; as an ``AuthBase`` it is not overruled by a .netrc file."""

    token: str = field(repr=False)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request with the token."""
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


class NoCredentials(AuthBase):
    """Sends nothing, and keeps a .netrc file from being read."""

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """The request as it was."""
        return request


def credentials_from(environment: Mapping[str, str]) -> AuthBase:
    """A token, else a user with a password, else nothing.

    Raises:
        UsageError: both are given, or one half of the second.
    """
    token, user, password = (environment.get(name, "").strip() for name in (TOKEN, USER, PASSWORD))
    if token and (user or password):
        raise UsageError(f"expected either {TOKEN} or {USER} with {PASSWORD} in the environment, got both")
    if token:
        return BearerToken(token)
    if bool(user) != bool(password):
        raise UsageError(f"expected {USER} and {PASSWORD} together in the environment, got one of them")
    return HTTPBasicAuth(user, password) if user else NoCredentials()
