# nks-triage: build, test, install. `make help` says what each target does.
#
# BUILD names a variant: release (default), sanitize, clang, clang-sanitize. Each has its own folder under
# .build/, so that they do not disturb each other.

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD ?= release
OUT := .build/$(BUILD)

CC_release := gcc
CC_sanitize := gcc
CC_clang := clang
CC_clang-sanitize := clang
CC := $(CC_$(BUILD))

PACKAGES := ncursesw libcurl jansson yaml-0.1 libpcre2-8 sqlite3 libcrypto
SIM_PACKAGES := jansson libmicrohttpd libcrypto
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror
HARDENING := -fstack-protector-strong -fPIE
SANITIZER := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
OPTIMISE_release := -O2 -g -D_FORTIFY_SOURCE=2
OPTIMISE_clang := $(OPTIMISE_release)
OPTIMISE_sanitize := -O1 -g $(SANITIZER)
OPTIMISE_clang-sanitize := $(OPTIMISE_sanitize)
LINK_sanitize := $(SANITIZER)
LINK_clang-sanitize := $(SANITIZER)

CPPFLAGS += -D_GNU_SOURCE -I.
CFLAGS += -std=c17 $(WARNINGS) $(HARDENING) $(OPTIMISE_$(BUILD))
LDFLAGS += -pie -Wl,-z,relro,-z,now $(LINK_$(BUILD))
LIBRARIES = $(shell pkg-config --libs $(PACKAGES))
SIM_LIBRARIES = $(shell pkg-config --libs $(SIM_PACKAGES))

# One archive a layer; a program links the layers that it may use, so a wrong dependency does not link.
CONSOLE_LAYERS := base net kube model runbook symptoms remedy
archive = $(OUT)/lib$(1).a
sources = $(sort $(wildcard $(1)/*.c))
objects = $(patsubst %.c,$(OUT)/%.o,$(call sources,$(1)))
CONSOLE_ARCHIVES := $(foreach l,remedy symptoms runbook model kube net base,$(call archive,$(l)))

.PHONY: all help clean
all: nks-triage nks-triage-sim

help:
	@sed -n 's/^## //p' Makefile

## all        build ./nks-triage and ./nks-triage-sim
nks-triage: $(OUT)/nks-triage
	@cp -f $< $@
nks-triage-sim: $(OUT)/nks-triage-sim
	@cp -f $< $@

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

$(OUT)/%.o: %.c
	@mkdir -p $(@D)
	@echo "  CC $<"
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# Unit tests: tests/unit/LAYER/test_THING.c is linked with that layer and those below it, nothing else.
below_base := base
below_net := net base
below_kube := kube net base
below_model := model kube net base
below_runbook := runbook model kube net base
below_symptoms := symptoms runbook model kube net base
below_remedy := remedy symptoms runbook model kube net base
below_sim := sim net base
below_widgets := widgets base
below_tui := tui widgets remedy symptoms runbook model kube net base
UNIT_SOURCES := $(sort $(wildcard tests/unit/*/test_*.c))
UNIT_PROGRAMS := $(patsubst %.c,$(OUT)/%,$(UNIT_SOURCES))

define unit_layer
$(OUT)/tests/unit/$(1)/test_%: $(OUT)/tests/unit/$(1)/test_%.o $(foreach l,$(below_$(1)),$(call archive,$(l)))
	$$(Q)$$(CC) $$(CFLAGS) $$(LDFLAGS) -o $$@ $$^ $$(if $$(filter sim,$(1)),$$(SIM_LIBRARIES),$$(LIBRARIES)) -lcmocka -lm
endef
$(foreach l,$(CONSOLE_LAYERS) sim widgets tui,$(eval $(call unit_layer,$(l))))

.PHONY: unit unit-%
## unit       build and run the unit tests (unit-LAYER for one layer)
unit: $(UNIT_PROGRAMS)
	tests/run.py $(UNIT_PROGRAMS)
unit-%: FORCE
	@$(MAKE) --no-print-directory $(filter $(OUT)/tests/unit/$*/%,$(UNIT_PROGRAMS))
	tests/run.py $(filter $(OUT)/tests/unit/$*/%,$(UNIT_PROGRAMS))
FORCE:
.SECONDARY:

clean:
	rm -rf .build nks-triage nks-triage-sim

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
