# Waymark with an external MongoDB (7.0 or newer, a replica set or sharded cluster): set WAYMARK_MONGODB_URI.
FROM python:3.12-slim-bookworm AS build
WORKDIR /build
COPY requirements/server.txt requirements/server.txt
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements/server.txt

FROM python:3.12-slim-bookworm
RUN useradd --system --uid 10001 --create-home --home-dir /data waymark
COPY --from=build /venv /venv
WORKDIR /app
COPY lrs lrs
COPY competencies competencies
COPY schemas schemas
COPY migrations migrations
COPY waymark waymark
COPY openapi.yaml openapi.yaml
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    WAYMARK_BIND=0.0.0.0:8080 \
    WAYMARK_DATA=/data
USER waymark
EXPOSE 8080
VOLUME /data
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8080/health', timeout=2)"]
ENTRYPOINT ["python", "-m", "waymark"]
CMD ["serve"]
