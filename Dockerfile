# One image for everything: `manage.py up` by default, a web process or a worker by another command.
FROM python:3.13-slim

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STUDIO_DATA=/data \
    UV_COMPILE_BYTECODE=1 \
    UV_NO_CACHE=1 \
    UV_PYTHON_DOWNLOADS=never

RUN pip install --no-cache-dir uv \
 && useradd --uid 1000 --create-home easel \
 && install --directory --owner easel --group easel --mode 0700 /data

WORKDIR /app
# The packages before the code, so that a change of the code does not install them again.
COPY pyproject.toml .python-version ./
RUN uv sync --no-dev --extra postgres --extra s3 --extra valkey
COPY . .
RUN python -m compileall -q manage.py studio

USER easel
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
# A picture that is being drawn is finished first: stop with a grace period of eleven minutes.
STOPSIGNAL SIGTERM
CMD ["python", "manage.py", "up", "--host", "0.0.0.0"]
