import pytest
from requests import Request
from requests.auth import AuthBase

from glsmed.client.imports.images.retrieval.address import WebAddress
from glsmed.client.imports.images.retrieval.credentials import PASSWORD, TOKEN, USER, credentials_from
from glsmed.client.imports.images.retrieval.dicomweb import WebArchive
from glsmed.shared.errors import UsageError


def header(credentials: AuthBase) -> str | None:
    """What a request would carry."""
    return Request("GET", "https://pacs.example.org", auth=credentials).prepare().headers.get("Authorization")


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        ({TOKEN: " abc "}, "Bearer abc"),
        ({USER: "reader", PASSWORD: "open"}, "Basic cmVhZGVyOm9wZW4="),
    ],
)
def test_the_environment_becomes_a_header(environment: dict[str, str], expected: str | None) -> None:
    assert header(credentials_from(environment)) == expected


@pytest.mark.parametrize(
    "environment", [{USER: "reader"}, {PASSWORD: "open"}, {TOKEN: "abc", USER: "reader", PASSWORD: "open"}]
)
def test_half_or_double_credentials_are_refused_and_not_shown(environment: dict[str, str]) -> None:
    with pytest.raises(UsageError) as caught:
        credentials_from(environment)
    assert not any(value in str(caught.value) for value in environment.values())


def test_a_token_is_not_shown_when_the_object_is() -> None:
    assert "abc" not in repr(credentials_from({TOKEN: "abc"}))


def test_credentials_are_not_sent_where_they_can_be_read() -> None:
    with pytest.raises(UsageError, match="credentials are sent over https only"):
        WebArchive(WebAddress("http://pacs.example.org"), credentials=credentials_from({TOKEN: "abc"}))
