"""The page's sentences in Japanese, by the English ones; values stand in the same braces."""

from glsmed.shared.pages.spoken import Catalogue

WORDS: Catalogue = {
    "The case for management: {owner}": "経営判断のための資料：{owner}",
    "Written at {when}. A year at these prices; 95 % intervals in brackets.": (
        "作成日時：{when}。以下の単価による1年間の見積もり。括弧内は95%区間。"
    ),
    "With {model}, a year changes by {misses} missed findings, {minutes} hours of reading and {money} {currency}.": (
        "{model}を使うと、1年間の変化は、見落とし {misses} 件、読影時間 {minutes} 時間、費用 {money} {currency}。"
    ),
    "With {model}, a year changes by {misses} missed findings, {minutes} hours of reading and {money} {currency}; "
    "compared with the hospital's own model, by {beside} {currency}.": (
        "{model}を使うと、1年間の変化は、見落とし {misses} 件、読影時間 {minutes} 時間、"
        "費用 {money} {currency}。自院だけのモデルに比べた費用の差は {beside} {currency}。"
    ),
    "The model is a second reader: every examination is read as before, and an alert makes the reader look again.": (
        "モデルは第二の読影者である。すべての検査をこれまでどおり読影し、警告が出たときは読影医がもう一度見る。"
    ),
    "Intervals come from 2000 draws of patients and of how common each finding is; both models are judged on the same "
    "draws. Before the draws each share starts from half a case found and half a case missed (Jeffreys), so that 10 of "
    "10 is not taken for certain.": (
        "区間は、患者と有所見率を2000回抽出して求めた。どちらのモデルも同じ抽出で評価する。"
        "割合はいずれも0.5件ずつを加えてから抽出する（ジェフリーズの事前分布）ので、10件中10件でも確実とはみなさない。"
    ),
    "A year without a model and with one": "モデルを使わない1年間と、使う1年間",
    "no model": "モデルなし",
    "the hospital's own model": "自院だけのモデル",
    "the federation's model": "連合学習のモデル",
    "alerts": "警告",
    "of these, false alerts": "うち誤警告",
    "findings missed": "見落とした所見",
    "reading time, hours": "読影時間（時間）",
    "money, {currency}": "費用（{currency}）",
    "What changes": "何が変わるか",
    "{one} less {other}": "{one} − {other}",
    "cheaper": "費用が下がる割合",
    "Last column: in how many of 100 draws of what few labels leave open it costs less.": (
        "右端の列：ラベルが少ないことによる不確かさを抽出したとき、100回のうち何回で費用が下がるか。"
    ),
    "By finding": "所見ごと",
    "The hospital's own model at its operating point.": "自院だけのモデル（動作点での成績）。",
    "The federation's model.": "連合学習のモデル。",
    "finding": "所見",
    "examinations with it": "所見のある検査",
    "with it": "所見あり",
    "without": "所見なし",
    "how common": "有所見率",
    "found": "感度",
    "false alerts": "誤警告率",
    "missed a year": "年間の見落とし",
    "with the model": "モデルを使う場合",
    "Left out of all figures:": "どの数字にも含めていないもの：",
    "What having a model costs a hospital": "モデルを持つための1施設あたりの費用",
    "labelling, once": "ラベル付け（一度）",
    "else once": "その他（一度）",
    "each year": "毎年",
    "a year, spread": "1年あたり（按分）",
    "In {currency}; what is paid once is spread over {years} years. {labels} labels of {minutes} minutes.": (
        "単位は {currency}。一度だけの費用は {years} 年に按分。ラベルは {labels} 件、1件 {minutes} 分。"
    ),
    "What changes with prices": "単価が変わると何が変わるか",
    "what few labels leave open": "ラベルの少なさによる不確かさ",
    "Money of a year, {model} less no model, in {currency}: below 0 it saves. Each price is divided and multiplied "
    "by {factor}; the line is at {value}.": (
        "1年間の費用の差（{model} − モデルなし、単位 {currency}）。0より小さければ節約になる。"
        "各単価を {factor} で割った場合と掛けた場合。縦線は {value}。"
    ),
    "price": "単価",
    "divided": "割った場合",
    "multiplied": "掛けた場合",
    "Labels that are needed": "必要なラベルの数",
    "found: now ±": "感度：現在の ±",
    "found ± {width}": "感度 ± {width}",
    "AUROC ± {width}": "AUROC ± {width}",
    "slope ± {width}": "較正の傾き ± {width}",
    "there over predicted, by {width}": "実数／予測数、{width} 以内",
    "Labels of test patients, present and absent together, taken as they come and not chosen. The largest number "
    "costs {money} {currency}. A dash: it cannot be said, or takes more than {most}.": (
        "テスト患者のラベルの数（所見ありとなしの合計）。選ばずに順に付けるものとする。"
        "最も多い数の費用は {money} {currency}。「–」は、求められないか、{most} 件を超えることを示す。"
    ),
    "Found: Buderer 1996 with Wilson's interval. AUROC: Hanley and McNeil 1982. Slope, and there over predicted: Riley "
    "and others 2021 (Statistics in Medicine). All take examinations as independent of each other.": (
        "感度：Buderer 1996（ウィルソンの区間）。AUROC：Hanley と McNeil 1982。較正の傾きと、実数／予測数："
        "Riley ら 2021（Statistics in Medicine）。いずれも検査どうしは互いに独立とする。"
    ),
    "What this does not say": "この資料では分からないこと",
    "Whether a reader with this model finds more: no reader was asked. found_by_alert is an assumption. Findings that "
    "readers miss may be those that the model misses, too: then lower it.": (
        "このモデルで読影医の見落としが実際に減るかどうか。読影実験はしていない。found_by_alert は仮定である。"
        "読影医が見落とす所見はモデルも見落としやすいかもしれない。その場合は値を下げること。"
    ),
    "Who gets an alert at every other examination no longer heeds it; found_by_alert is one number, however many "
    "alerts are false.": (
        "2件に1件も警告が出れば、読影医は警告を気に留めなくなる。"
        "found_by_alert は、誤警告がいくら多くても同じ値のままである。"
    ),
    "Harm to a patient is more than its price.": "患者の受ける害は、金額だけでは表せない。",
    "Prices and volumes have no interval of their own; the figure above shows what they change.": (
        "単価と検査数には区間がない。それらによる変化は上の図で示した。"
    ),
    "It is research software and not a medical device. It may not decide about a patient.": (
        "これは研究用ソフトウェアであり、医療機器ではない。患者についての判断に用いてはならない。"
    ),
    "The prices": "用いた単価",
    "Rates are measured on {patients} test patients ({examinations} examinations), judged by {reference}.": (
        "成績は、テスト患者 {patients} 人（検査 {examinations} 件）について、{reference}を基準に測った。"
    ),
    "gold labels": "正解ラベル",
    "what their reports state plainly, since there is no gold": "（正解ラベルがないため）レポートの明確な記述",
    "An alert is raised from the threshold on that found {share} % of the present findings among validation "
    "patients. A finding without a threshold raises none.": (
        "検証患者の所見のうち {share}% を見つけたしきい値以上で警告を出す。しきい値のない所見では警告を出さない。"
    ),
    "How common findings are: gold labels and reports of all examinations, or the counts in prices.yaml.": (
        "有所見率は、全検査の正解ラベルとレポート、または prices.yaml の件数による。"
    ),
    "Without a threshold: {findings}.": "しきい値のない所見：{findings}。",
    "There is no model of this hospital alone: `glsmed-client train-local` makes one.": (
        "自院だけのモデルはまだない。`glsmed-client train-local` で作れる。"
    ),
    "There is no model of the federation yet: the end of the study ships it.": (
        "連合学習のモデルはまだない。研究が終わると届く。"
    ),
    "no test patients with it, or none without it": "テスト患者に、所見のある人かない人のどちらかがいない",
    "Rates are those that hospitals let go of their test patients: false alerts where 90 % of the present findings are "
    "found.": "成績は、各施設がテスト患者について提供した数値である。所見の90%を見つけるしきい値での誤警告率を用いる。",
    "How common findings are: the counts that hospitals let go, or those in prices.yaml.": (
        "有所見率は、各施設が提供した件数、または prices.yaml の件数による。"
    ),
    "Intervals take the examinations of a hospital as independent of each other.": (
        "区間は、同じ施設の検査どうしを互いに独立として求めた。"
    ),
    "Hospitals without numbers of a model of their own: {sites}. So that model is not compared.": (
        "自院だけのモデルの数値がない施設：{sites}。そのため自院だけのモデルとは比べていない。"
    ),
    "sent no false_alert_rate with n and positives": "件数（n, positives）付きの false_alert_rate を提供していない",
}
