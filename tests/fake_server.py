"""A server behind `httpx.MockTransport`, sync or async, that has its answers beforehand."""


class FakeServer:
    """Answers each request with the next of its answers, and the last for ever.

    An answer is a response, a function of the request, or an exception, which is raised.
    """

    def __init__(self, *answers):
        self.answers = answers
        self.requests = []

    def __call__(self, request):
        self.requests.append(request)
        answer = self.answers[min(len(self.requests), len(self.answers)) - 1]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer
