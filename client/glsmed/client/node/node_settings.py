"""What a site's SuperNode needs to know: made once from config.yaml, for all of the site's processes."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from glsmed.client.node.proxy import Proxy
from glsmed.client.settings.config import SiteConfig


@dataclass(frozen=True, slots=True)
class NodeSettings:
    """How the SuperNode reaches the centre, and how the resident process reaches the SuperNode.

    Attributes:
        centre: ``host:port``.
        ca_certificate: the study's certificate authority.
        private_key: the site's key.
        site: the site's name.
        runtime_port: on the loopback interface, where the SuperNode hands out tasks.
        superexec_secret: file that both processes read.
        node_id_file: under which number the centre knew this site last.
        bell: file that the SuperNode touches when a message has come.
        proxy: the hospital's, on the way to the centre; None: there is none.
    """

    centre: str
    ca_certificate: Path
    private_key: Path
    site: str
    runtime_port: int
    superexec_secret: Path
    node_id_file: Path
    bell: Path
    proxy: Proxy | None = None

    @classmethod
    def of(cls, config: SiteConfig, *, runtime_port: int) -> Self:
        """The settings of a site whose SuperNode listens on this port.

        Raises:
            FederationError: the environment names a proxy that cannot be used.
        """
        return cls(
            centre=config.centre.address,
            ca_certificate=config.centre.ca_certificate,
            private_key=config.key,
            site=config.site,
            runtime_port=runtime_port,
            superexec_secret=config.state.superexec_secret,
            node_id_file=config.state.node_id,
            bell=config.state.bell,
            proxy=Proxy.to(config.centre),
        )

    @property
    def runtime_address(self) -> str:
        """``host:port`` where the resident process asks for tasks; loopback only."""
        return f"127.0.0.1:{self.runtime_port}"
