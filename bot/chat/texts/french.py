"""The bot's texts in French."""

from bot.chat.editors import Rejection
from bot.chat.texts.table import Texts
from rag.reasons import Reason
from rag.types import Outcome, Topic

FRENCH = Texts(
    code="fr",
    name="Français",
    day_pattern="d MMMM y",
    first_day_pattern="d'er' MMMM y",
    promise=(
        "Je réponds uniquement d’après les articles, en citant les mots qui fondent chaque phrase."
    ),
    invitation_to_ask="Posez votre question.",
    invitation_to_try="Posez votre question, ou essayez l’une de celles-ci :",
    example="Qu’a fait {name} ?",
    help=(
        "Posez votre question. Chaque [1] de la réponse renvoie à l’article, et le passage sur "
        "lequel il s’appuie est cité en dessous. Si les articles ne le disent pas, je vous "
        "l’indique.\n"
        "\n"
        "Les boutons sous la réponse montrent chaque citation dans son contexte et la façon dont "
        "la réponse a été trouvée. Répondez à une réponse pour approfondir ; modifiez une question "
        "pour obtenir une nouvelle réponse.\n"
        "\n"
        "Je lis les questions écrites. Les fichiers et les liens envoyés seuls sont réservés "
        "à la rédaction.\n"
        "\n"
        "/ask – poser une question, y compris dans un groupe\n"
        "/sources – voir les articles\n"
        "/new – commencer une nouvelle conversation\n"
        "/stop – arrêter la réponse en cours\n"
        "/language – changer de langue\n"
        "/about – en savoir plus sur moi"
    ),
    help_editor=(
        "Pour la rédaction : envoyez un lien ou un fichier pour ajouter un article.\n"
        "\n"
        "/articles – voir les articles et leurs identifiants\n"
        "/remove – retirer un article\n"
        "/reindex – relire le dossier des articles\n"
        "/stats – questions, refus, temps de réponse et avis\n"
        "/invite – créer un lien d’invitation pour une personne"
    ),
    about=(
        "Je suis Griot. Je réponds d’après une collection d’articles de presse et je les cite mot "
        "pour mot : chaque citation est vérifiée dans son article. Quand les articles divergent, "
        "je montre les deux versions.\n"
        "\n"
        "Les questions et les réponses sont conservées, pour que la conversation puisse se "
        "poursuivre et que les boutons continuent de fonctionner."
    ),
    ids="Votre ID est {person}, celui de cette discussion est {chat}.",
    commands={
        "start": "Ce que je connais",
        "help": "Comment poser une question",
        "ask": "Poser une question",
        "sources": "Les articles d’après lesquels je réponds",
        "new": "Commencer une nouvelle conversation",
        "stop": "Arrêter la réponse en cours",
        "language": "Changer de langue",
        "about": "En savoir plus sur moi",
        "articles": "Les articles et leurs identifiants",
        "remove": "Retirer un article",
        "reindex": "Relire le dossier des articles",
        "stats": "Questions, refus, temps de réponse et avis",
        "invite": "Un lien d’invitation pour une personne",
    },
    choose_language="Dans quelle langue ?",
    language_chosen="Désormais, je parle français ici.",
    no_articles="Il n’y a pas encore d’articles.",
    no_articles_editor=(
        "Il n’y a pas encore d’articles. Envoyez un lien ou un fichier pour en ajouter un."
    ),
    searching="Je cherche…",
    reading={
        "one": "Je lis {n} article…",
        "other": "Je lis {n} articles…",
    },
    writing="Je rédige…",
    queued="Une question précédente est encore en cours. Celle-ci passera juste après.",
    too_many=(
        "Une question est en cours et une autre attend déjà. Réessayez ensuite, ou envoyez /stop."
    ),
    minute_limit={
        "one": "La limite est de {n} question par minute. Réessayez dans {wait}.",
        "other": "La limite est de {n} questions par minute. Réessayez dans {wait}.",
    },
    day_limit={
        "one": "La limite est de {n} question par jour. Réessayez dans {wait}.",
        "other": "La limite est de {n} questions par jour. Réessayez dans {wait}.",
    },
    press_limit="Vous appuyez trop vite sur les boutons. Réessayez dans {wait}.",
    seconds="{n} s",
    minutes="{n} min",
    hours="{n} h",
    stopped="Réponse arrêtée.",
    nothing_to_stop="Il n’y a rien à arrêter.",
    new_conversation="La conversation est oubliée. La prochaine question sera traitée à part.",
    ask_what=("Écrivez votre question après la commande, par exemple : /ask qui a rencontré qui ?"),
    too_long="Une question peut compter {most} caractères au plus. Celle-ci en compte {length}.",
    not_text="Je ne lis que le texte. Envoyez votre question par écrit.",
    not_a_question=(
        "Je n’y reconnais pas de question. Posez-en une sur ce que rapportent les articles."
    ),
    link_alone=(
        "Seule la rédaction peut ajouter des articles par lien. Posez une question sur ce que "
        "rapportent les articles."
    ),
    trouble="Cela n’a pas fonctionné. Réessayez dans un instant.",
    stranger=(
        "Ce bot ne répond qu’aux personnes invitées. Demandez un lien d’invitation à la rédaction."
    ),
    invited="Bienvenue. Posez votre question.",
    invitation_used="Cette invitation a déjà servi. Demandez-en une autre à la rédaction.",
    invitation_unknown="Cette invitation n’existe pas. Demandez-en une à la rédaction.",
    editors_only="C’est réservé à la rédaction.",
    topics={
        Topic.TIME: "la date",
        Topic.DATE: "la date",
        Topic.PERSON: "la personne",
        Topic.PLACE: "le lieu",
        Topic.QUANTITY: "la quantité",
        Topic.NUMBER: "le nombre",
        Topic.NAME: "le nom",
    },
    undated="sans date",
    untitled="sans titre",
    why="Pourquoi",
    back="← Retour",
    more="Plus de contexte",
    open="Ouvrir l’article",
    glimpse="{source} : « {quote} »",
    changed="L’article a été modifié depuis. La citation est celle d’origine.",
    gone="L’article ne fait plus partie de la collection. La citation est celle d’origine.",
    not_kept="Cette réponse n’est plus conservée. Posez de nouveau la question.",
    rated_good="Noté : bonne réponse.",
    rated_bad="Noté : mauvaise réponse.",
    not_yours="Seule la personne qui a posé la question peut le faire.",
    uncertain=(
        "La connexion a été coupée pendant l’envoi de cette réponse. Si elle n’est pas arrivée :"
    ),
    send_again="La renvoyer",
    sent_again="Réponse renvoyée.",
    why_head="Comment cette réponse a été trouvée",
    why_asked="Question : {question}",
    why_searched="Recherche : {question}",
    why_outcome="Résultat : {outcome}, confiance {confidence}",
    outcomes={
        Outcome.ANSWERED: "réponse trouvée",
        Outcome.PARTLY_ANSWERED: "réponse trouvée en partie",
        Outcome.UNSURE: "pas certain",
        Outcome.NOT_IN_CORPUS: "absent des articles",
        Outcome.REPLY: "réponse du bot",
        Outcome.FAILED: "échec",
    },
    why_model="Réponse rédigée par {model}",
    why_reader="Réponse rédigée par le modèle intégré",
    why_took="Durée : {seconds} s",
    why_read="Passages lus, du plus pertinent au moins pertinent :",
    why_changed="modifié depuis",
    why_gone="retiré depuis",
    and_more={
        "one": "et {n} autre",
        "other": "et {n} autres",
    },
    article_added="Ajouté : {title}",
    article_changed="Modifié : {title}",
    article_unchanged="Déjà connu, sans changement.",
    article_skipped="Non ajouté : {location} – {reason}",
    article_removed="Retiré : {title}",
    remove_what=(
        "Écrivez l’identifiant, ou une partie de celui-ci, après la commande. /articles donne la "
        "liste des identifiants."
    ),
    confirm_removal="Retirer « {title} » de la collection ?",
    remove="Le retirer",
    cannot_remove="« {title} » ne peut pas être retiré : {reason}",
    removed_already="Cet article ne fait plus partie de la collection.",
    reindexing="Je relis le dossier des articles…",
    reindexed=(
        "Nouveaux : {new}, modifiés : {changed}, inchangés : {unchanged}, retirés : {removed}, "
        "écartés : {skipped}"
    ),
    not_reindexed="Le dossier des articles n’a pas pu être relu : {reason}",
    stats=(
        "Questions : {questions}\n"
        "Refus : {refusals}\n"
        "Temps de réponse médian : {median} s\n"
        "Temps de réponse, 95e centile : {p95} s\n"
        "Échecs du modèle : {failures}\n"
        "Avis : 👍 {good}, 👎 {bad}"
    ),
    link_unread="Le lien n’a pas pu être lu : {reason}",
    file_unread="Le fichier n’a pas pu être lu : {reason}",
    file_kinds="Envoyez un lien, ou un fichier de l’un de ces formats : {kinds}.",
    file_too_large="Ce fichier est trop volumineux. Un bot lit des fichiers de {most} au plus.",
    megabytes="{n} Mo",
    invite=(
        "Ce lien permet à une personne d’entrer, une seule fois :\n{link}\n\n"
        "Celui-ci fait entrer un groupe à la place :\n{group}"
    ),
    inline_none="Les articles ne le disent pas",
    inline_ask="Poser la question en privé",
    inline_limit="Réessayez dans {wait}",
    reasons={
        Reason.IN_PART: "Les articles n’y répondent qu’en partie.",
        Reason.UNSURE: (
            "Je ne suis pas sûr que les articles y répondent. Les passages les plus proches :"
        ),
        Reason.NOT_SAID: "Les articles ne le disent pas.",
        Reason.FAILED: "Aucune réponse n’a pu être formulée.",
        Reason.PART_NOT_SAID: "Les articles ne le disent pas : {part}",
        Reason.CONTRADICTORY: "Les articles divergent sur « {topic} »",
        Reason.OUTDATED: (
            "Les articles divergent sur « {topic} » ; le plus récent remplace peut-être l’autre"
        ),
        Reason.HELLO: "Bonjour.",
        Reason.I_AM: (
            "Je suis Griot. Je réponds aux questions d’après une collection d’articles de presse, "
            "en les citant."
        ),
        Reason.WELCOME: "Avec plaisir. Posez-moi d’autres questions.",
        Reason.GOODBYE: "Au revoir.",
        Reason.KNOWN: {
            "one": "Je connais {n} article, du {first} au {last}.",
            "other": "Je connais {n} articles, du {first} au {last}.",
        },
        Reason.KNOWN_OF_DAY: {
            "one": "Je connais {n} article, du {first}.",
            "other": "Je connais {n} articles, tous du {first}.",
        },
        Reason.KNOWN_UNDATED: {
            "one": "Je connais {n} article.",
            "other": "Je connais {n} articles.",
        },
        Reason.KNOWN_NONE: "Il n’y a pas encore d’articles.",
        Reason.DAY: "{day}",
        Reason.OUTLETS: "Ils viennent de : {outlets}.",
        Reason.NO_OUTLETS: "Les articles n’indiquent pas leur média.",
        Reason.LATEST: "Les articles les plus récents :",
        Reason.OLDEST: "Les articles les plus anciens :",
        Reason.ABOUT: "Articles sur « {topic} » :",
        Reason.FROM_OUTLET: "Articles de {outlet} :",
        Reason.NOTHING_ABOUT: "Je ne connais aucun article sur « {topic} ».",
        Reason.TRY: "Essayez l’une de ces questions :",
        Reason.QUESTION: "{question}",
        Reason.NO_SUPPORT: "(non confirmé par les articles)",
        Reason.OTHER: "le journal du bot en donne la raison",
        Reason.LEFT_OUT: {
            "one": "Une phrase que les articles ne confirment pas a été écartée.",
            "other": "{n} phrases que les articles ne confirment pas ont été écartées.",
        },
        Reason.NOTHING_BORNE_OUT: (
            "Réponse du modèle intégré : les articles ne confirment rien de ce que {model} a écrit."
        ),
        Reason.BESIDE_THE_POINT: (
            "Réponse du modèle intégré : ce que {model} a écrit ne répond pas à la question."
        ),
        Reason.MODEL_REFUSED: "Réponse du modèle intégré : {model} n’a pas trouvé de réponse.",
        Reason.NOT_BORNE_OUT: "les articles ne le confirment pas",
        Reason.OFF_TOPIC: "cela ne porte pas sur la question",
        Reason.NO_REPORT: "c’est une question ou une consigne",
        Reason.MODEL_FAILED: (
            "Réponse du modèle intégré : le modèle de langue n’a pas pu répondre."
        ),
        Reason.IN_PERIOD: "D’après les articles du {first} au {last}.",
        Reason.NOT_KEPT: "Cette réponse n’est pas conservée : {error}",
        Reason.EMPTY: "vide",
        Reason.UNSUPPORTED: "n’est pas un fichier {kinds}",
        Reason.SHUT_FOLDER: "un dossier illisible ; autorisez-en la lecture",
        Reason.FOLDER: "un dossier, pas un fichier",
        Reason.NOT_REGULAR: "n’est pas un fichier ordinaire",
        Reason.UNREADABLE: "illisible",
        Reason.LONG_PATH: "son chemin est trop long pour être ouvert ; raccourcissez-le",
        Reason.TOO_LARGE: "{size} Mio, pour une limite de {most} Mio ; divisez le fichier",
        Reason.BINARY: "un fichier binaire, pas du texte ; enregistrez-le en texte brut",
        Reason.READ_AS: "n’est pas en UTF-8 ; lu comme {encoding}",
        Reason.UNDECODED: "n’est pas en {encoding} ; enregistrez-le en UTF-8",
        Reason.UNDECODED_AT: (
            "n’est pas en {encoding} (octet 0x{byte} en position {place}) ; enregistrez-le en UTF-8"
        ),
        Reason.NOT_JSON: "n’est pas du JSON valide",
        Reason.NOT_JSON_AT: "n’est pas du JSON valide (ligne {line}, colonne {column})",
        Reason.JSON_LINES: (
            "plusieurs valeurs JSON ; mettez-en une par ligne, dans un fichier .jsonl"
        ),
        Reason.NOT_RECORDS: (
            "ni une liste d’enregistrements, ni un enregistrement, ni un objet « articles »"
        ),
        Reason.NO_RECORDS: "aucun enregistrement",
        Reason.NOT_A_RECORD: "n’est pas un enregistrement avec un champ « text »",
        Reason.NO_TEXT: "aucun texte",
        Reason.FRONT_MATTER: (
            "l’en-tête n’est pas du YAML valide ; mettez entre guillemets toute valeur qui "
            "contient un deux-points"
        ),
        Reason.FRONT_MATTER_AT: (
            "en-tête, ligne {line} : ce n’est pas du YAML valide ; mettez entre guillemets toute "
            "valeur qui contient un deux-points"
        ),
        Reason.NESTED_FRONT_MATTER: "l’en-tête a trop de niveaux imbriqués",
        Reason.NOT_HTML: "n’est pas du HTML lisible",
        Reason.NO_ARTICLE_TEXT: "aucun texte d’article",
        Reason.AND_MORE: {
            "one": "{reason} (et {n} autre)",
            "other": "{reason} (et {n} autres)",
        },
        Reason.COPY: "une copie de {article}, qui vient de {where}",
        Reason.COPY_OF_ADDED: "une copie de {article}, qu’un programme a ajouté",
        Reason.NOT_A_LINK: (
            "« {link} » n’est pas une adresse http ou https ; envoyez le lien de l’article"
        ),
        Reason.UNKNOWN_HOST: "{host} est introuvable ; vérifiez l’adresse",
        Reason.PRIVATE_HOST: (
            "{host} se trouve sur un réseau privé, qui n’est pas consulté ; envoyez l’article "
            "comme fichier"
        ),
        Reason.TOO_SLOW: (
            "{link} a mis plus de {seconds} s à répondre ; réessayez plus tard, ou envoyez "
            "l’article comme fichier"
        ),
        Reason.REDIRECTS: (
            "{host} redirige plus de {most} fois ; envoyez l’adresse à laquelle on aboutit"
        ),
        Reason.UNREACHABLE: (
            "{host} est injoignable ; réessayez plus tard, ou envoyez l’article comme fichier"
        ),
        Reason.REFUSED: (
            "{host} a répondu {status} ; vérifiez l’adresse, ou envoyez l’article comme fichier"
        ),
        Reason.NOT_A_PAGE: (
            "{host} a envoyé {kind}, qui n’est pas lu à partir d’un lien ; envoyez l’article comme "
            "fichier ({kinds})"
        ),
        Reason.UNDECLARED: (
            "{host} a envoyé un contenu de type inconnu ; envoyez l’article comme fichier ({kinds})"
        ),
        Reason.EMPTY_PAGE: (
            "{host} a envoyé une page vide ; réessayez plus tard, ou envoyez l’article comme "
            "fichier"
        ),
        Reason.LARGE_PAGE: (
            "{host} a envoyé plus de {most} Mio, qui n’ont pas été lus ; envoyez l’article comme "
            "fichier"
        ),
        Reason.NO_SUCH_PATH: "il n’y est plus",
        Reason.UNREADABLE_PATH: "ses permissions ne le permettent pas",
        Reason.NO_CORPUS: "il n’existe pas",
        Reason.CORPUS_GONE: ("ce dossier n’existe pas ; les articles déjà indexés sont utilisés"),
        Reason.NO_ARTICLES: "il ne contient aucun article",
        Reason.NOTHING_READ: "{location} : {reason}",
        Reason.NO_ARTICLE: (
            "aucun article ne s’appelle « {name} » ; /articles donne la liste des identifiants"
        ),
        Reason.NOT_ADDED: "aucun programme n’a ajouté d’article « {name} »",
        Reason.SEVERAL_ARTICLES: {
            "one": "{n} article correspond à « {name} » : {ids} ; précisez l’identifiant",
            "other": "{n} articles correspondent à « {name} » : {ids} ; précisez l’identifiant",
        },
        Reason.LOCKED: "un autre programme écrit dans l’index ; réessayez plus tard",
        Reason.NO_ROOM: "le disque est plein ; libérez de la place et réessayez",
        Reason.UNWRITABLE: (
            "impossible d’écrire dans l’index ; vérifiez ses permissions et le disque"
        ),
        Reason.DAMAGED: "l’index est endommagé ; le journal du bot indique quoi faire",
        Reason.UNREADABLE_STORE: "l’index est endommagé ; le journal du bot indique quoi faire",
        Reason.CHANGED_STORE: "l’index est endommagé ; le journal du bot indique quoi faire",
        Reason.INCOMPLETE: "l’index est incomplet ; envoyez /reindex",
        Reason.NEWER: "l’index vient d’une version plus récente ; mettez le bot à jour",
        Reason.NEWER_ANSWER: "la réponse vient d’une version plus récente ; mettez le bot à jour",
        Reason.OTHER_EMBEDDER: (
            "l’index a été créé avec un autre modèle de vecteurs ; le journal du bot indique quoi "
            "faire"
        ),
        Rejection.FILE: "{name} : {reason}",
        Rejection.NO_ARTICLE: "{name} ne contient aucun article",
        Rejection.UNSUPPORTED: (
            "{name} n’est pas un fichier {kinds} ; enregistrez-le dans l’un de ces formats"
        ),
        Rejection.PAGE: "{link} : {reason} ; envoyez l’article comme fichier",
        Rejection.FRONT_PAGE: "la page d’accueil d’un site, pas un article",
        Rejection.OUTSIDE: (
            "son fichier se trouve hors du dossier des articles ; supprimez-le sur le serveur"
        ),
        Rejection.SHARED: {
            "one": "son fichier, {file}, contient {n} article",
            "other": (
                "son fichier, {file}, contient {n} articles ; retirez-le de ce fichier, puis "
                "envoyez /reindex"
            ),
        },
        Rejection.ELSEWHERE: "il figure aussi dans un autre fichier ; retirez-le encore une fois",
        Rejection.SLOW: (
            "l’indexation prend plus de {seconds} s, le fichier n’est donc pas ajouté ; "
            "envoyez-le en plusieurs parties, ou faites-le mettre dans le dossier des articles"
        ),
        Rejection.UNWRITABLE: (
            "impossible d’écrire dans le dossier des articles ; vérifiez ses permissions et le "
            "disque"
        ),
    },
)
