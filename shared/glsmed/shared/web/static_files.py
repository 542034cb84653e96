"""Style and scripts of a local site, from the packages that brought them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

_KINDS: Final[Mapping[str, str]] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}


def static_route(folders: Iterable[Path]) -> Route:
    """``/static/NAME`` for every style sheet, script and drawing in the folders.

    They are read once, so no name that a request gives can lead to another file.
    """
    files = {
        path.name: (path.read_bytes(), _KINDS[path.suffix])
        for folder in folders
        for path in sorted(folder.iterdir())
        if path.suffix in _KINDS
    }

    async def static(request: Request) -> Response:
        found = files.get(request.path_params["name"])
        if found is None:
            raise HTTPException(404)
        content, kind = found
        return Response(content, media_type=kind)

    return Route("/static/{name}", static)
