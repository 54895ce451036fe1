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


@pytest.mark.parametrize(
    ("content", "title", "kept"),
    [
        (GERMAN, "Stausee an der Ilm ist nach neun Jahren gefüllt", slice(14, 19)),
        (RUSSIAN, "Плотину на Ильме открыли через девять лет", slice(9, 12)),
        (CHINESE, "伊尔姆河大坝历时九年启用", slice(9, 12)),
    ],
    ids=["German", "Russian", "Chinese"],
)
def test_a_copied_page(content: str, title: str, kept: slice) -> None:
    """Of a page that was selected as a whole, the title and the article stay, in any language."""
    (page,) = text.read(content.encode(), "market.txt")
    article = extract(page)
    assert (article.title, article.text.split("\n")) == (title, content.split("\n")[kept])


LEAD = "The council voted on Tuesday to reopen the fish market that burned down in April."
NEXT = "Traders have been selling from the roadside since, which the police tolerated."
NAMES = ["Awa Cissé", "Moussa Diarra", "Fatou Keïta", "Sékou Traoré", "Oumar Sidibé", "Mariam Koné"]


@pytest.mark.parametrize(
    "lines",
    [
        ["Fish market to reopen", "By Awa Cissé", "Mopti", "19 November 2019", LEAD, NEXT],
        ["Fish market to reopen", LEAD, NEXT, "Those elected are:", *NAMES, *NAMES],
        [*NAMES, *NAMES],
        ["Results", "Gao 3", "Mopti 4", "Kidal 1", "Kayes 2", "Ségou 9", "Home 7", LEAD, NEXT],
        ["Low tide", "No boat", "No sound", "", "No moon", "No wind", "", "No man", "Is drowned."],
    ],
)
def test_what_is_no_copied_page(lines: list[str]) -> None:
    """A head over an article, a list in it, a table and a poem are part of the text."""
    assert copied.article(lines) is None


@pytest.mark.parametrize(
    "path",
    sorted((ROOT / "corpus").glob("*.txt")) + sorted((SHARED / "articles").glob("*.txt")),
    ids=lambda path: path.name,
)
def test_clean_texts_stay(path: Path) -> None:
    """Articles without menus are no copied pages."""
    assert copied.article(path.read_text("utf-8").split("\n")) is None
