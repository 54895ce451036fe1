"""Page furniture: the lines of a page that belong to its interface, not to its article.

There are three kinds of evidence. Position: they stand at the beginning or the end of the page,
outside its first and last line of prose. Shape: they are labels or commands, or address the reader
in hardly any words but those of an interface. Repetition: other articles have them too. A line in
doubt stays.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from itertools import groupby, pairwise

from rag.pages.dates import parse_date


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# What an interface is about: one of these must stand in a line that is surely furniture.
_SUBJECTS = _words("""
    comment reply share tweet retweet email subscribe subscription subscriber newsletter inbox
    unsubscribe login logout signup signin cookie privacy advertisement advert sponsored bookmark
    donate follower sidebar rss captcha recaptcha spam akismet javascript adblock notification
    required
""")
# What a button or a link may say; it is furniture beside other furniture.
_CONTROLS = _words("""
    facebook twitter x whatsapp telegram linkedin pinterest instagram youtube reddit tumblr tiktok
    bluesky mastodon threads messenger viber print copy accept decline reject register field like
    follow loading menu navigation search home website app donation related tag category
    discussion conversation close cancel submit trending preference contact skip footer
    tagged link ad
""")
_REST = _words("""
    address publish published site page web name save next time data process processed learn use
    used improve best experience continue browse agree agreement policy term service condition
    setting manage allow necessary start join leave add post posted write read reader more also
    story article news latest breaking daily weekly update alert get receive straight deliver
    delivered direct directly send free today now click tap button below above open window new
    account profile must password forgot enter first last moderate moderated moderation closed
    disable disabled view show hide load see previous older newer recent popular top most editor
    pick recommend recommended back form mark marked right reduce personalise personalised
    personalize personalized content analyse analyze traffic relevant visit remember user public
    visible support independent journalism friend social media minute min enable turn stay inform
    informed notify browser give help make provide option choose choice switch tell thought think
    scroll swipe reserved consent channel group community say let know report limit reached download
    morning ensure respect
""")
_KNOWN = _SUBJECTS | _CONTROLS | _REST
# Words that say nothing about what a line is about.
_EMPTY = _words("""
    a an the this that these those it its of on in to for with by from at as via and or but if
    not no yet so all any our us we you your yours yourself i me my be is are am been will would
    can could may might do does don t s re ll ve have has how why what when where who which here
    there up out off only just please every each one being their than then too very already
""")
_READER = _words("you your yours yourself us our we my me")
_REPORTED = _words("""
    said says told asked added wrote argued declined he she they his her him them was were had did
    according
""")
_COMMANDS = _words("""
    share tweet subscribe signup signin login leave read click tap follow like join register enter
    accept decline print email comment reply skip get add download donate support save continue see
    view post write copy loading show load report enable manage notify
