# Our way to a vhost and httpd's, compared in a real httpd 2.0 (any MPM) with
# apxs' headers, installed below PREFIX.
#
#   make -C tests/mpm-itk route PREFIX=/opt/httpd [ROUTE_SECONDS=20]
#
# One input again: … route PREFIX=… ROUTE_FILE=/path/of/the/input
ADAPTER       = ../../src/mpm-itk/2.0/server/mpm/itk
ROUTE         = $(BUILD)/route
ROUTE_SECONDS = 20
ROUTE_SOURCES = route/mod_route_fuzz.c route/connection.c route/pools.c \
                route/heads.c fuzz/failed.c $(ADAPTER)/itk_route.c $(CORE)/itk_head.c
ROUTE_FLAGS   = -std=gnu11 -g -O1 -fPIC -Wall -Wextra -Werror \
                -Wno-unused-parameter -Wno-sign-compare \
                $(shell $(PREFIX)/bin/apr-config --cppflags) \
                -isystem $(PREFIX)/include -I$(ADAPTER) -I$(CORE) -Iroute -Ifuzz
# an itk with pools, not the classic one
ROUTE_POOLS   = $(if $(shell nm -D $(PREFIX)/bin/httpd | grep itk_route_head),-D POOLS)

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
	    -e 's|@MODULE@|$(abspath $(ROUTE))/mod_route_fuzz.so|' \
	    route/httpd.conf.in >$(ROUTE)/httpd.conf
	LD_LIBRARY_PATH=$(PREFIX)/lib ROUTE_SECONDS=$(ROUTE_SECONDS) \
	    ROUTE_INPUTS=$(ROUTE_INPUTS) ROUTE_SEED=$(or $(ROUTE_SEED),$(FUZZ_SEED)) \
	    $(if $(ROUTE_FILE),ROUTE_FILE=$(ROUTE_FILE)) \
	    $(PREFIX)/bin/httpd -X $(ROUTE_POOLS) -d $(abspath $(ROUTE)) \
	        -f $(abspath $(ROUTE))/httpd.conf

.PHONY: route
