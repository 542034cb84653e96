"""The ClientApp that the centre's bundle names; it only refuses. Sites run the ClientApp that is installed there."""

from typing import NoReturn

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from glsmed.shared.errors import BundleRefusedError

app = ClientApp()


@app.query()
@app.train()
@app.evaluate()
def refuse(message: Message, context: Context) -> NoReturn:
    """Refuse the request.

    Raises:
        BundleRefusedError: always.
    """
    raise BundleRefusedError(
        f"the inert ClientApp of the bundle was asked to {message.metadata.message_type} at node {context.node_id}: "
        "start this site with glsmed-client, not with flower-supernode"
    )
