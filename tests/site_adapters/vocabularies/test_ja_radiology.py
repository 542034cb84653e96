"""Japanese sentences and what each must be read as."""

import pytest

from glsmed.site_adapters.adapters import load_adapter
from glsmed.site_adapters.reader import Reader

PRESENT, ABSENT, UNCERTAIN, UNMENTIONED = "present", "absent", "uncertain", "unmentioned"


def _says(text: str, **states: str) -> tuple[str, dict[str, str]]:
    return text, states


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_adapter("ja_radiology"))


@pytest.mark.parametrize(
    ("text", "states"),
    [
        _says("胸水を認めます。", effusion=PRESENT),
        _says("胸水を認めません。", effusion=ABSENT),
        _says("胸水は認められず、気胸もみられない。", effusion=ABSENT, pneumothorax=ABSENT),
        _says("胸水、気胸を認めない。", effusion=ABSENT, pneumothorax=ABSENT),
        _says("気胸や両側胸水は認めない。", effusion=ABSENT, pneumothorax=ABSENT),
        _says("胸水および気胸なし。", effusion=ABSENT, pneumothorax=ABSENT),
        _says("胸水・気胸なし", effusion=ABSENT, pneumothorax=ABSENT),
        _says("右胸水（－）", effusion=ABSENT),
        _says("右胸水(+)、気胸(-)", effusion=PRESENT, pneumothorax=ABSENT),
        _says("両側胸水あり。", effusion=PRESENT),
        _says("胸水貯留は指摘できません。", effusion=ABSENT),
        _says("明らかな気胸は認めない。", pneumothorax=ABSENT),
        _says("有意な胸水なし。", effusion=ABSENT),
        _says("肺炎の疑い。", pneumonia=UNCERTAIN),
        _says("肺炎を疑う。", pneumonia=UNCERTAIN),
        _says("肺炎が疑われます。", pneumonia=UNCERTAIN),
        _says("肺炎を疑います。", pneumonia=UNCERTAIN),
        _says("肺炎疑い", pneumonia=UNCERTAIN),
        _says("肺炎は否定できない。", pneumonia=UNCERTAIN),
        _says("肺炎の可能性も否定できません。", pneumonia=UNCERTAIN),
        _says("肺炎は否定的です。", pneumonia=UNCERTAIN),
        _says("肺炎の可能性がある。", pneumonia=UNCERTAIN),
        _says("肺炎を示唆する所見です。", pneumonia=UNCERTAIN),
        _says("肺炎と考えられる。", pneumonia=UNCERTAIN),
        _says("肺炎と思われます。", pneumonia=UNCERTAIN),
        _says("肺炎として矛盾しない。", pneumonia=PRESENT),
        _says("肺炎を疑う所見は認めない。", pneumonia=ABSENT),
        _says("肺炎を示唆する所見なし。", pneumonia=ABSENT),
        _says("鑑別として肺炎、無気肺が挙がります。", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says("肺炎または無気肺を疑う。", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says("肺炎もしくは無気肺と考えます。", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says("肺炎 vs 無気肺", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says("胸水は消失しています。", effusion=ABSENT),
        _says("胸水は軽快しています。", effusion=UNCERTAIN),
        _says("肺炎の既往あり。", pneumonia=UNMENTIONED),
        _says("肺癌術後。胸水なし。", primary_tumour=UNMENTIONED, effusion=ABSENT),
        _says("気胸術後です。", pneumothorax=UNMENTIONED),
        _says("肺炎の除外目的。", pneumonia=UNMENTIONED),
        _says("肺炎の有無を精査。", pneumonia=UNMENTIONED),
        _says("肺炎 s/o", pneumonia=UNCERTAIN),
        _says("s/o 肺炎", pneumonia=UNCERTAIN),
        _says("r/o 肺炎", pneumonia=UNMENTIONED),
        _says("肺炎r/o", pneumonia=UNMENTIONED),
        _says("肺炎は否定はできないが可能性は低い。", pneumonia=UNCERTAIN),
        _says("肺炎は否定できないものの、可能性は低いと考えます。", pneumonia=UNCERTAIN),
        _says("気胸の可能性は低い。", pneumothorax=UNCERTAIN),
        _says("気胸は考えにくい。", pneumothorax=UNCERTAIN),
        _says("心拡大なし。肺野に異常なし。", cardiomegaly=ABSENT, consolidation=ABSENT),
        _says("心陰影の拡大を認める。", cardiomegaly=PRESENT),
        _says("心陰影は正常範囲内です。", cardiomegaly=ABSENT),
        _says("ＣＴＲは拡大しています。", cardiomegaly=PRESENT),
        _says("ｺﾝｿﾘﾃﾞｰｼｮﾝを認める。", consolidation=PRESENT),
        _says("右下肺野に浸潤影を認め、肺炎を疑います。", infiltration=PRESENT, pneumonia=UNCERTAIN),
        _says("右肺尖部に結節影あり、肺癌を疑う。", nodule=PRESENT, primary_tumour=UNCERTAIN),
        _says("胸水に著変なし。", effusion=PRESENT),
        _says("胸水の増大は認めない。", effusion=PRESENT),
        _says("胸水は減少しています。", effusion=PRESENT),
        _says("胸水の増加を認めません。", effusion=PRESENT),
        _says("皮下気腫を認める。", emphysema=UNMENTIONED),
        _says("間質性肺炎の疑い。", pneumonia=UNMENTIONED),
        _says("椎間板ヘルニアあり。", hernia=UNMENTIONED),
        _says("食道裂孔ヘルニアあり。", hernia=PRESENT),
        _says("気胸だけでなく胸水も認める。", pneumothorax=PRESENT, effusion=PRESENT),
        _says("胸水は認めないが、心拡大を認める。", effusion=ABSENT, cardiomegaly=PRESENT),
        _says("胸水なし、心拡大あり。", effusion=ABSENT, cardiomegaly=PRESENT),
        _says("すりガラス影を認めるが、炎症性変化と考えます。", lung_opacity=PRESENT),
        _says("結節を疑う陰影を認めます。", nodule=UNCERTAIN, lung_opacity=PRESENT),
        _says("中心静脈カテーテルの先端は上大静脈にあります。", support_devices=PRESENT),
        _says("肋骨骨折を認めます。", fracture=PRESENT),
        _says("骨折線は指摘できない。", fracture=ABSENT),
        _says("胸水か。", effusion=UNCERTAIN),
        _says("胸水？", effusion=UNCERTAIN),
        _says("胸水かもしれません。", effusion=UNCERTAIN),
        _says("肺炎は明らかではない。", pneumonia=ABSENT),
        _says("肺うっ血を認める。", edema=UNCERTAIN),
        _says("【既往歴】肺炎\n【所見】胸水なし", pneumonia=UNMENTIONED, effusion=ABSENT),
        _says("所見：胸水あり\n診断：胸水", effusion=PRESENT),
        _says("【所見】\n胸水の疑い。\n【診断】\n胸水なし。", effusion=ABSENT),
        _says("(所見)\n胸水を認める。", effusion=PRESENT),
        _says("＜所見＞\n胸水を認める。\n＜診断＞\n右胸水", effusion=PRESENT),
        _says("検査目的：肺炎精査\n所見：異常なし", pneumonia=UNMENTIONED),
        _says("肺転移、肝転移は認めません。", distant_metastasis=ABSENT),
        _says("縦隔リンパ節転移が疑われる。", lymph_node_metastasis=UNCERTAIN),
        _says("肝・副腎に転移を疑う所見はない。", distant_metastasis=ABSENT),
        _says("心拡大や肺うっ血を認めません。", cardiomegaly=ABSENT, edema=ABSENT),
        _says("肺炎や心不全を積極的に疑う所見はありません。", pneumonia=ABSENT, edema=ABSENT),
        _says("胸膜肥厚なし。", pleural_thickening=ABSENT),
        _says("右横隔膜の挙上あり。胸水は判然としない。", effusion=ABSENT),
        _says("右胸水は前回より増加しています。", effusion=PRESENT),
        _says("無気肺の疑いあり、胸水を伴う。", atelectasis=UNCERTAIN, effusion=PRESENT),
        _says("気管支肺炎を第一に考えます。", pneumonia=UNCERTAIN),
        _says("胸水を認める可能性は低い。", effusion=UNCERTAIN),
        _says("結節影が疑われるが、乳頭陰影の可能性もあり。", nodule=UNCERTAIN),
        _says("活動性病変を認めません。胸水もありません。", effusion=ABSENT),
        _says("気胸なし、胸水なし、骨折なし。", pneumothorax=ABSENT, effusion=ABSENT, fracture=ABSENT),
        _says("気胸，胸水，骨折を認めない．", pneumothorax=ABSENT, effusion=ABSENT, fracture=ABSENT),
        _says("右上葉の結節は5mmで、転移とは考えにくい。", nodule=PRESENT),
    ],
)
def test_each_finding_gets_the_state_that_the_words_mean(reader: Reader, text: str, states: dict[str, str]) -> None:
    cells = reader.read(text).cells
    came = {name: cells[name].state if name in cells else UNMENTIONED for name in states}
    assert came == states


@pytest.mark.parametrize(
    "rising",
    [
        (
            "気胸を認めません。",
            "気胸の可能性は極めて低い。",
            "気胸の可能性は低い。",
            "気胸は否定できない。",
            "気胸の可能性がある。",
            "気胸を疑う。",
            "気胸を強く疑う。",
            "気胸の可能性が高い。",
            "気胸を認めます。",
        ),
        ("気胸は否定はできないが可能性は低い。", "気胸は否定できない。"),
        ("気胸は考えにくい。", "気胸と考えます。"),
    ],
)
def test_probability_rises_with_the_words(reader: Reader, rising: tuple[str, ...]) -> None:
    probabilities = [reader.read(text).cells["pneumothorax"].probability for text in rising]
    assert probabilities == sorted(set(probabilities))


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("右肺門リンパ節が腫大しており、転移が疑われます。", "lymph_node_metastasis"),
        ("縦隔リンパ節の腫大を認めます。\n転移を疑います。", "lymph_node_metastasis"),
        ("左副腎は腫大し、転移の可能性があります。", "distant_metastasis"),
        ("肝 S5 に低吸収域を認めます。転移を疑います。", "distant_metastasis"),
        ("肝転移なし。副腎転移を疑います。骨転移なし。", "distant_metastasis"),
        ("左肺門リンパ節腫大を疑います。縦隔リンパ節腫大はありません。", "lymph_node_metastasis"),
    ],
)
def test_the_region_says_which_metastasis_is_likely(reader: Reader, text: str, finding: str) -> None:
    cells = reader.read(text).cells
    likely = {name for name in ("lymph_node_metastasis", "distant_metastasis") if name in cells}
    assert {name for name in likely if cells[name].probability > 0.5} == {finding}
