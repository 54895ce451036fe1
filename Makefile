# The first target that needs .venv builds it and installs Griot there.

.DEFAULT_GOAL := help
.PHONY: help ask chat test lint types newest upgrade clean

# The question exactly as typed: make would expand a $ in it, and the shell other characters.
export QUESTION := $(value Q)
unexport Q

VENV := .venv
RUN := $(VENV)/bin
export UV_LINK_MODE := copy
# Without compiled modules, each process that a test starts would compile Griot again.
unexport PYTHONDONTWRITEBYTECODE

help: ## show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
	while IFS="$$(printf '\t')" read -r target what; do printf 'make %-8s %s\n' "$$target" "$$what"; done

# Status 3 means that the articles do not say, which is not a failure.
ask: $(if $(value Q),$(VENV)/.installed) ## answer a question: make ask Q="who accompanied Goïta?"
	@if [ -z "$$QUESTION" ]; then \
		echo 'Usage: make ask Q="who accompanied Goïta?"' >&2; exit 2; \
	fi; \
	$(RUN)/griot ask -- "$$QUESTION" || [ $$? -eq 3 ]

chat: $(VENV)/.installed ## hold a conversation
	@$(RUN)/griot chat

test: $(VENV)/.developed ## run the tests
	@$(RUN)/python -m pytest

lint: $(VENV)/.developed ## check style and formatting
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .

types: $(VENV)/.developed ## check the types
	@$(RUN)/mypy

newest: $(VENV)/.developed ## try Griot with the newest versions of its requirements
	@$(RUN)/python -m tools.newest

# Only uv resolves versions for every Python and system at once.
upgrade: $(VENV)/.developed ## rewrite constraints.txt with today's versions
	@set -e; \
	command -v uv >/dev/null 2>&1 || \
		{ $(RUN)/python -m pip install -qq --disable-pip-version-check uv; PATH=$(RUN):$$PATH; }; \
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --group dev pyproject.toml \
		--custom-compile-command 'make upgrade' --no-annotate --output-file constraints.txt >/dev/null
	@echo 'constraints.txt is new; the next target installs it.' >&2

clean: ## remove .venv and caches, not the index
	@rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find bot rag tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

# constraints.txt applies to the build requirements too: for them, older pips read PIP_CONSTRAINT
# and newer ones PIP_BUILD_CONSTRAINT.
$(VENV)/.installed $(VENV)/.developed: export UV_CONSTRAINT := constraints.txt
$(VENV)/.installed $(VENV)/.developed: export UV_BUILD_CONSTRAINT := constraints.txt
$(VENV)/.installed $(VENV)/.developed: export PIP_CONSTRAINT := constraints.txt
$(VENV)/.installed $(VENV)/.developed: export PIP_BUILD_CONSTRAINT := constraints.txt

# The folder is made again if its Python no longer runs. If uv cannot install, pip may: it reads
# other settings for indexes and certificates.
$(VENV)/.installed: pyproject.toml constraints.txt
	@echo 'Setting up $(VENV), once; this takes a minute or two.' >&2
	@set -e; \
	if command -v uv >/dev/null 2>&1; then \
		{ $(RUN)/python -c '' 2>/dev/null || \
			uv venv --quiet --clear --no-python-downloads --python '>=3.11' $(VENV); } && \
		uv pip install --quiet --python $(RUN)/python -e . && exit 0; \
		echo 'uv could not install it; trying pip.' >&2; \
	fi; \
	$(RUN)/python -m pip --version >/dev/null 2>&1 || { \
		python=$$($(FIND_PYTHON)); "$$python" -m venv --clear $(VENV); \
	}; \
	$(RUN)/python -m pip install -qq --disable-pip-version-check -e .
	@touch $@

# constraints.txt also lists the dependency group dev, in a form that every pip can read.
$(VENV)/.developed: $(VENV)/.installed
	@echo 'Adding the tools for tests and checks to $(VENV), once.' >&2
	@set -e; \
	if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(RUN)/python -r constraints.txt && exit 0; \
		echo 'uv could not install them; trying pip.' >&2; \
	fi; \
	$(RUN)/python -m pip install -qq --disable-pip-version-check -r constraints.txt
	@touch $@

# Print the name of a Python that is new enough, or an error.
define FIND_PYTHON
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "$$python"; exit 0; \
	fi; \
done; \
echo 'griot: Python 3.11 or newer is needed, and none was found on the PATH.' >&2; exit 1
endef
