"""Spanish sentences and what each must be read as."""

import pytest

from glsmed.site_adapters.adapter.loader import load_adapter
from glsmed.site_adapters.lint.run import has_errors, lint
from glsmed.site_adapters.reading.reader import Reader

PRESENT, ABSENT, UNCERTAIN, UNMENTIONED = "present", "absent", "uncertain", "unmentioned"


def _says(text: str, **states: str) -> tuple[str, dict[str, str]]:
    return text, states


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader(load_adapter("es_radiology"))


@pytest.mark.parametrize(
    ("text", "states"),
    [
        _says("Se observa derrame pleural derecho.", effusion=PRESENT),
        _says("No se observa derrame pleural.", effusion=ABSENT),
        _says("Sin evidencia de neumotórax.", pneumothorax=ABSENT),
        _says("No hay evidencia de derrame ni neumotórax.", effusion=ABSENT, pneumothorax=ABSENT),
        _says(
            "No se observan consolidaciones, derrame pleural ni neumotórax.",
            consolidation=ABSENT,
            effusion=ABSENT,
            pneumothorax=ABSENT,
        ),
        _says(
            "Sin derrame pleural, neumotórax o consolidación.",
            effusion=ABSENT,
            pneumothorax=ABSENT,
            consolidation=ABSENT,
        ),
        _says(
            "No se aprecian signos de derrame pleural, pero sí cardiomegalia.", effusion=ABSENT, cardiomegaly=PRESENT
        ),
        _says("No derrame, se observa neumotórax apical.", effusion=ABSENT, pneumothorax=PRESENT),
        _says("No hay derrame pleural. Cardiomegalia.", effusion=ABSENT, cardiomegaly=PRESENT),
        _says("Cardiomegalia sin derrame pleural.", cardiomegaly=PRESENT, effusion=ABSENT),
        _says("Derrame pleural izquierdo sin neumotórax.", effusion=PRESENT, pneumothorax=ABSENT),
        _says("No se puede descartar neumonía.", pneumonia=UNCERTAIN),
        _says("Neumonía, no se puede descartar.", pneumonia=UNCERTAIN),
        _says("No se descarta pequeño derrame pleural asociado.", effusion=UNCERTAIN),
        _says("Se descarta neumotórax.", pneumothorax=ABSENT),
        _says("Neumotórax descartado.", pneumothorax=ABSENT),
        _says("A descartar neumonía.", pneumonia=UNCERTAIN),
        _says("Se solicita TC para descartar neumonía.", pneumonia=UNMENTIONED),
        _says("Hallazgos sugestivos de neumonía.", pneumonia=UNCERTAIN),
        _says("Imagen compatible con neumonía.", pneumonia=UNCERTAIN),
        _says("Probable neumonía basal derecha.", pneumonia=UNCERTAIN),
        _says("Neumonía probable.", pneumonia=UNCERTAIN),
        _says("Posible derrame pleural mínimo.", effusion=UNCERTAIN),
        _says("Impresiona de pequeño derrame pleural.", effusion=UNCERTAIN),
        _says("Opacidad basal que podría corresponder a atelectasia.", lung_opacity=PRESENT, atelectasis=UNCERTAIN),
        _says("Opacidad en relación con neumonía.", lung_opacity=PRESENT, pneumonia=PRESENT),
        _says("Ausencia de derrame pleural.", effusion=ABSENT),
        _says("Niega neumonía previa.", pneumonia=ABSENT),
        _says("Derrame pleural resuelto.", effusion=ABSENT),
        _says("Resolución del derrame pleural.", effusion=ABSENT),
        _says("Antecedente de neumonía.", pneumonia=UNMENTIONED),
        _says("Antecedentes de neumonía en 2010. Derrame pleural.", pneumonia=UNMENTIONED, effusion=PRESENT),
        _says("Atelectasia versus neumonía.", atelectasis=UNCERTAIN, pneumonia=UNCERTAIN),
        _says(
            "Consolidación, neumonía o bien atelectasia.",
            consolidation=PRESENT,
            pneumonia=UNCERTAIN,
            atelectasis=UNCERTAIN,
        ),
        _says("Atelectasia vs consolidación.", atelectasis=UNCERTAIN, consolidation=UNCERTAIN),
        _says("Sospecha de neumonía.", pneumonia=UNCERTAIN),
        _says("Alta sospecha de neumonía.", pneumonia=UNCERTAIN),
        _says("Dudoso nódulo en lóbulo superior derecho.", nodule=UNCERTAIN),
        _says("Imagen dudosa de nódulo.", nodule=UNCERTAIN),
        _says("DD: neumonía, atelectasia.", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says("s/p neumonía.", pneumonia=UNMENTIONED),
        _says("A valorar nódulo.", nodule=UNCERTAIN),
        _says("Nódulo a valorar.", nodule=UNCERTAIN),
        _says("Silueta cardíaca normal.", cardiomegaly=ABSENT),
        _says("Silueta cardíaca de tamaño normal. Senos costofrénicos libres.", cardiomegaly=ABSENT, effusion=ABSENT),
        _says("Campos pulmonares sin infiltrados.", infiltration=ABSENT),
        _says("Sin claros infiltrados.", infiltration=UNCERTAIN),
        _says("Índice cardiotorácico aumentado.", cardiomegaly=PRESENT),
        _says("INDICE CARDIOTORACICO AUMENTADO", cardiomegaly=PRESENT),
        _says("Aumento de la silueta cardiaca.", cardiomegaly=PRESENT),
        _says("¿Neumonía?", pneumonia=UNCERTAIN),
        _says("Neumonía?", pneumonia=UNCERTAIN),
        _says(
            "MOTIVO: Descartar neumonía.\nHALLAZGOS: Derrame pleural.\nCONCLUSIÓN: No hay neumonía.",
            effusion=PRESENT,
            pneumonia=ABSENT,
        ),
        _says("JUICIO CLÍNICO: neumonía\nINFORME: sin alteraciones", pneumonia=UNMENTIONED),
        _says("ANTECEDENTES: neumonía. IMPRESIÓN: normal.", pneumonia=UNMENTIONED),
        _says("Sin cambios en el derrame pleural.", effusion=PRESENT),
        _says("No ha cambiado el derrame pleural.", effusion=PRESENT),
        _says("Sin cambios significativos respecto a estudio previo, persiste derrame.", effusion=PRESENT),
        _says("Persiste, sin embargo, derrame pleural.", effusion=PRESENT),
        _says("Derrame pericárdico.", effusion=UNMENTIONED),
        _says("Enfisema subcutáneo.", emphysema=UNMENTIONED),
        _says("Hernia discal L5.", hernia=UNMENTIONED),
        _says("Hernia de hiato.", hernia=PRESENT),
        _says("Nódulos pulmonares múltiples.", nodule=PRESENT),
        _says("Fracturas costales antiguas.", fracture=PRESENT),
        _says("No se ven fracturas.", fracture=ABSENT),
        _says("Neumonía poco probable.", pneumonia=UNCERTAIN),
        _says("Probablemente no hay neumotórax.", pneumothorax=ABSENT),
        _says("No parece haber derrame.", effusion=UNCERTAIN),
        _says("Condensación en LID, probable neumonía.", consolidation=PRESENT, pneumonia=UNCERTAIN),
        _says("Marcapasos con electrodos en cavidades derechas.", support_devices=PRESENT, lung_lesion=UNMENTIONED),
        _says("No se observa derrame pleural y se aprecia cardiomegalia.", effusion=ABSENT, cardiomegaly=PRESENT),
        _says(
            "Sin derrame ni neumotórax, con cardiomegalia leve.",
            effusion=ABSENT,
            pneumothorax=ABSENT,
            cardiomegaly=PRESENT,
        ),
        _says("No hay signos de insuficiencia cardíaca.", edema=ABSENT),
        _says("Redistribución vascular.", edema=UNCERTAIN),
        _says(
            "No evidencia de derrame, neumotórax, ni consolidación.",
            effusion=ABSENT,
            pneumothorax=ABSENT,
            consolidation=ABSENT,
        ),
        _says("No se identifican nódulos ni masas.", nodule=ABSENT, mass=ABSENT),
        _says("No puede excluirse pequeño derrame.", effusion=UNCERTAIN),
        _says("Pequeño derrame, no puede excluirse.", effusion=UNCERTAIN),
        _says("Tampoco hay derrame.", effusion=ABSENT),
        _says("No hay neumotórax. Tampoco derrame.", pneumothorax=ABSENT, effusion=ABSENT),
        _says("Engrosamiento pleural apical bilateral.", pleural_thickening=PRESENT),
        _says("Derrame pleural ha disminuido.", effusion=PRESENT),
        _says("Derrame, de existir, mínimo.", effusion=UNCERTAIN),
        _says("Infiltrado en LII que sugiere neumonía.", infiltration=PRESENT, pneumonia=UNCERTAIN),
        _says("Hallazgos no concluyentes de neumonía.", pneumonia=UNCERTAIN),
        _says("Edema agudo de pulmón.", edema=PRESENT),
        _says("No neumotórax tras retirada de drenaje.", pneumothorax=ABSENT),
        _says("Sin imagen de condensación ni derrame.", consolidation=ABSENT, effusion=ABSENT),
        _says(
            "Consolidación sugerente de neumonía sin derrame asociado.",
            consolidation=PRESENT,
            pneumonia=UNCERTAIN,
            effusion=ABSENT,
        ),
        _says(
            "No condensaciones, no derrame pleural, no neumotórax.",
            consolidation=ABSENT,
            effusion=ABSENT,
            pneumothorax=ABSENT,
        ),
        _says("Muy improbable neumonía.", pneumonia=UNCERTAIN),
        _says("Pinzamiento del seno costofrénico izquierdo por pequeño derrame pleural.", effusion=PRESENT),
        _says("Senos costofrénicos libres de derrame.", effusion=ABSENT),
        _says("No existe derrame pleural ni signos de insuficiencia cardíaca.", effusion=ABSENT, edema=ABSENT),
        _says(
            "Derrame pleural bilateral de predominio derecho, sin neumotórax.", effusion=PRESENT, pneumothorax=ABSENT
        ),
        _says("Cardiomegalia moderada con signos de redistribución vascular.", cardiomegaly=PRESENT, edema=UNCERTAIN),
        _says("Cardiomegalia global, sin signos de congestión.", cardiomegaly=PRESENT),
        _says("Silueta cardiomediastínica dentro de la normalidad.", cardiomegaly=ABSENT),
        _says("Corazón de tamaño normal.", cardiomegaly=ABSENT),
        _says("ICT en el límite alto de la normalidad.", cardiomegaly=UNCERTAIN),
        _says("Infiltrado intersticial bilateral sugestivo de proceso viral.", infiltration=PRESENT),
        _says(
            "Opacidades parcheadas bilaterales compatibles con neumonía por COVID-19.",
            lung_opacity=PRESENT,
            pneumonia=UNCERTAIN,
        ),
        _says("Opacidades en vidrio deslustrado de predominio periférico.", lung_opacity=PRESENT),
        _says("Sin opacidades ni consolidaciones.", lung_opacity=ABSENT, consolidation=ABSENT),
        _says("No se objetivan infiltrados ni condensaciones.", infiltration=ABSENT, consolidation=ABSENT),
        _says(
            "No se visualizan condensaciones parenquimatosas ni derrame pleural.", consolidation=ABSENT, effusion=ABSENT
        ),
        _says("Parénquima pulmonar sin condensaciones.", consolidation=ABSENT),
        _says("Pequeña atelectasia laminar en base izquierda.", atelectasis=PRESENT),
        _says("Atelectasia basal vs infiltrado.", atelectasis=UNCERTAIN, infiltration=UNCERTAIN),
        _says("Imagen nodular de 8 mm en LSD, a valorar con TC.", nodule=UNCERTAIN),
        _says("Nódulo pulmonar de 8 mm en LSD, valorar TC.", nodule=PRESENT),
        _says("Probable nódulo calcificado.", nodule=UNCERTAIN),
        _says("No se identifican nódulos pulmonares.", nodule=ABSENT),
        _says("No se puede excluir la presencia de un pequeño nódulo.", nodule=UNCERTAIN),
        _says("Masa hiliar derecha sospechosa de malignidad.", mass=PRESENT),
        _says("Neumotórax apical derecho mínimo.", pneumothorax=PRESENT),
        _says("Neumotórax izquierdo en resolución.", pneumothorax=PRESENT),
        _says("Neumotórax ya resuelto.", pneumothorax=ABSENT),
        _says("Persiste neumotórax.", pneumothorax=PRESENT),
        _says("Sin evidencia radiológica de neumotórax.", pneumothorax=ABSENT),
        _says("Fractura del sexto arco costal derecho.", fracture=PRESENT),
        _says("No se aprecian líneas de fractura.", fracture=ABSENT),
        _says("Acuñamiento vertebral D8.", fracture=PRESENT),
        _says("Hernia hiatal por deslizamiento.", hernia=PRESENT),
        _says("Dudosa hernia de hiato.", hernia=UNCERTAIN),
        _says("Engrosamiento pleural apical derecho residual.", pleural_thickening=PRESENT),
        _says("Catéter venoso central con extremo en cava superior.", support_devices=PRESENT),
        _says("Portador de marcapasos bicameral.", support_devices=PRESENT),
        _says("Se ha retirado el tubo endotraqueal.", support_devices=ABSENT),
        _says("Mediastino centrado, no ensanchado.", enlarged_cardiomediastinum=ABSENT),
        _says("Ensanchamiento mediastínico.", enlarged_cardiomediastinum=PRESENT),
        _says("Enfisema pulmonar de predominio en lóbulos superiores.", emphysema=PRESENT),
        _says("Signos de EPOC.", emphysema=UNCERTAIN),
        _says("Hallazgos en relación con fibrosis pulmonar.", fibrosis=PRESENT),
        _says("Tractos fibrosos apicales residuales.", fibrosis=PRESENT),
        _says("No impresiona de neumonía.", pneumonia=UNCERTAIN),
        _says("Impresiona neumonía basal derecha.", pneumonia=UNCERTAIN),
        _says("No podemos descartar que exista neumonía.", pneumonia=UNCERTAIN),
        _says("Sin poder descartarse neumonía incipiente.", pneumonia=UNCERTAIN),
        _says("Cuadro compatible con neumonía, sin descartar edema.", pneumonia=UNCERTAIN, edema=UNCERTAIN),
        _says("Para descartar neumotórax se realiza radiografía en espiración.", pneumothorax=UNMENTIONED),
        _says(
            "Radiografía solicitada por sospecha de neumonía. No se observan infiltrados.",
            pneumonia=UNCERTAIN,
            infiltration=ABSENT,
        ),
        _says(
            "MOTIVO DE CONSULTA: sospecha de neumonía\nHALLAZGOS: Sin infiltrados.\nCONCLUSIÓN: No neumonía.",
            pneumonia=ABSENT,
            infiltration=ABSENT,
        ),
        _says("Antecedentes: EPOC, neumonía. Radiografía: derrame.", pneumonia=UNMENTIONED, effusion=PRESENT),
        _says("Paciente con antecedente de neumotórax. Actualmente no se observa neumotórax.", pneumothorax=ABSENT),
        _says(
            "Aumento de densidad en base derecha que plantea diagnóstico diferencial entre atelectasia y neumonía.",
            lung_opacity=PRESENT,
            atelectasis=UNCERTAIN,
            pneumonia=UNCERTAIN,
        ),
        _says("Podría tratarse de neumonía, atelectasia o ambas.", pneumonia=UNCERTAIN, atelectasis=UNCERTAIN),
        _says(
            "Imagen sugestiva de derrame pleural, no se descarta componente atelectásico.",
            effusion=UNCERTAIN,
            atelectasis=UNCERTAIN,
        ),
        _says("Derrame pleural derecho menor que en estudio previo.", effusion=PRESENT),
        _says("Mejoría del edema pulmonar.", edema=PRESENT),
        _says("Empeoramiento de infiltrados.", infiltration=PRESENT),
        _says("El derrame no ha aumentado.", effusion=PRESENT),
        _says("No hay cambios significativos en el derrame.", effusion=PRESENT),
        _says("Estable, sin derrame.", effusion=ABSENT),
        _says("No hay datos que sugieran neumonía.", pneumonia=ABSENT),
        _says("No se observan imágenes sugestivas de neumonía.", pneumonia=ABSENT),
        _says("Edema intersticial poco probable.", edema=UNCERTAIN),
        _says("Cardiomegalia? Derrame?", cardiomegaly=UNCERTAIN, effusion=UNCERTAIN),
        _says("No se observan alteraciones pleuroparenquimatosas.", consolidation=ABSENT, effusion=ABSENT),
        _says("Alteraciones pleuroparenquimatosas residuales.", consolidation=UNMENTIONED, effusion=UNMENTIONED),
        _says("No neumotórax, derrame pleural izquierdo.", pneumothorax=ABSENT, effusion=PRESENT),
        _says("Sin consolidaciones, derrame, neumotórax.", consolidation=ABSENT, effusion=ABSENT, pneumothorax=ABSENT),
        _says("Sin derrame y cardiomegalia leve.", effusion=ABSENT, cardiomegaly=PRESENT),
        _says("Neumonía de posible origen aspirativo.", pneumonia=PRESENT),
        _says("Fractura en probable relación con caída.", fracture=PRESENT),
        _says("Consolidación con posible derrame.", consolidation=PRESENT, effusion=UNCERTAIN),
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
            "No se observa neumonía.",
            "Neumonía muy poco probable.",
            "Neumonía poco probable.",
            "No se puede descartar neumonía.",
            "Posible neumonía.",
            "Sospecha de neumonía.",
            "Muy sugestivo de neumonía.",
            "Probable neumonía.",
            "Muy probable neumonía.",
            "Se observa neumonía.",
        ),
        ("Sin claros signos de neumonía.", "Dudosa neumonía."),
        ("No se puede descartar por completo neumonía.", "No se puede descartar neumonía."),
    ],
)
def test_probability_rises_with_the_words(reader: Reader, rising: tuple[str, ...]) -> None:
    probabilities = [reader.read(text).cells["pneumonia"].probability for text in rising]
    assert probabilities == sorted(set(probabilities))


@pytest.mark.parametrize(
    ("text", "cue", "scope"),
    [
        ("No se observa derrame, presenta fiebre.", "negated", "No se observa derrame"),
        ("No refiere tos, disnea ni fiebre.", "negated", "No refiere tos, disnea ni fiebre"),
        ("Paciente afebril con tos.", "without_by_word", "afebril"),
        ("Tos, cultivos negativos.", "not_seen", "cultivos negativos"),
    ],
)
def test_a_scope_ends_where_the_statement_does(reader: Reader, text: str, cue: str, scope: str) -> None:
    marks = {mark.cue: text[slice(*mark.scope)] for mark in reader.marks(text)}
    assert marks[cue] == scope


def test_lint_finds_no_error() -> None:
    assert not has_errors(lint("es_radiology"))