""")
_PHRASAL = re.compile(r"\b(sign|log)(?:ed|ged|ing|ging)? (in|up|out)\b")
_NAVIGATION = re.compile(
    r"""
    (?:click\ |tap\ )?(?:read|see|view|show|load|learn)\ (?:more|all|next)(?:\ \w+)?
    | view\ all\ posts\ by(?:\ \w+){1,4}
    | (?:previous|next|older|newer)\ (?:post|article|story|page|entr|news)\w*
    | (?:about|contact|follow|join)\ us(?:\ on)?
    | skip\ to\ .{1,30} | be\ the\ first\ to\ (?:comment|reply|share|like)(?:\ .{0,30})?
    | back\ to\ top | like\ this | continue\ reading
    | terms\ (?:of|and)\ (?:use|service|conditions)
    | \d+\ min(?:ute)?s?\ read
    | (?:no\ |all\ )?(?:comment|response|review|repl)\w*\ (?:are\ |is\ |have\ been\ )?
      (?:yet|closed|off|disabled|turned\ off|moderated)(?:\ .{0,30})?
    """,
    re.VERBOSE,
)
_HEAD = re.compile(
    r"""
    (?:related|recommended|recent|popular|trending|latest)
        (?:\ (?:article|post|stor|news|topic|content|link|read|coverage|item|tag|for\ you)\w*)*
    | (?:you\ (?:may|might)\ also\ like | (?:read|see)\ (?:also|next) | also\ read)
    | more\ (?:stories|articles|news|posts|like\ this|to\ read|on\ this\ (?:story|topic))
    | most\ (?:read|popular|viewed|shared|commented) | editor\ ?s?\ picks?
    | (?:tags?|topics|filed\ under|categor\w+|posted\ in|tagged)
    """,
    re.VERBOSE,
)
_POINTERS = r"""
    also\ read | read\ (?:also|more|next) | see\ also | (?:related|recommended)(?:\ \w+)?
    | (?:à\ )?(?:lire|voir|relire)\ (?:aussi|également|encore) | (?:lesen|sehen)\ sie\ (?:auch|mehr)
    | mehr\ zum\ thema | lea\ (?:también|además|más) | (?:te\ )?puede\ (?:interesarle|interesar)
    | (?:leia|veja)\ (?:também|mais) | legg[ie]\ anche | lees\ ook | läs\ (?:också|även|mer)
    | les\ også | læs\ også | czytaj\ (?:też|także|więcej) | (?:читайте|смотрите)\ также
    | читайте\ (?:також|по\ теме) | ayrıca\ okuyun | اقرأ\ أيضا[ً]?
"""
_POINTER = re.compile(rf"(?:{_POINTERS})\s*[:|\u2013\u2014-]\s*\S", re.IGNORECASE | re.VERBOSE)
_POINTING = re.compile(rf"(?:{_POINTERS})\s*:?", re.IGNORECASE | re.VERBOSE)
_ADVERT = re.compile(
    r"(?:advert(?:isement)?s?|sponsored(?: content| post)?|ad)"
    r"(?: (?:continue|scroll|story|article|keep)\b.{0,40})?"
    r"|(?:(?:story|article|content|text) )?continues (?:reading )?(?:below|after)\b.{0,30}"
)
_RIGHTS = re.compile(
    r"\ball rights reserved\b|^(?:©|(?:\(c\)|copyright) (?:©|\d{4}))", re.IGNORECASE
)
_CRUMBS = re.compile(r"(?:[^.!?>\u00bb\u203a]{1,40}\s[>\u00bb\u203a]\s){1,6}[^.!?]{0,120}")
# A form marks the name of a field that must be filled in so.
_REQUIRED = re.compile(r"(?:[\w-]+ ){1,4}\*:?")
_DISCUSSION = re.compile(
    r"(?:\d+ )?(?:comments?|repl(?:y|ies)|responses?|thoughts? on .*)(?: \d+)?"
)
# Such as [Related - What dams cost], or a headline that ends in [VIDEO].
_BRACKETED = re.compile(
    r"^\[[^\[\]]+[ :|\u2013\u2014-][^\[\]]*[^\[\].!?\u2026]\]$|\w \[(?!.*[a-z])[^\W\d_][^\[\]]*\]$"
)
_DIGIT = re.compile(r"\d")
_ABOUT = (
    re.compile(
        r"^(?:By|Text|Story|Von|Par|Por|Di|Da|Door|Af|Av|Od|Autor\w*|От|Автор|Текст):?\s"
        r"(?:[^\W\d_a-zа-я][\w.’'-]*[,&]?(?:\s(?:and|und|et|y|e|en|og|och|i|и|de|van|von|der|&))?(?:\s|$))+$"
    ),
    re.compile(r"^[\d\W]*\d[\d\W]*$"),
    re.compile(r"^(?:\D*\D)?\d{1,3}\s?-?(?:min|мин|分|분|dk\b|λεπ|دق)", re.IGNORECASE),
    re.compile(
        r"\s(?:Facebook|Twitter|X|Instagram|YouTube|TikTok|LinkedIn|Telegram|WhatsApp|Threads|Bluesky"
        r"|Google News)(?:-\w+|\s(?:channel|canal|Kanal|kana[lł]|канал\w?))?\W*$"
    ),
)
_BYLINE_WORDS = 8
_BULLET = re.compile(r"^[-*\u2022\u2023\u25aa\u00b7\u2013]\s+")
_NUMBER = re.compile(r"^\(?\d{1,3}[.)]\s+")
_OPENING = "\"'\u201c\u2018\u00ab\u201e\u300c"
_CLOSING = "\"'\u201d\u201c\u2019\u00bb)]*>\u300d"
_SIGNED = re.compile(r"[.\u3002][\"'\u201d\u2019\u00bb]? ?[(\uff08][^().!?]{1,40}[)\uff09]$")
_STOPS = (*".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\u1362\u104b", "\u1361\u1361")

_LABEL_WORDS = 6
_HEADLINE_WORDS = 20
_SENTENCE_SHARE = 0.8
_BAR = 3
_FEWEST_WORDS = 4
_REACH = 15
_LONGEST = 600
_EDGE = 12
_EDGE_WORDS = 20


_WORD = re.compile(r"[^\W_]+")
# Thai, Lao, Burmese and Khmer letters, kana and Han characters.
SPACELESS = re.compile("[\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class Weight(IntEnum):
    """How likely a line by itself is furniture."""

    NONE = 0
    SOME = 1
    SURE = 2


def fold(line: str) -> str:
    """Return a line's words alone, without case, accents and punctuation, to compare by."""
    return _fold_short(line) if len(line) <= _LONGEST else _fold(line)


