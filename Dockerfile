# One image per service: docker build --build-arg SERVICE=energy_analyzer .
# The package index is pip's own default; the usual PIP_* variables choose another one, and a file pip-ca.pem beside
# this one is trusted for it. Neither stays in the image.
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

FROM ${PYTHON_IMAGE} AS packages
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_TRUSTED_HOST
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt pip-ca.pe[m] /build/
RUN python -m venv /opt/venv \
    && if [ -f /build/pip-ca.pem ]; then export PIP_CERT=/build/pip-ca.pem; fi \
    && /opt/venv/bin/pip install --only-binary :all: --constraint /build/constraints.txt \
        grpcio grpcio-health-checking grpcio-reflection numpy polars protobuf \
    && /opt/venv/bin/pip uninstall --yes pip setuptools

FROM ${PYTHON_IMAGE}
ARG SERVICE=energy_generator
ENV PATH=/opt/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 SERVICE=${SERVICE}
COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY energykit energykit
COPY services services
# Compiled now: the file system is read-only later. A service that cannot be imported fails here.
RUN python -m compileall -q energykit services && python -c "import services.${SERVICE}.__main__"
RUN install --directory --owner 1000 --group 1000 /data
USER 1000:1000
EXPOSE 50051
HEALTHCHECK --interval=5s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-m", "energykit.serving", "--check", "127.0.0.1:50051"]
# 0.0.0.0 is the container's own network; docker-compose.yaml publishes the port on 127.0.0.1 only.
CMD ["sh", "-c", "exec python -m services.$SERVICE --host 0.0.0.0 --port 50051 --insecure-public --data-root /data"]
