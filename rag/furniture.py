"""Page furniture: the lines of a page that are its interface and not its article.

Three kinds of evidence tell them. Position: they stand at the beginning or the end of the page,
outside its first and last line of prose. Shape: they are labels, commands, or speak to the reader
in the words of an interface and in hardly any other. Repetition: other articles have them too.
A line in doubt stays.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CORE = _words("""
    comment reply share tweet retweet facebook twitter whatsapp telegram linkedin pinterest
    instagram youtube reddit tumblr tiktok bluesky mastodon threads messenger viber email print
    subscribe subscription subscriber newsletter inbox unsubscribe login signup signin register
    cookie privacy consent accept decline required field advertisement advert ad sponsored
    copyright reserved bookmark follow follower like loading menu navigation sidebar footer skip
    app donate donation related tag tagged category rss captcha recaptcha spam akismet javascript
    adblock discussion sign notification trending
    """)
_WEAK = _words("""
    address publish website site page web name save next time data process learn use improve best
    experience continue browse agree agreement policy term service condition setting preference
    manage reject allow necessary start join conversation leave add post write read reader more
    also story article news latest breaking daily weekly update alert get receive straight deliver
    direct directly send free today now click tap button below above open window new account
    profile log logged must password forgot enter first last moderate moderation close disable
    view show hide load see previous older newer recent popular top most editor pick recommend
    recommended contact home back form submit cancel mark right reduce personalise personalize
    content analyse analyze traffic relevant visit remember user public visible reader support
    independent journalism friend social media minute min enable turn stay inform notify browser
    link copy search content give help make provide option choose close switch tell thought think
    story scroll swipe
    """)
_EMPTY = _words("""
    a an the this that these those it its of on in to for with by from at as via and or but if
    not no yet so all any our us we you your yours yourself i me my be is are am been will would
    can could may might do does don t s re ll ve have has how why what when where who which here
    there up out off only just please every each one be being their than then too very
    """)
_READER = _words("you your yours yourself us our we my me")
_REPORTED = _words("""
    said says say told asked added wrote argued he she they his her him them was were had did
    according
    """)
_COMMANDS = _words("""
    share tweet subscribe sign log leave read click tap follow like join register enter accept
    decline print email comment reply skip get add download donate support save continue see view
    post write copy loading show load
    """)
_NAVIGATION = re.compile(
    r"""
    (?:click\ |tap\ )?(?:read|see|view|show|load|learn)\ (?:more|all|next)(?:\ \w+)?
    | (?:previous|next|older|newer)\ (?:post|article|story|page|entr|news)\w*
    | (?:about|contact|follow|join)\ us(?:\ on)?
    | back\ to\ top | like\ this | filed\ under | continue\ reading
    | terms\ (?:of|and)\ (?:use|service|conditions)
    | most\ (?:read|popular|viewed|shared|commented)
    | you\ (?:may|might)\ also\ like | recommended(?:\ for\ you)? | editor\ ?s?\ picks?
    | \d+\ min(?:ute)?s?\ read
    """,
    re.VERBOSE,
)
_HEADS = re.compile(
    r"""
    (?:related|recommended|recent|popular|trending|latest)
        (?:\ (?:article|post|stor|news|topic|content|link|read|coverage|item|tag)\w*)*
    | (?:you\ (?:may|might)\ also\ like | (?:read|see|also)\ (?:also|more|next|read))
    | more\ (?:stories|articles|news|posts|like\ this|to\ read|on\ this\ (?:story|topic))
    | most\ (?:read|popular|viewed|shared|commented) | editor\ ?s?\ picks?
    | (?:tags?|topics|filed\ under|categor\w+|posted\ in|tagged)
    """,
    re.VERBOSE,
)
_POINTER = re.compile(
    r"(?:also read|read (?:also|more|next)|see also|related(?: \w+)?|recommended(?: \w+)?)"
    r"\s*[:|\u2013\u2014-]\s*\S",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"(?:advert(?:isement)?s?|sponsored(?: content| post)?|ad|promoted|publicite)"
    r"(?: (?:continue|scroll|story|article|keep)\b.{0,40})?"
    r"|(?:story|article|content|text)? ?continues? (?:reading )?(?:below|after)\b.{0,30}"
)
_RIGHTS = re.compile(r"\ball rights reserved\b|^(?:©|\(c\)|copyright\b)", re.IGNORECASE)
_CRUMBS = re.compile(r"(?:[^.!?]{1,40}\s[>\u00bb\u203a/]\s){1,6}[^.!?]{0,120}")
_BULLET = re.compile(r"^(?:[-*\u2022\u2023\u25aa\u00b7\u2013]|\(?\d{1,3}[.)])\s+")
# A form marks the name of a field that must be filled in so.
_REQUIRED = re.compile(r"(?:[\w-]+ ){1,4}\*:?")
_STOPS = ".!?\u2026\u3002\uff01\uff1f\u061f\u06d4"
_CLOSING = "\"'\u201d\u2019\u00bb)]*\u300d"

_LABEL_WORDS = 6
_HEADLINE_WORDS = 20
_SENTENCE_SHARE = 0.75
_REACH = 15
_LIST = 25
_EDGE = 12
_EDGE_WORDS = 20


def fold(line: str) -> str:
    """Give a line's words alone, without case, accents and punctuation, to compare by."""
    plain = unicodedata.normalize("NFKD", line).casefold()
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters).split())