@lru_cache(maxsize=1024)
def _fold_short(line: str) -> str:
    return _fold(line)


def _fold(line: str) -> str:
    plain = line.casefold()
    if not line.isascii():
        parts = unicodedata.normalize("NFKD", line).casefold()
        plain = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(_WORD.findall(plain))


def ends_sentence(line: str) -> bool:
    """True if a line ends as a sentence does, before who signs it in brackets, such as (dpa)."""
    return line.rstrip(_CLOSING + " ").endswith(_STOPS) or bool(_SIGNED.search(line[-_LONGEST:]))


def size(line: str) -> int:
    """Return the number of a line's words; two characters of a script without spaces are one."""
    return len(line.split()) + len(SPACELESS.findall(line)) // 2


def is_prose(line: str) -> bool:
    """True if a line is too long, or too much of a sentence, to be a label or a headline."""
    words = size(line)
    return words > _HEADLINE_WORDS or (ends_sentence(line) and words > _LABEL_WORDS)


def is_label(line: str) -> bool:
    """True if a line is short and no sentence, such as the head of a list."""
    return 0 < size(line) <= _LABEL_WORDS and not ends_sentence(line)


def is_item(line: str) -> bool:
    """True if a line is an item of a list."""
    return bool(_BULLET.match(line) or _NUMBER.match(line))


def is_path(line: str) -> bool:
    """True if a line names where on a site its page stands, such as "World > Asia"."""
    return bool(_CRUMBS.fullmatch(line))


def weigh(line: str) -> Weight:
    """Weigh one line by its words and shape."""
    bare = _BULLET.sub("", line)
    if len(line) > _LONGEST or _NUMBER.match(bare) or bare.startswith(tuple(_OPENING)):
        return Weight.NONE
    folded = _PHRASAL.sub(r"\1\2", fold(bare.replace("e-mail", "email")))
    if not folded:
        return Weight.SOME
    if _is_phrase(bare, folded):
        return Weight.SURE
    words = folded.removeprefix("please ").split()
    waits = bare.endswith(("...", "\u2026"))
    if not _REPORTED.isdisjoint(words):
        return Weight.NONE
    if (ends_sentence(bare) and not waits) or len(words) > _LABEL_WORDS:
        return _weigh_sentence(words)
    return _weigh_label(words)


