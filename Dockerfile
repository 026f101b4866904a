# One image for every service: `docker build -t shoplens .`; the command says which (`serve`, `ui`, `index`).
#
# The base is pinned by tag. To pin it by digest, which no tag can move under you, give it whole:
#   --build-arg PYTHON_IMAGE=python:3.11.14-slim-bookworm@sha256:...
#
# PyPI's PyTorch for Linux carries the libraries of NVIDIA's GPUs, several gigabytes that a CPU never uses. A
# package index with CPU builds of the versions in requirements.lock leaves them out:
#   --build-arg TORCH_INDEX_URL=<such an index>
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS build
ARG UV_VERSION=0.13.9
ARG TORCH_INDEX_URL=""
ENV UV_NO_CACHE=1 UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never \
    VIRTUAL_ENV=/opt/shoplens
WORKDIR /build
RUN python -m venv /opt/uv && /opt/uv/bin/pip install --no-cache-dir --quiet "uv==${UV_VERSION}" \
    && /opt/uv/bin/uv venv "${VIRTUAL_ENV}"

# The dependencies before the code, so that a change of code does not install them again. The lock covers the
# development tools too; as constraints it fixes versions and adds nothing.
COPY pyproject.toml requirements.lock ./
RUN if [ -n "${TORCH_INDEX_URL}" ]; then \
        grep -E '^(torch|torchvision)==' requirements.lock > torch.txt \
        && /opt/uv/bin/uv pip install --no-deps --index-url "${TORCH_INDEX_URL}" -r torch.txt; \
    fi \
    && /opt/uv/bin/uv pip install -r pyproject.toml --extra postgres -c requirements.lock

COPY README.md LICENSE ./
COPY models models
COPY benchmarks benchmarks
COPY retriever retriever
COPY training training
COPY generator generator
COPY backend backend
COPY ui ui
RUN /opt/uv/bin/uv pip install --no-deps .

FROM ${PYTHON_IMAGE}
RUN groupadd --gid 10001 shoplens \
    && useradd --uid 10001 --gid shoplens --no-create-home --home-dir /tmp shoplens \
    && install --directory --owner shoplens --group shoplens --mode 0750 /data
COPY --from=build /opt/shoplens /opt/shoplens
# /data is the only place written to, beside /tmp: the root file system may be read-only.
ENV PATH=/opt/shoplens/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib HF_HOME=/data/huggingface XDG_CACHE_HOME=/data/cache \
    SHOPLENS_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
EXPOSE 8000 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
ENTRYPOINT ["shoplens"]
CMD ["serve", "--host", "0.0.0.0"]
