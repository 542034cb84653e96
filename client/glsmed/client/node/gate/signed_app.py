"""The site's ClientApp behind the gate."""

from collections.abc import Callable

from flwr.app import Context, Message

from glsmed.client.node.gate.task_gate import TaskGate
from glsmed.shared.errors import TaskRefusedError

ClientAppCall = Callable[[Message, Context], Message]
Note = Callable[[Message, Exception], None]


class SignedApp:
    """Answers what the centre has signed, under the site's own signature.

    Args:
        app: answers a message whose signature was checked.
        gate: checks it.
        on_refusal: gets each message that is refused, and why.
    """

    def __init__(self, app: ClientAppCall, gate: TaskGate, *, on_refusal: Note) -> None:
        self._app = app
        self._gate = gate
        self._on_refusal = on_refusal

    def __call__(self, message: Message, context: Context) -> Message:
        """The answer, signed.

        Raises:
            TaskRefusedError: the site does not obey this message.
            OSError: the audit log cannot be written; nothing may be sent.
        """
        try:
            task = self._gate.open(message)
        except TaskRefusedError as error:
            self._on_refusal(message, error)
            raise
        return self._gate.seal(self._app(message, context), task)
