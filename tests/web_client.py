"""A client of a local site without a browser: signed in, and sending what its pages send."""

from urllib.parse import urlsplit

from starlette.testclient import TestClient

from glsmed.shared.web.local_site import LocalSite

PORT = 8765
ADDRESS = f"http://127.0.0.1:{PORT}"


def closed_client(site: LocalSite) -> tuple[TestClient, list[str]]:
    """A client that has no session yet, and the addresses that the site told so far."""
    told: list[str] = []
    app = site.app(port=PORT, tell=told.append)
    return TestClient(app, base_url=ADDRESS, raise_server_exceptions=False), told


def signed_in(site: LocalSite) -> TestClient:
    """A client in a session; what it posts carries the origin and the CSRF token of the site's own page."""
    client, told = closed_client(site)
    address = urlsplit(told[-1])
    client.get(f"{address.path}?{address.query}", follow_redirects=False)
    page = client.get("/no-such-page")
    csrf = page.text.split('name="csrf" content="')[1].split('"')[0]
    client.headers.update({"Origin": ADDRESS, "X-CSRF": csrf})
    return client
