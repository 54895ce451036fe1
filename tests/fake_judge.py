"""A judge written by hand."""

from rag.models.judge import Judgement


class FakeJudge:
    """Judges a claim supported that holds any of these words; it has no opinion of any other."""

    def __init__(self, *supported):
        self.supported = supported

    def load(self):
        pass

    def judge(self, statements):
        return [
            Judgement(0.9, 0.0, 0.1)
            if any(word in each.claim for word in self.supported)
            else Judgement(0.1, 0.1, 0.8)
            for each in statements
        ]
