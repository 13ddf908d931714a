/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CHECK_H
#define CHECK_H

/* One line a test. A test is a list of claims; the first that fails is shown. */

void test_begin(const char *name);
void test_end(void);
void test_skip(const char *name, const char *reason);
void claim_at(int holds, const char *text, const char *file, int line,
              const char *format, ...) __attribute__((format(printf, 5, 6)));

#define CLAIM(holds) claim_at(!!(holds), #holds, __FILE__, __LINE__, " ")
#define CLAIM_OF(holds, ...) \
    claim_at(!!(holds), #holds, __FILE__, __LINE__, __VA_ARGS__)

void test_ids(void);
void test_identity(void);
void test_mappings(void);
void test_descriptors(void);
void test_drop(void);
void test_kernel(void);
void test_logger(void);
void test_seccomp(void);
void test_enclosed(void);
void test_lab(void);
int lab_capable(void);
void test_head(void);
void test_hello(void);
void test_wire(void);
void test_roles(void);

#endif
