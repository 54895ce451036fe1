"""How a chat model's connections are used, against a server on this machine."""

import asyncio
import gc
import logging

import pytest
import stamina

from fake_chat_server import WHOLE, FakeChatServer, event
from ports import free_port
from rag.errors import ModelError
from rag.models.chat import Message
from rag.models.openai.model import OpenAIModel

ASKED = [Message("user", "Who accompanied Goïta?")]


async def swift(body):
    yield event(content="General ")
    yield event(content="Camara") + WHOLE


async def endless(body):
    yield event(content="General")
    await asyncio.Event().wait()


async def text(model):
    return "".join([str(piece) async for piece in model.stream(ASKED, max_tokens=100)])


def test_streams_in_a_row_share_a_connection():
    """Later requests of the same event loop use the connection that is there."""

    async def thrice(model):
        return [await text(model) for _ in range(3)]

    with FakeChatServer(swift) as server:
        assert asyncio.run(thrice(OpenAIModel(server.url, "small"))) == ["General Camara"] * 3
        assert server.connections == 1


def test_each_event_loop_has_connections_of_its_own_that_close_with_it():
    """A model can be used from one asyncio.run after another, and leaves nothing open."""
    with FakeChatServer(swift) as server:
        model = OpenAIModel(server.url, "small")
        for count in (1, 2, 3):
            assert asyncio.run(text(model)) == "General Camara"
            server.wait(lambda: server.opened == 0)
            assert server.connections == count


def test_event_loops_in_several_threads_share_a_model():
    """Event loops that run at the same time do not disturb each other."""

    async def main(model):
        runs = [asyncio.to_thread(asyncio.run, text(model)) for _ in range(4)]
        return await asyncio.gather(*runs)

    with FakeChatServer(swift) as server:
        assert asyncio.run(main(OpenAIModel(server.url, "small"))) == ["General Camara"] * 4


def test_a_model_that_was_closed_opens_again():
    """Closing releases the connections, and the next use opens new ones."""

    async def main(model, server):
        before = await text(model)
        await model.close()
        await asyncio.to_thread(server.wait, lambda: server.opened == 0)
        return before == await text(model)

    with FakeChatServer(swift) as server:
        assert asyncio.run(main(OpenAIModel(server.url, "small"), server))
        assert server.connections == 2


def test_a_cancelled_stream_frees_its_connection():
    """Cancelling the task that waits for a slow stream closes the response at once."""

    async def main(model, server):
        task = asyncio.create_task(text(model))
        await asyncio.to_thread(server.wait, lambda: server.streaming == 1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.to_thread(server.wait, lambda: server.opened == 0)

    with FakeChatServer(endless) as server:
        asyncio.run(main(OpenAIModel(server.url, "small"), server))


def test_an_iterator_that_is_closed_frees_its_connection():
    """Closing the iterator after its first piece closes the response."""

    async def main(model, server):
        pieces = model.stream(ASKED, max_tokens=100)
        first = await anext(pieces)
        await pieces.aclose()
        await asyncio.to_thread(server.wait, lambda: server.opened == 0)
        return first

    with FakeChatServer(endless) as server:
        assert asyncio.run(main(OpenAIModel(server.url, "small"), server)) == "General"


def test_an_iterator_that_is_forgotten_frees_its_connection():
    """Leaving a loop over the pieces closes the response once the iterator is collected."""

    async def main(model, server):
        async for _ in model.stream(ASKED, max_tokens=100):
            break
        gc.collect()
        await asyncio.to_thread(server.wait, lambda: server.opened == 0)

    with FakeChatServer(endless) as server:
        asyncio.run(main(OpenAIModel(server.url, "small"), server))


def test_fifty_streams_run_at_once():
    """Fifty questions are all under way before the first of them is answered."""

    async def main(model):
        return await asyncio.gather(*(text(model) for _ in range(50)))

    waiting, everybody = [], asyncio.Event()

    async def together(body):
        yield event(content="General ")
        waiting.append(body)
        if len(waiting) == 50:
            everybody.set()
        await everybody.wait()
        yield event(content="Camara") + WHOLE

    with FakeChatServer(together) as server:
        assert asyncio.run(main(OpenAIModel(server.url, "small"))) == ["General Camara"] * 50
        assert server.most == 50


def test_requests_are_not_logged(caplog):
    """Neither httpx nor httpcore tells of a request, whose address may hold a secret."""
    for logger in (None, "httpx", "httpcore"):
        caplog.set_level(logging.DEBUG, logger)
    with FakeChatServer(swift) as server:
        url = server.url.replace("//", "//me:secret@")
        assert asyncio.run(text(OpenAIModel(f"{url}/v1?key=secret", "small"))) == "General Camara"
    assert {record.name for record in caplog.records} <= {"asyncio"}


def test_a_server_that_is_off_at_first_is_used_once_it_runs():
    """A model whose server was not there answers as soon as it is, when the pause is over."""
    times = iter([0.0, 0.0, 0.0, 20.0])
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    model = OpenAIModel(url, "small", clock=lambda: next(times))
    with stamina.set_testing(True, attempts=3, cap=True):  # without waits
        for _ in range(2):
            with pytest.raises(ModelError, match=r"cannot be reached .*Start the server"):
                asyncio.run(text(model))
    with pytest.raises(ModelError, match="tried again in 15 s"):
        asyncio.run(text(model))
    with FakeChatServer(swift, port=port):
        assert asyncio.run(text(model)) == "General Camara"
