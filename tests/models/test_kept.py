from rag.models.kept import Kept


def test_only_what_is_not_known_is_made_each_once():
    """Results come in the order of their keys, and a known key is not made again."""
    made = []

    def doubled(keys):
        made.append([*keys])
        return [2 * key for key in keys]

    kept = Kept(10)

    found = [kept.of(keys, doubled) for keys in ([1, 2, 1], [2, 3], [], [3, 1])]

    assert (found, made) == ([[2, 4, 2], [4, 6], [], [6, 2]], [[1, 2], [3]])


def test_what_was_used_longest_ago_is_forgotten():
    """Of more than are kept, those used last stay; all that are asked for at once are returned."""
    made = []

    def same(keys):
        made.extend(keys)
        return keys

    kept = Kept(2)

    found = [kept.of(keys, same) for keys in ("ab", "a", "c", "ab", "abc")]

    assert ([*map("".join, found)], "".join(made)) == (["ab", "a", "c", "ab", "abc"], "abcbc")
