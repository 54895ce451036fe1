import random

import pytest
from tokenizers import Tokenizer

from rag.models.onnx import TOKENIZER_FILE
from rag.models.reader import CLS, ENGLISH_FILE, SEP

torch = pytest.importorskip("torch", reason="torch is in the dependency group `reader` only")
np = pytest.importorskip("numpy")
ort = pytest.importorskip("onnxruntime")

dequantised = pytest.importorskip("tools.multilingual.dequantised", reason="needs `models`")
english = pytest.importorskip("tools.multilingual.english", reason="needs `models`")
examples = pytest.importorskip("tools.multilingual.examples", reason="needs `models`")
graph = pytest.importorskip("tools.multilingual.graph", reason="onnx is in the group `models`")
made = pytest.importorskip("tools.multilingual.made")
model = pytest.importorskip("tools.multilingual.model")
questions = pytest.importorskip("tools.multilingual.questions")
statements = pytest.importorskip("tools.multilingual.statements")
train = pytest.importorskip("tools.multilingual.train")
training = pytest.importorskip("tools.multilingual.training")

BRIDGE = (
    "Aminata Sow opened the bridge of Gao in 1972. It may be closed on Monday. Toll is 3 francs."
)
LANGUAGES = ("en", "fr", "es", "de", "ru")
PIECES = 40


@pytest.fixture(scope="module")
def encoder():
    return examples.Encoder(Tokenizer.from_file(str(TOKENIZER_FILE)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("held", [False, True])
def test_made_answers_stand_in_their_passages(language, held):
    """Every range of a made reading has words, and a right short answer is in its premise."""
    frames = made.Made(language, ["It rained."], held=held)
    chance = random.Random(1)
    for _ in range(200):
        for read in frames.readings(chance):
            assert all(read.passage[a:b].strip() for a, b in read.answers)
        for judged in frames.judgements(chance):
            if judged.source == "made answer":
                assert judged.claim in judged.premise


def test_made_examples_are_the_same_for_the_same_seed():
    """The same seed makes the same examples, and held-out examples have frames of their own."""
    first, again = (made.Made("en", []) for _ in range(2))
    assert list(first.readings(random.Random(5))) == list(again.readings(random.Random(5)))
    ways = {way.text for frame in made.Made("en", [], held=True).frames for way in frame.ways}
    assert not ways & {way.text for frame in first.frames for way in frame.ways}


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        ("other day", "It may be closed on {}."),
        ("denied", "It may not be closed on Monday."),
        ("stronger", "It will be closed on Monday."),
    ],
)
def test_a_changed_sentence_is_borne_out_no_more(change, claim):
    """Each change returns another sentence, which is contradicted or not supported."""
    sentence = "It may be closed on Monday."
    found, label = statements.CHANGES[change](sentence, BRIDGE, random.Random(2))
    if change == "denied":
        assert found is None  # it cannot negate "may"
        return
    assert found != sentence
    assert 0 not in label
    assert found == claim.format(found.removesuffix(".").split()[-1])


def test_a_passage_without_its_answer():
    """The sentence with the answer is removed; a rest that has the answer too is not used."""
    filler = "The masons of the town worked on it for many years, and were paid in millet and salt."
    text = f"{filler} Sow built it in 1972. {filler}"
    place = text.index("1972")
    asked = questions.Asked("set", "", "When was it built?", text, ((place, place + 4),))
    assert questions.removed(asked) == f"{filler} {filler}"
    twice = questions.Asked("set", "", "When?", f"{text} In 1972.", ((place, place + 4),))
    assert questions.removed(twice) is None


@pytest.mark.parametrize(
    ("question", "statement"),
    [
        ("Who opened the bridge?", "Sow opened the bridge."),
        ("What is the capital of Mali?", "The capital of Mali is Sow."),
        ("Why did it fall?", None),
    ],
)
def test_questions_become_statements(question, statement):
    """Questions about the subject, and those with "is the … of", become statements."""
    assert questions.statement(question, "Sow") == statement


def test_a_window_holds_its_answer(encoder):
    """However long the passage, the window has an answer, at its place."""
    passage = f"{'It rained. ' * 80}Sow came. {'It rained. ' * 80}"
    start = passage.index("Sow")
    read = examples.Read("Who came?", passage, ((start, start + 3),), "set")
    for seed in range(20):
        window = encoder.read(read, random.Random(seed))
        assert len(window.ids) <= examples.WHOLE + 10
        assert window.ids[window.starts[0]] == encoder.ids("Sow")[0]


