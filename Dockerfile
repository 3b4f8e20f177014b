# Carnet in a container: the wheel, built and installed; one account in /srv/carnet (docs/setup.md).
FROM python:3.11-slim AS build
WORKDIR /build
COPY . .
RUN pip install --no-cache-dir hatchling editables && python -m hatchling build -t wheel -d /dist

FROM python:3.11-slim
COPY requirements.lock /tmp/
COPY --from=build /dist/*.whl /tmp/
RUN pip install --no-cache-dir --require-hashes -r /tmp/requirements.lock \
    && pip install --no-cache-dir --no-deps /tmp/carnet-*.whl \
    && rm /tmp/requirements.lock /tmp/carnet-*.whl \
    && useradd --create-home carnet && install -d -o carnet -m 700 /srv/carnet
USER carnet
WORKDIR /srv/carnet
VOLUME /srv/carnet
EXPOSE 3000 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health')"]
# An empty volume becomes an account first.
CMD ["sh", "-c", "[ -d assets ] || carnet init /srv/carnet; exec carnet serve --host 0.0.0.0"]
