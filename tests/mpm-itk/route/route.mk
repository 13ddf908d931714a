# Our way to a vhost and httpd's, compared in a real httpd 2.0 or 2.4 (any MPM)
# with apxs' headers, installed below PREFIX.
#
#   make -C tests/mpm-itk route PREFIX=/opt/httpd [ROUTE_SECONDS=20]
#
# One input again: … route PREFIX=… ROUTE_FILE=/path/of/the/input
ROUTE_LINE    = $(shell $(PREFIX)/bin/httpd -v 2>/dev/null | sed -n 's|.*Apache/\(2\.[0-9]*\)\..*|\1|p')
HTTPD         = ../../src/mpm-itk/httpd
ADAPTER       = ../../src/mpm-itk/$(ROUTE_LINE)/server/mpm/itk
ROUTE_APR     = $(if $(filter 2.0,$(ROUTE_LINE)),$(PREFIX)/bin/apr-config --cppflags,apr-1-config --cppflags --includes)
# in 2.4 the MPM, User and Group may come from modules
ROUTE_NEEDED  = $(foreach m,mpm_itk mpm_prefork unixd authz_core,$(wildcard $(PREFIX)/modules/mod_$(m).so))
ROUTE_MPM     = $(firstword $(if $(shell $(PREFIX)/bin/httpd -l | grep -E '^  (itk|prefork|event|worker)\.c'),none,$(filter %mpm_itk.so %mpm_prefork.so,$(ROUTE_NEEDED))))
ROUTE_LOAD    = $(filter-out none,$(ROUTE_MPM)) $(filter-out %mpm_itk.so %mpm_prefork.so,$(ROUTE_NEEDED))
ROUTE         = $(BUILD)/route
ROUTE_SECONDS = 20
ROUTE_SOURCES = route/mod_route_fuzz.c route/connection.c route/pools.c \
                route/heads.c fuzz/failed.c $(ADAPTER)/itk_route.c $(CORE)/itk_head.c
ROUTE_FLAGS   = -std=gnu11 -g -O1 -fPIC -Wall -Wextra -Werror \
                -Wno-unused-parameter -Wno-sign-compare \
                -Wno-missing-field-initializers \
                $(shell $(ROUTE_APR)) \
                -isystem $(PREFIX)/include -I$(ADAPTER) -I$(HTTPD) -I$(CORE) -Iroute -Ifuzz
# an itk with pools, not the classic one
ROUTE_POOLS   = $(if $(shell nm -D $(PREFIX)/bin/httpd $(filter %mpm_itk.so,$(ROUTE_LOAD)) | grep itk_route_head),-D POOLS) \
                $(if $(filter 2.0,$(ROUTE_LINE)),,-D LINE_24)

route:
	@test -x "$(PREFIX)/bin/httpd" || { \
	    echo "PREFIX=\"$(PREFIX)\" has no bin/httpd: say where a httpd 2.0" \
	         "is installed, PREFIX=/opt/httpd"; exit 2; }
	mkdir -p $(ROUTE)
	$(CC) $(ROUTE_FLAGS) -c -o $(ROUTE)/mutate.o fuzz/mutate.c
	$(CC) $(ROUTE_FLAGS) -fsanitize-coverage=trace-pc -shared -Wl,-Bsymbolic \
	    -o $(ROUTE)/mod_route_fuzz.so $(ROUTE_SOURCES) $(ROUTE)/mutate.o
	sed -e 's|@ROOT@|$(abspath $(ROUTE))|; s|@PORT@|8999|' \
	    -e "s|@UID@|$$(id -u nobody)|; s|@GID@|$$(id -g nobody)|" \
	    -e 's|@NEEDED@|$(foreach m,$(ROUTE_LOAD),LoadModule $(patsubst mod_%.so,%,$(notdir $(m)))_module $(m)\n)|' \
	    -e 's|@MODULE@|$(abspath $(ROUTE))/mod_route_fuzz.so|' \
	    route/httpd.conf.in >$(ROUTE)/httpd.conf
	LD_LIBRARY_PATH=$(PREFIX)/lib ROUTE_SECONDS=$(ROUTE_SECONDS) \
	    ROUTE_INPUTS=$(ROUTE_INPUTS) ROUTE_SEED=$(or $(ROUTE_SEED),$(FUZZ_SEED)) \
	    $(if $(ROUTE_FILE),ROUTE_FILE=$(ROUTE_FILE)) \
	    $(PREFIX)/bin/httpd -X $(ROUTE_POOLS) $(ROUTE_DEFINES) -d $(abspath $(ROUTE)) \
	        -f $(abspath $(ROUTE))/httpd.conf

.PHONY: route
