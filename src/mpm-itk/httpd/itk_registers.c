/* SPDX-License-Identifier: Apache-2.0 */

/*
 * The C library compares and copies texts in registers that nobody else uses;
 * the dynamic linker puts them on the stack when it looks for a function that is
 * called for the first time, and there they stay.
 */

#include "itk_worker.h"

void itk_registers_empty(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx")) {
        __asm__ volatile ("vzeroall" : : :
                          "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",
                          "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
                          "xmm12", "xmm13", "xmm14", "xmm15");
    }
    if (__builtin_cpu_supports("avx512f")) {
#define EMPTY(n) "vpxorq %%zmm" #n ", %%zmm" #n ", %%zmm" #n "\n\t"
        __asm__ volatile (EMPTY(16) EMPTY(17) EMPTY(18) EMPTY(19) EMPTY(20)
                          EMPTY(21) EMPTY(22) EMPTY(23) EMPTY(24) EMPTY(25)
                          EMPTY(26) EMPTY(27) EMPTY(28) EMPTY(29) EMPTY(30)
                          EMPTY(31) : : : "cc");
#undef EMPTY
    }
#elif defined(__aarch64__)
#define EMPTY(n) "movi v" #n ".16b, #0\n\t"
    __asm__ volatile (EMPTY(0) EMPTY(1) EMPTY(2) EMPTY(3) EMPTY(4) EMPTY(5)
                      EMPTY(6) EMPTY(7) EMPTY(16) EMPTY(17) EMPTY(18) EMPTY(19)
                      EMPTY(20) EMPTY(21) EMPTY(22) EMPTY(23) EMPTY(24)
                      EMPTY(25) EMPTY(26) EMPTY(27) EMPTY(28) EMPTY(29)
                      EMPTY(30) EMPTY(31) : : :
                      "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v16",
                      "v17", "v18", "v19", "v20", "v21", "v22", "v23", "v24",
                      "v25", "v26", "v27", "v28", "v29", "v30", "v31");
#undef EMPTY
#endif
}
