# The first target that needs it builds .venv and installs Griot there; later ones only run.

.DEFAULT_GOAL := help
.PHONY: help ask chat test lint types clean

# The question as it was typed: make would expand a $ in it, the shell anything else.
export QUESTION := $(value Q)
unexport Q

VENV := .venv
RUN := $(VENV)/bin
export UV_LINK_MODE := copy

help: ## this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | \
	while IFS="$$(printf '\t')" read -r target what; do printf 'make %-8s %s\n' "$$target" "$$what"; done

# When the articles do not say, the exit status is 3, and nothing has failed.
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

clean: ## remove .venv and caches, not the index
	@rm -rf $(VENV) build dist .hypothesis .mypy_cache .pytest_cache .ruff_cache
	@find bot rag tests benchmarks tools -name __pycache__ -type d -prune -exec rm -rf {} +

# The folder is made anew where its Python no longer runs. Where uv cannot install, pip may: it
# knows other indexes and certificates.
$(VENV)/.installed: pyproject.toml
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

# Dependency groups need pip 25.1.
$(VENV)/.developed: $(VENV)/.installed
	@echo 'Adding the tools for tests and checks to $(VENV), once.' >&2
	@set -e; \
	if command -v uv >/dev/null 2>&1; then \
		uv pip install --quiet --python $(RUN)/python --group dev && exit 0; \
		echo 'uv could not install them; trying pip.' >&2; \
	fi; \
	$(RUN)/python -m pip install -qq --disable-pip-version-check 'pip>=25.1'; \
	$(RUN)/python -m pip install -qq --group dev
	@touch $@

# Prints the name of a Python that is new enough, or says what is missing.
define FIND_PYTHON
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "$$python"; exit 0; \
	fi; \
done; \
echo 'griot: Python 3.11 or newer is needed, and none was found on the PATH.' >&2; exit 1
endef
