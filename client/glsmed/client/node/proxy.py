"""The way to the centre: straight, or through the hospital's proxy; chosen once, for every process of the site."""

import ssl
import urllib.request
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlsplit

import httpx
import socksio

from glsmed.client.settings.config import CentreAddress, is_proxy_url
from glsmed.shared.errors import FederationError

_USUAL_PORTS = {"http": 80, "https": 443, "socks5": 1080, "socks5h": 1080}


@dataclass(frozen=True, slots=True)
class Proxy:
    """The hospital's proxy.

    Attributes:
        url: with user and password, where it asks for them: never shown.
        source: where it is set, for messages.
    """

    url: str = field(repr=False)
    source: str = "centre.proxy"

    @property
    def name(self) -> str:
        """The URL without user and password: what may be shown."""
        return f"{self.scheme}://{self.address[0]}:{self.address[1]}"

    @property
    def scheme(self) -> str:
        """``http``, ``https``, ``socks5`` or ``socks5h``."""
        return urlsplit(self.url).scheme

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of the proxy itself."""
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or _USUAL_PORTS[parts.scheme]

    @property
    def holds_password(self) -> bool:
        """Whether the URL says who we are."""
        return urlsplit(self.url).username is not None

    @classmethod
    def to(cls, centre: CentreAddress) -> Self | None:
        """The proxy on the way to the centre; None: there is none.

        Raises:
            FederationError: the environment names one that cannot be used.
        """
        if centre.proxy is not None:
            return cls(centre.proxy.get_secret_value())
        return cls._of_environment(centre.address)

    @classmethod
    def _of_environment(cls, address: str) -> Self | None:
        """As httpx reads the environment: HTTPS_PROXY or ALL_PROXY, unless NO_PROXY names the centre."""
        named = urllib.request.getproxies()
        url = named.get("https") or named.get("all")
        if not url or any(map(urllib.request.proxy_bypass, (address, address.replace("[", "").replace("]", "")))):
            return None
        proxy = cls(url if "://" in url else f"http://{url}", source="HTTPS_PROXY")
        if not is_proxy_url(proxy.url):
            raise FederationError(
                "HTTPS_PROXY in the environment: expected http://host:port (or https, socks5, socks5h); correct it, or "
                "set centre.proxy in config.yaml"
            )
        return proxy

    def for_httpx(self) -> httpx.Proxy:
        """The same for httpx; a proxy that speaks TLS itself is held to the certificates that this machine trusts."""
        trusted = ssl.create_default_context() if self.scheme == "https" else None
        return httpx.Proxy(self.url, ssl_context=trusted)


def centre_client(verify: ssl.SSLContext | bool | str, proxy: Proxy | None, *, timeout: float) -> httpx.Client:
    """An HTTP client that takes this way and no other; each new connection resolves the name again.

    Args:
        verify: whom to trust at the far end.
        proxy: the hospital's; None: go straight, whatever the environment says.
        timeout: seconds for connecting, and for each read and write.
    """
    route = None if proxy is None else proxy.for_httpx()
    transport = _Transport(verify=verify, proxy=route, trust_env=False)
    return httpx.Client(transport=transport, timeout=timeout, trust_env=False)


class _Transport(httpx.HTTPTransport):
    """httpx's own, which lets through what the SOCKS library says of a proxy that breaks off or speaks otherwise."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except socksio.ProtocolError as error:
            raise httpx.ProxyError("it broke off, or does not speak SOCKS5") from error
