"""A chat model in a file, served by a child process; its place is taken by one written by hand.

The memory that the stand-in says it takes is its process id.
"""

import asyncio
import json
import os
import subprocess
import sys
import time

import pytest

from paths import ROOT
from rag.errors import ModelError
from rag.models.chat import Message
from rag.models.local.model import SERVER, LocalModel

FAKE = (sys.executable, str(ROOT / "tests" / "fake_local_server.py"))
ASKED = [Message("user", "Who accompanied Goïta?")]


@pytest.fixture
def file(tmp_path):
    return tmp_path / "small.gguf"


@pytest.fixture
def model(file):
    """Makes a model of what its stand-in is to do."""

    def made(patience=20.0, **told):
        file.write_text(json.dumps(told), encoding="utf-8")
        return LocalModel(file, context=4096, server=FAKE, patience=patience)

    return made


async def text(model):
    return "".join([piece async for piece in model.stream(ASKED, max_tokens=9) if piece])


def has_ended(process):
    """Whether a process ends within some seconds."""
    for _ in range(200):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def test_a_model_in_a_file_is_run_once_and_ends_when_it_is_closed(model):
    """One process serves any number of questions, of any event loop, and tells its memory."""
    local = model(says="Camara")

    async def asked_and_closed():
        told = (await text(local), local.name, await local.models(), await local.memory())
        await local.close()
        return told

    first = asyncio.run(text(local))
    *told, process = asyncio.run(asked_and_closed())
    assert (first, told) == ("Camara", ["Camara", "small", ("small",)])
    assert has_ended(process)


def test_nothing_is_started_before_it_is_needed(model, file):
    """A model that nobody asks takes no memory, and closing it is nothing."""
    local = model(says="Camara")
    file.unlink()
    asyncio.run(local.close())
    with pytest.raises(ModelError, match=r"small\.gguf is no file\. Check GRIOT_LLM_FILE\."):
        asyncio.run(text(local))


def test_a_question_does_not_wait_for_a_model_that_loads_long(model):
    """The reader answers meanwhile; once the model is loaded, it does."""
    local = model(patience=0.0, says="Camara", loads=1)

    async def asked():
        with pytest.raises(ModelError, match=r"small.gguf \(0.0 GB\) is being loaded. Ask again"):
            await text(local)
        await local.models()
        said = await text(local)
        await local.close()
        return said

    assert asyncio.run(asked()) == "Camara"


@pytest.mark.parametrize(
    ("told", "why"),
    [({"error": "no memory"}, "no memory"), ({"dies": 1}, "the process that loads it ended")],
)
def test_a_model_that_cannot_be_loaded_says_why(model, told, why):
    """The next question tries again."""
    local = model(**told)
    for _ in range(2):
        with pytest.raises(ModelError) as raised:
            asyncio.run(text(local))
        assert str(raised.value) == (
            f"small.gguf cannot be loaded: {why}. Check GRIOT_LLM_FILE, or choose a smaller model."
        )


def test_a_process_that_died_is_started_anew(model):
    """As it is after the system killed it for want of memory."""
    local = model(says="Camara")

    async def asked():
        process = await local.memory()
        os.kill(process, 9)
        await asyncio.to_thread(os.waitid, os.P_PID, process, os.WEXITED | os.WNOWAIT)
        said = await text(local)
        await local.close()
        return said

    assert asyncio.run(asked()) == "Camara"


PARENT = """
import asyncio, sys, threading
from pathlib import Path
from rag.models.local.model import LocalModel
local = LocalModel(Path(sys.argv[1]), context=4096, server=sys.argv[2:])
print(asyncio.run(local.memory()), flush=True)
threading.Event().wait()
"""


def test_the_process_ends_with_a_parent_that_is_killed(model, file):
    """The system closes the pipe, and nothing is left to take memory."""
    model(says="Camara")
    command = [sys.executable, "-c", PARENT, str(file), *FAKE]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as parent:
        process = int(parent.stdout.readline())
        parent.kill()
    assert has_ended(process)


def test_the_real_process_says_what_it_lacks(file):
    """No GGUF file, or no llama.cpp to read it."""
    file.write_text("no model", encoding="utf-8")
    local = LocalModel(file, context=4096, server=SERVER)
    with pytest.raises(ModelError, match=r"(is not installed|cannot read it)"):
        asyncio.run(local.models())