def _is_phrase(bare: str, folded: str) -> bool:
    if _RIGHTS.search(bare):
        return len(bare.split()) <= _EDGE_WORDS
    forms = (_NAVIGATION, _ADVERT, _HEAD)
    return any(form.fullmatch(folded) for form in forms) or bool(_REQUIRED.fullmatch(bare))


def _weigh_sentence(words: list[str]) -> Weight:
    content = _content(words)
    known = [word for word in content if _in(word, _KNOWN)]
    commands, addresses = words[0] in _COMMANDS, not _READER.isdisjoint(words)
    subjects = _SUBJECTS | _CONTROLS if commands and addresses else _SUBJECTS
    about = any(_in(word, subjects) for word in content)
    sure = (commands or addresses) and about and len(known) > _SENTENCE_SHARE * len(content)
    return Weight.SURE if sure else Weight.NONE


def _weigh_label(words: list[str]) -> Weight:
    content = _content(words)
    if not content or not all(_in(word, _KNOWN) for word in content):
        return Weight.NONE
    commands = words[0] in _COMMANDS and not _READER.isdisjoint(words)
    if commands or any(_in(word, _SUBJECTS) for word in content):
        return Weight.SURE
    return Weight.SOME if any(_in(word, _CONTROLS) for word in content) else Weight.NONE


def _content(words: list[str]) -> list[str]:
    return [word for word in words if word not in _EMPTY and not word[0].isdigit()]


def _in(word: str, vocabulary: frozenset[str]) -> bool:
    forms = {word, word.removesuffix("s"), word.removesuffix("es")}
    if word.endswith("ies"):
        forms.add(word[:-3] + "y")
    if word.endswith("ing"):
        forms |= {word[:-3], word[:-3] + "e"}
    return not forms.isdisjoint(vocabulary)


def without_byline(lines: list[str]) -> list[str]:
    """Return the lines without those about the article above its first prose, in any language.

    These are a byline, a date, the minutes that reading takes, and where to follow.
    """
    first = next((n for n, line in enumerate(lines) if is_prose(line)), 0)
    return [line for n, line in enumerate(lines) if n >= first or not _is_about(line)]


def _is_about(line: str) -> bool:
    short = len(line) <= _LONGEST and size(line) <= _BYLINE_WORDS
    return short and (any(form.search(line) for form in _ABOUT) or parse_date(line) is not None)


def edge(lines: Iterable[str]) -> Iterator[str]:
    """Yield the short lines near both ends of a page."""
    full = [line for line in lines if line]
    for line in {*full[:_EDGE], *full[-_EDGE:]}:
        if len(line.split()) <= _EDGE_WORDS and fold(line):
            yield line


def strip(lines: list[str], repeated: Collection[str] = ()) -> list[str]:
    """Return the lines without the furniture among them; blank lines stay.

    `repeated` are lines that other articles have too; they go where they stand at the edges.
    """
    lines = lines[: _discussion(lines)]
    pairs = zip(["", *lines], lines, strict=False)
    weights = [_placed(line, before, repeated) for before, line in pairs]
    gone = set(_leading(lines, weights))
    gone.update(_trailing(lines, weights, first=max(gone, default=-1) + 1))
    gone.update(n for n, line in enumerate(lines) if line and _stands_out(line))
    gone.update(other_stories(lines))
    return [line for n, line in enumerate(lines) if n not in gone]


def _placed(line: str, before: str, repeated: Collection[str]) -> Weight:
    """Weigh a line where it stands: one that continues the line before it is no furniture."""
    if line in repeated:
        return Weight.SURE
    broken = len(before.split()) > _LABEL_WORDS and not ends_sentence(before)
    return Weight.NONE if broken and line[:1].islower() else weigh(line)


