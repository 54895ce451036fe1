import json
from collections import defaultdict

from paths import ROOT

FOLDER = ROOT / "tools/multilingual"
LANGUAGES = {"en", "fr", "es", "de", "ru", "pt", "ar"}
MANY = 20


def rows(name):
    return [json.loads(line) for line in (FOLDER / name).read_text(encoding="utf-8").splitlines()]


def test_answers_of_our_own_articles_stand_in_them():
    """Each range has words, and begins and ends with one."""
    texts, ranges = {}, 0
    for row in rows("written.jsonl"):
        if "texts" in row:
            texts[row["doc"]] = row["texts"]
        elif row["doc"] in texts:
            for language, (start, end) in [*row["a"].items(), *row["wrong"].items()]:
                found = texts[row["doc"]][language][start:end]
                assert found, row
                assert found == found.strip(" ,;\n"), row
                ranges += 1
    assert ranges > 12000


def test_a_third_of_the_questions_are_near_misses():
    """In every language that has more than a few, so that none of them means "no answer"."""
    counts = defaultdict(lambda: [0, 0])
    for row in rows("written.jsonl"):
        if "q" in row:
            counts[row["lang"]][not row["a"]] += 1
    assert counts.keys() >= LANGUAGES
    shares = {
        language: near / (near + told)
        for language, (told, near) in counts.items()
        if near + told >= MANY
    }
    assert all(0.2 < share < 0.55 for share in shares.values()), shares


def test_claims_are_true_and_false_in_every_language():
    """Each names its sentences, and no language has claims of one label only."""
    labels = defaultdict(list)
    for row in rows("claims.jsonl"):
        if "texts" in row:
            continue
        assert row["s"]
        assert row["claim"].strip()
        labels[row["lang"]].append(row["label"])
    assert labels.keys() >= LANGUAGES
    for found in labels.values():
        assert len(found) < MANY or {*found} == {"true", "false", "untold"}
