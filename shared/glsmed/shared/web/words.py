"""The words that all served pages have in common, in Japanese by English."""

from glsmed.shared.pages.spoken import Catalogue

WORDS: Catalogue = {
    "Skip to the content": "本文へ移動",
    "Pages": "ページ",
    "Keys": "キー操作",
    "Served on this machine only; it ends with the program.": "このコンピューターだけで表示され、プログラムの終了とともに閉じます。",
    "Something went wrong": "エラー",
    "Go back": "戻る",
    "There is no page at this address.": "このアドレスのページはありません。",
    "The program met an error. Its terminal says which.": "プログラムでエラーが起きました。端末の表示を見てください。",
    "This page is closed": "このページは開けません",
    "Open it with the address that the program wrote in its terminal. An address works for one browser; the terminal "
    "then shows the next one.": "プログラムが端末に表示したアドレスで開いてください。1つのアドレスは1つのブラウザーでのみ有効で、使うと次のアドレスが端末に表示されます。",
    "Reason": "理由",
    "On this page": "このページの内容",
    "The program has ended or cannot be reached. This is how it stood last.": "プログラムが終了したか、応答がありません。最後に得られた状態を表示しています。",
    "The files cannot be read at the moment: {error}": "現在ファイルを読めません: {error}",
    "Nothing can be shown": "表示できるものがありません",
}
