import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from paths import ROOT

FLOORS = [
    line.split()
    for line in """
    rag.reasons
    rag.types rag.errors rag.threads
    rag.text
    rag.languages
    rag.models
    rag.understanding
    rag.pages
    rag.index
    rag.grounding
    rag.reading
    rag.writing
    rag.replying
    rag.asking
    rag.library
    rag.view rag.conversation
    rag.llamaindex
    rag

    bot.program
    bot.settings bot.console bot.progress
    bot.tape bot.texts
    bot.assembly
    bot.typer_app
    bot.corpus bot.standing bot.service
    bot.terminal.render bot.chat
    bot.terminal
    bot.telegram_bot bot.questions
    bot.cli
    bot
    """.strip().splitlines()
]
"""The rooms from the ground up; a room imports only what stands above it in this list.

Of several rooms on one floor, none imports another. A module is in the room with the longest name
that begins its own.
"""

CONSTRUCTED = set(
    "Library EmbeddedModel EmbeddedReader EndpointEmbedder OpenAIModel EmbeddedVerifier "
    "EndpointVerifier Assembly".split()
)


def modules(package: str) -> dict[str, ast.Module]:
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def imported(tree: ast.Module) -> Iterator[str]:
    """The full names that a module imports, wherever in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def arrows() -> set[tuple[str, str]]:
    """Which module of the project imports which, wherever in it."""
    trees = {
        name.removesuffix(".py").replace("/", ".").removesuffix(".__init__"): tree
        for package in ("rag", "bot")
        for name, tree in modules(package).items()
    }
    found = set()
    for module, tree in trees.items():
        for name in imported(tree):
            target = name if name in trees else name.rpartition(".")[0]
            if target in trees and target != module:
                found.add((module, target))
    return found


def room(module: str) -> tuple[int, str]:
    """The floor of a module and its room there."""
    rooms = {name: floor for floor, names in enumerate(FLOORS) for name in names}
    while module not in rooms:
        module = module.rpartition(".")[0]
    return rooms[module], module


def runs_up(importer: str, target: str) -> bool:
    (here, ours), (there, theirs) = room(importer), room(target)
    return there >= here and ours != theirs


def attributes(tree: ast.Module) -> set[str]:
    """The names `a.b` that a module uses or imports from another."""
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return used.union(imported(tree))


def constructed(tree: ast.Module) -> set[str]:
    """Of the parts of a library, those that a module calls or opens."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(call).removesuffix(".open") for call in calls} & CONSTRUCTED


def test_rooms_import_only_downward() -> None:
    """No arrow runs up or across."""
    found = {arrow for arrow in arrows() if runs_up(*arrow)}
    assert sorted(f"{room} imports {other} above it" for room, other in found) == []


def test_no_imports_run_in_a_circle() -> None:
    """Neither between rooms nor within one."""
    graph = TopologicalSorter[str]()
    for importer, target in arrows():
        graph.add(importer, target)
    try:
        graph.prepare()
    except CycleError as error:
        circle = " imports ".join(reversed(error.args[1]))
        raise AssertionError(circle) from None


def test_rag_knows_no_people() -> None:
    """The rag package imports neither the bot package nor anything of a chat."""
    strangers = {"bot", "telegram", "typer", "rich", "prompt_toolkit", "pydantic_settings"}
    found = {
        (name, what)
        for name, tree in modules("rag").items()
        for what in imported(tree)
        if what.split(".")[0] in strangers
    }
    assert found == set()


def test_chat_knows_no_messenger() -> None:
    """The files for any messenger neither import nor name one."""
    found = {
        name
        for name, tree in modules("bot").items()
        if name.startswith(("bot/chat/", "bot/service/"))
        and "telegram" in ast.dump(tree).casefold()
    }
    assert found == set()


def test_one_module_reads_the_environment() -> None:
    """Only the settings read the environment, and the command whether a shell asks it for words."""
    readers = {"os.environ", "os.environb", "os.getenv", "os.getenvb"}
    found = {
        name
        for package in ("rag", "bot")
        for name, tree in modules(package).items()
        if attributes(tree) & readers or "BaseSettings" in ast.dump(tree)
    }
    assert found == {"bot/settings.py", "bot/cli.py"}


def test_one_module_constructs() -> None:
    """Only the assembly makes a library and its parts for people."""
    found = {name for name, tree in modules("bot").items() if constructed(tree)}
    assert found == {"bot/assembly.py"}


def test_opening_a_library_imports_little() -> None:
    """Heavy modules are imported when they are first needed, and not with the library."""
    heavy = {"llama_index", "chromadb", "onnxruntime", "trafilatura", "tokenizers", "httpx"}
    code = "import sys, rag.library; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.intersection(done.stdout.split()) == set()
