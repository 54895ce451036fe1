"""The tables of English: every word list that several rules use stands here once.

A row of `_PEOPLES` or `_SPELLINGS` holds a word and the variants that the index takes for it, so
that "the Russian minister" meets "Russia's minister", and "defense" meets "defence". Stemming makes
one form of a word stand for all: a row holds only what stems apart.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

WORDS_FILE = Path(__file__).parent / "words.txt"
"""The common words of English, mostly names capitalised.

They are the 21,745 whole words of Latin letters in the vocabulary of all-MiniLM-L6-v2 (Apache-2.0).
A word is mostly a name if it stands capitalised within the sentences of SQuADShifts more than twice
as often as not; of words that hardly stand there, a regression over the model's vectors decided."""

TELLING_WORDS = """
about above after again against already among and any are because before below between both by
could currently did does doing during each ever few from further having here hers him his how if
into its many might much must nor not now off only onto other our ours out own said same say says
shall she should some still such tell than that the their theirs them then there these they this
those through too until up us very what when where which while who whom whose why with would yet
you your yours
"""
"""Function words that hardly any other language has: they tell English apart."""

FUNCTION_WORDS = f"""{TELLING_WORDS}
a all also am an as at be been being but can do done down for had has have he her i in is it just
may me mine more most my name no of on once or over s so t to under was we were will
"""

MONTHS = (
    "january february march april may june july august september october november december"
).split()
MONTH_NUMBERS: Mapping[str, int] = {
    **{form: number for number, name in enumerate(MONTHS, 1) for form in (name, name[:3])},
    "sept": 9,
}
"""The number of each month, by its name and what that is cut short to."""

MONTH_VERBS = frozenset({"march", "may"})
_SHORT_MONTHS = "|".join(name.title() for name in MONTH_NUMBERS if name not in MONTHS)
MONTH_FORM = (
    rf"(?:(?i:{'|'.join(name for name in MONTHS if name not in MONTH_VERBS)})\b"
    rf"|(?-i:(?:March|May|MARCH|MAY)\b|(?:{_SHORT_MONTHS})\b\.?))"
)
"""A month: May and March, and what is cut short, by their capital only."""

COURTESY = frozenset("mr mrs ms mx sir madam dame lord lady".split())

UNIT_OF_TIME = r"(?:second|minute|hour|day|week|month|year|decade|centur(?:y|ie))s?\b"

WEEKDAYS = "monday tuesday wednesday thursday friday saturday sunday".split()

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
CARDINALS: Mapping[str, float] = {
    **{word: float(value) for value, word in enumerate(_ONES)},
    **{word: 10.0 * value for value, word in enumerate(_TENS, start=2)},
}
NUMBERS: Mapping[str, float] = {
    **CARDINALS,
    **{word: float(value) for value, word in enumerate(_ORDINALS, start=3)},
    "dozen": 12.0,
}
SCALES: Mapping[str, float] = {
    "hundred": 1e2,
    "thousand": 1e3,
    **dict.fromkeys(("million", "mln", "mn"), 1e6),
    **dict.fromkeys(("billion", "bln", "bn"), 1e9),
    **dict.fromkeys(("trillion", "tn"), 1e12),
}

PRONOUNS = "he|she|it|they|him|her|them|his|hers|its|their|theirs"
AUXILIARIES = "is|are|was|were|do|does|did|has|have|had|can|could|will|would"
MODALS = "shall|should|may|might|must"
QUESTION_WORDS = "who|whom|whose|what|which|when|where|why|how"

