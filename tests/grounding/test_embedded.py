import numpy as np
import pytest

from fake_embedder import FakeEmbedder
from rag.grounding.embedded import (
    FEATURES,
    EmbeddedVerifier,
    content_words,
    features,
    stored_weights,
)
from rag.grounding.support import Pair, is_supported
from rag.languages import language
from rag.models.embedder import EmbeddedModel, PassageVectors
from rag.models.judge import EmbeddedJudge, Judgement

SENTENCES = (
    "The weather in Gao was dry.",
    "Sadio Camara met Andrei Belousov in Moscow on Monday.",
    "The two ministers signed a treaty on nuclear energy.",
    "Talks between the ministers went on for three hours.",
)
TREATY = SENTENCES[2]


class FakeJudge:
    """A judge that finds every claim as probable as another."""

    def load(self):
        pass

    def judge(self, statements):
        return [Judgement(0.5, 0.5, 0.0)] * len(statements)


UNDECIDED = FakeJudge()


def test_a_claim_that_is_its_own_sentence_is_likely_and_one_about_another_thing_is_not():
    """Nor is one that rests on nothing."""
    verifier = EmbeddedVerifier(EmbeddedModel(), EmbeddedJudge())
    verifier.load()
    pairs = [
        Pair(SENTENCES[1], SENTENCES[1:2]),
        Pair("Elephants swim across the river at night.", SENTENCES[2:3]),
        Pair("Camara never came.", ()),
    ]
    same, other, nothing = verifier.support(pairs)
    assert 0.7 < same <= 1
    assert 0 <= max(other, nothing) < 0.3


def test_a_claim_is_judged_the_same_whatever_is_judged_beside_it():
    """And of no claims nothing is judged."""
    verifier = EmbeddedVerifier(FakeEmbedder(), UNDECIDED)
    pairs = [Pair(sentence, SENTENCES[:2]) for sentence in SENTENCES]
    alone = [verifier.support([pair])[0] for pair in pairs]
    assert verifier.support(pairs) == pytest.approx(alone)
    assert verifier.support([]) == []


def test_the_stored_weights_are_for_the_features_that_there_are():
    """Each feature has its cuts, and a weight by itself and for each of them."""
    weights = stored_weights()
    steps = weights.cuts.shape[1] + 1
    assert weights.cuts.shape[0] == len(FEATURES)
    assert weights.weights.shape == (len(FEATURES) * steps,)


def test_without_a_context_the_sentences_are_all_that_was_searched():
    """Others that were searched make a difference."""
    verifier = EmbeddedVerifier(FakeEmbedder(), UNDECIDED)
    bare = Pair(SENTENCES[1], SENTENCES[:2])
    alone, same, among_others = verifier.support(
        [bare, bare._replace(context=bare.sentences), bare._replace(context=SENTENCES)]
    )
    assert alone == pytest.approx(same)
    assert alone != pytest.approx(among_others)


def test_what_a_long_sentence_tells_among_other_things_is_borne_out():
    """In other words, too."""
    told = (
        "The general's visit arrives in the wake of Mali's formal withdrawal from the Economic "
        "Community of West African States (ECOWAS) earlier this year, a move also made by "
        "Niger and Burkina Faso."
    )
    pairs = [
        Pair("Mali formally withdrew from ECOWAS earlier this year.", (told,)),
        Pair("Niger and Burkina Faso also withdrew from ECOWAS.", (told,)),
    ]
    chances = EmbeddedVerifier(EmbeddedModel(), EmbeddedJudge()).support(pairs)
    assert all(map(is_supported, pairs, chances))


@pytest.mark.parametrize("claim", ["", "…", "the", "Ünïcode"])
def test_any_claim_gets_a_probability(claim):
    """However odd it is."""
    (chance,) = EmbeddedVerifier(FakeEmbedder(), UNDECIDED).support([Pair(claim, ("…",))])
    assert 0 <= chance <= 1


# The features


def measured(claim, sentence, context, words=None, cited=None):
    """The features of a claim beside a sentence, by name; each word is like itself alone."""
    words = np.eye(20, dtype=np.float32)[: len(content_words(claim, language("en")))]
    cited = words if cited is None else cited
    row = features(
        Pair(claim, (sentence,), context),
        PassageVectors(words[0], words),
        PassageVectors(cited[0], cited),
        words[:2],
        Judgement(0.5, 0.5, 0.0),
    )
    return dict(zip(FEATURES, row, strict=True))


def test_a_claim_beside_itself_shares_every_word_pair_and_triple_in_one_fragment():
    """So that nothing lacks, and nothing is denied."""
    found = measured(TREATY, TREATY, (TREATY,))
    lacking = {
        *("unaligned", "longest gap", "rarest lacking", "facts lacking", "denied"),
        "terms of facts that the context lacks",
    }
    others = {"density", "fragments", "similarity of the context"}
    others |= {"judged supported", "judged contradicted"}
    assert {name: found[name] for name in FEATURES if name not in others} == pytest.approx(
        {name: float(name not in lacking) for name in FEATURES if name not in others}
    )


def test_a_claim_of_runs_from_one_sentence_in_another_order_has_a_fragment_for_each():
    """All of its words are there."""
    found = measured("treaty on nuclear energy the two ministers signed", TREATY, SENTENCES)
    assert (found["fragments"], found["recall"]) == (2 / 8, 1.0)


def test_facts_that_lack_are_counted_up_to_three_and_a_denial_is_told():
    """Also those that no sentence of the context has."""
    claim = "Sow, Keita, Traoré and Camara of Kidal never signed a treaty."
    found = measured(claim, TREATY, (TREATY,))
    names = ("facts lacking", "terms of facts that the context lacks", "denied")
    assert [found[name] for name in names] == [3.0, 3.0, 1.0]


def test_what_the_chosen_sentence_lacks_and_others_hold_is_counted_apart():
    """Recall of the context is that of all sentences that were searched."""
    found = measured("Weather, Gao, treaty", TREATY, SENTENCES)
    names = ("recall", "recall of the context", "similarity of the context")
    assert [found[name] for name in names] == [pytest.approx(1 / 3), 1.0, 0.5]


def test_a_stretch_of_a_sentence_is_as_near_whatever_else_the_sentence_tells():
    """A long sentence is no worse than a short one."""
    five, twenty = (
        measured("treaty signed", TREATY, (TREATY,), cited=np.eye(20, dtype=np.float32)[:size])
        for size in (5, 20)
    )
    near = "similarity of a stretch"
    assert five[near] == pytest.approx(twenty[near])
    assert five[near] > 0.8
