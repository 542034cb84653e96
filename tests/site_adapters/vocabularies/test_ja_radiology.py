"""Japanese sentences and what each must be read as."""

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.lint.run import has_errors, lint
from glsmed.site_adapters.reading.reader import Reader

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
        _says("右肺底部に少量の胸水が貯留している。", effusion=PRESENT),
        _says("胸水の貯留はみられない。", effusion=ABSENT),
        _says("両側CPAはsharpです。", effusion=ABSENT),
        _says("左CPAがややdull。胸水貯留の可能性あり。", effusion=UNCERTAIN),
        _says("右CPAの鈍化を認める。", effusion=PRESENT),
        _says("心胸郭比 55%と心拡大を認める。", cardiomegaly=PRESENT),
        _says("CTR 48%、心拡大なし。", cardiomegaly=ABSENT),
        _says("心拡大は明らかではありません。", cardiomegaly=ABSENT),
        _says("心陰影はやや拡大傾向です。", cardiomegaly=PRESENT),
        _says("心拡大が疑われる。", cardiomegaly=UNCERTAIN),
        _says("気胸は改善しています。", pneumothorax=PRESENT),
        _says("気胸は改善し、現在は認めません。", pneumothorax=ABSENT),
        _says("右気胸は消失。", pneumothorax=ABSENT),
        _says("右気胸に対しドレーン留置中。", pneumothorax=PRESENT, support_devices=PRESENT),
        _says("肺の虚脱は認めない。", atelectasis=ABSENT),
        _says("左下葉に浸潤影が新たに出現している。", infiltration=PRESENT),
        _says("浸潤影は軽減している。", infiltration=PRESENT),
        _says("明らかな浸潤影や結節影は認められません。", infiltration=ABSENT, nodule=ABSENT),
        _says("肺野に明らかな異常陰影を指摘できません。", lung_opacity=ABSENT),
        _says("肺野に活動性病変を認めません。", consolidation=ABSENT),
        _says("右中肺野に約1cm大の結節影が疑われ、CTでの精査をお勧めします。", nodule=UNCERTAIN),
        _says("結節様陰影を認めるが、肋骨との重なりと思われる。", nodule=UNCERTAIN),
        _says("右肺門部腫瘤影の疑いがあり、精査が必要です。", mass=UNCERTAIN),
        _says("肺癌を完全には否定できません。", primary_tumour=UNCERTAIN),
        _says("肺癌の可能性を考慮する必要がある。", primary_tumour=UNCERTAIN),
        _says("陳旧性肋骨骨折あり。", fracture=PRESENT),
        _says("新鮮な骨折は認めない。", fracture=ABSENT),
        _says("胸膜肥厚と石灰化を認める。", pleural_thickening=PRESENT),
        _says("両側肺尖部に胸膜肥厚像あり。", pleural_thickening=PRESENT),
        _says("肺気腫が背景にある。", emphysema=PRESENT),
        _says("気腫性変化は目立ちません。", emphysema=ABSENT),
        _says("肺水腫の所見はない。", edema=ABSENT),
        _says("軽度の肺うっ血が示唆される。", edema=UNCERTAIN),
        _says("うっ血所見なし。", edema=ABSENT),
        _says("無気肺あるいは浸潤影を疑う。", atelectasis=UNCERTAIN, infiltration=UNCERTAIN),
        _says("無気肺か浸潤影かの鑑別は困難。", atelectasis=UNCERTAIN, infiltration=UNCERTAIN),
        _says("肺炎像は認めませんが、無気肺の可能性はあります。", pneumonia=ABSENT, atelectasis=UNCERTAIN),
        _says("肺炎とするには典型的ではない。", pneumonia=UNCERTAIN),
        _says("肺炎を積極的に疑う所見ではありません。", pneumonia=ABSENT),
        _says("肺炎の合併は否定できないと考えます。", pneumonia=UNCERTAIN),
        _says("ペースメーカーが留置されている。", support_devices=PRESENT),
        _says("気管チューブ先端は気管分岐部より3cm頭側。", support_devices=PRESENT),
        _says("胃管は抜去されています。", support_devices=ABSENT),
        _says("縦隔の拡大なし。", enlarged_cardiomediastinum=ABSENT),
        _says("上縦隔の拡大を認める。", enlarged_cardiomediastinum=PRESENT),
        _says(
            "両肺にびまん性すりガラス影を認め、肺水腫を第一に考える。鑑別としてウイルス性肺炎。",
            lung_opacity=PRESENT,
            edema=UNCERTAIN,
            pneumonia=UNCERTAIN,
        ),
        _says("以前みられた右胸水は認めません。", effusion=ABSENT),
        _says("前回認めた結節影は消失しています。", nodule=ABSENT),
        _says("胸水は前回同様。", effusion=PRESENT),
        _says("胸水は前回と著変を認めない。", effusion=PRESENT),
        _says("胸水＋", effusion=PRESENT),
        _says("胸水−", effusion=ABSENT),
        _says("胸水 無", effusion=ABSENT),
        _says("胸水ナシ", effusion=ABSENT),
        _says("【所見】心拡大(-)、胸水(-)、気胸(-)", cardiomegaly=ABSENT, effusion=ABSENT, pneumothorax=ABSENT),
        _says("1. 右胸水\n2. 心拡大", effusion=PRESENT, cardiomegaly=PRESENT),
        _says("#1 肺炎疑い\n#2 右胸水", pneumonia=UNCERTAIN, effusion=PRESENT),
        _says("食道裂孔ヘルニアが疑われます。", hernia=UNCERTAIN),
        _says("肺線維症に矛盾しない所見です。", fibrosis=PRESENT),
        _says("間質性陰影の増強はない。", lung_opacity=ABSENT),
        _says("胸水の有無は評価困難です。", effusion=UNMENTIONED),
        _says(
            "右下肺野の透過性低下があり、胸水または無気肺を考えます。",
            lung_opacity=PRESENT,
            effusion=UNCERTAIN,
            atelectasis=UNCERTAIN,
        ),
        _says("左胸水ありか。", effusion=UNCERTAIN),
        _says("心不全に伴う胸水と考えられます。", effusion=UNCERTAIN),
        _says("撮影条件不良のため気胸の評価はできない。", pneumothorax=UNMENTIONED),
        _says("肺癌を疑う結節は認めません。", primary_tumour=ABSENT, nodule=ABSENT),
        _says("肺癌を疑う結節を認めます。", primary_tumour=UNCERTAIN, nodule=PRESENT),
        _says(
            "肺癌を疑うような明らかな結節や腫瘤影は指摘できない。", primary_tumour=ABSENT, nodule=ABSENT, mass=ABSENT
        ),
        _says("空洞を伴う結節は認めない。", lung_lesion=ABSENT, nodule=ABSENT),
        _says("肺炎を疑う、胸水は認めない。", pneumonia=UNCERTAIN, effusion=ABSENT),
        _says("肺炎の疑い 胸水なし", pneumonia=UNCERTAIN, effusion=ABSENT),
        _says("有意なリンパ節腫大や胸水は認めません。", lymph_node_metastasis=ABSENT, effusion=ABSENT),
        _says("肺野に異常陰影を認めます。", consolidation=UNMENTIONED, lung_opacity=PRESENT),
        _says("肺野に異常陰影を認めません。", consolidation=ABSENT, lung_opacity=ABSENT),
        _says("心陰影に異常を認めます。", cardiomegaly=UNMENTIONED),
        _says("心肺に異常なし。", cardiomegaly=ABSENT, consolidation=ABSENT),
        _says("縦隔に異常を疑う。", enlarged_cardiomediastinum=UNMENTIONED),
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


def test_lint_finds_no_error() -> None:
    assert not has_errors(lint("ja_radiology"))
