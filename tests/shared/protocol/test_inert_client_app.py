import pytest
from flwr.app import Context, Message, RecordDict
from flwr.supercore.task_identity import TaskIdentity

from glsmed.shared.errors import BundleRefusedError
from glsmed.shared.protocol.inert_client_app import app


@pytest.mark.parametrize("kind", ["query", "train", "evaluate"])
def test_the_inert_client_app_refuses_every_kind_of_message(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_run_id", "_node_id", "_task_id"):
        monkeypatch.setattr(TaskIdentity, name, 1)
    context = Context(run_id=1, node_id=2, node_config={}, state=RecordDict(), run_config={})
    with pytest.raises(BundleRefusedError, match=f"asked to {kind}"):
        app(Message(RecordDict(), 2, kind), context)
