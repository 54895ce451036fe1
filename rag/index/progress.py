"""The progress of a run, as one count of articles over all stages of indexing."""

from typing import Protocol

READING, COMPARING, EMBEDDING, WRITING = range(4)
"""The stages of indexing an article, in order."""

COSTS = (0.10, 0.01, 0.85, 0.04)
"""The share of each in an article's time: of 600 stories of Reuters-21578, which are plain text,
0.05, 0.01, 0.91 and 0.03. HTML takes more reading."""

FEW = 10
"""With fewer articles, passages are counted, once known: an article may be as long as a book."""


class Progress(Protocol):
    """Shows how far a long piece of work has come.

    Whatever it raises stops the work. What is done by then is kept, and the next run goes on from
    there.
    """

    def __call__(self, done: int, total: int, what: str) -> None:
        """Show that `done` of `total` are finished; `what` names the things counted.

        A total of 0 is not known.
        """
        ...


class Work:
    """Counts a run's articles as they are read, compared, embedded and written.

    Until it is read, each file stands for one article. The count never falls, but where passages
    take the place of articles.
    """

    def __init__(self, progress: Progress, articles: int) -> None:
        self._progress = progress
        self._articles = articles
        self._stages: set[int] = set()
        self._done, self._what = 0, "articles"

    def at(self, stage: int, done: int, of: int, *, articles: int | None = None) -> None:
        """Show that a stage has finished `done` of its pages or passages.

        `articles` corrects the number of articles that the run is about.
        """
        self._stages.add(stage)
        self._articles = articles or self._articles
        before = sum(COSTS[earlier] for earlier in self._stages if earlier < stage)
        share = (before + COSTS[stage] * done / (of or 1)) / (before + sum(COSTS[stage:]))
        few = stage > COMPARING and self._articles < FEW
        total, what = (of, "passages") if few else (self._articles, "articles")
        earlier = self._done if what == self._what else 0
        self._done, self._what = min(total, max(earlier, round(total * share))), what
        self._progress(self._done, total, what)
