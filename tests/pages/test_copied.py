from pathlib import Path

import pytest

from paths import ROOT, SHARED
from rag.pages import copied, text
from rag.pages.extract import extract

GERMAN = """\
Wir verwenden Cookies, um Ihnen das beste Erlebnis zu bieten. Mehr dazu steht in unserer Erklärung.
Einverstanden
Zum Inhalt springen
Startseite
Politik
Wirtschaft
Kultur
Anmelden
Startseite > Politik
Stausee an der Ilm ist nach neun Jahren gefüllt
Von Ada Reuß
Stand: 19.11.2019, 18:45 Uhr
Lesezeit: 2 Minuten
Teilen
Der Stausee an der Ilm ist am Montag nach neun Jahren Bauzeit gefüllt worden, heißt es im Rathaus.
„Endlich“, sagte die Ministerin.
Doppelt so teuer
Er hat 40 Millionen Euro gekostet, doppelt so viel wie beim Beginn der Arbeiten geplant war.
„Das war es wert.“
Meistgelesen
1
Katze nach einem Jahr wiedergefunden
2
Wer bezahlt eigentlich die neue Brücke über die Saale?
3
Sturm erreicht am Freitag die Küste
Das Blatt erscheint seit 1908 in Weimar und wird von 40 Menschen gemacht, die dort leben.
Impressum
Datenschutz
Kontakt"""

RUSSIAN = """\
Перейти к содержанию
Главная
Политика
Экономика
Спорт
Плотину на Ильме открыли через девять лет
19 ноября 2019
Поделиться

Плотину на реке Ильм открыли в понедельник после девяти лет работ, сообщило министерство.

Она обошлась в 40 миллионов евро, вдвое дороже, чем планировалось, рассказала министр.

Читайте также
Кот нашёлся через год
Шторм придёт в пятницу
О редакции
Реклама
Все права защищены"""

CHINESE = """\
跳到内容
首页
政治
财经
体育
登录
伊尔姆河大坝历时九年启用
分享

水利部在一份声明中说，伊尔姆河上的大坝经过九年的建设于周一正式启用。

部长对记者说，大坝耗资四千万欧元，是两千零一十年开工时计划金额的两倍。

最多阅读
失踪一年的猫在俄勒冈找到
周五风暴抵达海岸
关于我们
联系我们"""

SPANISH = """\
Saltar al contenido
Portada
Mundo
Economía
Deportes
Suscríbete
Iniciar sesión
Inauguran la presa del Ilm tras nueve años de obras
La presa del Ilm, vista desde el puente, el lunes por la mañana antes de la ceremonia.
La presa del Ilm, vista desde el puente, el lunes por la mañana antes de la ceremonia.
Foto: archivo
La presa del río Ilm se inauguró el lunes tras nueve años de obras, informó el ministerio. (EFE)
Costó 40 millones de euros, el doble de lo previsto cuando empezaron las obras en 2010, dijo la
ministra a los periodistas que la acompañaban.
Últimas noticias
Un gato aparece un año después en Oregón
La familia lo daba por perdido desde que se mudó, y el animal apareció en el jardín de un vecino.
La tormenta llegará a la costa el viernes por la noche
Los servicios de emergencia piden a los vecinos que no salgan de casa después de las ocho.
Dimite el alcalde de la capital tras la votación
El pleno votó por la noche, y el alcalde dijo que nadie le había avisado de lo que iba a pasar allí.
Los hoteles de la playa abren en mayo, una semana más tarde que el año pasado y sin…
Política ▪ Sociedad ▪ Economía ▪ Cultura ▪ Deportes ▪ Ciencia ▪ Salud ▪ Viajes ▪ Motor ▪ Moda
Aviso legal
Contacto"""


@pytest.mark.parametrize(
    ("content", "title", "kept"),
    [
        (GERMAN, "Stausee an der Ilm ist nach neun Jahren gefüllt", slice(14, 19)),
        (RUSSIAN, "Плотину на Ильме открыли через девять лет", slice(9, 12)),
        (CHINESE, "伊尔姆河大坝历时九年启用", slice(9, 12)),
        (SPANISH, "Inauguran la presa del Ilm tras nueve años de obras", slice(11, 14)),
    ],
    ids=["German", "Russian", "Chinese", "Spanish, lists of others with more words"],
)
def test_a_copied_page(content: str, title: str, kept: slice) -> None:
    """Of a page that was selected as a whole, the title and the article stay, in any language."""
    (page,) = text.read(content.encode(), "market.txt")
    article = extract(page)
    assert (article.title, article.text.split("\n")) == (title, content.split("\n")[kept])


POLISH = """\
Przejdź do treści
Strona główna
Kraj
Gospodarka
Zaloguj się
Prenumerata
Kraj › Neuwied › Most na Ilmie
Most na Ilmie znów otwarty
Ada Reuss
Udostępnij
Most na Ilmie w Neuwied został w poniedziałek ponownie otwarty po dziewięciu latach prac.
Czytaj także
Burmistrz stolicy rezygnuje po głosowaniu
Burza dotrze do wybrzeża w piątek wieczorem
Koszt wyniósł 40 milionów euro, dwa razy więcej, niż planowano na początku prac w 2010 roku.
Ruch ciężarówek pozostaje ograniczony do maja, bo brakuje jeszcze barier po obu stronach.
Polityka prywatności
Regulamin
Reklama
Kontakt"""


LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."
NAMES = ["Awa Cissé", "Moussa Diarra", "Fatou Keïta", "Sékou Traoré", "Oumar Sidibé", "Mariam Koné"]


def test_a_list_amid_a_copied_article() -> None:
    """What comes before a list of other stories stays, and a path on the site is no title."""
    (page,) = text.read(POLISH.encode(), "most.txt")
    article, lines = extract(page), POLISH.split("\n")
    assert (article.title, article.text.split("\n")) == (lines[7], [lines[10], *lines[14:16]])


@pytest.mark.parametrize(
    "lines",
    [
        [""],
        ["Fish market to reopen", "By Awa Cissé", "Mopti", "19 November 2019", LEAD, NEXT],
        ["Fish market to reopen", LEAD, NEXT, "Those elected are:", *NAMES, *NAMES],
        [*NAMES, *NAMES],
        ["Results", "Gao 3", "Mopti 4", "Kidal 1", "Kayes 2", "Ségou 9", "Home 7", LEAD, NEXT],
        ["Low tide", "No boat", "No sound", "", "No moon", "No wind", "", "No man", "Is drowned."],
    ],
)
def test_what_is_no_copied_page(lines: list[str]) -> None:
    """A head over an article, a list in it, a table and a poem are part of the text; so is none."""
    assert copied.article(lines) is None


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "corpus").glob("*.txt")) + sorted((SHARED / "articles").glob("*.txt")),
    ids=lambda path: path.name,
)
def test_clean_texts_stay(path: Path) -> None:
    """Articles without menus are no copied pages."""
    assert copied.article(path.read_text("utf-8").split("\n")) is None
