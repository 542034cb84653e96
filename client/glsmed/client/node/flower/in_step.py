"""Every message gets its own reply before the next is taken, also after a message whose arrival could not be confirmed.

Flower's SuperNode takes a message, then sends whatever replies there are, and waits only where there are none. If the
centre ends while a message arrives, the message counts as not received, but the resident may answer it. Then that reply
is sent after the next message, that message's after the one that follows, and so on: each reply comes when the centre
has stopped waiting for it.
"""

from collections.abc import Callable
from typing import Any

from flwr.app import Message

_Step = Callable[..., Any]


class InStep:
    """The two steps of Flower's loop, ``pull`` and ``push``, around its own.

    Args:
        pull: takes a message, by ``receive`` of its named arguments.
        push: sends every reply that is there, by ``send`` of its named arguments; waits where there is none.
    """

    def __init__(self, pull: _Step, push: _Step) -> None:
        self._pull = pull
        self._push = push
        self._asked = ""

    def pull(self, *, receive: Callable[[], tuple[Message, Any] | None], **others: object) -> object:
        """Take a message, and remember which."""

        def remembered() -> tuple[Message, Any] | None:
            received = receive()
            if received is not None:
                self._asked = received[0].metadata.message_id
            return received

        return self._pull(receive=remembered, **others)

    def push(self, *, send: _Step, **others: object) -> None:
        """Send replies until the one to the message that was taken last is among them."""
        answered: set[str] = set()

        def remembered(message: Message, *rest: object) -> object:
            answered.add(message.metadata.reply_to_message_id)
            return send(message, *rest)

        while self._asked not in answered:
            self._push(send=remembered, **others)
