import json

import httpx
import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from rag.errors import ModelError
from rag.grounding.alignment import FEATURES, Aligned, Rules, content_words, features
from rag.grounding.support import (
    SUPPORTED,
    EmbeddedVerifier,
    EndpointVerifier,
    Pair,
    bears_out,
    choose,
    stored_weights,
)
from rag.languages import language
from rag.models.embedder import EmbeddedModel

ENGLISH = language("en")

SENTENCES = (
    "The weather in Gao was dry.",
    "Sadio Camara met Andrei Belousov in Moscow on Monday.",
    "The two ministers signed a treaty on nuclear energy.",
    "Talks between the ministers went on for three hours.",
)


class TestChoose:
    def test_one_is_enough(self):
        """Where one sentence tells all of a claim, no other is chosen."""
        assert choose("Camara met Belousov in Moscow.", SENTENCES) == (1,)

    def test_together(self):
        """Sentences that tell a claim together are chosen together, in their order."""
        claim = "The ministers signed a treaty on energy after Camara met Belousov."
        assert choose(claim, SENTENCES) == (1, 2)

    def test_at_most_three(self):
        """No more than three sentences are chosen."""
        claim = "Dry weather, Camara and Belousov, a treaty on energy, talks for three hours"
        assert len(choose(claim, SENTENCES)) == 3

    def test_nothing_shared(self):
        """Where no sentence shares a word with a claim, none is chosen."""
        assert choose("Elephants swim.", SENTENCES) == ()
        assert choose("Elephants swim.", ()) == ()
        assert choose("", SENTENCES) == ()


class TestBearsOut:
    PAIR = Pair("Camara met Belousov in Moscow.", SENTENCES[1:2])

    def test_all_three(self):
        """A claim is borne out where no fact lacks, none is denied, and it is likely."""
        assert bears_out(self.PAIR, SUPPORTED)
        assert not bears_out(self.PAIR, SUPPORTED - 0.01)
        assert not bears_out(Pair("Camara met Putin in Moscow.", SENTENCES[1:2]), 1.0)
        assert not bears_out(Pair("Camara never met Belousov.", SENTENCES[1:2]), 1.0)

    def test_known(self):
        """What the question names need not be cited."""
        pair = Pair("General Camara met Belousov on 23 June 2025.", SENTENCES[1:2])
        known = "Whom did General Camara meet? 2025-06-24"
        assert [bears_out(pair, 1.0), bears_out(pair, 1.0, known=known)] == [False, True]

    def test_nothing_cited(self):
        """What rests on nothing is not borne out if it tells a fact."""
        assert not bears_out(Pair("Camara met Belousov.", ()), 1.0)


class TestEmbeddedVerifier:
    def test_order(self):
        """A claim that is its own sentence is likely, one about another thing is not."""
        verifier = EmbeddedVerifier(EmbeddedModel())
        verifier.load()
        pairs = [
            Pair(SENTENCES[1], SENTENCES[1:2]),
            Pair("Elephants swim across the river at night.", SENTENCES[2:3]),
            Pair("Camara never came.", ()),
        ]
        same, other, nothing = verifier.support(pairs)
        assert 0.7 < same <= 1
        assert 0 <= max(other, nothing) < 0.3

    def test_batch(self):
        """A claim is judged the same whatever is judged beside it."""
        verifier = EmbeddedVerifier(FakeEmbedder())
        pairs = [Pair(one, SENTENCES[:2]) for one in SENTENCES]
        alone = [verifier.support([pair])[0] for pair in pairs]
        assert verifier.support(pairs) == pytest.approx(alone)

    def test_weights(self):
        """The stored weights are for the features that there are."""
        weights = stored_weights()
        steps = weights.cuts.shape[1] + 1
        assert weights.cuts.shape[0] == len(FEATURES)
        assert weights.weights.shape == (len(FEATURES) * steps,)

    def test_context(self):
        """Without a context, a claim is judged as if the sentences that it rests on were all."""
        verifier = EmbeddedVerifier(FakeEmbedder())
        bare = Pair(SENTENCES[1], SENTENCES[:2])
        (one, same, other) = verifier.support(
            [bare, bare._replace(context=bare.sentences), bare._replace(context=SENTENCES)]
        )
        assert one == pytest.approx(same)
        assert one != pytest.approx(other)

    def test_long_sentence(self):
        """A claim all of whose content is in a long sentence is borne out, in other words too."""
        told = (
            "The general's visit arrives in the wake of Mali's formal withdrawal from the Economic "
            "Community of West African States (ECOWAS) earlier this year, a move also made by "
            "Niger and Burkina Faso."
        )
        pairs = [
            Pair("Mali formally withdrew from ECOWAS earlier this year.", (told,)),
            Pair("Niger and Burkina Faso also withdrew from ECOWAS.", (told,)),
        ]
        chances = EmbeddedVerifier(EmbeddedModel()).support(pairs)
        assert all(map(bears_out, pairs, chances))

    def test_nothing_asked(self):
        """No pairs have no probabilities."""
        assert EmbeddedVerifier(FakeEmbedder()).support([]) == []

    @pytest.mark.parametrize("claim", ["", "…", "the", "Ünïcode \ud800"])
    def test_odd_claims(self, claim):
        """Whatever the claim, it gets a probability."""
        (chance,) = EmbeddedVerifier(FakeEmbedder()).support([Pair(claim, ("…",))])
        assert 0 <= chance <= 1


