"""Lines for a person as data, so that a messenger can word them in the person's own language.

A `Remark` is a kind of line and the values that stand in it; its `str()` is the line in English.
Remarks tell how an answer came about, why something was not read, and what an error is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, unique
from typing import Any, ClassVar, Union

Value = Union[str, int, "Remark"]
"""A value of a line: a name or a piece of text, a number, or another line."""


class Wording(Enum):
    """A kind of line. Its value is the English line, with `{names}` for the values.

    `{griot}` is filled with `Remark.griot`. A pair is the line in the singular and in the
    plural, by the value named `n`. Called with the values, a kind makes a remark.
    """

    def __call__(self, **values: Value) -> "Remark":
        """Return the line with these values."""
        return Remark(self, values)


@dataclass(frozen=True, slots=True)
class Remark:
    """A line for a person: its kind, and the values that stand in it.

    `griot` is what starts Griot, as lines name it; a program that knows how it was started sets it.
    """

    griot: ClassVar[str] = "griot"

    kind: Wording
    values: Mapping[str, Value] = field(default_factory=dict, hash=False)

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"{type(self.kind).__name__}.{self.kind.name}({values})"

    def __str__(self) -> str:
        english = self.kind.value
        if isinstance(english, tuple):
            english = english[self.values["n"] != 1]
        return str(english.format_map({"griot": self.griot, **self.values}))


@unique
class Reason(Wording):
    """A message of this package to a person."""

    OTHER = "{text}"
    """A line that is not kept as data, such as the error of a server."""

    # An answer's own lines
    IN_PART = "The articles answer this in part."
    UNSURE = "I’m not sure that the articles answer this. The closest:"
    NOT_SAID = "The articles do not say."
    FAILED = "No answer could be made."
    VERDICT = "{name}: {value}, against {other_value} ({other})."
    PART_NOT_SAID = "The articles do not say: {part}"
    CONTRADICTORY = "The articles differ on {topic}"
    OUTDATED = "The articles differ on {topic}; the later one may supersede the earlier"
    NO_SUPPORT = "(not supported by the articles)"
    SOURCES = "Sources"
    UNDATED = "no date"
    ON_PAGE = "p. {page}"
    ALSO = ("also in {n} other", "also in {n} others")

    # What is told of a standing question
    NEWS_FIRST = "There is an answer now"
    NEWS_OTHER = "There is a new answer"
    NEWS_DISPUTED = "The articles now differ on the answer"
    BEFORE = "Before:"
    NOW = "Now:"

    # A reply's own lines
    HELLO = "Hello."
    I_AM = "I am Griot. I answer questions from a collection of news articles, and quote them."
    WELCOME = "You’re welcome. Ask me more."
    GOODBYE = "Goodbye."
    NO_OPINION = "I have no opinion: I only tell what the articles say."
    KNOWN = (
        "I know {n} article, from {first} to {last}.",
        "I know {n} articles, from {first} to {last}.",
    )
    KNOWN_OF_DAY = ("I know {n} article, of {first}.", "I know {n} articles, of {first}.")
    KNOWN_UNDATED = ("I know {n} article.", "I know {n} articles.")
    KNOWN_NONE = "There are no articles yet."
    NONE_IN_PERIOD = "I know no article of {first} to {last}."
    NONE_OF_DAY = "I know no article of {day}."
    DAY = "{day}"
    OUTLETS = "They come from: {outlets}."
    NO_OUTLETS = "The articles do not name their outlets."
    LATEST = "The latest articles:"
    OLDEST = "The oldest articles:"
    ABOUT = "Articles about {topic}:"
    FROM_OUTLET = "Articles from {outlet}:"
    NOTHING_ABOUT = "I know no article about {topic}."
    NOTHING_FROM = "I know no article from {outlet}."
    CLOSEST_TO = "I’m not sure that an article is about {topic}. The closest:"
    TRY = "Try one of these questions:"
    QUESTION = "{question}"

    # About an answer
    LEFT_OUT = (
        "A sentence was left out, which the articles do not bear out.",
        "{n} sentences were left out, which the articles do not bear out.",
    )
    NOTHING_BORNE_OUT = (
        "Answered by the embedded reader. The articles bear out nothing of what {model} wrote."
    )
    BESIDE_THE_POINT = (
        "Answered by the embedded reader. What {model} wrote does not answer the question."
    )
    MODEL_REFUSED = "Answered by the embedded reader. {model} found no answer."
    MODEL_FAILED = "Answered by the embedded reader. {error}"
    WORDS_ALONE = "Searched by words alone: {error}"
    NOT_BORNE_OUT = "the articles do not bear it out"
    OFF_TOPIC = "it is not about the question"
    NO_REPORT = "it asks or orders something"
    IN_PERIOD = "From articles of {first} to {last}."
    OF_DAY = "From articles of {day}."
    UNTIL = "From articles up to {last}."
    AS_OF = "As of {day}."
    NOT_KEPT = "This answer is not kept: {error}"

    # Why a file or a record is skipped
    EMPTY = "empty"
    UNSUPPORTED = (
        "not a {kinds} file; save it as .html, .docx or .txt, or in Python pass what a LlamaIndex "
        "reader makes of it to rag.llamaindex.articles_from"
    )
    SHUT_FOLDER = "a folder that cannot be listed; allow reading it"
    FOLDER = "a folder, not a file"
    NOT_REGULAR = "not a regular file"
    UNREADABLE = "cannot be read: {error}"
    LONG_PATH = "its path is too long to be opened; shorten it"
    TOO_LARGE = "{size} MiB is over the {most} MiB limit; split it"
    TOO_LONG_INPUT = "more than {most} MiB; put it into a file, in parts"
    BINARY = "binary, not text; save it as plain text"
    RICH_TEXT = "rich text (RTF); save it as .docx, .html or .txt"
    TABLE = "a table (CSV); save its articles as records in a .jsonl file, or each as .txt"
    UNDECODED_AT = "not {encoding} (byte 0x{byte} at {place}); save it as UTF-8"
    NOT_JSON = "not valid JSON"
    NOT_JSON_AT = "not valid JSON at line {line}, column {column}"
    JSON_LINES = "more than one JSON value; put each on a line of its own, in a .jsonl file"
    NOT_RECORDS = 'not an array of records, one record, or {{"articles": [...]}}'
    NO_RECORDS = "no records"
    NOT_A_RECORD = "not a record with a text field"
    NO_TEXT = "no text"
    WITHDRAWN = "its publisher withdrew it"
    NOT_NEWS_XML = "XML, but neither NITF nor NewsML (its root is {root}); save it as HTML or text"
    LISTING_FILE = "a list of articles, such as a feed; give the address that it came from instead"
    NOT_STORIES = "no stories as Reuters distributed them (<REUTERS>…); save it as HTML or text"
    FRONT_MATTER = "front matter is not valid YAML; put a value with a colon in quotes"
    FRONT_MATTER_AT = (
        "front matter, line {line}: not valid YAML; put a value with a colon in quotes"
    )
    NESTED_FRONT_MATTER = "front matter is nested too deeply"
    BROKEN_FILE = "not a {kind} file that can be read; save it anew, or as plain text"
    LOCKED_FILE = "locked with a password; save it without one, or as plain text"
    PICTURES = (
        "its pages are pictures without text; recognise the text first, for instance with "
        "ocrmypdf, or send it as plain text"
    )
    NO_RESPONSES = "no HTML page that a server sent is in it"
    BROKEN_RECORD = "cannot be read from this record on; save the file anew"
    BROKEN_PAGE = "this page cannot be read; save the file anew, or as plain text"
    NOT_HTML = "not HTML that can be read"
    NO_ARTICLE_TEXT = "no article text"
    AND_MORE = "{reason} (and {n} more)"
    COPY = "another copy of {article}, which comes from {where}"
    COPY_OF_ADDED = "another copy of {article}, which a program added"

    # How a file was read
    READ_AS = "not UTF-8; read as {encoding}"
    PICTURED = (
        "{n} page has no text, as a picture has none",
        "{n} pages have no text, as pictures have none",
    )

    # Why a link is not read
    NOT_A_LINK = "{link!r} is no http or https address; check it, and begin it with https://"
    UNKNOWN_HOST = "{host} cannot be found; check the address"
    PRIVATE_HOST = (
        "{host} is in a private network, which is not read from; send the article as a file"
    )
    TOO_SLOW = "{link} took more than {seconds} s; try again later, or send the article as a file"
    REDIRECTS = "{host} redirects more than {most} times; send the address that it ends at"
    UNREACHABLE = (
        "{host} cannot be read from ({error}); try again later, or send the article as a file"
    )
    REFUSED = "{host} answered {status}; check the address, or send the article as a file"
    NOT_A_PAGE = (
        "{host} sent {kind}, which is not read from a link; send the article as a file ({kinds})"
    )
    UNDECLARED = "{host} sent something of no declared kind; send the article as a file ({kinds})"
    EMPTY_PAGE = "{host} sent an empty page; try again later, or send the article as a file"
    LARGE_PAGE = "{host} sent more than {most} MiB, which was not read; send the article as a file"

    ROBOTS = "{host} asks programs not to read that page (robots.txt); send the article as a file"
    BUSY = "{host} asks to be left alone for now; try again later"
    REFUSED_FEED = "{host} answered {status}; try again later, or check the address of the feed"
    UNREAD_FEED = "{host} sent a feed that cannot be read; try again later"
    NO_FEED = "{host} names no feed and no sitemap there; send the address of a feed or an article"
    MORE_LISTED = "its older pages ({n}) were left out; send the addresses of those that matter"

    # What is wrong with the folder of articles
    NO_SUCH_PATH = "{path}: no such file or directory; if it is an address, begin it with https://"
    UNREADABLE_PATH = "{path}: {error}"
    NO_CORPUS = (
        "there is no folder {corpus}; make it and put articles in it ({kinds}), or "
        "set GRIOT_CORPUS to the folder that has them"
    )
    CORPUS_GONE = (
        "there is no folder {corpus}; the articles indexed before are used; check GRIOT_CORPUS"
    )
    NO_ARTICLES = "{corpus} holds no article; put some in it ({kinds})"
    NOTHING_READ = "no article could be read from {corpus}: {location}: {reason}"
    NO_ARTICLE = "no article is called {name!r}; {griot} show lists them all"
    NOT_ADDED = (
        "{name!r} is no article that a program added; one that comes from a file goes with the "
        "file, after: {griot} index"
    )
    SEVERAL_ARTICLES = "{n} articles match {name!r}: {ids}; give more of the id"

    # What is wrong with the index
    LOCKED = "another griot is writing to {home}; try again when it is done"
    NO_ROOM = "no room left to write to {home}; free some disk space"
    UNWRITABLE = (
        "cannot write to {home} ({error}); check its permissions and the disk, or set GRIOT_HOME "
        "to another folder"
    )
    DAMAGED = "{path} is damaged ({error}); delete the folder {home} and run: {griot} index"
    UNREADABLE_STORE = "{store} cannot be read; make it anew with: {griot} index --rebuild"
    CHANGED_STORE = "{file} is not as it was written; make it anew with: {griot} index --rebuild"
    INCOMPLETE = "the index in {home} is not complete; run: {griot} index"
    NEWER = (
        "{home} was written by a newer Griot; upgrade Griot, or delete that folder and run: "
        "{griot} index"
    )
    DATABASE_GONE = (
        "the database {name} cannot be reached ({error}); see that it runs, and check "
        "GRIOT_DATABASE_URL"
    )
    DATABASE_FAILED = "the database {name} reports: {error}; its log says more"
    DATABASE_SHUT = (
        "the database {name} lets no tables be made or read ({error}); in GRIOT_DATABASE_URL, name "
        "a user who owns the database, or a schema that is there"
    )
    DATABASE_NEWER = (
        "the database {name} was written by a newer Griot; upgrade Griot, or name another database"
    )
    VECTORS_GONE = (
        "Chroma’s server {name} cannot be used ({error}); see that it runs, and check "
        "GRIOT_CHROMA_URL, _HEADER, _TENANT and _DATABASE"
    )
    STORE_GONE = (
        "the search index on {name} is not there; make it anew with: {griot} index --rebuild"
    )
    INDEX_FULL = "there are articles in the index already; name one that has none"
    FOLDER_FULL = "{folder} is not empty; name a new folder"
    FOLDER_FAILED = "{folder} cannot be written ({error}); name another folder"
    NO_EXPORT = "{folder} holds no library that {griot} export wrote"
    OTHER_EXPORT = (
        "{folder} was written by another version of Griot, or not to its end; write it anew with: "
        "{griot} export"
    )
    BROKEN_EXPORT = "{path} cannot be read; write the folder anew with: {griot} export"
    NO_PARQUET = "Parquet needs another package: pip install 'griot[parquet]'"
    NO_DRIVER = "PostgreSQL needs another package: pip install 'griot[postgres]'"
    NEWER_ANSWER = "the answer was recorded by a newer Griot; upgrade Griot to see it"
    OTHER_EMBEDDER = (
        "the index was made with the embedding model {made_by}, and {used} is in use; "
        "embed all anew with: {griot} index --rebuild (or, if another GRIOT_EMBED_URL or "
        "GRIOT_EMBED_MODEL was set, set it again)"
    )


# As JSON


def as_json(value: object) -> dict[str, Any]:
    """Return what `json.dumps` writes of a remark, as its `default`.

    Raises:
        TypeError: `value` is something else.
    """
    if isinstance(value, Remark):
        return {"kind": value.kind.name, "values": dict(value.values), "text": str(value)}
    raise TypeError(f"{type(value).__name__} is no remark")


def of_json(written: str | dict[str, Any]) -> Remark:
    """Return the remark that `as_json` wrote.

    One that was written by an earlier Griot, as a text, or by a later one, of a kind that is not
    known here, is of the kind `OTHER`.
    """
    if isinstance(written, str):
        return Reason.OTHER(text=written)
    kind = Reason.__members__.get(written["kind"])
    if kind is None:
        return Reason.OTHER(text=written["text"])
    values = written["values"].items()
    return kind(
        **{name: of_json(value) if isinstance(value, dict) else value for name, value in values}
    )
