# The parsers, fuzzed: FUZZ_SECONDS in all, a new FUZZ_SEED each time (a failure
# says which). Where there is clang with its runtime, as long again with
# libFuzzer.
FUZZ_SECONDS = 20
FUZZ_SEED   := $(shell od -An -N4 -tu4 /dev/urandom | tr -d ' ')
FUZZED       = head hello wire
FUZZERS      = $(FUZZED:%=$(BUILD)/fuzz-%)
CAN_LIBFUZZ  = $(shell echo 'int LLVMFuzzerTestOneInput(void) { return 0; }' | \
                   clang -fsanitize=fuzzer,address -x c -o /dev/null - \
                       2>/dev/null && echo yes)
LIBFUZZERS   = $(if $(CAN_LIBFUZZ),$(FUZZED:%=$(BUILD)/libfuzz-%))
EACH_SECONDS = $$(( ($(FUZZ_SECONDS) + 2) / 3 ))

# As part of check: always the same inputs.
fuzz-short: $(FUZZERS)
	for f in $(FUZZERS); do $$f -n 20000 || exit 1; done

fuzz: $(FUZZERS) $(LIBFUZZERS)
	for f in $(FUZZERS); do \
	    $$f -t $(EACH_SECONDS) -s $(FUZZ_SEED) || exit 1; done
	for f in $(LIBFUZZERS); do \
	    $$f -seed=$(FUZZ_SEED) -max_total_time=$(EACH_SECONDS) \
	        -max_len=4096 -artifact_prefix=$(BUILD)/ || exit 1; done

# The target alone is looked at.
$(BUILD)/drive.o $(BUILD)/mutate.o: $(BUILD)/%.o: fuzz/%.c fuzz/mutate.h \
        fuzz/fuzz.h fuzz/fuzz.mk
	mkdir -p $(BUILD)
	$(CC) $(CFLAGS) -O2 -fno-sanitize=all -Ifuzz -c -o $@ $<

$(FUZZERS): $(BUILD)/fuzz-%: fuzz/target_%.c $(BUILD)/drive.o \
        $(BUILD)/mutate.o fuzz/failed.c hellos.c $(CORE)/itk_%.c $(HEADERS) \
        fuzz/fuzz.h fuzz/fuzz.mk
	mkdir -p $(BUILD)
	$(CC) $(CFLAGS) -O2 -Ifuzz -fsanitize-coverage=trace-pc -o $@ \
	    fuzz/target_$*.c fuzz/failed.c hellos.c $(CORE)/itk_$*.c \
	    $(BUILD)/drive.o $(BUILD)/mutate.o

$(BUILD)/libfuzz-%: fuzz/target_%.c fuzz/failed.c hellos.c $(CORE)/itk_%.c \
        $(HEADERS) fuzz/fuzz.h fuzz/fuzz.mk
	mkdir -p $(BUILD)
	clang $(CFLAGS) -O2 -Ifuzz -fsanitize=fuzzer -o $@ \
	    fuzz/target_$*.c fuzz/failed.c hellos.c $(CORE)/itk_$*.c

.PHONY: fuzz fuzz-short
