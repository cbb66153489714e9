# nks-triage: build, test, install. `make help` says what each target does.
#
# BUILD names a variant: release (default), debug, sanitize, clang, clang-sanitize, thread, fuzz. Each has its own folder
# under .build/, so that they do not disturb each other; ./nks-triage is the variant that was built last.

VERSION := 0.1.0
PREFIX ?= /usr/local
KUBERNETES ?= 1.34.4
BUILD ?= release
OUT := .build/$(BUILD)

CC_release := gcc
CC_debug := gcc
CC_sanitize := gcc
CC_clang := clang
CC_clang-sanitize := clang
CC_fuzz := clang
CC_thread := gcc
CC := $(CC_$(BUILD))

PACKAGES := ncursesw libcurl jansson libssh yaml-0.1 libpcre2-8 sqlite3 libarchive libcrypto
SIM_PACKAGES := jansson libmicrohttpd libcrypto libssh
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
HARDENING := -fstack-protector-strong -fPIE
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=2
OPTIMISE_debug := -O0 -g -DNKS_TRIAGE_DEBUG
# Of what is built for tests alone: lines of code are all that a report of a sanitizer names. Unit tests by clang are
# quicker compiled and run at -O0 than at -O1; the programs that run for long are compiled at -O1.
OPTIMISE_clang := -O2 -g1 -D_FORTIFY_SOURCE=2
OPTIMISE_sanitize := -O1 -g1 -DNKS_TRIAGE_DEBUG $(SANITIZER)
OPTIMISE_clang-sanitize := -O0 -g1 -DNKS_TRIAGE_DEBUG $(SANITIZER)
OPTIMISE_thread := -O1 -g1 -DNKS_TRIAGE_DEBUG -fsanitize=thread -fno-omit-frame-pointer
OPTIMISE_fuzz := -O1 -g1 -fsanitize=fuzzer-no-link $(SANITIZER)
LINK_sanitize := $(SANITIZER)
LINK_clang-sanitize := $(SANITIZER)
LINK_fuzz := $(SANITIZER)
LINK_thread := -fsanitize=thread

DATADIR := $(PREFIX)/share/nks-triage
LIBEXECDIR := $(PREFIX)/libexec/nks-triage
CPPFLAGS += -D_GNU_SOURCE -DPROGRAM_VERSION=\"$(VERSION)\" -I.
CFLAGS += -std=c17 $(WARNINGS) $(HARDENING) $(OPTIMISE_$(BUILD))
LDFLAGS += -pie -Wl,-z,relro,-z,now $(LINK_$(BUILD))
LIBRARIES = $(shell pkg-config --libs $(PACKAGES))
SIM_LIBRARIES = $(shell pkg-config --libs $(SIM_PACKAGES))

# One archive a layer; a program links the layers that it may use, so a wrong dependency does not link.
CONSOLE_LAYERS := base net kube ssh model runbook symptoms remedy
archive = $(OUT)/lib$(1).a
sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(OUT)/%.o,$(call sources,$(1)))
CONSOLE_ARCHIVES := $(foreach l,remedy symptoms runbook model ssh kube net base,$(call archive,$(l)))

.PHONY: all help deps deps-conformance demo test check sanitize clang bench install uninstall clean
## all        build ./nks-triage and ./nks-triage-sim (BUILD=release|debug|sanitize|clang|clang-sanitize)
all: nks-triage nks-triage-sim catalogues

## help       this list
help:
	@sed -n 's/^## //p' Makefile

nks-triage: $(OUT)/nks-triage FORCE
	@cmp -s $< $@ || cp -f $< $@
nks-triage-sim: $(OUT)/nks-triage-sim FORCE
	@cmp -s $< $@ || cp -f $< $@

