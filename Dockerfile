FROM python:3.11-slim AS built

# The tested versions, also of what builds Griot: older pips read the first there, newer the second.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt
RUN python -m venv /opt/griot
ENV PATH=/opt/griot/bin:$PATH

# What Griot stands on, in a layer that lasts until these two change.
WORKDIR /src
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies'], sep='\n')" > needed.txt \
    && pip install --only-binary :all: -r needed.txt

COPY README.md LICENSE ./
COPY rag rag
COPY bot bot
RUN pip install --no-deps .


FROM python:3.11-slim

# Articles and index; what is in corpus/ when the image is made is what a new volume begins with.
RUN useradd --uid 10001 --create-home griot \
    && install --directory --owner griot --group griot /data /data/corpus /data/.griot
COPY --from=built /opt/griot /opt/griot
COPY --chown=griot:griot corpus /data/corpus

ENV PATH=/opt/griot/bin:$PATH PYTHONUNBUFFERED=1 \
    GRIOT_HOME=/data/.griot GRIOT_CORPUS=/data/corpus
USER griot
WORKDIR /data
VOLUME /data

# Well where the bot says so; without GRIOT_METRICS nobody is asked.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import http.client as http, os, sys; at = os.environ.get('GRIOT_METRICS'); there = at and http.HTTPConnection(at, timeout=5); sys.exit(bool(at) and (there.request('GET', '/healthz') or there.getresponse().status != 200))"]

ENTRYPOINT ["griot"]
CMD ["telegram"]
