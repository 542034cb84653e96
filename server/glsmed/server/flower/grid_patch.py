"""A change to Flower's Grid: the ServerApp refuses a reply that is too large, and asks sooner for one on its way."""

from collections.abc import Callable

from flwr.supercore.inflatable.inflatable_utils import ObjectPullError, pull_objects
from flwr.superlink.grid import http_grid

from glsmed.shared.errors import WireError
from glsmed.shared.protocol.message_size import Allowance

_FIRST_RETRY_SECONDS = 0.05
_LONGEST_RETRY_SECONDS = 2.0


def prepare_grid(most_message_bytes: int) -> None:
    """Make the ServerApp stop reading a reply beyond ``most_message_bytes``, and retry a missing part after 0.05 s.

    The pause doubles up to 2 s. Flower starts at a second, which is longer than most parts take to arrive.
    """

    def pull(object_ids: list[str], pull_object_fn: Callable[[str], bytes]) -> dict[str, bytes]:
        allowance = Allowance(most_message_bytes)

        def counted(object_id: str) -> bytes:
            try:
                return allowance.take(pull_object_fn(object_id))
            except WireError as error:
                raise ObjectPullError(object_id, str(error)) from None

        return pull_objects(
            object_ids, counted, initial_backoff=_FIRST_RETRY_SECONDS, backoff_cap=_LONGEST_RETRY_SECONDS
        )

    http_grid.pull_objects = pull  # type: ignore[attr-defined,assignment]  # imported there by name, not exported
