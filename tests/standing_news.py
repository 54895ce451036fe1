"""Articles about a minister, as they come one by one, and a reader that finds the names."""

from fake_reader import FakeReader

NAMES = {"minister": ("Karim Selde", "Amina Orlo"), "mayor": ("Ines Daro",)}
MINISTER = "Who is the defence minister of Torvia?"
MAYOR = "Who is the mayor of Pelia?"


def article(name, words, *, day="2025-06-02", place="Torvia"):
    """An article that names a minister in those words."""
    return {
        "title": f"News of {name}",
        "url": f"https://{name}.example/news",
        "outlet": name.title(),
        "published": day,
        "text": f"{words}\n\nThe people of {place} took note of it, and it rained in the evening.",
    }


TOLD = article("post", "The defence minister of Torvia is Karim Selde, a retired general.")
REWORDED = article(
    "wire",
    "General Karim Selde, who is defence minister of Torvia, opened a road.",
    day="2025-06-03",
)
REPLACED = article(
    "daily", "Amina Orlo became defence minister of Torvia on Friday.", day="2025-06-06"
)
ELSEWHERE = article("other", "Rain fell in Gao and the market was closed.", place="Gao")


class NameReader:
    """Finds the names of those who hold the office that a question asks for."""

    def load(self):
        pass

    def read(self, question, passages, *, several=False):
        found = [name for office, names in NAMES.items() if office in question for name in names]
        return FakeReader(*found).read(question, passages)
