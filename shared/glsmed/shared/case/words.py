"""The words of the page in English or Japanese."""

from typing import Literal

from glsmed.shared.case.japanese import JAPANESE

Language = Literal["en", "ja"]


class Words:
    """Says a sentence in the page's language.

    Args:
        language: of the page.
    """

    def __init__(self, language: Language) -> None:
        self.language: Language = language

    def __call__(self, english: str, **values: str | int | float) -> str:
        """The sentence with its values in place.

        Raises:
            KeyError: there is no Japanese for it.
        """
        return (english if self.language == "en" else JAPANESE[english]).format(**values)
