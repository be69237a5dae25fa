# What a developer does. `make` alone lists the targets.

PYTHON ?= python3
VENV ?= .venv
# Tests run side by side; more workers need more memory (about 2 GB each).
JOBS ?= 2
SPEC ?= specs/googlenet.yaml

PY := $(VENV)/bin/python
RUFF := $(VENV)/bin/ruff
PIP_INSTALL := $(PY) -m pip install --disable-pip-version-check -qq -c constraints.txt
ARCHSPEC := $(PY) -m archspec
PYTEST := $(PY) -m pytest -n $(JOBS)

# What archspec can make again lies in the checkout: environments of backends, and Julia.
export ARCHSPEC_CACHE ?= $(CURDIR)/.cache
# JAX keeps there what it has compiled for the tests: a second run takes half the time.
export JAX_COMPILATION_CACHE_DIR ?= $(ARCHSPEC_CACHE)/jax
export JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS ?= 0.2
# Backends that the tests need; without one of them they fail rather than skip.
BACKENDS ?= torch,flax,nnx,keras,mxnet,onnx

# Stamps: what is installed in $(VENV). They depend on what says which versions, so that a second
# run is quick and a changed constraint is picked up.
FRAMEWORKS := $(VENV)/.archspec-frameworks
MXNET := $(VENV)/.archspec-mxnet
JULIA := $(VENV)/.archspec-julia
TOOLS := $(VENV)/.archspec-tools
VERSIONS := pyproject.toml constraints.txt

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo install fuzz test test-fast test-slow test-exhaustive test-gpu test-wheel check format generate goldens docs \
	verify bench clean

help: ## List the targets.
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | expand -t 12

demo: $(FRAMEWORKS) ## Generate GoogLeNet for every framework, and show how closely they agree.
	$(ARCHSPEC) generate $(SPEC) --backend all
	$(ARCHSPEC) verify $(SPEC)

install: $(FRAMEWORKS) $(MXNET) $(JULIA) $(TOOLS) ## Install all frameworks and tools.

test: $(FRAMEWORKS) $(MXNET) $(JULIA) $(TOOLS) ## The test suite, without what is slow.
	ARCHSPEC_REQUIRE_BACKENDS=$(BACKENDS) $(PYTEST) -m "not slow"

test-fast: $(TOOLS) ## The tests that need no framework.
	$(PYTEST) -m "not slow and not parity"

test-slow: $(FRAMEWORKS) $(MXNET) $(JULIA) $(TOOLS) ## The slow tests: all that runs in Julia, larger networks.
	ARCHSPEC_REQUIRE_BACKENDS=$(BACKENDS) $(PYTEST) -m "slow and not exhaustive"

test-exhaustive: $(FRAMEWORKS) $(MXNET) $(TOOLS) ## Full sizes, every pair of forms of weights: three hours.
	ARCHSPEC_REQUIRE_BACKENDS=$(BACKENDS) $(PYTEST) -n 1 -m exhaustive

test-gpu: $(FRAMEWORKS) $(TOOLS) ## Only the tests that need a GPU; they skip without one.
	$(PY) -m pytest -m gpu

test-wheel: $(TOOLS) ## Build the wheel and try it in an empty environment, from another folder.
	PYTHON=$(PY) .ci/test-wheel

check: $(FRAMEWORKS) $(TOOLS) ## Style, types, and that generated files and documents are current.
	$(RUFF) check .
	$(RUFF) format --check .
	$(PY) -m mypy
	$(RUFF) check --isolated generated
	$(RUFF) format --isolated --check generated
# What the frameworks' own types force; see CONTRIBUTING.md.
	$(PY) -m mypy --config-file= --strict --no-warn-return-any generated/torch
	$(PY) -m mypy --config-file= --strict --no-warn-return-any --allow-untyped-calls generated/flax
	$(ARCHSPEC) generate --all --check
	$(PY) -m archspec.schema.reference --check
	$(PY) tests/docs/operator_table.py --check
	$(PY) tests/docs/zoo_table.py --check
	.ci/find-machine-paths

format: $(TOOLS) ## Put the code into shape.
	$(RUFF) check --fix .
	$(RUFF) format .

generate: $(FRAMEWORKS) $(TOOLS) ## Write generated/ anew, and what documents take from it.
	$(ARCHSPEC) generate --all
	$(MAKE) docs

goldens: $(TOOLS) ## Record what comes out of the tests' cases as what is expected.
	$(PY) -m pytest -q --update-goldens tests/render

docs: $(FRAMEWORKS) $(TOOLS) ## Write generated documents anew, and excerpts of code in others.
	$(PY) -m archspec.schema.reference
	$(PY) tests/docs/excerpts.py
	$(PY) tests/docs/operator_table.py
	$(PY) tests/docs/zoo_table.py
	$(ARCHSPEC) draw specs/googlenet.yaml -o docs/googlenet.svg
	$(ARCHSPEC) draw specs/googlenet.yaml --block Inception -o docs/inception.svg

fuzz: $(FRAMEWORKS) $(MXNET) $(TOOLS) ## Verify N random networks from SEED: make fuzz N=1000 SEED=1.
	$(PYTEST) -v -m fuzz tests/fuzz --fuzz-examples=$(N) --fuzz-seed=$(SEED)

N ?= 100
SEED ?= 0

verify: $(FRAMEWORKS) ## Verify every spec in specs/.
	for spec in specs/*.yaml; do $(ARCHSPEC) verify $$spec || exit 1; done

bench: $(FRAMEWORKS) $(TOOLS) ## Measure how long the command line takes, beside what others take.
	$(PY) benchmarks/startup.py
	$(PY) benchmarks/summary.py
	$(PY) benchmarks/sweep.py

clean: ## Remove what is built and cached, and the environment.
	rm -rf $(VENV) .cache build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# PyTorch first and alone, so that nothing that comes after can choose another build of it.
$(FRAMEWORKS): $(VERSIONS) | $(PY)
	@echo "Installing the frameworks into $(VENV); this takes a minute or two."
	$(PIP_INSTALL) "$$(grep '^torch==' constraints.txt)"
	$(PIP_INSTALL) tensorflow-cpu keras
	$(PIP_INSTALL) -e ".[torch,flax,nnx,onnx,examples]"
	@touch $@

# In an environment of its own: it needs an old NumPy.
$(MXNET): backends/mxnet/backend.toml | $(FRAMEWORKS)
	$(ARCHSPEC) backends install mxnet
	@touch $@

# A Julia for the tests of generated Flux code. Where it cannot be had, those say that they did not run.
$(JULIA): .ci/julia | $(PY)
	@if .ci/julia; then touch $@; fi

$(TOOLS): $(VERSIONS) | $(PY)
	@echo "Installing the tools for tests and checks into $(VENV)."
	$(PIP_INSTALL) -e ".[dev,plot,sweep,dask]"
	@touch $@

$(PY):
	@command -v "$(PYTHON)" > /dev/null || \
		{ echo "archspec needs Python 3.11 or newer; there is no $(PYTHON)." \
		"Say which one to use: make PYTHON=python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "archspec needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." \
		"Say which one to use: make PYTHON=python3.11" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
