# pgrepltop: `make` builds, `make check` tests, `make help` lists all targets.
#
#   MODE    release (default), debug, asan, cov, fuzz: each builds into its own build/$(MODE)
#   V=1     show the commands        WERROR=1  warnings are errors (CI)
#   CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR as usual; a changed flag rebuilds

MODE   ?= release
PREFIX ?= /usr/local
B      := build/$(MODE)

# ---- sources, one list a layer ---------------------------------------------------------------------------------

BASE         = arena err str num utf8 csv suggest
MODEL        = lsn snapshot edges topology divergence rates history lag syncrep quorum commitcost process slot \
	quorum_rows format role_writer role_service role report series events action metric order filter proc_totals choice columns rowtext exposition anonymize record record_read
COLLECT_PURE = query decode proc_parse discover refusals
COLLECT_IO   = conninfo session remote_procs resolve procfs proc_reader proc_segment local_servers sockdiag trust actor member pollset poller
VIEW         = frame format color theme keymap lines chooser edit prompt process_lines uistate ui_process ui_replay ui_search ui_prompt ui_columns ui_screen ui_act table rule page view_header view_note view_tree process_table view_process \
               hint view_quorum view_events chart view_detail \
	dialog_text view_act view_columns view_dialog render plain
RECORD_IO    = folder recorder replay
OUT          = tui writing rowfile batch
APP          = secrets options problems inifile config themes check_config completion docgen password actionlog acts output screen recording freeze player run

