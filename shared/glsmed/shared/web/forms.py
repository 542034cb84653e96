"""What a page sent: the fields of a form."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request


async def form_of(request: Request) -> Mapping[str, str]:
    """The fields of a form by name, the last of several with one name; empty for a body that is not a form.

    Starlette's own ``request.form()`` needs a further package, for uploads that no page here has.
    """
    body = (await request.body()).decode("utf-8", "replace")
    return dict(parse_qsl(body, keep_blank_values=True))
