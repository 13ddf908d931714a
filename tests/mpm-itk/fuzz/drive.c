/* SPDX-License-Identifier: Apache-2.0 */

/*
 *   fuzz-TARGET [-n inputs] [-t seconds] [-s seed] [FILE...]
 *
 * A file is one input, to see a failure again.
 */

#include "mutate.h"

#include <errno.h>
#include <limits.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define HANGS   120             /* seconds that 1,024 inputs never take */

static void on_signal(int number)
{
    if (number == SIGALRM) {
        fprintf(stderr, "no end after %d seconds\n", HANGS);
    }
    mutate_tell();
    _exit(1);
}

static void run(void)
{
    unsigned char *exact = fuzz_exact(mutate_input, mutate_length);

    LLVMFuzzerTestOneInput(exact, mutate_length);
    free(exact);
    mutate_keep();
}

static void run_file(const char *name)
{
    FILE *file = fopen(name, "rb");

    if (file == NULL) {
        perror(name);
        exit(2);
    }
    mutate_length = fread(mutate_input, 1, sizeof(mutate_input), file);
    fclose(file);
    run();
    printf("%s: holds\n", name);
}

static unsigned long long number(const char *text)
{
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (errno || end == text || *end || *text == '-') {
        fprintf(stderr, "\"%s\" is no number\n", text);
        exit(2);
    }
    return value;
}

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
    unsigned long long most = ULLONG_MAX;
    double began = now(), seconds = 0;
    unsigned long long seed = 0;
    int option, n;

    while ((option = getopt(argc, argv, "n:t:s:")) != -1) {
        switch (option) {
        case 'n': most = number(optarg); break;
        case 't': seconds = (double)number(optarg); break;
        case 's': seed = number(optarg); break;
        default: return 2;
        }
    }
    mutate_begin(seed);
    __sanitizer_set_death_callback(mutate_tell);
    signal(SIGABRT, on_signal);
    signal(SIGALRM, on_signal);
    alarm(HANGS);
    if (optind < argc) {
        for (; optind < argc; optind++) {
            run_file(argv[optind]);
        }
        return 0;
    }
    for (n = 0; mutate_seed(n); n++) {
        run();
    }
    while (mutate_done < most) {
        if (mutate_done % 1024 == 0) {
            alarm(HANGS);
            if (seconds > 0 && now() - began >= seconds) {
                break;
            }
        }
        mutate_next();
        run();
    }
    printf("ok   %s -s %llu: %llu inputs, %d edges, %d kept\n", argv[0],
           seed, mutate_done, mutate_edges, mutate_kept);
    return 0;
}
