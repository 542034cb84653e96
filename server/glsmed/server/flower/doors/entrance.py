"""Who is connected to a listener: so many strangers, so many connections of each site, so many in all."""

import contextlib
from collections import Counter
from collections.abc import Callable

from starlette.types import Scope

from glsmed.server.flower.doors.limits import Limits

PLACE = "glsmed.place"  # where a request's scope holds the place of its connection


class Place:
    """One connection, from its acceptance to its end."""

    def __init__(self, entrance: "Entrance", address: str) -> None:
        self._entrance = entrance
        self.address = address
        self.owner: str | None = None
        self._end: Callable[[], object] = lambda: None

    @property
    def is_stranger(self) -> bool:
        """Whether nobody has said on this connection who it is."""
        return self.owner is None

    def end_with(self, end: Callable[[], object]) -> None:
        """What cuts the connection from now on."""
        self._end = end

    def cut(self) -> None:
        """End the connection without a goodbye, and give its place away."""
        self.leave()
        with contextlib.suppress(OSError):  # it has ended by itself
            self._end()

    def belongs_to(self, owner: str) -> bool:
        """Note who it is; returns whether that one may have one connection more."""
        return self._entrance.know(self, owner)

    def leave(self) -> None:
        """Give the place back; may be called again."""
        self._entrance.leave(self)


class Entrance:
    """Gives places to connections. A stranger that finds none free takes that of the one that came first.

    So whoever opens connections and says nothing keeps nobody out: a site needs a place for the time of a greeting.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._strangers: dict[Place, None] = {}  # in the order in which they came
        self._strangers_of: Counter[str] = Counter()
        self._known: dict[Place, str] = {}
        self._connections_of: Counter[str] = Counter()

    def let_in(self, address: str) -> Place | None:
        """A place for a new connection from ``address``; None if all are taken by sites."""
        if self._strangers_of[address] >= self._limits.strangers_of_address:
            next(place for place in self._strangers if place.address == address).cut()
        if self._strangers and (len(self._strangers) >= self._limits.strangers or self._is_full()):
            next(iter(self._strangers)).cut()
        if self._is_full():
            return None
        place = Place(self, address)
        self._strangers[place] = None
        self._strangers_of[address] += 1
        return place

    def _is_full(self) -> bool:
        return len(self._strangers) + len(self._known) >= self._limits.connections

    def know(self, place: Place, owner: str) -> bool:
        """Move a place from the strangers to those of ``owner``; returns whether that one has not too many."""
        if self._known.get(place) == owner:
            return True
        if self._connections_of[owner] >= self._limits.connections_of_site:
            return False
        if place in self._strangers or place in self._known:  # else it was cut meanwhile
            self.leave(place)
            self._known[place] = place.owner = owner
            self._connections_of[owner] += 1
        return True

    def leave(self, place: Place) -> None:
        """Give a place back."""
        if place in self._strangers:
            del self._strangers[place]
            _count_down(self._strangers_of, place.address)
        elif place in self._known:
            _count_down(self._connections_of, self._known.pop(place))


def _count_down(counts: Counter[str], key: str) -> None:
    counts[key] -= 1
    if not counts[key]:
        del counts[key]  # addresses come and go for weeks


def may_stay(scope: Scope, owner: str) -> bool:
    """Note to whom the connection of a request belongs; returns whether that one may have one connection more."""
    place = scope.get(PLACE)
    return place.belongs_to(owner) if isinstance(place, Place) else True
