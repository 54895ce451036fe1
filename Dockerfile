FROM python:3.11-slim AS built

# The tested versions, for the build requirements too: for them, older pips read PIP_CONSTRAINT and
# newer ones PIP_BUILD_CONSTRAINT.
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore \
    PIP_CONSTRAINT=/src/constraints.txt PIP_BUILD_CONSTRAINT=/src/constraints.txt
RUN python -m venv /opt/griot
ENV PATH=/opt/griot/bin:$PATH

# The requirements, in a layer that is reused until these two files change.
WORKDIR /src
COPY pyproject.toml constraints.txt ./
RUN python -c "import tomllib; project = tomllib.load(open('pyproject.toml', 'rb'))['project']; print(*project['dependencies'], *project['optional-dependencies']['postgres'], sep='\n')" > needed.txt \
    && pip install --only-binary :all: -r needed.txt

COPY README.md LICENSE ./
COPY rag rag
COPY bot bot
RUN pip install --no-deps .


FROM python:3.11-slim

# Articles and index; a new volume starts with the articles of the image's corpus/.
RUN useradd --uid 10001 --create-home griot \
    && install --directory --owner griot --group griot /data /data/corpus /data/.griot
COPY --from=built /opt/griot /opt/griot
COPY --chown=griot:griot corpus /data/corpus

ENV PATH=/opt/griot/bin:$PATH PYTHONUNBUFFERED=1 \
    GRIOT_HOME=/data/.griot GRIOT_CORPUS=/data/corpus
USER griot
WORKDIR /data
VOLUME /data

# Asks the bot's /healthz; without GRIOT_METRICS the container counts as healthy.
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s \
    CMD ["python", "-c", "import http.client as http, os, sys; address = os.environ.get('GRIOT_METRICS'); bot = address and http.HTTPConnection(address, timeout=5); sys.exit(bool(address) and (bot.request('GET', '/healthz') or bot.getresponse().status != 200))"]

ENTRYPOINT ["griot"]
CMD ["telegram"]