# Peoples whose names mean nothing else in lower case: no Poles, no Danes.
_PEOPLES = """
Afghanistan Afghan; Albania Albanian; Algeria Algerian; Angola Angolan; Argentina Argentine
Argentinian; Armenia Armenian; Australia Australian; Austria Austrian; Azerbaijan Azerbaijani;
Bangladesh Bangladeshi; Belarus Belarusian; Belgium Belgian; Benin Beninese; Bolivia Bolivian;
Botswana Botswanan; Brazil Brazilian; Britain British Briton; Bulgaria Bulgarian; Burundi
Burundian; Cambodia Cambodian; Cameroon Cameroonian; Canada Canadian; Chad Chadian; Chile Chilean;
China Chinese; Colombia Colombian; Congo Congolese; Croatia Croatian; Cuba Cuban; Cyprus Cypriot;
Denmark Danish; Ecuador Ecuadorian; Egypt Egyptian; Eritrea Eritrean; Estonia Estonian; Ethiopia
Ethiopian; Europe European; Africa African; America American; Asia Asian; Finland Finnish Finns;
France French; Gabon Gabonese; Gambia Gambian; Georgia Georgian; Germany German; Ghana Ghanaian;
Greece Greek; Guinea Guinean; Haiti Haitian; Honduras Honduran; Hungary Hungarian; India Indian;
Indonesia Indonesian; Iran Iranian; Iraq Iraqi; Ireland Irish; Israel Israeli; Italy Italian;
Jamaica Jamaican; Japan Japanese; Jordan Jordanian; Kazakhstan Kazakh; Kenya Kenyan; Korea Korean;
Kosovo Kosovar; Kuwait Kuwaiti; Latvia Latvian; Lebanon Lebanese; Liberia Liberian; Libya Libyan;
Lithuania Lithuanian; Madagascar Malagasy; Malawi Malawian; Malaysia Malaysian; Mali Malian;
Mauritania Mauritanian; Mexico Mexican; Moldova Moldovan; Mongolia Mongolian; Morocco Moroccan;
Mozambique Mozambican; Myanmar Burmese; Namibia Namibian; Nepal Nepali Nepalese; Netherlands
Dutch; Nicaragua Nicaraguan; Niger Nigerien; Nigeria Nigerian; Norway Norwegian; Pakistan
Pakistani; Palestine Palestinian; Panama Panamanian; Paraguay Paraguayan; Peru Peruvian;
Philippines Filipino; Portugal Portuguese; Qatar Qatari; Romania Romanian; Russia Russian; Rwanda
Rwandan; Senegal Senegalese; Serbia Serbian Serb; Singapore Singaporean; Slovakia Slovak; Slovenia
Slovenian; Somalia Somali; Spain Spanish Spaniards; Sudan Sudanese; Sweden Swedish Swedes;
Switzerland Swiss; Syria Syrian; Taiwan Taiwanese; Tanzania Tanzanian; Thailand Thai; Togo
Togolese; Tunisia Tunisian; Turkey Turkish Turks; Uganda Ugandan; Ukraine Ukrainian; Uruguay
Uruguayan; Uzbekistan Uzbek; Venezuela Venezuelan; Vietnam Vietnamese; Yemen Yemeni; Zambia
Zambian; Zimbabwe Zimbabwean
"""

_SPELLINGS = """
defence defense; offence offense; licence license; centre center; theatre theater; metre meter;
kilometre kilometer; litre liter; fibre fiber; labour labor; harbour harbor; neighbour neighbor;
neighbouring neighboring; neighbourhood neighborhood; armour armor; behaviour behavior; colour
color; favour favor; honour honor; humour humor; rumour rumor; vapour vapor; endeavour endeavor;
programme program; catalogue catalog; dialogue dialog; aluminium aluminum; grey gray; plough plow;
sceptic skeptic; manoeuvre maneuver; organise organize; organisation organization; recognise
recognize; realise realize; authorise authorize; authorisation authorization; criticise criticize;
emphasise emphasize; apologise apologize; nationalise nationalize; neutralise neutralize; mobilise
mobilize; mobilisation mobilization; stabilise stabilize; stabilisation stabilization; minimise
minimize; prioritise prioritize; privatise privatize; privatisation privatization; modernise
modernize; modernisation modernization; normalise normalize; normalisation normalization; finalise
finalize; industrialise industrialize; analyse analyze; paralyse paralyze
"""


def variants() -> Iterator[tuple[str, str]]:
    """Yield each variant of a word, and the word that stands for it."""
    for row in f"{_PEOPLES};{_SPELLINGS}".split(";"):
        word, *others = row.split()
        yield from ((other, word) for other in others)


def countries() -> str:
    """Return the countries and continents that have a people here."""
    return " ".join(row.split()[0] for row in _PEOPLES.split(";"))


@cache
def common_words() -> frozenset[str]:
    """Return the common words and names, in lower case."""
    return frozenset(word.lower() for word in _listed())


@cache
def common_names() -> frozenset[str]:
    """Return those of the common words that are mostly names, in lower case."""
    return frozenset(word.lower() for word in _listed() if word[0].isupper())


@cache
def _listed() -> tuple[str, ...]:
    return tuple(WORDS_FILE.read_text(encoding="utf-8").split())
