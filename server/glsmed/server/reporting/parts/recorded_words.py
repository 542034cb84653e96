"""What the record holds as English sentences, in the language of a page: the centre's messages, and why a site failed."""

from typing import Final

from glsmed.shared.pages.blocks import bounded
from glsmed.shared.pages.spoken import Catalogue, say_again

_MEANINGS: Final[Catalogue] = {
    "the site approved another study.yaml": "施設が承認した study.yaml が異なります",
    "the site runs another release of glsmed": "施設の glsmed のバージョンが異なります",
    "the site builds another model from the same study.yaml": "同じ study.yaml から施設では別のモデルができます",
    "the site did not find this centre's signature on the task": "依頼にこのセンターの署名が見つかりません",
    "the site's ca.crt is of another authority, or it has seen a newer key of this centre, or a clock is wrong": "施設の ca.crt が別の認証局のものか、施設がこのセンターのより新しい鍵を知っているか、時計が狂っています",
    "the task was altered on its way": "依頼が途中で改変されました",
    "the site has another name in its config.yaml": "施設の config.yaml の名前が異なります",
    "the task belongs to another run": "依頼が別の実行のものです",
    "the task was signed for another round": "依頼の署名が別のラウンドのものです",
    "the task was signed as one of another kind": "依頼の署名が別の種類のものです",
    "the site was given this task, or one after it, before": "施設はこの依頼か、より後の依頼をすでに受け取っています",
    "the answer is not signed by the key with which the site joined": "回答の署名が参加時の鍵によるものではありません",
    "the answer is to another task": "別の依頼への回答です",
    "the answer was altered after it was signed": "回答が署名後に改変されました",
    "the site approved another roster.yaml": "施設が承認した roster.yaml が異なります",
    "the site would show its single update, or has no roster.yaml in use: its log says which": "施設単独の更新が見えてしまうか、使用中の roster.yaml がありません（施設のログを参照）",
    "the site's egress policy does not allow it": "施設の送信方針が許可していません",
    "the site could not have helped to make this model: it refuses models farther than federation.max_round_change from the last that it trained": "施設が学習に加わり得ないモデルです（最後に学習したモデルから federation.max_round_change より離れています）",
    "the site's privacy budget is spent: it trains no more, and still measures models": "施設のプライバシー予算を使い切りました（学習はせず、測定は続けます）",
    "the site has answered as many requests of this study as its egress policy allows": "施設はこの研究の依頼に、送信方針の上限まで回答しました",
}
REASONS: Final[Catalogue] = {
    **{f"{{code}} ({english})": f"{{code}}（{japanese}）" for english, japanese in _MEANINGS.items()},
    "late": "遅延",
    "went offline": "オフラインになりました",
    "the message was lost": "依頼が失われました",
    "the reply was lost": "回答が失われました",
    "the message could not be sent": "依頼を送れませんでした",
    "it is not on the roster that the hospitals approved": "病院が承認した名簿にありません",
    "its update broke round {number}": "その更新がラウンド {number} のモデルを壊しました",
    "node {node} answered in its place": "ノード {node} が代わりに回答しました",
    "its key was withdrawn": "鍵が取り消されました",
    "its policy does not let other sites measure its model": "施設の方針により、他施設はモデルを測定できません",
    "no update of it counted in that round": "そのラウンドでこの施設の更新は有効になりませんでした",
    "refused: its reply is larger than the study's model": "拒否: 回答が研究のモデルより大きい",
    "refused: {error}": "拒否: {error}",
    "no sum: {error}": "合計なし: {error}",
    "error {code}": "エラー {code}",
}
MESSAGES: Final[Catalogue] = {
    # of the study
    "the study has finished already": "研究はすでに終了しています",
    "continuing after round {number}": "ラウンド {number} の後から続けます",
    "flwr-server is starting": "flwr-server が起動中です",
    "flwr-server was stopped: start it again to go on": "flwr-server は停止されました。続けるには再び起動してください",
    "start it with: {command}": "起動: {command}",
    "no flwr-server runs this study: start it again to begin with round 1": "この研究の flwr-server は動いていません。再び起動するとラウンド 1 から始まります",
    "no flwr-server runs this study: start it again to go on after round {number}": "この研究の flwr-server は動いていません。再び起動するとラウンド {number} の後から続きます",
    # of a round
    "{line}; fewer than the quorum, so the round is tried again": "{line}。定足数に満たないため、ラウンドをやり直します",
    "paused before {round}: flwr-server resume goes on": "{round} の前で一時停止中です。flwr-server resume で再開します",
    "the model of round {number} is of no use ({complaints}): {culprit}. Its file is in checkpoints/quarantined; going on from round {good}": "ラウンド {number} のモデルは使えません（{complaints}）。{culprit}。ファイルは checkpoints/quarantined にあり、ラウンド {good} から続けます",
    "the update of {site} made it so": "原因は {site} の更新です",
    "no update was far longer than others": "他より極端に大きい更新はありませんでした",
    "{choice} is kept; test {means}": "{choice}のモデルを採用。テスト: {means}",
    "round {number} (the last: no site sent its validation metrics of two rounds)": "ラウンド {number}（最後のラウンド。2ラウンド分の検証指標を送った施設がありません）",
    "round {number} (mean validation {metric} {value})": "ラウンド {number}（検証 {metric} の平均 {value}）",
    "round {number} (median validation {metric} {value})": "ラウンド {number}（検証 {metric} の中央値 {value}）",
    "round {number} (pooled validation {metric} {value})": "ラウンド {number}（全施設を合わせた検証 {metric} {value}）",
    "round {number} of {rounds}: {line}": "ラウンド {number} / {rounds}: {line}",
    "round {number} of {rounds}": "ラウンド {number} / {rounds}",
    "training at {sites}": "{sites} で学習中",
    "sites measure each other's models": "施設が互いのモデルを測定中",
    "validation {means}": "検証 {means}",
    "not measured: no site sends its metrics": "測定なし（指標を送る施設がありません）",
    "{means}; without {reasons}": "{means}。除外: {reasons}",
    "{counted} counted after {seconds} s; not counted: {reasons}": "{seconds} 秒後に有効: {counted}。無効: {reasons}",
    "{counted} counted after {seconds} s": "{seconds} 秒後に有効: {counted}",
    "no site": "施設なし",
    "no site was asked": "依頼した施設なし",
    # of those that are waited for
    "asking {sites} for counts per cue": "{sites} に手がかり語ごとの件数を依頼中",
    "{site} did not take the shared prior: {error}": "{site} は共通の事前分布を受け取りませんでした: {error}",
    "waiting for sites: {line}": "施設を待っています: {line}",
    "{ready} of {quorum} ready (none); {reasons}": "{quorum}施設中 {ready} が準備完了。{reasons}",
    "{ready} of {quorum} ready (none)": "{quorum}施設中 {ready} が準備完了",
    "{ready} of {quorum} ready ({sites}); {reasons}": "{quorum}施設中 {ready} が準備完了（{sites}）。{reasons}",
    "{ready} of {quorum} ready ({sites})": "{quorum}施設中 {ready} が準備完了（{sites}）",
    "only {count} site(s) are admitted, so the quorum cannot be reached: admit more, or lower federation.quorum in study.yaml (every hospital must then approve it again)": "参加を認められた施設は{count}つだけで、定足数に達しません。施設を加えるか、study.yaml の federation.quorum を下げてください（全病院の再承認が必要です）",
    "{first}; {others}": "{first}; {others}",
    **{
        f"{{site}} is online but not ready: {english}": f"{{site}} はオンラインですが準備ができていません: {japanese}"
        for english, japanese in {**REASONS, "{reason}": "{reason}"}.items()
    },
    **{f"{{site}}: {english}": f"{{site}}: {japanese}" for english, japanese in REASONS.items()},
    "{site} still works on round {number}": "{site} はまだラウンド {number} の処理中です",
    "{site} is set aside until round {number}": "{site} はラウンド {number} まで休止中です",
    "the privacy budget of {site} is spent: it trains no more": "{site} のプライバシー予算は使い切られ、もう学習しません",
    "{first}, {others}": "{first}, {others}",
    "{site} ({cells} cells)": "{site}（{cells}セル）",
}


def message_in_words(message: str) -> str:
    """A message of the centre, on one line; an error stays English."""
    return say_again(bounded(message, most=500), MESSAGES)


def reason_in_words(reason: str, *, most: int = 200) -> str:
    """Why a site was not counted, on one line of at most about ``most`` characters."""
    return say_again(bounded(reason, most=most), REASONS)
