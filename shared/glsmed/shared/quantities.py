"""Sizes and durations in words, for lines that people read."""

_THOUSAND = 1000.0  # as networks count
_MOST_SECONDS = 99.5  # up to here seconds say more than minutes
_MOST_MINUTES = 99.5


def bytes_in_words(count: int) -> str:
    """For instance ``44.7 MB``; powers of 1000."""
    if count < _THOUSAND:
        return f"{count} bytes"
    size = count / _THOUSAND
    for unit in ("kB", "MB"):
        if size < _THOUSAND:
            return f"{size:.1f} {unit}"
        size /= _THOUSAND
    return f"{size:.1f} GB"


def seconds_in_words(seconds: float) -> str:
    """For instance ``41 s``, ``12 min`` or ``3 h 20 min``."""
    if seconds < _MOST_SECONDS:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    if minutes < _MOST_MINUTES:
        return f"{minutes:.0f} min"
    hours, rest = divmod(round(minutes), 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"
