"""The bot's texts in English."""

from collections.abc import Mapping

from bot.chat.editors import Rejection
from bot.chat.texts.table import Plural, Texts
from rag.reasons import Reason, Wording
from rag.types import Outcome, Topic

_IN_CHAT: Mapping[Wording, str | Plural] = {
    Reason.OTHER: "the bot’s log says why",
    Reason.KNOWN: {
        "one": "I know {n} article, from {first} to {last}.",
        "other": "I know {n} articles, from {first} to {last}.",
    },
    Reason.KNOWN_OF_DAY: {
        "one": "I know {n} article, of {first}.",
        "other": "I know {n} articles, of {first}.",
    },
    Reason.KNOWN_UNDATED: {
        "one": "I know {n} article.",
        "other": "I know {n} articles.",
    },
    Reason.LEFT_OUT: {
        "one": "A sentence was left out, which the articles do not bear out.",
        "other": "{n} sentences were left out, which the articles do not bear out.",
    },
    Reason.MODEL_FAILED: (
        "Answered by the embedded reader, because the chat model could not answer."
    ),
    Reason.UNREADABLE: "cannot be read",
    Reason.UNREACHABLE: "{host} cannot be reached; try again later, or send the article as a file",
    Reason.NOT_A_LINK: "“{link}” is no http or https address; send the article’s own link",
    Reason.NO_SUCH_PATH: "it is no longer there",
    Reason.UNREADABLE_PATH: "its permissions do not allow it",
    Reason.NO_CORPUS: "it is not there",
    Reason.CORPUS_GONE: "the folder is not there; the articles indexed before are used",
    Reason.NO_ARTICLES: "it holds no article",
    Reason.NOTHING_READ: "{location}: {reason}",
    Reason.NO_ARTICLE: "no article is called “{name}”; /articles lists their ids",
    Reason.NOT_ADDED: "no article “{name}” was added by a program",
    Reason.SEVERAL_ARTICLES: "{n} articles match “{name}”: {ids}; give more of the id",
    Reason.LOCKED: "another program is writing to the index; try again later",
    Reason.NO_ROOM: "the disk is full; free some space and try again",
    Reason.UNWRITABLE: "the index cannot be written; check its permissions and the disk",
    Reason.DAMAGED: "the index is damaged; the bot’s log says what to do",
    Reason.UNREADABLE_STORE: "the index is damaged; the bot’s log says what to do",
    Reason.CHANGED_STORE: "the index is damaged; the bot’s log says what to do",
    Reason.INCOMPLETE: "the index is not complete; send /reindex",
    Reason.NEWER: "the index was written by a newer version; upgrade the bot",
    Reason.NEWER_ANSWER: "the answer was recorded by a newer version; upgrade the bot",
    Reason.OTHER_EMBEDDER: (
        "the index was made with another embedding model; the bot’s log says what to do"
    ),
    Rejection.OUTSIDE: "its file lies outside of the folder of articles; delete it on the server",
    Rejection.SHARED: (
        "its file, {file}, holds {n} articles; take it out of that file, then send /reindex"
    ),
    Rejection.ELSEWHERE: "it stands in another file too; remove it once more",
    Rejection.UNWRITABLE: (
        "the folder of articles cannot be written; check its permissions and the disk"
    ),
}
"""Lines worded for a chat, where nobody sees the machine's paths and settings."""

_REASONS: Mapping[Wording, str | Plural] = {
    **{reason: reason.value for reason in (*Reason, *Rejection)},
    **_IN_CHAT,
}