# What the screen and the commands say in other languages; decisions.md 6.
CATALOGUES := $(patsubst assets/translations/%.po,.build/locale/%/LC_MESSAGES/nks-triage.mo,\
	$(wildcard assets/translations/*.po))
.PHONY: catalogues
catalogues: $(CATALOGUES)
.build/locale/%/LC_MESSAGES/nks-triage.mo: assets/translations/%.po
	@mkdir -p $(@D)
	$(Q)msgfmt --check-format -o $@ $<

## deps       install what building, running and testing need (apt-get; Debian 12, Ubuntu 24.04)
deps:
	@.ci/deps
## deps-conformance  install a Go that builds a real control plane, where there is none (Debian 12)
deps-conformance:
	@.ci/deps conformance

## demo       open the console on a simulated cluster whose Calico is broken
demo: all
	./nks-triage --demo

define layer
$(call archive,$(1)): $(call objects,probes/$(1))
	@rm -f $$@
	@ar rcs $$@ $$^
endef
$(foreach l,$(CONSOLE_LAYERS) sim,$(eval $(call layer,$(l))))

$(OUT)/libwidgets.a: $(call objects,widgets)
	@rm -f $@
	@ar rcs $@ $^
$(OUT)/libtui.a: $(filter-out $(OUT)/tui/main.o,$(call objects,tui))
	@rm -f $@
	@ar rcs $@ $^

$(OUT)/nks-triage: $(OUT)/tui/main.o $(OUT)/libtui.a $(OUT)/libwidgets.a $(CONSOLE_ARCHIVES)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
$(OUT)/nks-triage-sim: $(OUT)/libsim.a $(call archive,net) $(call archive,base)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(SIM_LIBRARIES)

# V=1 shows the commands.
Q := $(if $(V),,@)

# Only these files know the version and the places of installation.
PLACED := $(addprefix $(OUT)/,tui/version.o tui/paths.o probes/net/user_agent.o probes/sim/main.o)
PLACES := -DNKS_TRIAGE_VERSION='"$(VERSION)"' -DNKS_TRIAGE_DATADIR='"$(DATADIR)"' \
	-DNKS_TRIAGE_LIBEXECDIR='"$(LIBEXECDIR)"'
FLAGS := $(CC) $(CPPFLAGS) $(CFLAGS)
$(PLACED): CPPFLAGS += $(PLACES)
$(PLACED): $(OUT)/places

# What was compiled with other flags or for another place is compiled again.
remember = @mkdir -p $(@D); echo "$(subst ",\",$(1))" | cmp -s - $@ || echo "$(subst ",\",$(1))" >$@
$(OUT)/flags: FORCE
	$(call remember,$(FLAGS))
$(OUT)/places: FORCE
	$(call remember,$(PLACES))

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: tests/unit/LAYER/test_THING.c is linked with that layer and those below it, nothing else.
below_base := base
below_net := net base
below_kube := kube net base
below_ssh := ssh net base
below_model := model ssh kube net base
below_runbook := runbook model ssh kube net base
below_symptoms := symptoms runbook model ssh kube net base
below_remedy := remedy symptoms runbook model ssh kube net base
below_sim := sim net base
below_widgets := widgets base
below_tui := tui widgets remedy symptoms runbook model ssh kube net base
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(UNIT_SOURCES))

define unit_layer
$(OUT)/tests/unit/$(1)/test_%: $(OUT)/tests/unit/$(1)/test_%.o $(foreach l,$(below_$(1)),$(call archive,$(l)))
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(if $$(filter sim,$(1)),$$(SIM_LIBRARIES),$$(LIBRARIES)) -lcmocka -lm
endef
$(foreach l,$(CONSOLE_LAYERS) sim widgets tui,$(eval $(call unit_layer,$(l))))

# Programs that tests drive; where they are is said by OUT.
TEST_HELPERS := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/client/*.c tests/conformance/*.c tests/ssh/*.c tests/nodes/*.c))) \
	$(OUT)/tests/terminal/screen_probe $(OUT)/tests/remedy/nks-triage-faults
export OUT
$(OUT)/tests/client/%: $(OUT)/tests/client/%.o $(foreach l,$(below_model),$(call archive,$(l)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
$(OUT)/tests/conformance/%: $(OUT)/tests/conformance/%.o $(foreach l,$(below_remedy),$(call archive,$(l)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
$(OUT)/tests/ssh/%: $(OUT)/tests/ssh/%.o $(foreach l,$(below_ssh),$(call archive,$(l)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
$(OUT)/tests/nodes/%: $(OUT)/tests/nodes/%.o $(foreach l,$(below_ssh),$(call archive,$(l)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
# The console as it is shipped, but that a test can end it at every named place (probes/base/fault_point.h).
$(OUT)/tests/remedy/nks-triage-faults: $(OUT)/tests/remedy/fault_point.o $(OUT)/tui/main.o $(OUT)/libtui.a \
		$(OUT)/libwidgets.a $(CONSOLE_ARCHIVES)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
$(OUT)/tests/terminal/screen_probe: $(OUT)/tests/terminal/screen_probe.o $(OUT)/libwidgets.a $(call archive,base)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)

# Tests that are no unit tests: programs that print TAP and drive the built programs. More of them run at a time than
# there are cores, and beside these some that say that they wait, most of their time, for rollouts and for what holds.
# With sanitizers waiting takes as long as ever and computing longer: fewer of them keep two cores at work.
SCRIPTS := $(wildcard $(foreach f,terminal remedy sim ssh nodes client runbook report entries,tests/$(f)/test_*.py))
JOBS ?= 3
WAITERS_sanitize := 5
WAITERS ?= $(or $(WAITERS_$(BUILD)),8)
RUN_TESTS := tests/run.py --jobs $(JOBS) --waiters $(WAITERS)
CHECKS := $(sort $(wildcard tests/check/test_*.py))

.PHONY: unit
## test       build and run every test: unit tests, then the programs against simulated clusters, then the screen
test: all $(UNIT_PROGRAMS) $(TEST_HELPERS)
	$(RUN_TESTS) $(SCRIPTS) $(UNIT_PROGRAMS)

## unit       unit tests alone; unit-LAYER for one layer
unit: $(UNIT_PROGRAMS)
	$(RUN_TESTS) $(UNIT_PROGRAMS)
unit-%: FORCE
	@$(MAKE) --no-print-directory $(filter $(OUT)/tests/unit/$*/%,$(UNIT_PROGRAMS))
	tests/run.py $(filter $(OUT)/tests/unit/$*/%,$(UNIT_PROGRAMS))

## check      rules that a script can check: layers, headers, banned calls, sizes, doors, cppcheck
check: all
	tests/run.py $(CHECKS)

## sanitize   every test with AddressSanitizer and UndefinedBehaviorSanitizer
sanitize:
	$(MAKE) --no-print-directory BUILD=sanitize test
## clang      everything built by clang, unit tests with its sanitizers, and a few programs that use every layer
# What another compiler can show is its warnings, its sanitizers, and code that rests on how gcc orders or lays things
# out. Unit tests reach all of the code for that; of the programs it takes those that go through every library at
# once: screen, server and client, both encodings, a fix that is disturbed.
CLANG_SCRIPTS := $(addprefix tests/,terminal/test_console.py terminal/test_random_keys.py remedy/test_refused.py \
	client/test_faults.py client/test_tls.py sim/test_api.py report/test_report.py runbook/test_match.py)
clang:
	$(MAKE) --no-print-directory BUILD=clang clang-programs
	$(MAKE) --no-print-directory BUILD=clang-sanitize unit
.PHONY: clang-programs
clang-programs: all $(TEST_HELPERS)
	$(RUN_TESTS) $(CLANG_SCRIPTS)

## tsan       the pool of SSH connections under ThreadSanitizer
# libssh and libcrypto are not built for it: what they do with memory of their own is not seen.
TSAN := $(addprefix tests/ssh/test_,connect.py limits.py jump.py auth.py host_keys.py)
.PHONY: tsan tsan-programs
tsan:
	$(MAKE) --no-print-directory BUILD=thread tsan-programs
tsan-programs: $(OUT)/tests/ssh/pool_probe $(filter $(OUT)/tests/unit/ssh/%,$(UNIT_PROGRAMS))
	TSAN_OPTIONS="halt_on_error=0 exitcode=66 second_deadlock_stack=1" tests/run.py --jobs 4 $(TSAN) \
		$(filter $(OUT)/tests/unit/ssh/%,$(UNIT_PROGRAMS))

# Fuzz targets: tests/fuzz/THING.c, corpus in tests/fuzz/corpus/THING.
FUZZ_TARGETS := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/fuzz/*.c)))
FUZZED := $(patsubst %.c,$(OUT)/%.o,$(sort $(wildcard tui/saved*.c))) $(foreach l,$(below_symptoms),$(call archive,$(l)))
$(OUT)/tests/fuzz/%: $(OUT)/tests/fuzz/%.o $(FUZZED)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBRARIES)
.PHONY: fuzz fuzz-targets
fuzz-targets: $(FUZZ_TARGETS)
## fuzz       every parser of foreign bytes by libFuzzer, about a minute (FUZZ_SECONDS=600: so many CPU seconds each)
fuzz:
	$(MAKE) --no-print-directory BUILD=fuzz fuzz-targets
	OUT=.build/fuzz tests/run.py --jobs 1 --timeout 36000 tests/fuzz/fuzz.py

# Parts that tests/bench/bench.py measures: tests/bench/THING.c
BENCH_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(sort $(wildcard tests/bench/*.c)))
$(OUT)/tests/bench/%: $(OUT)/tests/bench/%.o $(foreach l,$(below_symptoms),$(call archive,$(l)))
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBRARIES)
.PHONY: bench-programs
bench-programs: $(BENCH_PROGRAMS) $(OUT)/tests/remedy/nks-triage-faults

.PHONY: controlplane conformance faults
## controlplane  build a real control plane (KUBERNETES=1.34.4) from Go modules into a cache; needs Go 1.24
controlplane:
	@tests/controlplane/build.py --kubernetes $(KUBERNETES)
## conformance   the tests that need a real kube-apiserver, against KUBERNETES
# The longest come first. Each program starts a control plane of its own: faults and rights of one are no other's.
CONFORMANCE_LONG := $(addprefix tests/conformance/test_,faults.py fixes.py api_entries.py audit.py evictions.py repair.py \
	fault_locks.py simulated.py fault_table.py protobuf.py interleavings.py)
CONFORMANCE := $(CONFORMANCE_LONG) $(sort $(filter-out $(CONFORMANCE_LONG),$(wildcard tests/conformance/test_*.py)))
conformance: all $(TEST_HELPERS) controlplane
	NKS_TRIAGE_KUBERNETES=$(KUBERNETES) tests/run.py --jobs 5 $(CONFORMANCE)
## faults     random faults before a real apiserver: SEEDS=100 sequences (make faults SEEDS=500 CHANGES=2000)
SEEDS ?= 100
CHANGES ?= 1000
faults: all $(TEST_HELPERS) controlplane
	NKS_TRIAGE_KUBERNETES=$(KUBERNETES) NKS_TRIAGE_SEEDS=$(SEEDS) NKS_TRIAGE_CHANGES=$(CHANGES) \
		tests/run.py --timeout 36000 tests/conformance/test_faults.py tests/conformance/test_interleavings.py

## bench      every measurement with its aim: against kubectl, detection, latency, a long stream, SSH, a real apiserver
bench: all bench-programs $(OUT)/tests/ssh/pool_probe
	tests/bench/run.py $(BENCH)

.PHONY: bench-real
## bench-real the last of them alone: a real apiserver with 2,000, then 10,000 pods (SIZES="100:2000 1000:10000")
SIZES ?= 100:2000 1000:10000
bench-real: all bench-programs controlplane
	tests/bench/real.py --sizes $(SIZES)

## install    install under PREFIX (default /usr/local); DESTDIR is honoured
install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR) $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 nks-triage $(DESTDIR)$(PREFIX)/bin/
	install -m 755 nks-triage-sim $(DESTDIR)$(LIBEXECDIR)/
	cp -R assets/. $(DESTDIR)$(DATADIR)/
	rm -rf $(DESTDIR)$(DATADIR)/translations
	cp -R .build/locale $(DESTDIR)$(DATADIR)/
	install -m 644 assets/nks-triage.1 $(DESTDIR)$(PREFIX)/share/man/man1/

## uninstall  remove what install put there
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/nks-triage $(DESTDIR)$(PREFIX)/share/man/man1/nks-triage.1
	rm -rf $(DESTDIR)$(LIBEXECDIR) $(DESTDIR)$(DATADIR)

FORCE:
.PRECIOUS: $(OUT)/%.o

## clean      remove what was built
clean:
	rm -rf .build nks-triage nks-triage-sim

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
