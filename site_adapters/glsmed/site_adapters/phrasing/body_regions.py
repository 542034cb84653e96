"""The finding of a word that needs a region ("metastasis" after "mediastinal lymph nodes" or after "the liver")."""

from dataclasses import replace

from glsmed.site_adapters.adapter.meaning import Meaning
from glsmed.site_adapters.text.phrases import Hit

Region = tuple[str, ...]
NOWHERE: Region = ()


def with_regions(hits: list[Hit[Meaning]], carried: Region) -> tuple[list[Hit[Meaning]], Region]:
    """The hits with every such word turned into a mention, and the region to carry into the next sentence.

    A region is the findings that can be there. The one named last before the word counts; else the first one named
    after it; else ``carried``, that of the sentence before. Without a region the word mentions nothing.
    """
    named = [hit.payload.region_of for hit in hits if hit.payload.region_of]
    region = named[0] if named else carried
    found = []
    for hit in hits:
        region = hit.payload.region_of or region
        mentioned = tuple((finding, None) for finding in hit.payload.in_region if finding in region)
        if mentioned:
            hit = Hit(hit.start, hit.end, replace(hit.payload, mentions=hit.payload.mentions + mentioned))
        found.append(hit)
    return found, named[-1] if named else NOWHERE
