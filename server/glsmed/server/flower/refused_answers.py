"""An error in the place of an answer, addressed as the answer was."""

from flwr.app import Error, Message
from flwr.app.message import make_message
from flwr.common.constant import ErrorCode


def refused(answer: Message, code: str) -> Message:
    """What the round loop gets of an answer that must not be read: the code of what is wrong with it."""
    return make_message(metadata=answer.metadata, error=Error(ErrorCode.CLIENT_APP_RAISED_EXCEPTION, code))
