# Everything one does here. `make help` lists it; `make demo` and `make test` need Python 3.11 and make
# only, and install the rest below this folder.

PYTHON ?= python3
UV_VERSION := 0.13.9

UV := .uv/bin/uv
UV_STAMP := .uv/.uv-$(UV_VERSION)
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

.PHONY: help
help: ## List the targets
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  The Python that everything is made with: PYTHON=$(PYTHON) (3.11 or newer)."

.PHONY: install
install: $(INSTALLED) ## Install the pinned packages and the shoplens command into .venv

.PHONY: demo
demo: $(INSTALLED) ## Draw the demo shop, index it and find an orange plush toy in it
	@$(BIN)/shoplens demo

.PHONY: test
test: $(INSTALLED) ## Run the tests; pass options with ARGS='-k gallery'
	@$(BIN)/pytest $(ARGS)

.PHONY: lint
lint: $(INSTALLED) ## Check style, format and types
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

.PHONY: format
format: $(INSTALLED) ## Put code into the format that `make lint` checks
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

.PHONY: hooks
hooks: $(INSTALLED) ## Run `make lint` before every commit, through pre-commit
	@$(BIN)/pre-commit install

.PHONY: pretrain
pretrain: $(INSTALLED) ## Train the bundled backbone anew (long; an interrupted run goes on)
	@$(BIN)/python -m training.pretrain $(ARGS)

.PHONY: lock
lock: $(UV_STAMP) ## Resolve pyproject.toml into requirements.lock; newer versions with ARGS=--upgrade
	@$(UV) pip compile pyproject.toml --all-extras --universal --python-version 3.11 --no-header \
		--no-annotate --no-emit-index-url --no-emit-find-links --quiet $(ARGS) -o requirements.lock

.PHONY: clean
clean: ## Remove what was installed and cached; indexes in .shoplens stay
	rm -rf .venv .uv .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +

# --python, because an activated environment would otherwise be the one that uv installs into.
$(INSTALLED): $(UV_STAMP) requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@echo "Installing the pinned packages into .venv (the first time that is about 7 GB) ..."
	@$(UV) pip install --quiet --python $(BIN)/python -r requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(UV_STAMP):
	@command -v $(PYTHON) >/dev/null || { echo "shoplens needs Python 3.11 or newer, and there is no $(PYTHON) here. Name yours: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "shoplens needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version). Name a newer one: make PYTHON=python3.11" >&2; exit 1; }
	@echo "Setting up uv $(UV_VERSION) in .uv ..."
	@rm -rf .uv
	@$(PYTHON) -m venv .uv
	@.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
	@touch $@
