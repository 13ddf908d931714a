/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_ATTACK_H
#define ITK_ATTACK_H

/*
 * Attacks from inside of a worker, for `patchforge attack`. They are what a
 * customer's code can do that runs in the server's process: any system call,
 * any address. Nothing here is part of the server; the tool compiles these files
 * against a built httpd and loads them into a throw-away one.
 *
 *   mod_itk_attack.c      the handlers: itk-attack (an attacker's vhost) and
 *                         itk-victim (another's)
 *   attack_ids.c          users, groups, capabilities, namespaces, keys
 *   attack_processes.c    signals, ptrace, /proc of others
 *   attack_memory.c       shared memory, secrets in the own memory
 *   attack_descriptors.c  what is open that should not be; logs
 *   attack_channels.c     lies in the report pipe, misuse of a connection
 *   attack_files.c        files that only the identity guards
 *   attack_tell.c         the answer, and small things that all use
 *   itk_begin.c           starts the server as a careless administrator would
 *   itk_regain.c          a program that is made set-user-ID root
 *
 * An attack runs in a fork of the worker, which has all that the worker has, so
 * that one that succeeds does not change what the next one finds. Those marked
 * ITK_IN_WORKER run in the worker itself.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef enum {
    ITK_DENIED = 0,             /* tried, and the kernel or the server refused */
    ITK_SUCCEEDED,
    ITK_NOTHING_THERE           /* nothing to try it on: no such process */
} itk_outcome;

/* What is told of an attack; fixed size, for it comes through a pipe. */
typedef struct itk_result {
    itk_outcome outcome;
    char tried[512];
    char kernel[512];
    char evidence[1024];
} itk_result;

typedef struct itk_task {
    const char *name;
    const char *target;         /* supervisor, front, other, sibling */
    const char *marker;         /* as itk_unmask wants it */
    const char *place;          /* folder of the run */
    const char *host;           /* the attacker's own */
    unsigned int own;           /* uid and gid of the attacker's pool */
    unsigned int group;         /* its supplementary group */
    unsigned int victim;        /* uid and gid of the other pool */
    unsigned int front;         /* uid of what stands before the workers */
    int number;                 /* what the attack takes it for */
    int connection;             /* descriptor of the client's connection */
    int answer;                 /* descriptor that the result goes into, or -1 */
    pid_t worker;
} itk_task;

typedef void itk_attack_function(const itk_task *task, itk_result *result);

#define ITK_IN_WORKER 1

typedef struct itk_attack {
    const char *name;
    itk_attack_function *run;
    int flags;
} itk_attack;

/* Each ends with a name that is NULL. */
extern const itk_attack itk_attacks_on_ids[];
extern const itk_attack itk_attacks_on_processes[];
extern const itk_attack itk_attacks_on_memory[];
extern const itk_attack itk_attacks_on_descriptors[];
extern const itk_attack itk_attacks_on_channels[];
extern const itk_attack itk_attacks_on_files[];

/* ---- attack_tell.c ------------------------------------------------------- */

/* Add to a text of the result; what does not fit is cut off. */
void itk_tried(itk_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void itk_kernel(itk_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void itk_evidence(itk_result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "EPERM"; a number for what has no name here. */
const char *itk_error_name(int error);

/* Tells a call with its result; returns whether it did not fail. */
int itk_call(itk_result *result, const char *call, long answer);

/*
 * Every way back to root, one after the other; 1 if the process is root then.
 * An attacker who can be root again begins with that.
 */
int itk_become_root(void);

/* First bytes of a file; -1 with errno. */
ssize_t itk_read_file(const char *path, char *bytes, size_t size);

/* A number after "name:" in /proc/PID/status, the nth (0 first); or -1. */
long itk_status_number(pid_t pid, const char *name, int which, int base);

/*
 * The bytes that are looked for, from hex of their complement: so neither the
 * query nor this module has them in memory before. Returns their count.
 */
size_t itk_unmask(const char *masked, unsigned char *bytes, size_t size);

/* ---- attack_memory.c ----------------------------------------------------- */

/*
 * Looks for the masked bytes in all readable memory of this process, but not in
 * the scan's own. shared: only in what is mapped shared. 1 and where, or 0.
 */
int itk_find_in_memory(const char *masked, int shared, char *where, size_t size);

/* ---- attack_processes.c -------------------------------------------------- */

/* A process by its role, from /proc as a worker sees it; 0: there is none. */
pid_t itk_target(const itk_task *task);

#endif
