"""One page of sections that somebody watches: the first is fetched again every few seconds, the others as they change.

The sections are blocks of ``glsmed.shared.pages``, so the page shows what a written report shows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from glsmed.shared.errors import GlsmedError
from glsmed.shared.pages.blocks import Block, Figure, Paragraph, Section, bounded
from glsmed.shared.pages.html_page import blocks_html
from glsmed.shared.pages.spoken import Catalogue, Language, say, speaking
from glsmed.shared.web.inline_svg import inline_svg
from glsmed.shared.web.local_site import LocalSite
from glsmed.shared.web.rendering import render

_KEYS = "123456789abcdefghi"  # of the contents, one a section
_MOST_WORDS = 1000
_LEAST_PAUSE_S = 15.0  # between two makings of the rest
_PAUSE_SHARE = 10.0  # of the time that it takes: it must not slow down what is watched


@dataclass(frozen=True, slots=True)
class _Shown:
    """A section ready to be put into a page."""

    key: str
    title: str
    html: str  # all of its text is escaped


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is watched; title and sections are made while the page's language is spoken.

    Attributes:
        title: makes the page's.
        now: makes the section that changes every few seconds; it is asked often.
        rest: makes the others; it may take seconds, and is asked when the version has changed.
        files: all that ``rest`` is made from, whether they are there or not.
        words: Japanese by English, of title and sections.
        seconds: between two looks.
    """

    title: Callable[[], str]
    now: Callable[[], Section]
    rest: Callable[[], Sequence[Section]]
    files: Callable[[], Iterable[Path]]
    words: Catalogue = field(default_factory=dict)
    language: Language = "en"
    seconds: int = 5


def watched_site(watched: Watched) -> LocalSite:
    """The site with the page at ``/`` and its two fragments."""
    with speaking(watched.language, watched.words):
        title = watched.title()
    pages = _WatchedPages(watched, title)
    return LocalSite(
        title=title,
        routes=[Route("/", pages.page), Route("/now", pages.now), Route("/rest", pages.rest)],
        words=[watched.words],
        language=watched.language,
    )


class _WatchedPages:
    """Answers; the rest is made once for each version, whoever asks."""

    def __init__(self, watched: Watched, title: str) -> None:
        self._watched, self._title = watched, title
        self._lock = Lock()
        self._made: tuple[str, Sequence[_Shown]] = ("", ())
        self._due = 0.0

    def page(self, request: Request) -> Response:
        version, rest = self._rest()
        content = {"title": self._title, "seconds": self._watched.seconds, "version": version}
        return render(
            request, "watched.html", {**content, "now": self._now(), "rest": list(zip(_KEYS, rest, strict=False))}
        )

    def now(self, request: Request) -> Response:
        return render(request, "watched_now.html", {"now": self._now(), "version": self._version()})

    def rest(self, request: Request) -> Response:
        _, rest = self._rest()
        return render(request, "watched_rest.html", {"rest": list(zip(_KEYS, rest, strict=False))})

    def _now(self) -> _Shown:
        try:
            return _shown(self._watched.now())
        except (GlsmedError, OSError) as error:
            return _shown(_unreadable("now", error))

    def _version(self) -> str:
        """The version of what :meth:`_rest` gives now."""
        return self._made[0] if self._made[0] and monotonic() < self._due else version_of(self._watched.files())

    def _rest(self) -> tuple[str, Sequence[_Shown]]:
        with self._lock:
            version = self._version()  # before the files are read: what changes meanwhile is read again
            if version != self._made[0]:
                begun = monotonic()
                try:
                    self._made = version, [_shown(one) for one in self._watched.rest()]
                except (GlsmedError, OSError) as error:
                    return "", [_shown(_unreadable("rest", error))]
                self._due = monotonic() + max(_LEAST_PAUSE_S, _PAUSE_SHARE * (monotonic() - begun))
            return self._made


def version_of(files: Iterable[Path]) -> str:
    """A few digits of each file, which are others once it has changed, come or gone."""
    return "-".join(map(_digits, files))


def _digits(path: Path) -> str:
    try:
        found = path.stat()
    except FileNotFoundError:
        return "0"
    return f"{found.st_mtime_ns % 10**12:x}.{found.st_size:x}"


def _shown(section: Section) -> _Shown:
    return _Shown(section.key, section.title, blocks_html(map(_fit_for_policy, section.blocks)))


def _fit_for_policy(block: Block) -> Block:
    """The block without styles of its own, which the policy of served pages does not allow."""
    return replace(block, svg=inline_svg(block.svg)) if isinstance(block, Figure) else block


def _unreadable(key: str, error: Exception) -> Section:
    words = say("The files cannot be read at the moment: {error}", error=bounded(error, most=_MOST_WORDS))
    return Section(key, say("Nothing can be shown"), [Paragraph(words, strong=True)])
