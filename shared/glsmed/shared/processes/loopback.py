"""Our processes reach each other over the loopback interface straight, also where HTTP_PROXY is set."""

import os

_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def keep_loopback_direct() -> None:
    """Name the loopback interface in NO_PROXY of this process and of those that it starts."""
    # programs that look at one spelling alone would miss the other; urllib and httpx prefer the small one
    named = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    known = [host.strip() for host in named.split(",") if host.strip()]
    whole = ",".join([*known, *(host for host in _LOOPBACK if host not in known)])
    os.environ.update({"NO_PROXY": whole, "no_proxy": whole})
