# Builds the extension (PGXS) and the FastCGI front, runs a demo, tests and measures both. `make help` lists the targets.

# --- the extension, as PGXS wants it -------------------------------------------------------------------------------

EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" extension/curfew.control)
INSTALL_SQL = extension/curfew--$(EXTVERSION).sql

MODULE_big = curfew
EXTENSION  = extension/curfew
DATA_built = $(INSTALL_SQL)
OBJS       = $(patsubst %.cpp,%.o,$(sort $(wildcard extension/*.cpp extension/core/*.cpp)))

REGRESS        = $(basename $(notdir $(sort $(wildcard sql/*.sql))))
REGRESS_OPTS   = --inputdir=. --outputdir=build/regress
ISOLATION      = $(basename $(notdir $(sort $(wildcard test/isolation/specs/*.spec))))
ISOLATION_OPTS = --inputdir=test/isolation --outputdir=build/isolation

WARNINGS = -Wall -Wextra -Werror
# A longjmp must not cross anything that needs the C++ runtime, so none of it is there.
CORE_CXXFLAGS = -std=c++20 -fno-exceptions -fno-rtti -fno-threadsafe-statics $(WARNINGS)
# PostgreSQL's HOLD_INTERRUPTS() counts in a volatile, which C++20 deprecates.
PG_CXXFLAGS   = $(CORE_CXXFLAGS) -fvisibility=hidden -Wno-register -Wno-deprecated-volatile
PG_CPPFLAGS   = -Iextension '-DCURFEW_VERSION="$(EXTVERSION)"' '-DPGDLLEXPORT=__attribute__((visibility("default")))'
EXPORTS      := $(wildcard extension/exports.map)
SHLIB_LINK    = -lcrypto
PG_LDFLAGS    = $(if $(EXPORTS),-Wl$(comma)--version-script=$(EXPORTS))
EXTRA_CLEAN   = build curfew.so $(shell find extension -name '*.d' 2>/dev/null)
comma := ,

PG_CONFIG ?= pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))

ifneq ($(PGXS),)
include $(PGXS)
# PostgreSQL's own headers do not pass -Wextra: they are system headers to this build.
override CPPFLAGS := $(patsubst -I$(includedir_server),-isystem $(includedir_server),$(CPPFLAGS))
COMPILE.cpp = $(CXX) $(CXXFLAGS) $(CPPFLAGS) $(TARGET_ARCH) -MMD -MP -c
COMPILE.cxx.bc += $(PG_CXXFLAGS) -MMD -MP -MF $@.d
-include $(OBJS:.o=.d) $(OBJS:.o=.bc.d)
$(shlib): $(EXPORTS)
installcheck: | build/regress build/isolation
else
NO_PGXS = echo "curfew: '$(PG_CONFIG)' does not lead to PGXS; install the postgresql-server-dev-…" \
	"of your server's version, or name another with PG_CONFIG=/path/to/pg_config" >&2; exit 1
.PHONY: all install installcheck clean
all install installcheck:
	@$(NO_PGXS)
clean:
	rm -rf build $(OBJS) $(OBJS:.o=.bc) $(INSTALL_SQL) $(EXTRA_CLEAN)
endif

$(INSTALL_SQL): extension/assemble.sh extension/curfew.control $(wildcard extension/install extension/install/*.sql \
                extension/lifecycles extension/lifecycles/*.json)
	sh extension/assemble.sh > $@.new
	mv $@.new $@

build/regress build/isolation:
	mkdir -p $@

# --- the front -----------------------------------------------------------------------------------------------------

FRONT_PREFIX ?= /usr/local
FRONT_CXX    ?= g++
FRONT_FLAGS   = -std=c++20 -O2 -g -pthread $(WARNINGS) -I. -Ifcgi -Iextension -I/usr/include/postgresql -MMD -MP
FRONT_LIBS    = -lfcgi -lpq -pthread
FRONT_OBJS    = $(patsubst %.cpp,build/%.o,$(sort $(wildcard fcgi/*.cpp fcgi/contracts/*.cpp)))

.PHONY: front install-front docs install-docs
front: build/curfew-fcgi

build/curfew-fcgi: $(FRONT_OBJS)
	$(FRONT_CXX) -o $@ $(FRONT_OBJS) $(FRONT_LIBS)

build/fcgi/%.o: fcgi/%.cpp
	@mkdir -p $(@D)
	$(FRONT_CXX) $(FRONT_FLAGS) -DCURFEW_VERSION='"$(EXTVERSION)"' -c -o $@ $<

install-front: front
	install -D -m 0755 build/curfew-fcgi '$(DESTDIR)$(FRONT_PREFIX)/bin/curfew-fcgi'

# The OpenAPI documents, and the page that shows them: its viewer comes by npm.
docs:
	nginx/docs/build.sh build/static/docs
	mkdir -p build/static/openapi
	cp nginx/openapi/*.json build/static/openapi/

install-docs: docs
	install -d '$(DESTDIR)$(FRONT_PREFIX)/share/curfew'
	cp -r build/static/docs build/static/openapi '$(DESTDIR)$(FRONT_PREFIX)/share/curfew/'

# --- unit tests: no server ------------------------------------------------------------------------------------------

UNIT_LIBS      = -lboost_unit_test_framework
UNIT_FLAGS     = -std=c++20 -O0 -g1 -pthread $(WARNINGS) -DBOOST_TEST_DYN_LINK -I. -Iextension -Ifcgi \
                 -I/usr/include/postgresql -MMD -MP
CORE_OBJS      = $(patsubst extension/%.cpp,build/%.o,$(sort $(wildcard extension/core/*.cpp)))
CORE_UNIT_OBJS = $(patsubst %.cpp,build/%.o,$(sort $(wildcard test/unit/core/*.cpp)))
FCGI_UNIT_OBJS = $(patsubst %.cpp,build/%.o,$(sort $(wildcard test/unit/fcgi/*.cpp)))

.PHONY: unit unit-build
unit-build: $(if $(CORE_UNIT_OBJS),build/unit-core) $(if $(FCGI_UNIT_OBJS),build/unit-fcgi)
unit: unit-build
	test/stack/unit.sh

build/unit-core: $(CORE_UNIT_OBJS) $(CORE_OBJS)
	$(FRONT_CXX) -o $@ $^ $(UNIT_LIBS)

build/unit-fcgi: $(FCGI_UNIT_OBJS) $(filter-out build/fcgi/main.o,$(FRONT_OBJS))
	$(FRONT_CXX) -o $@ $^ $(UNIT_LIBS) $(FRONT_LIBS)

build/core/%.o: extension/core/%.cpp
	@mkdir -p $(@D)
	$(FRONT_CXX) $(CORE_CXXFLAGS) -O1 -g -Iextension -MMD -MP -c -o $@ $<

build/test/unit/%.o: test/unit/%.cpp
	@mkdir -p $(@D)
	$(FRONT_CXX) $(UNIT_FLAGS) -c -o $@ $<

-include $(FRONT_OBJS:.o=.d) $(CORE_OBJS:.o=.d) $(CORE_UNIT_OBJS:.o=.d) $(FCGI_UNIT_OBJS:.o=.d)

# --- a whole system -------------------------------------------------------------------------------------------------

# These hand over to scripts that install what is missing and call make again, so they need nothing built, and a
# jobserver of this make must not reach them.
.PHONY: run stop test bench help
run:
	@MAKEFLAGS= PG_CONFIG='$(PG_CONFIG)' test/demo/run.sh

stop:
	@MAKEFLAGS= test/demo/stop.sh

test:
	@MAKEFLAGS= PG_CONFIG='$(PG_CONFIG)' test/stack/test.sh $(SUITE)

bench:
	@MAKEFLAGS= PG_CONFIG='$(PG_CONFIG)' QUICK='$(QUICK)' test/bench/bench.sh $(ROW)

help:
	@sed 's/^/  /' test/stack/help.txt