ENGLISH = Texts(
    code="en",
    name="English",
    day_pattern="d MMMM y",
    promise="I answer from them alone, and show the words that each sentence rests on.",
    invitation_to_ask="Send a question.",
    invitation_to_try="Send a question, or try one of these:",
    example="What did {name} do?",
    help=(
        "Send a question. Each [1] in the answer leads to the article, and the words that it rests "
        "on stand below. Where the articles do not say, I say so.\n"
        "\n"
        "The buttons below an answer show each quote in its place, and how the answer came about. "
        "Reply to an answer to ask more about it; edit a question to have it answered again.\n"
        "\n"
        "I read written questions. Files, and links alone, are for editors to send.\n"
        "\n"
        "/ask asks a question, in groups too\n"
        "/sources lists the articles\n"
        "/new forgets the conversation\n"
        "/stop stops the answer in progress\n"
        "/language changes the language\n"
        "/about says what I am"
    ),
    help_editor=(
        "For editors: send a link or a file to add an article.\n"
        "\n"
        "/articles lists the articles with their ids\n"
        "/remove removes an article\n"
        "/reindex reads the folder of articles again\n"
        "/stats counts questions, refusals, times and feedback\n"
        "/invite makes a link that lets one person in"
    ),
    about=(
        "I am Griot. I answer from a collection of news articles, and quote them word for word: "
        "every quote is checked against its article. Where articles differ, I show both sides.\n"
        "\n"
        "Questions and answers are kept, so that follow-ups and the buttons go on working."
    ),
    ids="Your ID is {person}, this chat’s is {chat}.",
    commands={
        "start": "What I know",
        "help": "How to ask",
        "ask": "Ask a question",
        "sources": "The articles that I answer from",
        "new": "Forget the conversation",
        "stop": "Stop the answer in progress",
        "language": "Change the language",
        "about": "What I am",
        "articles": "The articles, with their ids",
        "remove": "Remove an article",
        "reindex": "Read the folder of articles again",
        "stats": "Questions, refusals, times and feedback",
        "invite": "A link that lets one person in",
    },
    choose_language="Which language?",
    language_chosen="I speak English here from now on.",
    no_articles="There are no articles yet.",
    no_articles_editor="There are no articles yet. Send a link or a file to add one.",
    searching="Searching…",
    reading={
        "one": "Reading {n} article…",
        "other": "Reading {n} articles…",
    },
    writing="Writing…",
    queued="An earlier question is still being answered. This one is next.",
    too_many=(
        "One question is being answered and one is waiting. Ask again after them, or send /stop."
    ),
    minute_limit={
        "one": "The limit is {n} question a minute. Ask again in {wait}.",
        "other": "The limit is {n} questions a minute. Ask again in {wait}.",
    },
    day_limit={
        "one": "The limit is {n} question a day. Ask again in {wait}.",
        "other": "The limit is {n} questions a day. Ask again in {wait}.",
    },
    press_limit="You press buttons too fast. Try again in {wait}.",
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    stopped="Stopped.",
    nothing_to_stop="There is nothing to stop.",
    new_conversation="The conversation is forgotten. The next question stands on its own.",
    ask_what="Write the question behind the command, as in: /ask who met whom?",
    too_long="A question can have at most {most} characters. This one has {length}.",
    not_text="I read only text. Send the question as a written message.",
    not_a_question="I couldn’t read that as a question. Ask about what the articles report.",
    link_alone="Only editors can add articles by a link. Ask about what the articles report.",
    trouble="This did not work. Try again in a moment.",
    stranger="This bot answers only those who are invited. Ask its editors for a link.",
    invited="You are in. Send a question.",
    invitation_used="This invitation has been used. Ask the editors for another.",
    invitation_unknown="This invitation does not exist. Ask the editors for one.",
    editors_only="Only editors can do this.",
    topics={topic: topic.value for topic in Topic},
    undated="no date",
    untitled="no title",
    why="Why",
    back="← Back",
    more="More around it",
    open="Open the article",
    glimpse="{source}: “{quote}”",
    changed="The article has changed since. The quote is as it was then.",
    gone="The article is no longer in the collection. The quote is as it was then.",
    not_kept="This answer is no longer kept. Ask the question again.",
    rated_good="Noted: a good answer.",
    rated_bad="Noted: not a good answer.",
    not_yours="Only the person who asked can do this.",
    uncertain="The connection failed while this answer was being sent. If it did not arrive:",
    send_again="Send it again",
    sent_again="Sent again.",
    why_head="How this answer came about",
    why_asked="Asked: {question}",
    why_searched="Searched for: {question}",
    why_outcome="Outcome: {outcome}, confidence {confidence}",
    outcomes={
        Outcome.ANSWERED: "answered",
        Outcome.PARTLY_ANSWERED: "answered in part",
        Outcome.UNSURE: "not sure",
        Outcome.NOT_IN_CORPUS: "not in the articles",
        Outcome.REPLY: "reply",
        Outcome.FAILED: "failed",
    },
    why_model="Written by {model}",
    why_reader="Written by the embedded reader",
    why_took="Took: {seconds} s",
    why_read="Read, the best first:",
    why_changed="changed since",
    why_gone="gone since",
    and_more={
        "one": "and {n} more",
        "other": "and {n} more",
    },
    article_added="Added: {title}",
    article_changed="Changed: {title}",
    article_unchanged="Known already, and unchanged.",
    article_skipped="Not added: {location}: {reason}",
    article_removed="Removed: {title}",
    remove_what="Write the id, or a part of it, behind the command. /articles lists the ids.",
    confirm_removal="Remove “{title}” from the collection?",
    remove="Remove it",
    cannot_remove="“{title}” cannot be removed: {reason}",
    removed_already="This article is no longer in the collection.",
    reindexing="Reading the folder of articles…",
    reindexed=(
        "New: {new}, changed: {changed}, unchanged: {unchanged}, removed: {removed}, "
        "skipped: {skipped}"
    ),
    not_reindexed="The folder of articles could not be read: {reason}",
    stats=(
        "Questions: {questions}\n"
        "Refusals: {refusals}\n"
        "Time, median: {median} s\n"
        "Time, 95th percentile: {p95} s\n"
        "Model failures: {failures}\n"
        "Feedback: 👍 {good}, 👎 {bad}"
    ),
    link_unread="The link could not be read: {reason}",
    file_unread="The file could not be read: {reason}",
    file_kinds="Send a link, or a file of one of these kinds: {kinds}.",
    file_too_large="This file is too large. A bot can read files up to {most}.",
    megabytes="{n} MB",
    invite=(
        "This link lets one person in, once:\n{link}\n\nThis one lets in a group instead:\n{group}"
    ),
    inline_none="The articles do not say",
    inline_ask="Ask in a private chat",
    inline_limit="Ask again in {wait}",
    reasons=_REASONS,
)
