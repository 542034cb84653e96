"""The words of pages, in English and Japanese."""

from collections.abc import Mapping
from typing import Final, Literal

Language = Literal["en", "ja"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "ja")
Catalogue = Mapping[str, str]  # Japanese by English

BASE_WORDS: Catalogue = {
    "Skip to the content": "本文へ移動",
    "Pages": "ページ",
    "Keys": "キー操作",
    "Served on this machine only; it ends with the program.": "この端末だけで表示され、プログラムの終了とともに閉じます。",
    "Something went wrong": "エラー",
    "Go back": "戻る",
    "There is no page at this address.": "このアドレスのページはありません。",
    "The program met an error. Its terminal says which.": "プログラムでエラーが起きました。端末の表示を見てください。",
    "This page is closed": "このページは開けません",
    "Open it with the address that the program wrote in its terminal. An address works for one browser; the terminal "
    "then shows the next one.": "プログラムが端末に表示したアドレスで開いてください。1つのアドレスは1つのブラウザーでのみ有効で、使うと次のアドレスが端末に表示されます。",
    "Reason": "理由",
}


class Words:
    """A function from English words to those of the language; values are put into ``{places}``."""

    def __init__(self, language: Language, *catalogues: Catalogue) -> None:
        """Speak a language.

        Args:
            language: of the pages.
            catalogues: Japanese by English, later ones first.
        """
        self.language = language
        self._japanese: dict[str, str] = dict(BASE_WORDS)
        for catalogue in catalogues:
            self._japanese.update(catalogue)

    def __call__(self, words: str, /, **values: object) -> str:
        """The words in the language; English where Japanese lacks them."""
        spoken = self._japanese.get(words, words) if self.language == "ja" else words
        return spoken.format(**values) if values else spoken
