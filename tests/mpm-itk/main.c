/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int passed, failed, skipped;
static const char *current;
static char trouble[512];

void test_begin(const char *name)
{
    current = name;
    trouble[0] = '\0';
}

void test_end(void)
{
    if (trouble[0]) {
        failed++;
        printf("FAIL %s\n     %s\n", current, trouble);
    }
    else {
        passed++;
        printf("ok   %s\n", current);
    }
    fflush(stdout);
}

void test_skip(const char *name, const char *reason)
{
    skipped++;
    printf("skip %s: %s\n", name, reason);
}

void claim_at(int holds, const char *text, const char *file, int line,
              const char *format, ...)
{
    va_list args;
    size_t used;

    if (holds || trouble[0]) {
        return;
    }
    snprintf(trouble, sizeof(trouble), "%s:%d: %s", file, line, text);
    if (strcmp(format, " ") != 0) {
        used = strlen(trouble);
        snprintf(trouble + used, sizeof(trouble) - used, ": ");
        used = strlen(trouble);
        va_start(args, format);
        vsnprintf(trouble + used, sizeof(trouble) - used, format, args);
        va_end(args);
    }
}

/* Children of these tests drop to users that may not trace themselves. */
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

int main(int argc, char **argv)
{
    (void) argc;
    (void) argv;
#if defined(CHECK_ROLES)
    test_roles();
#elif defined(CHECK_LAB)
    if (argc > 1 && strcmp(argv[1], "--capable") == 0) {
        return lab_capable();
    }
    test_lab();
#elif defined(CHECK_ENCLOSED)
    test_seccomp();
    test_enclosed();
#else
    test_ids();
    test_identity();
    test_mappings();
    test_descriptors();
    test_drop();
    test_kernel();
    test_logger();
    test_head();
    test_hello();
    test_wire();
#endif
    if (skipped) {
        printf("%d skipped\n", skipped);
    }
    printf("%d passed, %d failed\n", passed, failed);
    return failed ? 1 : 0;
}
