import pytest

from tools.train_reader.examples import Example

torch = pytest.importorskip("torch", reason="torch is in the dependency group `reader` only")
np = pytest.importorskip("numpy")

model = pytest.importorskip("tools.train_reader.model")
training = pytest.importorskip("tools.train_reader.training")
export = pytest.importorskip("tools.train_reader.export", reason="onnx is in the group `models`")

EXAMPLES = [
    Example((101, 2040, 102, 3, 4, 5, 102), 3, (((4, 5), 1.0),)),
    Example((101, 2043, 102, 6, 7, 102), 3, ()),
]


class Epochs:
    """The same examples each epoch; where told to, the first time an epoch begins, the end."""

    def __init__(self, dies_in=None):
        self.dies_in = dies_in

    def epoch(self, number):
        if number == self.dies_in:
            self.dies_in = None
            raise KeyboardInterrupt
        return EXAMPLES * 3


def fresh():
    torch.manual_seed(1)
    return model.Reader()


def trained(folder, examples):
    reader = fresh()
    folder.mkdir(exist_ok=True)
    training.train(reader, examples, EXAMPLES, epochs=2, folder=folder)
    return reader.state_dict()


def test_a_killed_training_goes_on_where_it_was(tmp_path):
    """Trained at once, or killed and run again, the weights are the same."""
    whole = trained(tmp_path / "whole", Epochs())
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "killed", Epochs(dies_in=1))
    resumed = trained(tmp_path / "killed", Epochs())
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_bert_s_names_and_ours():
    """Weights that go to BERT's names and back are unchanged."""
    weights = fresh().state_dict()
    again = model.from_bert(model.to_bert(weights))
    assert {name: torch.equal(again[name], weights[name]) for name in again} == dict.fromkeys(
        weights, True
    )


def test_the_graph_computes_what_was_trained():
    """The fp32 graph gives the scores of the model that it was written from."""
    reader, batch = fresh().eval(), training.tensors(EXAMPLES)
    with torch.no_grad():
        ends, answered = reader(batch.ids, batch.types, batch.mask)
    ours = export.scorer(export.write_graph(reader.state_dict(), int8=False))(batch)
    shown = batch.mask[..., None].bool()
    expected = training.masked(ends, batch).where(shown, 0)
    np.testing.assert_allclose(ours[0].where(shown, 0), expected, atol=1e-3)
    np.testing.assert_allclose(ours[1], answered, atol=1e-3)


def test_the_best_range_is_no_longer_than_allowed_and_runs_forwards():
    """The first token comes before the last, within the context, and not too far."""
    ends = np.full((40, 2), -1.0)
    ends[3, 1] = ends[38, 0] = 9.0
    (first, last), _ = training.best_range(ends, 2, 40)
    assert 2 <= first <= last < 40
    assert last - first < training.LONGEST_ANSWER


@pytest.mark.parametrize(
    ("scores", "truth", "area"),
    [([1, 2, 3], [False, True, True], 1.0), ([3, 1, 2], [False, True, True], 0.0)],
)
def test_the_area_under_the_curve(scores, truth, area):
    """A true one above every false one makes 1, below every one 0."""
    assert training.auc(scores, truth) == area
