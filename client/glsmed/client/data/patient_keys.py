"""One identifier for a patient, however it is typed."""

import unicodedata
from functools import lru_cache

_REMEMBERED = 100_000  # a patient's identifier is looked at several times


@lru_cache(maxsize=_REMEMBERED)
def patient_key(patient_id: str) -> str:
    """The identifier without what typists do differently: white space, case, full and half width.

    "P 0017", "p0017" and "Ｐ0017" are one patient, in one split and counted once. Two patients whose
    identifiers differ in nothing else also become one, which costs no more than having them in the same split.
    """
    compact = "".join(unicodedata.normalize("NFKC", patient_id).split())
    return unicodedata.normalize("NFKC", compact.casefold())