def ends_sentence(line: str) -> bool:
    """Whether a line ends as a sentence does."""
    return line.rstrip(_CLOSING + " ").endswith(tuple(_STOPS))


def is_prose(line: str) -> bool:
    """Whether a line is too long, or too much of a sentence, to be a label or a headline."""
    words = len(line.split())
    return words > _HEADLINE_WORDS or (ends_sentence(line) and words > _LABEL_WORDS)


def is_item(line: str) -> bool:
    """Whether a line is an item of a list."""
    return _BULLET.match(line) is not None


def is_interface(line: str) -> bool:
    """Whether a line is a label, a command or a notice of an interface, by its words and shape."""
    bare = _BULLET.sub("", line)
    words = fold(bare.replace("e-mail", "email")).split()
    folded = " ".join(words)
    if not words:
        return True
    if _NAVIGATION.fullmatch(folded) or _ADVERT.fullmatch(folded) or _REQUIRED.fullmatch(bare):
        return True
    if _RIGHTS.search(bare):
        return len(words) <= _EDGE_WORDS
    return _speaks_as_interface(words) and not _REPORTED.intersection(words)


def _speaks_as_interface(words: list[str]) -> bool:
    content = [word for word in words if word not in _EMPTY and not word[0].isdigit()]
    known = [word for word in content if _known(word, _CORE) or _known(word, _WEAK)]
    if not any(_known(word, _CORE) for word in content):
        return False
    if len(words) <= _LABEL_WORDS:
        return len(known) == len(content)
    addressed = words[0] in _COMMANDS or not _READER.isdisjoint(words)
    return addressed and len(known) >= _SENTENCE_SHARE * len(content)


def _known(word: str, vocabulary: frozenset[str]) -> bool:
    if word in vocabulary:
        return True
    for ending, instead in (("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e")):
        if word.endswith(ending) and word.removesuffix(ending) + instead in vocabulary:
            return True
    stem = word.removesuffix("ing")
    return stem != word and (stem in vocabulary or stem + "e" in vocabulary)


def edge(lines: Iterable[str]) -> Iterator[str]:
    """Give the short lines near both ends of a page."""
    full = [line for line in lines if line]
    for line in {*full[:_EDGE], *full[-_EDGE:]}:
        if len(line.split()) <= _EDGE_WORDS and fold(line):
            yield line


def strip(lines: list[str], repeated: Collection[str] = ()) -> list[str]:
    """Give the lines without the furniture among them; blank lines stay."""
    gone = set(_leading(lines, repeated))
    gone.update(_trailing(lines, repeated, first=max(gone, default=-1) + 1))
    gone.update(n for n, line in enumerate(lines) if line and _stands_out(line))
    return [line for n, line in enumerate(lines) if n not in gone]


def _leading(lines: list[str], repeated: Collection[str]) -> Iterator[int]:
    full = [n for n, line in enumerate(lines) if line]
    for n in full[:_REACH]:
        line = lines[n]
        if line in repeated or is_interface(line) or _CRUMBS.fullmatch(line):
            yield n
        elif is_prose(line):
            return


def _trailing(lines: list[str], repeated: Collection[str], *, first: int) -> Iterator[int]:
    """Give the furniture at the end; a head such as "Related articles" takes its list along."""
    headlines: list[int] = []
    for n in range(len(lines) - 1, first - 1, -1):
        line = lines[n]
        if not line:
            continue
        heads = _HEADS.fullmatch(fold(line)) is not None
        if heads or line in repeated or is_interface(line):
            yield n
            yield from headlines if heads else ()
            headlines.clear()
        elif is_prose(line) or len(headlines) == _LIST:
            return
        else:
            headlines.append(n)


def _stands_out(line: str) -> bool:
    """Whether a line is furniture wherever it stands: an advertisement, a pointer, a command."""
    folded = fold(line)
    if _ADVERT.fullmatch(folded):
        return True
    if _POINTER.match(line):
        return not is_prose(line)
    words = folded.split()
    return len(words) > 1 and words[0] in _COMMANDS and is_interface(line)
