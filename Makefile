# A short name for each thing one does with golem-video; the build itself is CMake's (CMakePresets.json).

.DEFAULT_GOAL := help
.PHONY: help deps build demo check test sim mutants format-check tidy lint asan tsan valgrind sanitize fuzz
.PHONY: crash-points power-loss term-points release install format clean
.NOTPARALLEL:

PREFIX ?= /usr/local
FUZZ_SECONDS ?= 3
PROVIDER ?= all
SEED ?=
SIM_SECONDS ?= 60

CRASH = GOLEM_VIDEO=$(CURDIR)/build/dev/bin/golem-video GOLEM_VIDEO_MEDIA=$(CURDIR)/build/dev/bin/golem-video-media \
    CRASH_POINTS=$(CURDIR)/build/dev/tests/crash_points.so python3 tests/crash/crash.py

# What `make sanitize` runs; by name, as ctest -R reads it.
ASAN_TESTS = ^(unit\.(base|core|crypto|provider|journal|blob|http|engine|loop|cli|sandbox)|conformance)\.
TSAN_TESTS = ^(unit\.(api\.threads_test|loop|journal|http|blob|sandbox\.(server|parts))|conformance\.journal)
VALGRIND_TESTS = ^(unit\.(base\.|core\.(operation|url)|provider\.(runway|veo)_machine|blob|http\.head)|conformance\.journal_test)

C_FILES = $$(find include src tests examples bench tools -name '*.[ch]')

help: ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

deps: ## install what building and testing needs (Debian; only what is missing)
	@tools/deps check

build: ## build for development, into build/dev
	@cmake --preset dev >/dev/null
	@cmake --build --preset dev

demo: ## install what is missing, build, and make two films with a sandbox
	@tools/deps build
	@$(MAKE) --no-print-directory release
	@tools/demo build/release/bin/golem-video

check: deps build format-check tidy test sanitize ## everything that must hold before a change goes in

test: build ## run the tests
	@ctest --preset dev --output-junit junit.xml

sim: build ## the simulation: fresh seeds for SIM_SECONDS, or replay SEED=n [PROVIDER=name]
	@tools/sim build/dev/tests "$(PROVIDER)" "$(SEED)" "$(SIM_SECONDS)"

mutants: build ## break each promise once, and see a test fail
	@tests/mutants/run.sh

format-check:
	@clang-format --dry-run -Werror $(C_FILES)

tidy: ## check layers, sizes and banned calls
	@tools/tidy

lint: build ## run clang-tidy over the sources
	@run-clang-tidy -quiet -p build/dev "$(CURDIR)/src/.*" > build/lint.txt 2>&1 || { grep -A3 -E 'warning:|error:' build/lint.txt; exit 1; }

asan: ## the tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@cmake --preset asan >/dev/null
	@cmake --build --preset asan
	@ctest --preset asan

tsan: ## the tests under ThreadSanitizer
	@cmake --preset tsan >/dev/null
	@cmake --build --preset tsan
	@ctest --preset tsan

valgrind: build ## a few tests and a whole job under memcheck
	@tools/valgrind build/dev '$(VALGRIND_TESTS)'

# The fuzzers' build has the sanitizers in it, so one compilation serves both.
sanitize: fuzz valgrind ## a short set of all of these
	@tools/sanitize fuzz '$(ASAN_TESTS)'
	@tools/sanitize tsan '$(TSAN_TESTS)'

fuzz: ## each fuzzer for FUZZ_SECONDS
	@cmake --preset fuzz >/dev/null
	@cmake --build --preset fuzz --target fuzzers
	@tools/fuzz build/fuzz $(FUZZ_SECONDS)

crash-points: build ## kill a job at every point at which it changes the world
	@$(CRASH) kill --all

power-loss: build ## the same with a loss of power: only what was synced is left, or some of the rest
	@$(CRASH) power --all

term-points: build ## the same with SIGTERM
	@$(CRASH) term --all

bench: release ## measure a server with 10,000 jobs and 2,000 watchers
	@bench/watchers.py build/release/bin/golem-video

release: ## build for use, into build/release
	@cmake --preset release -DCMAKE_INSTALL_PREFIX=$(PREFIX) >/dev/null
	@cmake --build --preset release

install: release ## install into PREFIX (/usr/local), below DESTDIR if set
	@cmake --install build/release
	@[ -n "$(DESTDIR)" ] || [ "$$(id -u)" != 0 ] || ldconfig

format: ## let clang-format lay out the sources
	@clang-format -i $(C_FILES)

clean: ## remove everything built
	@rm -rf build demo