def example(*, answered=True, label=()):
    ids = (0, 5, 2, 6, 7, 8, 2)
    starts, ends = ((), ()) if label else ((4,), (5,)) if answered else ((0,), (0,))
    return examples.Example(ids, (0, 0, 0, 1, 1, 1, 1), (3, 6), starts, ends, label, "set")


MIXED = [example(), example(answered=False), example(label=(0,)), example(label=(1, 2))]


def reader():
    torch.manual_seed(1)
    return model.Reader(pieces=PIECES, layers=model.FROZEN + 1)


STEPS = [[MIXED[:2], MIXED[2:]] for _ in range(4)]


def trainer_of(read, folder):
    return training.Trainer(
        read,
        lambda part: train.loss_of(read, examples.batch_of(part)),
        training.Plan(peak=1e-3),
        folder,
    )


def test_a_training_in_pieces_gives_the_same_weights(tmp_path):
    """Training at once, or stopped and run again from the checkpoint, gives the same weights."""
    whole = reader()
    trainer_of(whole, tmp_path / "whole").run(STEPS)
    first = trainer_of(reader(), tmp_path / "pieces")
    first.run(STEPS, stop=lambda: first.step == 2)
    pieces = reader()
    again = trainer_of(pieces, tmp_path / "pieces")
    assert again.step == 2
    again.run(STEPS)
    for name, weight in whole.state_dict().items():
        torch.testing.assert_close(weight, pieces.state_dict()[name], atol=1e-6, rtol=0)


def test_a_copy_in_bfloat16_trains_the_weights(tmp_path):
    """Gradients of the copy change the fp32 weights nearly as their own would."""
    plain, weights = reader(), reader()
    before = weights.ends.weight.detach().clone()
    trainer_of(plain, tmp_path / "plain").run(STEPS)
    copied = weights.halved()
    training.Trainer(
        weights,
        lambda part: train.loss_of(copied, examples.batch_of(part)),
        training.Plan(peak=1e-3),
        tmp_path / "copied",
        copy=copied,
    ).run(STEPS)
    assert weights.ends.weight.dtype == torch.float32
    moved, alike = weights.ends.weight - before, plain.ends.weight - before
    assert torch.cosine_similarity(moved.flatten(), alike.flatten(), dim=0) > 0.9


def test_the_graph_computes_what_was_trained(tmp_path):
    """The graph in fp32, with a word table in 4 bits, computes the scores of the model in torch."""
    read = reader().eval()
    nibbles = np.random.default_rng(1).integers(0, 16, (PIECES, 384), dtype=np.uint8)
    scales = np.full((PIECES, 12), 0.05, dtype=np.float16)
    words = (nibbles.astype(np.float32) - 8) * np.repeat(scales, 32, axis=1).astype(np.float32)
    read.encoder.words.weight.data = torch.from_numpy(words)
    table = graph.write_table(nibbles, scales, tmp_path / graph.TABLE)
    made_graph = graph.reader_graph(read.state_dict(), model.FROZEN + 1, table, int8=False)
    path = tmp_path / "reader.onnx"
    path.write_bytes(made_graph.SerializeToString())
    batch = examples.batch_of([example(), example(label=(0,))])
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    feed = {
        "input_ids": batch.ids.numpy(),
        "token_type_ids": batch.types.numpy(),
        "attention_mask": batch.mask.numpy(),
    }
    with torch.no_grad():
        expected = read(batch.ids, batch.types, batch.mask)
    for ours, theirs in zip(session.run(None, feed), expected, strict=True):
        np.testing.assert_allclose(ours, theirs.numpy(), atol=1e-4)


def test_an_int8_graph_gives_its_weights_back():
    """A reader that goes on from the committed graph scores nearly as the graph does."""
    reader = english.Reader()
    reader.load_state_dict(dequantised.english_reader(ENGLISH_FILE))
    ids = [[CLS, 2040, 2003, 2014, SEP, 2016, 2003, 1996, 3664, SEP]]
    types, mask = [[0] * 5 + [1] * 5], [[1] * 10]
    session = ort.InferenceSession(str(ENGLISH_FILE), providers=["CPUExecutionProvider"])
    feed = {"input_ids": ids, "token_type_ids": types, "attention_mask": mask}
    ends, answered = session.run(None, {name: np.array(rows) for name, rows in feed.items()})
    with torch.no_grad():
        found = reader(*map(torch.tensor, (ids, types, mask)))
    assert np.abs(found[0].numpy() - ends).max() < 0.5
    assert np.abs(found[1].numpy() - answered).max() < 0.2


def test_last_names_are_asked_for():
    """A question about people may have their last names alone."""
    values = {"p": "Aminata Sow", "p_last": "Sow", "t": "Gao"}
    assert made.shortened("Did {p} go to {t}?", values) == "Did {p_last} go to {t}?"
