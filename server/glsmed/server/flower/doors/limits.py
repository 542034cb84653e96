"""How much of the centre whoever reaches one of its ports may take."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a listener. A stranger is a connection that has not shown a node key or the centre's own secret.

    An honest request has about fifteen header lines and 1.5 KB of them; a site holds a handful of connections.

    Attributes:
        head_bytes: of a request's first line and its headers together.
        head_lines: headers of a request.
        handshake_seconds: until TLS is agreed on.
        head_seconds: from there, or from a request's first byte, until its headers are complete.
        silent_seconds: without a byte of a body that is awaited.
        goodbye_seconds: until a connection that is being closed is cut.
        stranger_seconds: a stranger's connection lasts at most so long.
        strangers: at once; who comes then takes the place of the oldest of them.
        strangers_of_address: the same for one address. Hospitals behind one proxy share theirs.
        connections_of_site: of one node key at once.
        connections: in all, known ones too. Each takes a file descriptor, of which a process often has 1024.
    """

    head_bytes: int = 16 * 2**10
    head_lines: int = 64
    handshake_seconds: float = 5.0
    head_seconds: float = 10.0
    silent_seconds: float = 30.0
    goodbye_seconds: float = 2.0
    stranger_seconds: float = 60.0
    strangers: int = 128
    strangers_of_address: int = 64
    connections_of_site: int = 64
    connections: int = 800
