"""Replies of the SuperNode after a message that was answered although its arrival could not be confirmed."""

import inspect
import threading
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace

import pytest
from flwr.app import Message, RecordDict
from flwr.supercore.object_store import ObjectStoreFactory
from flwr.supercore.task_identity import TaskIdentity
from flwr.supernode import start_client_internal
from flwr.supernode.nodestate import NodeStateFactory

from glsmed.client.node.flower.in_step import InStep

LOST, ASKED, NEXT = "lost", "asked", "next"


class Node:
    """The memory of a SuperNode, the messages that come, and which of them were answered."""

    def __init__(self) -> None:
        stores = ObjectStoreFactory()
        self.state, self.store = NodeStateFactory(stores).state(), stores.store()
        self.coming: list[str] = []
        self.answered: list[str] = []

    def message(self, name: str) -> Message:
        message = Message(RecordDict(), dst_node_id=1, message_type="query", group_id="hello")
        message.metadata.__dict__.update(_message_id=name, _run_id=1, _src_node_id=2)
        return message

    def answer(self, name: str) -> None:
        """What the resident does."""
        reply = Message(RecordDict(), reply_to=self.message(name))
        start_client_internal._insert_message(reply, self.state, self.store)  # as the SuperNode does

    def receive(self) -> tuple[Message, object] | None:
        return (self.message(self.coming.pop(0)), None) if self.coming else None

    def send(self, reply: Message, *_others: object) -> tuple[set[str], str]:
        self.answered.append(reply.metadata.reply_to_message_id)
        return set(), ""


def pulled(*, receive: Callable[[], tuple[Message, object] | None], confirmed: bool = True) -> int | None:
    """Flower's first step as far as it matters here: a message whose arrival is not confirmed is none."""
    return 1 if receive() is not None and confirmed else None


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Node:
    quick = SimpleNamespace(sleep=lambda _seconds: threading.Event().wait(0.01))
    monkeypatch.setattr(start_client_internal, "time", quick)
    for name in ("_run_id", "_node_id", "_task_id"):
        monkeypatch.setattr(TaskIdentity, name, 1)
    return Node()


def one_turn(node: Node, pull: Callable[..., object], push: Callable[..., None], message: str) -> None:
    """A message comes while the reply to a lost one is there, and is answered a little later."""
    node.coming.append(message)
    assert pull(receive=node.receive) is not None
    later = threading.Timer(0.1, node.answer, [message])
    later.start()
    push(state=node.state, object_store=node.store, send=node.send, push_object=None)
    later.join()


def test_each_message_is_answered_before_the_next_is_taken(node: Node) -> None:
    step = InStep(pulled, start_client_internal._push_messages)
    node.answer(LOST)
    one_turn(node, step.pull, step.push, ASKED)
    assert node.answered == [LOST, ASKED]
    one_turn(node, step.pull, step.push, NEXT)
    assert node.answered == [LOST, ASKED, NEXT]


def test_without_it_every_reply_comes_one_message_late(node: Node) -> None:
    node.answer(LOST)
    push = start_client_internal._push_messages
    one_turn(node, pulled, push, ASKED)
    assert node.answered == [LOST]
    one_turn(node, pulled, push, NEXT)
    assert node.answered == [LOST, ASKED]


def test_a_late_reply_to_the_lost_message_does_not_stand_for_the_one_that_was_asked(node: Node) -> None:
    """The resident still works on the lost message when the next comes, and answers both in order."""
    step = InStep(pulled, start_client_internal._push_messages)
    node.coming.append(LOST)
    assert InStep(partial(pulled, confirmed=False), step.push).pull(receive=node.receive) is None
    threading.Timer(0.02, node.answer, [LOST]).start()
    one_turn(node, step.pull, step.push, ASKED)
    assert node.answered == [LOST, ASKED]


def test_the_loop_takes_a_message_then_sends_by_these_names() -> None:
    source = inspect.getsource(start_client_internal.start_client_internal)
    assert source.count("_pull_and_store_message(\n") == source.count("_push_messages(\n") == 1
    assert source.index("_pull_and_store_message(") < source.index("_push_messages(")
    assert "receive=receive" in source
    assert "send=send" in source
