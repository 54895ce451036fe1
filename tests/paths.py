"""Where the project and the data beside it lie."""

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared"
GOLDEN = TESTS / "golden"
