"""The ClientApp that the centre's bundle names. No site runs it: every run that works proves so."""

from typing import NoReturn

from flwr.app import Context, Message
from flwr.clientapp import ClientApp

from glsmed.shared.errors import BundleRefusedError

app = ClientApp()


@app.query()
@app.train()
@app.evaluate()
def refuse(message: Message, context: Context) -> NoReturn:
    """Never return: a site runs the ClientApp that is installed at the site.

    Raises:
        BundleRefusedError: always.
    """
    raise BundleRefusedError(
        f"the placeholder of the bundle was asked to {message.metadata.message_type} at node {context.node_id}: "
        "start this site with glsmed-client, not with flower-supernode"
    )
