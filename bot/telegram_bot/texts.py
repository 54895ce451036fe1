"""All words that a person in Telegram reads, in one place for each language; pure.

A text holds `{names}` of what is put into it with `str.format`. What depends on a number is a
`Plural`: a form for each of the language's kinds of number, put in by `Texts.counted`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from rag.types import Outcome

Plural = tuple[str, ...]
"""In English and French for one and for many; in Russian for 1, for 2 to 4, and for 5."""

READER = ("start", "help", "ask", "sources", "new", "stop", "language", "about")
GROUP = ("ask", "new", "stop", "sources", "help")
EDITOR = ("articles", "remove", "reindex", "stats", "invite")
"""The commands for one person, for a group, and for an editor besides."""

MINUTE, HOUR = 60, 3600
PATIENCE = 120
"""Seconds, and then minutes, from which on a time to wait is told in the next greater unit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What is said in one language.

    `code` is the language's own two letters, `name` what it calls itself. `thousands` stands
    between the thousands of a number, `months` are the months as a date has them. `commands` are
    the descriptions of all commands.
    """

    code: str
    name: str
    thousands: str
    months: tuple[str, ...]

    # How it begins
    known: Plural
    known_of_day: Plural
    known_undated: Plural
    promise: str
    invitation_to_ask: str
    invitation_to_try: str
    help: str
    help_editor: str
    about: str
    numbers: str
    commands: Mapping[str, str]
    choose_language: str
    language_chosen: str
    no_articles: str
    no_articles_editor: str

    # While it works
    searching: str
    reading: Plural
    writing: str
    queued: str
    too_many: str
    minute_limit: Plural
    day_limit: Plural
    seconds: str
    minutes: str
    hours: str
    stopped: str
    nothing_to_stop: str
    new_conversation: str

    # What cannot be answered
    ask_what: str
    too_long: str
    not_text: str
    not_a_question: str
    link_alone: str
    trouble: str

    # Who may ask
    stranger: str
    invited: str
    invitation_used: str
    invitation_unknown: str
    group_mentions_hidden: str
    group_mentions_seen: str
    editors_only: str

    # An answer
    refused: str
    failed: str
    partly: str
    unanswered: str
    contradictory: str
    outdated: str
    unsupported: str
    closest: str
    undated: str
    untitled: str

    # Below an answer
    why: str
    back: str
    more: str
    open: str
    changed: str
    gone: str
    not_kept: str
    rated_good: str
    rated_bad: str
    not_yours: str
    uncertain: str
    send_again: str
    sent_again: str

    # How an answer came about
    why_head: str
    why_asked: str
    why_searched: str
    why_outcome: str
    outcomes: Mapping[Outcome, str]
    why_model: str
    why_reader: str
    why_took: str
    why_read: str
    why_changed: str
    why_gone: str

    # Lists
    and_more: Plural

    # For editors
    article_added: str
    article_changed: str
    article_unchanged: str
    article_skipped: str
    article_removed: str
    article_unknown: str
    remove_what: str
    confirm_removal: str
    remove: str
    cannot_remove: str
    reindexing: str
    reindexed: str
    stats: str
    link_unread: str
    file_unread: str
    file_kinds: str
    file_too_large: str
    invite: str

    # Inline
    inline_none: str
    inline_ask: str

    def counted(self, forms: Plural, number: int, **more: str) -> str:
        """The form that goes with a number, the number in it as `{n}`."""
        form = forms[_FORM_OF[self.code](abs(number))]
        return form.format(n=self.number(number), **more)

    def number(self, number: int) -> str:
        """A whole number as the language writes it."""
        return f"{number:,}".replace(",", self.thousands)

    def day(self, day: date | None) -> str:
        """A date as the language writes it, or that there is none."""
        if day is None:
            return self.undated
        number = "1er" if (self.code, day.day) == ("fr", 1) else str(day.day)
        return f"{number} {self.months[day.month - 1]} {day.year}"

    def duration(self, seconds: float) -> str:
        """A time to wait, never told shorter than it is."""
        whole = max(1, -int(-seconds // 1))
        if whole < PATIENCE:
            return self.seconds.format(n=whole)
        if whole < PATIENCE * MINUTE:
            return self.minutes.format(n=-(-whole // MINUTE))
        return self.hours.format(n=-(-whole // HOUR))

    def start(self, articles: int, first: date | None, last: date | None, *, examples: bool) -> str:
        """What the bot knows and does, in three lines.

        `first` and `last` are the dates of the oldest and the newest article, None without any.
        `examples` says whether there are questions to try.
        """
        invitation = self.invitation_to_try if examples else self.invitation_to_ask
        return "\n".join((self._known(articles, first, last), self.promise, invitation))

    def _known(self, articles: int, first: date | None, last: date | None) -> str:
        if not articles:
            return self.no_articles
        if first is None or last is None:
            return self.counted(self.known_undated, articles)
        forms = self.known_of_day if first == last else self.known
        return self.counted(forms, articles, first=self.day(first), last=self.day(last))


def _english(number: int) -> int:
    return int(number != 1)


def _french(number: int) -> int:
    return int(number > 1)


def _russian(number: int) -> int:
    if number % 10 == 1 and number % 100 != 11:  # noqa: PLR2004
        return 0
    return 1 if number % 10 in {2, 3, 4} and number % 100 not in {12, 13, 14} else 2


_FORM_OF: Mapping[str, Callable[[int], int]] = {"en": _english, "fr": _french, "ru": _russian}


ENGLISH = Texts(
    code="en",
    name="English",
    thousands=",",
    months=tuple(
        (
            "January February March April May June July August September October November December"
        ).split()
    ),
    known=(
        "I know {n} article, from {first} to {last}.",
        "I know {n} articles, from {first} to {last}.",
    ),
    known_of_day=("I know {n} article, of {first}.", "I know {n} articles, of {first}."),
    known_undated=("I know {n} article.", "I know {n} articles."),
    promise="I answer from them alone, and show the words that each sentence rests on.",
    invitation_to_ask="Send a question.",
    invitation_to_try="Send a question, or try one of these:",
    help=(
        "Send a question. Each [1] in the answer leads to the article, and the words that it rests "
        "on stand below. Where the articles do not say, I say so.\n"
        "\n"
        "The buttons below an answer show each quote in its place, and how the answer came about. "
        "Reply to an answer to ask further about it; edit a question to have it answered anew.\n"
        "\n"
        "I read written questions. Files, and links alone, are for editors to send.\n"
        "\n"
        "/ask asks a question, in groups too\n"
        "/sources lists the articles\n"
        "/new forgets the conversation\n"
        "/stop stops the answer in work\n"
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
    numbers="Your number is {person}, this chat’s is {chat}.",
    commands={
        "start": "What I know",
        "help": "How to ask",
        "ask": "Ask a question",
        "sources": "The articles that I answer from",
        "new": "Forget the conversation",
        "stop": "Stop the answer in work",
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
    reading=("Reading {n} article…", "Reading {n} articles…"),
    writing="Writing…",
    queued="An earlier question is still in work. This one comes after it.",
    too_many="One question is in work and one is waiting. Ask again after them, or /stop.",
    minute_limit=(
        "The limit is {n} question a minute. Ask again in {wait}.",
        "The limit is {n} questions a minute. Ask again in {wait}.",
    ),
    day_limit=(
        "The limit is {n} question a day. Ask again in {wait}.",
        "The limit is {n} questions a day. Ask again in {wait}.",
    ),
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    stopped="Stopped.",
    nothing_to_stop="There is nothing to stop.",
    new_conversation="The conversation is forgotten. The next question stands on its own.",
    ask_what="Write the question behind the command, as in: /ask who met whom?",
    too_long="A question can have {most} characters at most. This one has {length}.",
    not_text="I read only text. Send the question as a written message.",
    not_a_question="That is no question to me. Send one about what the articles tell.",
    link_alone=(
        "Only editors add articles by a link. Send a question about what the articles tell."
    ),
    trouble="This did not work. Try again in a moment.",
    stranger="This bot answers only those who are invited. Ask its editors for a link.",
    invited="You are in. Send a question.",
    invitation_used="This invitation has been used. Ask the editors for another.",
    invitation_unknown="This invitation is unknown. Ask the editors for another.",
    group_mentions_hidden=(
        "Ask with /ask@{bot}, or reply to one of my messages. Privacy mode hides mentions from me: "
        "to let me see them, make me an admin of this group, or turn privacy off with /setprivacy "
        "at @BotFather and add me again."
    ),
    group_mentions_seen=(
        "Ask with /ask@{bot}, mention @{bot}, or reply to one of my messages. Privacy mode hides "
        "no mentions from me here. I answer nothing else."
    ),
    editors_only="Only editors can do this.",
    refused="The articles do not say.",
    failed="No answer could be made.",
    partly="The articles answer this in part.",
    unanswered="The articles do not say: {part}",
    contradictory="The articles differ on {topic}",
    outdated="The articles differ on {topic}; the later one may supersede the earlier",
    unsupported="(not supported by the articles)",
    closest="Closest articles (they do not answer the question):",
    undated="no date",
    untitled="no title",
    why="Why",
    back="← Back",
    more="More around it",
    open="Open the article",
    changed="The article has changed since. The quote is as it was then.",
    gone="The article is no longer in the collection. The quote is as it was then.",
    not_kept="This answer is no longer kept. Ask the question again.",
    rated_good="Noted: a good answer.",
    rated_bad="Noted: not a good answer.",
    not_yours="Only the person who asked can change this message.",
    uncertain=("The connection failed while this answer was on its way. If it did not arrive:"),
    send_again="Send it again",
    sent_again="Sent again.",
    why_head="How this answer came about",
    why_asked="Asked: {question}",
    why_searched="Searched for: {question}",
    why_outcome="Outcome: {outcome}, confidence {confidence}",
    outcomes={
        Outcome.ANSWERED: "answered",
        Outcome.PARTLY_ANSWERED: "answered in part",
        Outcome.NOT_IN_CORPUS: "not in the articles",
        Outcome.FAILED: "failed",
    },
    why_model="Written by: {model}",
    why_reader="Written by: the embedded reader",
    why_took="Took: {seconds} s",
    why_read="Read, the best first:",
    why_changed="changed since",
    why_gone="gone since",
    and_more=("and {n} more", "and {n} more"),
    article_added="Added: {title}",
    article_changed="Changed: {title}",
    article_unchanged="Known already, and unchanged.",
    article_skipped="Not added: {location}: {reason}",
    article_removed="Removed: {title}",
    article_unknown="No article is called “{name}”. /articles lists their ids.",
    remove_what="Write the id, or a part of it, behind the command. /articles lists the ids.",
    confirm_removal="Remove “{title}” from the collection?",
    remove="Remove it",
    cannot_remove="“{title}” cannot be removed: {reason}",
    reindexing="Reading the folder of articles…",
    reindexed=(
        "New: {new}, changed: {changed}, unchanged: {unchanged}, removed: {removed}, "
        "skipped: {skipped}"
    ),
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
    invite=(
        "This link lets one person in, once:\n{link}\n\nThis one lets in a group instead:\n{group}"
    ),
    inline_none="The articles do not say",
    inline_ask="Ask in a private chat",
)

FRENCH = Texts(
    code="fr",
    name="Français",
    thousands=" ",
    months=tuple(
        (
            "janvier février mars avril mai juin juillet août septembre octobre novembre décembre"
        ).split()
    ),
    known=(
        "Je connais {n} article, du {first} au {last}.",
        "Je connais {n} articles, du {first} au {last}.",
    ),
    known_of_day=("Je connais {n} article, du {first}.", "Je connais {n} articles, du {first}."),
    known_undated=("Je connais {n} article.", "Je connais {n} articles."),
    promise="Je ne réponds que d’après eux, et je cite les mots qui fondent chaque phrase.",
    invitation_to_ask="Envoyez une question.",
    invitation_to_try="Envoyez une question, ou essayez l’une de celles-ci :",
    help=(
        "Envoyez une question. Chaque [1] de la réponse mène à l’article, et les mots qui la "
        "fondent figurent dessous. Quand les articles ne le disent pas, je le signale.\n"
        "\n"
        "Les boutons sous la réponse montrent chaque citation dans son contexte et comment la "
        "réponse a été trouvée. Répondez à une réponse pour la prolonger ; modifiez une question "
        "pour obtenir une nouvelle réponse.\n"
        "\n"
        "Je lis les questions écrites. Les fichiers et les liens seuls sont l’affaire de la "
        "rédaction.\n"
        "\n"
        "/ask pose une question, aussi dans les groupes\n"
        "/sources énumère les articles\n"
        "/new oublie la conversation\n"
        "/stop arrête la réponse en cours\n"
        "/language change de langue\n"
        "/about dit ce que je suis"
    ),
    help_editor=(
        "Pour la rédaction : envoyez un lien ou un fichier pour ajouter un article.\n"
        "\n"
        "/articles énumère les articles et leurs identifiants\n"
        "/remove retire un article\n"
        "/reindex relit le dossier des articles\n"
        "/stats compte les questions, les refus, les durées et les avis\n"
        "/invite crée un lien qui fait entrer une personne"
    ),
    about=(
        "Je suis Griot. Je réponds d’après un ensemble d’articles de presse et je les cite mot "
        "pour mot : chaque citation est vérifiée dans son article. Quand les articles divergent, "
        "je montre les deux versions.\n"
        "\n"
        "Les questions et les réponses sont conservées, pour que la conversation et les boutons "
        "continuent de fonctionner."
    ),
    numbers="Votre numéro est {person}, celui de ce chat {chat}.",
    commands={
        "start": "Ce que je connais",
        "help": "Comment poser une question",
        "ask": "Poser une question",
        "sources": "Les articles d’après lesquels je réponds",
        "new": "Oublier la conversation",
        "stop": "Arrêter la réponse en cours",
        "language": "Changer de langue",
        "about": "Ce que je suis",
        "articles": "Les articles et leurs identifiants",
        "remove": "Retirer un article",
        "reindex": "Relire le dossier des articles",
        "stats": "Questions, refus, durées et avis",
        "invite": "Un lien qui fait entrer une personne",
    },
    choose_language="Quelle langue ?",
    language_chosen="Ici, je parle désormais français.",
    no_articles="Il n’y a pas encore d’articles.",
    no_articles_editor=(
        "Il n’y a pas encore d’articles. Envoyez un lien ou un fichier pour en ajouter un."
    ),
    searching="Je cherche…",
    reading=("Je lis {n} article…", "Je lis {n} articles…"),
    writing="J’écris…",
    queued="Une question précédente est encore en cours. Celle-ci vient ensuite.",
    too_many=(
        "Une question est en cours et une autre attend. Redemandez ensuite, ou envoyez /stop."
    ),
    minute_limit=(
        "La limite est de {n} question par minute. Redemandez dans {wait}.",
        "La limite est de {n} questions par minute. Redemandez dans {wait}.",
    ),
    day_limit=(
        "La limite est de {n} question par jour. Redemandez dans {wait}.",
        "La limite est de {n} questions par jour. Redemandez dans {wait}.",
    ),
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    stopped="Arrêté.",
    nothing_to_stop="Il n’y a rien à arrêter.",
    new_conversation="La conversation est oubliée. La prochaine question se suffit à elle-même.",
    ask_what="Écrivez la question après la commande, par exemple : /ask qui a rencontré qui ?",
    too_long="Une question compte au plus {most} caractères. Celle-ci en a {length}.",
    not_text="Je ne lis que le texte. Envoyez la question par écrit.",
    not_a_question=(
        "Je n’y vois pas de question. Envoyez-en une sur ce que racontent les articles."
    ),
    link_alone=(
        "Seule la rédaction ajoute des articles par lien. Envoyez une question sur ce que "
        "racontent les articles."
    ),
    trouble="Cela n’a pas fonctionné. Réessayez dans un instant.",
    stranger="Ce bot ne répond qu’aux personnes invitées. Demandez un lien à la rédaction.",
    invited="Vous êtes des nôtres. Envoyez une question.",
    invitation_used="Cette invitation a déjà servi. Demandez-en une autre à la rédaction.",
    invitation_unknown="Cette invitation est inconnue. Demandez-en une autre à la rédaction.",
    group_mentions_hidden=(
        "Demandez avec /ask@{bot}, ou répondez à l’un de mes messages. Le mode confidentiel me "
        "cache les mentions : pour que je les voie, nommez-moi admin de ce groupe, ou désactivez "
        "ce mode avec /setprivacy chez @BotFather et ajoutez-moi de nouveau."
    ),
    group_mentions_seen=(
        "Demandez avec /ask@{bot}, mentionnez @{bot}, ou répondez à l’un de mes messages. Le mode "
        "confidentiel ne me cache pas les mentions ici. Je ne réponds à rien d’autre."
    ),
    editors_only="C’est réservé à la rédaction.",
    refused="Les articles ne le disent pas.",
    failed="Aucune réponse n’a pu être formée.",
    partly="Les articles répondent en partie.",
    unanswered="Les articles ne le disent pas : {part}",
    contradictory="Les articles divergent sur « {topic} »",
    outdated="Les articles divergent sur « {topic} » ; le plus récent remplace peut-être l’autre",
    unsupported="(sans appui dans les articles)",
    closest="Articles les plus proches (ils ne répondent pas à la question) :",
    undated="sans date",
    untitled="sans titre",
    why="Pourquoi",
    back="← Retour",
    more="Voir autour",
    open="Ouvrir l’article",
    changed="L’article a changé depuis. La citation est celle d’alors.",
    gone="L’article ne fait plus partie de l’ensemble. La citation est celle d’alors.",
    not_kept="Cette réponse n’est plus conservée. Posez de nouveau la question.",
    rated_good="Noté : une bonne réponse.",
    rated_bad="Noté : pas une bonne réponse.",
    not_yours="Seule la personne qui a posé la question peut changer ce message.",
    uncertain=(
        "La connexion a échoué pendant l’envoi de cette réponse. Si elle n’est pas arrivée :"
    ),
    send_again="La renvoyer",
    sent_again="Renvoyée.",
    why_head="Comment cette réponse a été trouvée",
    why_asked="Question : {question}",
    why_searched="Recherche : {question}",
    why_outcome="Résultat : {outcome}, confiance {confidence}",
    outcomes={
        Outcome.ANSWERED: "répondu",
        Outcome.PARTLY_ANSWERED: "répondu en partie",
        Outcome.NOT_IN_CORPUS: "absent des articles",
        Outcome.FAILED: "échec",
    },
    why_model="Rédaction : {model}",
    why_reader="Rédaction : le lecteur intégré",
    why_took="Durée : {seconds} s",
    why_read="Lu, le meilleur d’abord :",
    why_changed="modifié depuis",
    why_gone="retiré depuis",
    and_more=("et {n} autre", "et {n} autres"),
    article_added="Ajouté : {title}",
    article_changed="Modifié : {title}",
    article_unchanged="Déjà connu, inchangé.",
    article_skipped="Non ajouté : {location} : {reason}",
    article_removed="Retiré : {title}",
    article_unknown="Aucun article ne s’appelle « {name} ». /articles donne les identifiants.",
    remove_what=("Écrivez l’identifiant, ou une partie, après la commande. /articles les énumère."),
    confirm_removal="Retirer « {title} » de l’ensemble ?",
    remove="Le retirer",
    cannot_remove="« {title} » ne peut pas être retiré : {reason}",
    reindexing="Je relis le dossier des articles…",
    reindexed=(
        "Nouveaux : {new}, modifiés : {changed}, inchangés : {unchanged}, retirés : {removed}, "
        "écartés : {skipped}"
    ),
    stats=(
        "Questions : {questions}\n"
        "Refus : {refusals}\n"
        "Durée, médiane : {median} s\n"
        "Durée, 95e centile : {p95} s\n"
        "Échecs du modèle : {failures}\n"
        "Avis : 👍 {good}, 👎 {bad}"
    ),
    link_unread="Le lien n’a pas pu être lu : {reason}",
    file_unread="Le fichier n’a pas pu être lu : {reason}",
    file_kinds="Envoyez un lien, ou un fichier de l’un de ces types : {kinds}.",
    file_too_large="Ce fichier est trop grand. Un bot lit des fichiers jusqu’à {most}.",
    invite=(
        "Ce lien fait entrer une personne, une seule fois :\n{link}\n\n"
        "Celui-ci fait entrer un groupe à sa place :\n{group}"
    ),
    inline_none="Les articles ne le disent pas",
    inline_ask="Demander en privé",
)

RUSSIAN = Texts(
    code="ru",
    name="Русский",
    thousands=" ",
    months=tuple(
        (
            "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
        ).split()
    ),
    known=(
        "Я знаю {n} статью, с {first} по {last}.",
        "Я знаю {n} статьи, с {first} по {last}.",
        "Я знаю {n} статей, с {first} по {last}.",
    ),
    known_of_day=(
        "Я знаю {n} статью, от {first}.",
        "Я знаю {n} статьи, от {first}.",
        "Я знаю {n} статей, от {first}.",
    ),
    known_undated=("Я знаю {n} статью.", "Я знаю {n} статьи.", "Я знаю {n} статей."),
    promise="Отвечаю только по ним и показываю слова, на которых держится каждое предложение.",
    invitation_to_ask="Пришлите вопрос.",
    invitation_to_try="Пришлите вопрос или попробуйте один из этих:",
    help=(
        "Пришлите вопрос. Каждая отметка [1] в ответе ведёт к статье, а слова, на которых она "
        "держится, стоят ниже. Если в статьях этого нет, я так и скажу.\n"
        "\n"
        "Кнопки под ответом показывают каждую цитату на её месте и то, как получился ответ. "
        "Ответьте на ответ, чтобы спросить дальше; исправьте вопрос, и я отвечу заново.\n"
        "\n"
        "Я читаю написанные вопросы. Файлы и просто ссылки присылают редакторы.\n"
        "\n"
        "/ask — задать вопрос, в том числе в группе\n"
        "/sources — список статей\n"
        "/new — забыть разговор\n"
        "/stop — остановить ответ\n"
        "/language — сменить язык\n"
        "/about — что я такое"
    ),
    help_editor=(
        "Для редакторов: пришлите ссылку или файл, чтобы добавить статью.\n"
        "\n"
        "/articles — список статей с их идентификаторами\n"
        "/remove — удалить статью\n"
        "/reindex — перечитать папку со статьями\n"
        "/stats — вопросы, отказы, время и оценки\n"
        "/invite — ссылка, по которой войдёт один человек"
    ),
    about=(
        "Я Griot. Отвечаю по собранию новостных статей и цитирую их дословно: каждая цитата "
        "сверена со своей статьёй. Если статьи расходятся, показываю обе стороны.\n"
        "\n"
        "Вопросы и ответы сохраняются, чтобы разговор можно было продолжить, а кнопки работали."
    ),
    numbers="Ваш номер: {person}, номер этого чата: {chat}.",
    commands={
        "start": "Что я знаю",
        "help": "Как спрашивать",
        "ask": "Задать вопрос",
        "sources": "Статьи, по которым я отвечаю",
        "new": "Забыть разговор",
        "stop": "Остановить ответ",
        "language": "Сменить язык",
        "about": "Что я такое",
        "articles": "Статьи и их идентификаторы",
        "remove": "Удалить статью",
        "reindex": "Перечитать папку со статьями",
        "stats": "Вопросы, отказы, время и оценки",
        "invite": "Ссылка, по которой войдёт один человек",
    },
    choose_language="На каком языке?",
    language_chosen="Теперь здесь я говорю по-русски.",
    no_articles="Статей пока нет.",
    no_articles_editor="Статей пока нет. Пришлите ссылку или файл, чтобы добавить первую.",
    searching="Ищу…",
    reading=("Читаю {n} статью…", "Читаю {n} статьи…", "Читаю {n} статей…"),
    writing="Пишу…",
    queued="Предыдущий вопрос ещё в работе. Этот будет после него.",
    too_many="Один вопрос в работе, второй ждёт. Спросите после них или отправьте /stop.",
    minute_limit=(
        "Можно задать {n} вопрос в минуту. Спросите через {wait}.",
        "Можно задать {n} вопроса в минуту. Спросите через {wait}.",
        "Можно задать {n} вопросов в минуту. Спросите через {wait}.",
    ),
    day_limit=(
        "Можно задать {n} вопрос в день. Спросите через {wait}.",
        "Можно задать {n} вопроса в день. Спросите через {wait}.",
        "Можно задать {n} вопросов в день. Спросите через {wait}.",
    ),
    seconds="{n} с",
    minutes="{n} мин",
    hours="{n} ч",
    stopped="Остановлено.",
    nothing_to_stop="Останавливать нечего.",
    new_conversation="Разговор забыт. Следующий вопрос сам по себе.",
    ask_what="Напишите вопрос после команды, например: /ask кто с кем встретился?",
    too_long="Вопрос может быть не длиннее {most} символов, а в этом их {length}.",
    not_text="Я читаю только текст. Пришлите вопрос сообщением.",
    not_a_question="Вопроса я здесь не вижу. Спросите о том, что рассказывают статьи.",
    link_alone=(
        "Добавлять статьи по ссылке могут только редакторы. Спросите о том, что рассказывают "
        "статьи."
    ),
    trouble="Не получилось. Попробуйте ещё раз немного позже.",
    stranger="Этот бот отвечает только приглашённым. Попросите ссылку у его редакторов.",
    invited="Вход открыт. Пришлите вопрос.",
    invitation_used="Это приглашение уже использовано. Попросите у редакторов новое.",
    invitation_unknown="Такого приглашения нет. Попросите у редакторов новое.",
    group_mentions_hidden=(
        "Спрашивайте через /ask@{bot} или отвечайте на мои сообщения. Режим приватности скрывает "
        "от меня упоминания: чтобы я их видел, сделайте меня администратором группы или отключите "
        "этот режим командой /setprivacy у @BotFather и добавьте меня заново."
    ),
    group_mentions_seen=(
        "Спрашивайте через /ask@{bot}, упоминайте @{bot} или отвечайте на мои сообщения. Режим "
        "приватности здесь не скрывает от меня упоминаний. На остальное я не отвечаю."
    ),
    editors_only="Это могут только редакторы.",
    refused="В статьях этого нет.",
    failed="Ответ составить не удалось.",
    partly="Статьи отвечают на это лишь отчасти.",
    unanswered="В статьях этого нет: {part}",
    contradictory="Статьи расходятся: «{topic}»",
    outdated="Статьи расходятся: «{topic}»; возможно, более поздняя отменяет раннюю",
    unsupported="(статьи этого не подтверждают)",
    closest="Ближайшие статьи (на вопрос они не отвечают):",
    undated="без даты",
    untitled="без заголовка",
    why="Почему",
    back="← Назад",
    more="Показать больше",
    open="Открыть статью",
    changed="Статья с тех пор изменилась. Цитата приведена в прежнем виде.",
    gone="Этой статьи в собрании больше нет. Цитата приведена в прежнем виде.",
    not_kept="Этот ответ больше не хранится. Задайте вопрос ещё раз.",
    rated_good="Записано: хороший ответ.",
    rated_bad="Записано: плохой ответ.",
    not_yours="Это сообщение может менять только тот, кто спросил.",
    uncertain="Связь прервалась, пока этот ответ отправлялся. Если он не пришёл:",
    send_again="Отправить снова",
    sent_again="Отправлено снова.",
    why_head="Как получился этот ответ",
    why_asked="Вопрос: {question}",
    why_searched="Искали: {question}",
    why_outcome="Итог: {outcome}, уверенность {confidence}",
    outcomes={
        Outcome.ANSWERED: "ответ найден",
        Outcome.PARTLY_ANSWERED: "ответ найден отчасти",
        Outcome.NOT_IN_CORPUS: "в статьях этого нет",
        Outcome.FAILED: "ошибка",
    },
    why_model="Написано: {model}",
    why_reader="Написано: встроенный читатель",
    why_took="Время: {seconds} с",
    why_read="Прочитано, лучшее сначала:",
    why_changed="с тех пор изменена",
    why_gone="с тех пор удалена",
    and_more=("и ещё {n}", "и ещё {n}", "и ещё {n}"),
    article_added="Добавлено: {title}",
    article_changed="Изменено: {title}",
    article_unchanged="Уже есть, без изменений.",
    article_skipped="Не добавлено: {location}: {reason}",
    article_removed="Удалено: {title}",
    article_unknown="Статьи «{name}» нет. Идентификаторы показывает /articles.",
    remove_what="Напишите идентификатор или его часть после команды. Их показывает /articles.",
    confirm_removal="Удалить «{title}» из собрания?",
    remove="Удалить",
    cannot_remove="«{title}» удалить нельзя: {reason}",
    reindexing="Перечитываю папку со статьями…",
    reindexed=(
        "Новых: {new}, изменённых: {changed}, без изменений: {unchanged}, удалённых: {removed}, "
        "пропущенных: {skipped}"
    ),
    stats=(
        "Вопросов: {questions}\n"
        "Отказов: {refusals}\n"
        "Время, медиана: {median} с\n"
        "Время, 95-й процентиль: {p95} с\n"
        "Сбоев модели: {failures}\n"
        "Оценки: 👍 {good}, 👎 {bad}"
    ),
    link_unread="Ссылку прочитать не удалось: {reason}",
    file_unread="Файл прочитать не удалось: {reason}",
    file_kinds="Пришлите ссылку или файл одного из этих видов: {kinds}.",
    file_too_large="Файл слишком велик. Бот читает файлы до {most}.",
    invite=(
        "По этой ссылке войдёт один человек, один раз:\n{link}\n\n"
        "По этой вместо него войдёт группа:\n{group}"
    ),
    inline_none="В статьях этого нет",
    inline_ask="Спросить в личном чате",
)

LANGUAGES: Mapping[str, Texts] = {one.code: one for one in (ENGLISH, FRENCH, RUSSIAN)}


def texts(code: str | None) -> Texts:
    """The texts for a language's code, such as `fr` or `fr-CA`; English for any other."""
    return LANGUAGES.get((code or "").lower().replace("_", "-").partition("-")[0], ENGLISH)