class TestFeatures:
    def test_of_a_claim_that_is_its_sentence(self):
        """A claim beside itself shares every word, pair and triple, in one fragment."""
        (claim,) = SENTENCES[2:3]
        vectors = np.eye(len(content_words(claim, ENGLISH)), dtype=np.float32)
        aligned = Aligned(vectors[0], vectors[0], vectors, vectors, vectors[:1])
        row = features(
            claim, [claim], [claim], aligned, Rules(ENGLISH, 0, denied=False, told=frozenset())
        )
        found = dict(zip(FEATURES, row, strict=True))
        lacking = {
            *("unaligned", "longest gap", "rarest lacking", "facts lacking", "denied"),
            "terms of facts that the context lacks",
        }
        others = {"density", "fragments"}
        assert {name: found[name] for name in FEATURES if name not in others} == pytest.approx(
            {name: float(name not in lacking) for name in FEATURES if name not in others}
        )

    def test_of_a_claim_that_is_pieced_together(self):
        """A claim of runs from one sentence in another order has a fragment for each."""
        claim = "treaty on nuclear energy the two ministers signed"
        vectors = np.eye(6, dtype=np.float32)
        aligned = Aligned(vectors[0], vectors[1], vectors, vectors, vectors[:0])
        rules = Rules(ENGLISH, 9, denied=True, told=frozenset())
        row = features(claim, SENTENCES[2:3], SENTENCES, aligned, rules)
        found = dict(zip(FEATURES, row, strict=True))
        names = ("fragments", "recall", "facts lacking", "denied", "similarity")
        assert [found[name] for name in names] == [2 / 8, 1.0, 3.0, 1.0, 0.0]

    def test_of_the_context(self):
        """What the chosen sentences lack and others that were searched hold is counted apart."""
        vectors = np.eye(3, dtype=np.float32)
        aligned = Aligned(vectors[0], vectors[0], vectors, vectors, vectors[:2])
        rules = Rules(ENGLISH, 1, denied=False, told=frozenset({"gao", "kidal"}))
        row = features("Weather, Gao, treaty", SENTENCES[2:3], SENTENCES, aligned, rules)
        found = dict(zip(FEATURES, row, strict=True))
        names = ("recall", "recall of the context", "terms of facts that the context lacks")
        assert [found[name] for name in names] == [pytest.approx(1 / 3), 1.0, 1.0]
        assert found["similarity of the context"] == 0.5

    def test_of_a_long_sentence(self):
        """A stretch of a sentence is as near to a claim whatever else the sentence tells."""
        vectors = np.eye(20, dtype=np.float32)
        five, twenty = (_stretch_beside(vectors[:2], vectors[2:size]) for size in (5, 20))
        assert five == pytest.approx(twenty)
        assert five > 0.8


def _stretch_beside(words, others):
    aligned = Aligned(words[0], words[0], words, np.vstack([words, others]), words[:0])
    rules = Rules(ENGLISH, 0, denied=False, told=frozenset())
    row = features("treaty signed", ["treaty signed"], [], aligned, rules)
    return row[FEATURES.index("similarity of a stretch")]


class Server:
    """Answers each request by its claim; an answer may be an error."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        content = json.loads(request.content)["messages"][0]["content"]
        answer = self.answers[content.rpartition("Claim: ")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def verifier(self, url="http://me:secret-key@server/v1", key="secret-key"):
        transport = httpx.MockTransport(self)
        return EndpointVerifier(url, "bespoke-minicheck", key, transport=transport)


def said(content):
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


class TestEndpointVerifier:
    def test_request(self):
        """The server is asked as MiniCheck is, with the key in a header."""
        server = Server({"It rained.": said("Yes")})
        verifier = server.verifier("http://server")
        assert verifier.support([Pair("It rained.", ("Rain fell.", "It was wet."))]) == [1.0]
        (request,) = server.requests
        assert str(request.url) == "http://server/v1/chat/completions"
        assert request.headers["authorization"] == "Bearer secret-key"
        assert json.loads(request.content) == {
            "model": "bespoke-minicheck",
            "messages": [
                {"role": "user", "content": "Document: Rain fell. It was wet.\nClaim: It rained."}
            ],
            "temperature": 0,
        }
        assert verifier.name == "bespoke-minicheck"

    def test_order(self):
        """Yes is 1 and no is 0, in the order of the pairs, however many are asked at once."""
        answers = {f"claim {n}": said("Yes" if n % 3 else " no.\n") for n in range(10)}
        pairs = [Pair(claim, ("text",)) for claim in answers]
        server = Server(answers)
        assert server.verifier().support(pairs) == [float(n % 3 > 0) for n in range(10)]
        assert len(server.requests) == 10

    def test_nothing(self):
        """No pairs ask nothing of the server."""
        server = Server({})
        verifier = server.verifier()
        verifier.load()
        verifier.close()
        assert (verifier.support([]), server.requests) == ([], [])

    @pytest.mark.parametrize(
        ("answer", "fault"),
        [
            (said("Perhaps"), "answered neither yes nor no"),
            (said(None), "answered neither yes nor no"),
            ({"choices": []}, "answered neither yes nor no"),
            ({"error": "no such model"}, "answered neither yes nor no"),
            ([], "answered neither yes nor no"),
            (httpx.Response(200, text="<html>"), "answered neither yes nor no"),
            (httpx.Response(401, text="bad secret-key"), "answered 401 Unauthorized"),
            (
                httpx.Response(503, headers={"retry-after": "0"}),
                "answered 503 Service Unavailable",
            ),
        ],
    )
    def test_failure(self, answer, fault):
        """A failure names the server, what it did and the settings, and not the key."""
        with pytest.raises(ModelError) as caught:
            Server({"claim": answer}).verifier().support([Pair("claim", ("text",))])
        assert str(caught.value) == (
            f"The verifying server server {fault}. Check GRIOT_VERIFY_URL, GRIOT_VERIFY_MODEL "
            "(now bespoke-minicheck) and GRIOT_VERIFY_KEY (set)."
        )