def _discussion(lines: list[str]) -> int:
    """Return the index of the head of the readers' comments, each of which has a reply button."""
    folded = [fold(line) for line in lines]
    last = max((n for n, line in enumerate(folded) if line == "reply"), default=0)
    prose = next((n for n, line in enumerate(lines) if is_prose(line)), len(lines))
    heads = (n for n in range(prose, last) if _DISCUSSION.fullmatch(folded[n]))
    return next(heads, len(lines))


def _leading(lines: list[str], weights: list[Weight]) -> Iterator[int]:
    run: list[int] = []
    for n in (n for n, line in enumerate(lines) if line):
        if not weights[n] and (len(run) >= _REACH or is_prose(lines[n])):
            break
        run.append(n)
    for weighted, group in _groups(run, weights):
        if weighted and _together(group, weights):
            yield from group
        yield from (n for n in group if is_path(lines[n]))


def _trailing(lines: list[str], weights: list[Weight], *, first: int) -> Iterator[int]:
    """Yield the furniture at the end, with the list under a head such as "Related articles"."""
    run: list[int] = []
    for n in range(len(lines) - 1, first - 1, -1):
        if lines[n] and not weights[n] and is_prose(lines[n]):
            break
        run += [n] if lines[n] else []
    headed = False
    for weighted, group in _groups(run[::-1], weights):
        if headed or (weighted and _together(group, weights)):
            yield from group
        headed = weighted and _HEAD.fullmatch(fold(lines[group[-1]])) is not None


def _groups(run: list[int], weights: list[Weight]) -> Iterator[tuple[bool, list[int]]]:
    for weighted, group in groupby(run, key=lambda n: weights[n] > Weight.NONE):
        yield weighted, list(group)


def _together(group: list[int], weights: list[Weight]) -> bool:
    """True if neighbouring lines are furniture: one of them surely, or a whole bar of them."""
    return len(group) >= _BAR or any(weights[n] is Weight.SURE for n in group)


def other_stories(lines: Sequence[str]) -> Iterator[int]:
    """Yield the lines in square brackets or tagged so, and the lists under a head.

    Such a head is in capitals, or says to read what is listed.
    """
    full = [n for n, line in enumerate(lines) if line]
    short = (n for n in full if len(lines[n]) <= _LONGEST and not is_prose(lines[n]))
    tagged = {n for n in short if _BRACKETED.search(lines[n])}
    yield from tagged
    prose = [place for place, n in enumerate(full) if is_prose(lines[n])]
    for before, after in pairwise([*prose, len(full)]):
        for place in range(max(before + 1, after - _REACH), after - 1):
            head, *listed = full[place:after]
            named = [n for n in listed if n in tagged or _is_headline(lines[n])]
            heads = lines[head].isupper() or _POINTING.fullmatch(lines[head])
            if is_label(lines[head]) and heads and named == listed:
                yield from (head, *listed)


def _is_headline(line: str) -> bool:
    """True if a line may be the headline of a story: several words, the first with a capital."""
    opened = line.lstrip(_OPENING)
    return (
        _FEWEST_WORDS <= size(line) <= _HEADLINE_WORDS
        and not ends_sentence(line.rstrip("?!"))
        and not line.endswith((",", ":", ";"))
        and opened[:1].isupper()
        and not line.isupper()
        and not _DIGIT.search(line)
        and not is_item(line)
    )


def _stands_out(line: str) -> bool:
    """True if a line is furniture wherever it stands: an advertisement, a pointer, a command."""
    if len(line) > _LONGEST:
        return False
    folded = _PHRASAL.sub(r"\1\2", fold(line))
    if _ADVERT.fullmatch(folded):
        return True
    if _POINTER.match(line):
        return not is_prose(line)
    words = folded.split()
    commands = len(words) > 1 and words[0] in _COMMANDS and len(_content(words)) < len(words)
    return bool(commands or _NAVIGATION.fullmatch(folded)) and weigh(line) is Weight.SURE
