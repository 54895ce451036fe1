import ast
import subprocess
import sys
from collections.abc import Iterator

from paths import ROOT

CONSTRUCTED = set(
    "Library EmbeddedModel EmbeddedReader EndpointEmbedder OpenAIModel EmbeddedVerifier "
    "EndpointVerifier House".split()
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


def attributes(tree: ast.Module) -> set[str]:
    """The names `a.b` that a module uses or imports from another."""
    used = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    return used.union(imported(tree))


def constructed(tree: ast.Module) -> set[str]:
    """Of the parts of a library, those that a module calls or opens."""
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {ast.unparse(call).removesuffix(".open") for call in calls} & CONSTRUCTED


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
    """What is heavy is imported when it is first needed, and not with the library."""
    heavy = {"llama_index", "chromadb", "onnxruntime", "trafilatura", "tokenizers", "httpx"}
    code = "import sys, rag.library; print(*{name.split('.')[0] for name in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert heavy.intersection(done.stdout.split()) == set()