# libcore.a holds what is pure: no I/O, clock, environment or mutable globals.
CORE_SRCS = $(BASE:%=src/base/%.c) $(MODEL:%=src/model/%.c) $(COLLECT_PURE:%=src/collect/%.c) $(VIEW:%=src/view/%.c)
IO_SRCS   = $(COLLECT_IO:%=src/collect/%.c) $(RECORD_IO:%=src/record/%.c) $(OUT:%=src/out/%.c) $(APP:%=src/app/%.c) src/main.c
SRCS      = $(CORE_SRCS) $(IO_SRCS)
C_FILES   = $(wildcard src/*/*.[ch] src/*.[ch] tests/*/*.[ch])
TEST_SRCS = $(wildcard tests/unit/test_*.c)
FIXTURES  = $(wildcard tests/unit/*_fixture.c)
IO_TEST_SRCS = $(wildcard tests/unit-io/test_*.c)
IO_FIXTURES  = $(wildcard tests/unit-io/*_fixture.c)
FUZZ_SRCS = $(wildcard tests/fuzz/fuzz_*.c)
# Programs that tests run.
TOPOLOGY_TREE = $(B)/tests/topology/tree
QUERY_PROBE   = $(B)/tests/pg/query_probe
HELPERS       = $(TOPOLOGY_TREE) $(QUERY_PROBE)
HELPER_SRCS   = $(HELPERS:$(B)/%=%.c)
SCRIPTS   = .ci/run tests/setup tests/cluster tests/demo $(filter-out %/picture,$(wildcard tests/tools/*)) tests/bench/run packaging/deb

BIN   = $(B)/pgrepltop
CORE  = $(B)/libcore.a
TESTS = $(TEST_SRCS:%.c=$(B)/%)
IO_TESTS = $(IO_TEST_SRCS:%.c=$(B)/%)
FUZZ  = $(FUZZ_SRCS:%.c=$(B)/%)

# ---- flags -----------------------------------------------------------------------------------------------------

LIBS        = ncursesw libpq inih
LIB_CFLAGS := $(shell pkg-config --cflags $(LIBS) 2>/dev/null)
LIB_LIBS   := $(shell pkg-config --libs $(LIBS) 2>/dev/null)

WARNINGS = -Wall -Wextra -Wconversion -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Wvla \
	-Wpointer-arith -Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)

SAN = -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
ifeq ($(MODE),release)
MODE_CFLAGS = -O2 -g
# Hardened unless the user (a distribution, say) brings flags of their own.
ifeq ($(origin CFLAGS),undefined)
MODE_CFLAGS += -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -fPIE
MODE_LDFLAGS = -pie -Wl,-z,relro,-z,now
endif
else ifeq ($(MODE),debug)
MODE_CFLAGS = -O0 -g3
else ifeq ($(MODE),asan)
MODE_CFLAGS = -O1 -g $(SAN)
MODE_LDFLAGS = $(SAN)
else ifeq ($(MODE),cov)
MODE_CFLAGS = -O0 -g --coverage
MODE_LDFLAGS = --coverage
else ifeq ($(MODE),fuzz)
ifeq ($(origin CC),default)
CC = clang
endif
MODE_CFLAGS = -O1 -g -fsanitize=fuzzer-no-link $(SAN)
MODE_LDFLAGS = -fsanitize=fuzzer-no-link $(SAN)
else
$(error MODE is release, debug, asan, cov or fuzz, not '$(MODE)')
endif

ALL_CPPFLAGS = -D_GNU_SOURCE -Isrc $(LIB_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS   = -std=c11 $(WARNINGS) $(MODE_CFLAGS) $(CFLAGS)
ALL_LDFLAGS  = $(MODE_LDFLAGS) $(LDFLAGS)
COMPILE      = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP

# git's tag, or VERSION-hash while there is none; without git (a tarball) the file VERSION.
VERSION     := $(shell cat VERSION)
GIT_VERSION := $(if $(wildcard .git),$(shell git describe --tags --always --dirty 2>/dev/null))
ifneq ($(GIT_VERSION),)
VERSION := $(if $(findstring .,$(GIT_VERSION)),$(GIT_VERSION:v%=%),$(VERSION)-$(GIT_VERSION))
endif
DATADIR      = $(PREFIX)/share/pgrepltop
APP_CPPFLAGS = -DPGREPLTOP_VERSION='"$(VERSION)"' -DPGREPLTOP_DATADIR='"$(DATADIR)"'

Q   = $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V))$(findstring s,$(firstword -$(MAKEFLAGS))),,@printf '  %-7s %s\n' $(1) $(2))

# ---- build -----------------------------------------------------------------------------------------------------

all: $(BIN)

$(BIN): $(IO_SRCS:%.c=$(B)/%.o) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS) -lpthread -lm

$(CORE): $(CORE_SRCS:%.c=$(B)/%.o)
	$(call say,AR,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(B)/%.o: %.c $(B)/flags
	$(call say,CC,$<)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) $(FILE_FLAGS) -c -o $@ $<

$(B)/src/app/%.o $(B)/src/main.o: FILE_FLAGS = $(APP_CPPFLAGS)
$(APP:%=$(B)/src/app/%.o) $(B)/src/main.o: $(B)/app-flags
# cmocka hands every test a state that most do not need.
$(B)/tests/%.o: FILE_FLAGS = -Wno-unused-parameter

# Neither libpq nor ncurses, inih or threads: an impurity in libcore.a fails this link.
$(TESTS): %: %.o $(FIXTURES:%.c=$(B)/%.o) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $(filter %.o,$^) -Wl,--whole-archive $(CORE) -Wl,--no-whole-archive -lcmocka -lm

$(IO_TESTS): %: %.o $(IO_FIXTURES:%.c=$(B)/%.o) $(patsubst %.c,$(B)/%.o,$(filter-out src/main.c,$(IO_SRCS))) $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(LIB_LIBS) -lcmocka -lpthread -lm

$(HELPERS): %: %.o $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $^ $(HELPER_LIBS) -lm
$(QUERY_PROBE): HELPER_LIBS = $(LIB_LIBS)
$(TOPOLOGY_TREE): $(B)/tests/unit/snapshot_fixture.o

$(FUZZ): %: %.o $(CORE)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_CFLAGS) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $< $(CORE) -lm

# Stamps that change only when the flags do.
export FLAGS_STAMP     = $(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(LIB_LIBS)
export APP_FLAGS_STAMP = $(APP_CPPFLAGS)
stamp = mkdir -p $(@D); printf '%s\n' "$$$(1)" | cmp -s - $@ || printf '%s\n' "$$$(1)" >$@
$(B)/flags: FORCE
	@pkg-config --exists $(LIBS) || { echo "libraries are missing ($(LIBS)): run tests/setup build" >&2; exit 1; }
	@$(call stamp,FLAGS_STAMP)
$(B)/app-flags: FORCE
	@$(call stamp,APP_FLAGS_STAMP)

-include $(SRCS:%.c=$(B)/%.d) $(TEST_SRCS:%.c=$(B)/%.d) $(FIXTURES:%.c=$(B)/%.d) $(IO_TEST_SRCS:%.c=$(B)/%.d) $(IO_FIXTURES:%.c=$(B)/%.d) \
	$(HELPER_SRCS:%.c=$(B)/%.d) $(FUZZ_SRCS:%.c=$(B)/%.d)

# ---- tests -----------------------------------------------------------------------------------------------------

# The embedded servers the tests use beside Debian's; tests/setup knows the exact versions.
PG_VERSIONS ?= 10 11 12 13 14 16 17 18
export PGREPLTOP = $(CURDIR)/$(BIN)
export RESULTS   = $(CURDIR)/$(B)/results
export TOPOLOGY_TREE_BIN = $(CURDIR)/$(TOPOLOGY_TREE)
export QUERY_PROBE_BIN   = $(CURDIR)/$(QUERY_PROBE)

# prove runs everything: the unit tests speak TAP too. T="tests/pg/x.t ..." narrows check-pg and check-tui.
PROVE = CMOCKA_MESSAGE_OUTPUT=TAP PERL5LIB=tests/lib prove $(if $(filter 1,$(V)),-v) --harness PgRepl::Harness \
	--exec tests/tools/run-test

# Each step by a make of its own, because the first may install what the others look for; all kinds of test
# run even if one fails.
check:
	@tests/setup check
	@tests/setup servers $(PG_VERSIONS)
	@rm -f $(RESULTS)
	@$(MAKE) --no-print-directory build-tests
	@$(MAKE) --no-print-directory layers purity docs-check
	@rc=0; for kind in unit pg sim tui $(if $(filter release,$(MODE)),pkg); do $(MAKE) --no-print-directory check-$$kind || rc=1; done; exit $$rc

build-tests: $(BIN) $(TESTS) $(IO_TESTS) $(HELPERS)

check-unit: $(TESTS) $(IO_TESTS) $(TOPOLOGY_TREE)
	$(Q)$(PROVE) $(TESTS) $(IO_TESTS) tests/topology/run.t

check-pg: $(QUERY_PROBE)
check-pg check-sim check-tui check-pkg: check-%: $(BIN)
	$(if $(or $(T),$(wildcard tests/$*/*.t)),$(Q)$(PROVE) $(or $(T),$(wildcard tests/$*/*.t)))

bench: $(BIN)
	@tests/bench/run

demo:
	@tests/setup demo
	@$(MAKE) --no-print-directory all
	@tests/demo

fuzz: $(FUZZ)
	@test $(MODE) = fuzz || { echo "use: make fuzz MODE=fuzz" >&2; exit 2; }

# ---- checks of the sources -------------------------------------------------------------------------------------

layers:
	@tests/tools/layers $(SRCS)

purity: $(CORE)
	@tests/tools/purity $(CORE)

docs-check: $(BIN)
	@tests/tools/docs-check

format:
	$(Q)clang-format -i $(C_FILES)

# clang-tidy and cppcheck leave a stamp a file, so that only what changed is looked at again.
LINT_SRCS  = $(SRCS) $(wildcard tests/unit/*.c tests/unit-io/*.c tests/fuzz/*.c) $(HELPER_SRCS)
LINT_FLAGS = -std=c11 $(ALL_CPPFLAGS) $(APP_CPPFLAGS)
lint:
	@clang-format --dry-run -Werror $(C_FILES)
	@tests/tools/layers $(SRCS)
	@shellcheck -S warning $(SCRIPTS)
	@$(MAKE) -s --no-print-directory -j2 $(LINT_SRCS:%.c=build/lint/%.tidy)
	@cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -j2 \
		--suppress=missingIncludeSystem $(filter -D% -I%,$(LINT_FLAGS)) $(LINT_SRCS)

build/lint/%.tidy: %.c .clang-tidy $(filter %.h,$(C_FILES))
	$(call say,TIDY,$<)
	@mkdir -p $(@D)
	$(Q)tests/tools/tidy $< $(LINT_FLAGS)
	@touch $@

# ---- install ---------------------------------------------------------------------------------------------------

# A shell that looks for its completion elsewhere: BASH_DIR, ZSH_DIR.
BASH_DIR  ?= $(PREFIX)/share/bash-completion/completions
ZSH_DIR   ?= $(PREFIX)/share/zsh/site-functions
DOC_DIR    = $(PREFIX)/share/doc/pgrepltop
MAN_DIR    = $(PREFIX)/share/man
# In the README's own layout, so that its links and pictures work where it lies.
DOC_FILES ?= README.md CHANGELOG.md CONTRIBUTING.md LICENSE $(wildcard man/*.md man/pictures/*.svg)
THEMES     = $(wildcard themes/*.ini)
MAN_PAGES  = $(wildcard man/*.[1-9])

# What is installed where, "from:to" each; the last number of a manual page's name is its section.
man_dir   = $(MAN_DIR)/man$(patsubst .%,%,$(suffix $(1)))
INSTALLED = $(foreach f,$(THEMES),$(f):$(DATADIR)/$(f)) $(foreach f,$(DOC_FILES),$(f):$(DOC_DIR)/$(f)) \
	$(foreach f,$(MAN_PAGES),$(f):$(call man_dir,$(f))/$(notdir $(f))) pgrepltop.ini:$(DOC_DIR)/examples/pgrepltop.ini \
	completion/pgrepltop.bash:$(BASH_DIR)/pgrepltop completion/_pgrepltop:$(ZSH_DIR)/_pgrepltop
# Folders that are ours, or may have come with us; those that every system has are left alone.
OUR_DIRS  = $(DATADIR)/themes $(DATADIR) $(DOC_DIR)/examples $(DOC_DIR)/man/pictures $(DOC_DIR)/man $(DOC_DIR) \
	$(BASH_DIR) $(dir $(BASH_DIR)) $(ZSH_DIR) $(dir $(ZSH_DIR)) $(sort $(foreach f,$(MAN_PAGES),$(call man_dir,$(f))))

install: $(BIN)
	install -D -m 755 $(BIN) '$(DESTDIR)$(PREFIX)/bin/pgrepltop'
	$(Q)set -e; for pair in $(INSTALLED); do install -D -m 644 "$${pair%%:*}" "$(DESTDIR)$${pair#*:}"; done

uninstall:
	rm -f '$(DESTDIR)$(PREFIX)/bin/pgrepltop'
	$(Q)for pair in $(INSTALLED); do rm -f "$(DESTDIR)$${pair#*:}"; done
	$(Q)for dir in $(OUR_DIRS); do rmdir --ignore-fail-on-non-empty "$(DESTDIR)$$dir" 2>/dev/null || true; done

# A tarball of HEAD whose file VERSION says which one it is.
DIST = pgrepltop-$(VERSION:-dirty=)
dist:
	@test -e .git || { echo 'make dist: only in a checkout of git' >&2; exit 1; }
	$(Q)rm -rf build/dist && mkdir -p build/dist
	$(Q)git archive --prefix=$(DIST)/ HEAD | tar -x -C build/dist
	$(Q)echo '$(VERSION:-dirty=)' >build/dist/$(DIST)/VERSION
	$(Q)tar -C build/dist --sort=name --owner=0 --group=0 --numeric-owner -czf build/$(DIST).tar.gz $(DIST)
	$(Q)rm -rf build/dist
	@echo build/$(DIST).tar.gz

# A Debian package of the tree as it stands; tests/setup deb installs what that needs.
deb:
	@packaging/deb '$(VERSION)'

# The README's pictures, all of them, from the real program.
pictures: $(BIN)
	@tests/tools/picture man/pictures

clean:
	rm -rf build

help:
	@printf '%s\n' \
	  'make             build $(BIN) (tests/setup build installs what it needs)' \
	  'make demo        a replication topology on this host, under load, on the screen' \
	  'make check       install what is missing, build, and run every test' \
	  'make check-unit  check-pg  check-sim  check-tui  check-pkg   one kind only; T="tests/pg/x.t" runs single files' \
	  'make lint        clang-format, clang-tidy, cppcheck, shellcheck, layers' \
	  'make layers      includes go only downward      make purity      libcore.a does no I/O' \
	  'make docs-check  manual and sample ini match the program (tests/tools/docs-check --update)' \
	  'make format      clang-format -i                make bench       measure' \
	  'make fuzz MODE=fuzz    build the fuzzers' \
	  'make install  uninstall  dist  clean            make deb         a Debian package, in build/' \
	  'make pictures    draw the pictures of the README anew' \
	  'MODE=release|debug|asan|cov|fuzz  V=1  WERROR=1  CC CFLAGS CPPFLAGS LDFLAGS PREFIX DESTDIR'

FORCE:
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all check check-unit check-pg check-sim check-tui check-pkg build-tests bench demo fuzz layers purity docs-check format lint \
	install uninstall dist deb pictures clean help FORCE
