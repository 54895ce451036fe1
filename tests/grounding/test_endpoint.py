import json

import httpx
import pytest

from rag.errors import ModelError
from rag.grounding.endpoint import EndpointVerifier
from rag.grounding.support import Pair


class Server:
    """Answers each request by its claim; an answer may be an error."""

    def __init__(self, answers):
        self.answers = answers
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        content = json.loads(request.content)["messages"][0]["content"]
        answer = self.answers[content.rpartition("Claim: ")[2]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    def verifier(self, url="http://me:secret-key@server/v1", key="secret-key"):
        transport = httpx.MockTransport(self)
        return EndpointVerifier(url, "bespoke-minicheck", key, transport=transport)


def said(content):
    return {"choices": [{"message": {"role": "assistant", "content": content}}]}


def test_the_server_is_asked_as_minicheck_is():
    """The server is asked as MiniCheck is, with the key in a header."""
    server = Server({"It rained.": said("Yes")})
    verifier = server.verifier("http://server")
    assert verifier.support([Pair("It rained.", ("Rain fell.", "It was wet."))]) == [1.0]
    (request,) = server.requests
    assert str(request.url) == "http://server/v1/chat/completions"
    assert request.headers["authorization"] == "Bearer secret-key"
    assert json.loads(request.content) == {
        "model": "bespoke-minicheck",
        "messages": [
            {"role": "user", "content": "Document: Rain fell. It was wet.\nClaim: It rained."}
        ],
        "temperature": 0,
    }
    assert verifier.name == "bespoke-minicheck"


def test_answers_are_in_the_order_of_the_pairs():
    """Yes is 1 and no is 0, in the order of the pairs, however many are asked at once."""
    answers = {f"claim {n}": said("Yes" if n % 3 else " no.\n") for n in range(10)}
    pairs = [Pair(claim, ("text",)) for claim in answers]
    server = Server(answers)
    assert server.verifier().support(pairs) == [float(n % 3 > 0) for n in range(10)]
    assert len(server.requests) == 10


def test_no_pairs_ask_nothing_of_the_server():
    """No pairs ask nothing of the server."""
    server = Server({})
    verifier = server.verifier()
    verifier.load()
    verifier.close()
    assert (verifier.support([]), server.requests) == ([], [])


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        (said("Perhaps"), "answered neither yes nor no"),
        (said(None), "answered neither yes nor no"),
        ({"choices": []}, "answered neither yes nor no"),
        ({"error": "no such model"}, "answered neither yes nor no"),
        ([], "answered neither yes nor no"),
        (httpx.Response(200, text="<html>"), "answered neither yes nor no"),
        (httpx.Response(401, text="bad secret-key"), "answered 401 Unauthorized"),
        (
            httpx.Response(503, headers={"retry-after": "0"}),
            "answered 503 Service Unavailable",
        ),
    ],
)
def test_a_failure_names_the_server_what_it_did_and_the_settings(answer, fault):
    """A failure names the server, what it did and the settings, and not the key."""
    with pytest.raises(ModelError) as caught:
        Server({"claim": answer}).verifier().support([Pair("claim", ("text",))])
    assert str(caught.value) == (
        f"The verifying server server {fault}. Check GRIOT_VERIFY_URL, GRIOT_VERIFY_MODEL "
        "(now bespoke-minicheck) and GRIOT_VERIFY_KEY (set)."
    )
