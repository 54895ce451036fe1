"""Number words of some languages as digits, to compare by; English has its own, with its facts.

Left out is what is another word as well, such as "neuf" (new), "sei" (you are) and "uno".
"""

import re

_FROM = 2
_GAP = "_"
# From two on, each the next number; its forms have a stroke between them.
_WORDS = {
    "fr": "deux trois quatre cinq six sept huit _ dix onze douze treize quatorze quinze seize"
    " dix-sept dix-huit dix-neuf vingt",
    "es": "dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince"
    " dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés"
    " veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve treinta",
    "pt": "dois três quatro cinco seis sete oito nove dez onze doze treze quatorze quinze"
    " dezesseis dezessete dezoito dezenove vinte",
    "de": "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn"
    " sechzehn siebzehn achtzehn neunzehn zwanzig",
    "it": "due tre quattro cinque _ sette otto nove dieci undici dodici tredici quattordici"
    " quindici sedici diciassette diciotto diciannove venti",
    "ru": "два/две/двое три/трое четыре/четверо пять/пятеро шесть/шестеро семь/семеро восемь девять"
    " десять одиннадцать двенадцать"
    " тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
    " двадцать",
}
_NUMBERS = {
    code: {
        word: str(n)
        for n, forms in enumerate(words.split(), _FROM)
        for word in forms.split("/")
        if word != _GAP
    }
    for code, words in _WORDS.items()
}
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")


def in_digits(text: str, code: str) -> str:
    """Return a text in a language (ISO 639-1) with digits in place of small numbers in words."""
    known = _NUMBERS.get(code, {})
    return _WORD.sub(lambda found: known.get(found[0].casefold(), found[0]), text)
