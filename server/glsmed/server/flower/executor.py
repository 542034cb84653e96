"""Flower's executor: the process that starts a study's ServerApp."""

import sys

from glsmed.server.flower.settings import LinkSettings


def superexec_arguments(settings: LinkSettings) -> list[str]:
    """The command line of ``flower-superexec`` for a study."""
    return [
        *("--runtime-api-address", settings.loopback_address),
        *("--root-certificates", str(settings.ca_certificate)),
        *("--superexec-auth-secret-file", str(settings.superexec_secret)),
    ]


def run_superexec(arguments: list[str]) -> None:
    """Run Flower's executor in this process; it starts the ServerApp in the same process group."""
    # imported here: the supervisor uses this module too, and does not need it
    from flwr.supercore.cli.flower_superexec import flower_superexec

    sys.argv = ["flower-superexec", *arguments]
    flower_superexec()
