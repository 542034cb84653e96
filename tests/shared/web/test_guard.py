"""The door: each request below is refused, and the same request with the one thing mended is not."""

from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from glsmed.shared.web.guard import LARGEST_BODY
from tests.shared.web.site_for_tests import site
from tests.web_client import ADDRESS, PORT, closed_client, signed_in


def test_without_the_token_every_address_is_dead() -> None:
    client, _ = closed_client(site())
    for path in ("/", "/static/style.css", "/?token=guessed", "/no-such-page"):
        answer = client.get(path)
        assert answer.status_code == 403
        assert "terminal" in answer.text


def test_the_token_is_taken_out_of_the_address_and_works_once() -> None:
    client, told = closed_client(site())
    answer = client.get(urlsplit(told[0]).path + "?a=1&" + urlsplit(told[0]).query, follow_redirects=False)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?a=1"
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert client.get("/").status_code == 200
    client.cookies.clear()
    assert client.get("/?" + urlsplit(told[0]).query).status_code == 403
    assert client.get("/?" + urlsplit(told[1]).query).status_code == 200


@pytest.mark.parametrize("path", ["//evil.example/", "/%2fevil.example/"])
def test_the_way_on_never_leads_to_another_host(path: str) -> None:
    client, told = closed_client(site())
    answer = client.get(f"{ADDRESS}{path}?{urlsplit(told[0]).query}", follow_redirects=False)
    assert not answer.headers.get("location", "").startswith("//")


@pytest.mark.parametrize("host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1", "127.0.0.1:80", ""])
def test_another_host_name_is_refused(host: str) -> None:
    client = signed_in(site())
    assert client.get("/", headers={"Host": host}).status_code == 421
    assert client.get("/", headers={"Host": f"localhost:{PORT}"}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://127.0.0.1:{PORT + 1}"},
        {"Origin": f"http://localhost:{PORT}"},
        {"X-CSRF": "guessed"},
        {"X-CSRF": ""},
    ],
)
def test_what_another_page_sends_is_refused(headers: Mapping[str, str]) -> None:
    client = signed_in(site())
    assert client.post("/show", data={"words": "a"}, headers=headers).status_code == 403
    assert client.post("/show", data={"words": "a"}).status_code == 200


def test_a_form_may_carry_the_csrf_token_in_a_field() -> None:
    client = signed_in(site())
    token = client.headers.pop("X-CSRF")
    assert client.post("/show", data={"words": "a"}).status_code == 403
    answer = client.post("/show", data={"words": "a", "csrf": token})
    assert answer.status_code == 200
    assert "Given: a" in answer.text


def test_a_body_without_end_is_refused() -> None:
    client = signed_in(site())
    assert client.post("/show", content=b"x" * (LARGEST_BODY + 1)).status_code == 413


def test_every_answer_forbids_what_comes_from_elsewhere() -> None:
    client = signed_in(site())
    for path in ("/", "/static/page.js", "/wrong", "/broken", "/no-such-page"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
    client.cookies.clear()
    assert "frame-ancestors 'none'" in client.get("/").headers["content-security-policy"]
