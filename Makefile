# What a developer types daily. `make test` sets everything up by itself.
PYTHON = .venv/bin/python

.PHONY: test format lint types bench docs lock
test:
	python3 tests/run.py
format:
	.venv/bin/ruff format . && .venv/bin/ruff check --fix .
lint:
	.venv/bin/ruff check . && .venv/bin/ruff format --check .
types:
	.venv/bin/mypy
bench:
	for bench in tests/bench/bench_*.py; do $(PYTHON) $$bench || exit 1; done
docs:
	$(PYTHON) -m auditor docs
lock:
	.venv/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe \
	  --extra test --extra xlsx -o requirements/test.lock pyproject.toml
	.venv/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --allow-unsafe \
	  -o requirements/lambda.lock pyproject.toml
	echo 'ministack==1.5.33' | .venv/bin/pip-compile -q --generate-hashes --strip-extras --no-emit-index-url \
	  --no-emit-trusted-host --no-emit-find-links --allow-unsafe -o requirements/ministack.lock -
	cd requirements/node && npm install --silent --package-lock-only --no-audit --no-fund
