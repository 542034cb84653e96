"""What a report in FHIR may refer to: patients, orders, studies and documents, in the same file or beside it."""

import re
from collections import ChainMap
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from glsmed.client.imports.report_record import FoundReports
from glsmed.client.imports.reports.fhir.documents import Resource, listed, resources

_RELATIVE = re.compile(r"(?:.*/)?([A-Z][A-Za-z]+/[A-Za-z0-9.-]{1,64})(?:/_history/.*)?")


@dataclass(slots=True)
class Surroundings:
    """Resources by every name that a reference can use: full URL, and type with id."""

    named: MutableMapping[str, Resource] = field(default_factory=dict)

    @classmethod
    def of_files(cls, paths: Iterable[Path]) -> Self:
        """What the files hold beside reports; one that cannot be read says so when its own reports are read."""
        around = cls()
        for path in paths:
            try:
                for place, resource in resources(path, FoundReports([], [])):
                    if resource.get("resourceType") != "DiagnosticReport":
                        around._add_once(place, resource)
            except (ValueError, OSError):
                continue
        return around

    def with_file(self, placed: Iterable[tuple[str, Resource]]) -> "Surroundings":
        """These, with a file's own resources before them: each with its place or full URL."""
        own = {name: resource for place, resource in placed for name in _names(place, resource)}
        return Surroundings(ChainMap(own, self.named))

    def _add_once(self, place: str, resource: Resource) -> None:
        """Take one in; a name that two files give to different things stands for neither."""
        for name in _names(place, resource):
            known = self.named.setdefault(name, resource)
            if known.get("identifier") != resource.get("identifier"):
                self.named[name] = {}

    def resolve(self, reference: object, *, within: Resource) -> Resource:
        """What a Reference in a resource points at; empty where that is not here."""
        written = written_reference(reference)
        if written.startswith("#"):
            return next((each for each in listed(within, "contained") if f"#{each.get('id')}" == written), {})
        return self.document(written)

    def document(self, url: str) -> Resource:
        """The resource with a URL, whole or relative, of any version; empty where that is not here."""
        if url in self.named:
            return self.named[url]
        relative = _RELATIVE.fullmatch(url)
        return self.named.get(relative.group(1), {}) if relative else {}


def written_reference(reference: object) -> str:
    """The text of a Reference; blank where it has none."""
    return str(reference.get("reference") or "") if isinstance(reference, Mapping) else ""


def _names(place: str, resource: Resource) -> Iterator[str]:
    yield place
    if resource.get("id"):
        yield f"{resource.get('resourceType')}/{resource['id']}"
