"""Where Flower's SuperLink of a study listens and what it keeps."""

from dataclasses import dataclass
from pathlib import Path

LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Where the SuperLink listens and what it keeps."""

    public_host: str
    public_port: int
    loopback_port: int
    ca_certificate: Path
    server_certificate: Path
    server_key: Path
    database: Path
    superexec_secret: Path
    most_message_bytes: int | None = None  # the largest reply of a site; None while the model is not known

    @property
    def objects(self) -> Path:
        """The folder of the messages' parts, beside the database."""
        return self.database.parent / "objects"

    @property
    def loopback_address(self) -> str:
        """``host:port`` of the listener that serves everything."""
        return f"{LOOPBACK}:{self.loopback_port}"
