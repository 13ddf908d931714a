/* SPDX-License-Identifier: Apache-2.0 */

/* The logger's lines, and the process, over real pipes in a child. */

#include "check.h"
#include "faults.h"
#include "itk_descriptors.h"
#include "itk_log_line.h"
#include "itk_log_output.h"
#include "itk_logger.h"
#include "logs.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void cleaning(void)
{
    static const struct { const char *in, *out; size_t length; } table[] = {
        { "GET /a HTTP/1.0", "GET /a HTTP/1.0", 0 },
        { "a\tb\\x0a", "a\tb\\x0a", 0 },
        { "\x1b[2J\r\b\x7f", "\\x1b[2J\\x0d\\x08\\x7f", 0 },
        { "a\0b", "a\\x00b", 3 },
        { "Gr\xc3\xbc\xc3\x9f e\xe2\x82\xac \xf0\x9f\x98\x80",
          "Gr\xc3\xbc\xc3\x9f e\xe2\x82\xac \xf0\x9f\x98\x80", 0 },
        /* C1: by itself, and as UTF-8 */
        { "\x9b" "31m", "\\x9b31m", 0 }, { "\xc2\x9b", "\\xc2\\x9b", 0 },
        { "\xc2\xa0", "\xc2\xa0", 0 },
        /* too long a form, a surrogate, too high, cut off, no beginning */
        { "\xc0\x8a", "\\xc0\\x8a", 0 }, { "\xe0\x80\x8a", "\\xe0\\x80\\x8a", 0 },
        { "\xed\xa0\x80", "\\xed\\xa0\\x80", 0 },
        { "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 0 },
        { "\xe2\x82", "\\xe2\\x82", 0 }, { "\xe2\x82(", "\\xe2\\x82(", 0 },
        { "\xbf", "\\xbf", 0 }, { "\xff\xfe", "\\xff\\xfe", 0 },
    };
    char out[256];
    size_t i, length, got;

    test_begin("what a terminal obeys and what is no text is spelt out");
    for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        length = table[i].length ? table[i].length : strlen(table[i].in);
        got = itk_log_clean(out, table[i].in, length);
        CLAIM_OF(got == strlen(table[i].out)
                 && memcmp(out, table[i].out, got) == 0,
                 "row %d: %.*s", (int)i, (int)got, out);
        CLAIM(got <= ITK_LOG_CLEAN_MOST * length);
    }
    test_end();
}

/* ---- the process --------------------------------------------------------- */

static void lines(void)
{
    running_logger r;
    int alice[LOGS], bob[LOGS];

    test_begin("each line gets its pool's name, in the log it is for");
    CLAIM(logs_start(&r, 0) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "alice", LOGS, alice) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "b\x1b" "b", LOGS, bob) == 0);
    CLAIM(fcntl(alice[0], F_GETFD) == FD_CLOEXEC);
    CLAIM((fcntl(alice[0], F_GETFL) & O_NONBLOCK) == 0);
    logs_put(alice[0], "one\ntwo\n");
    logs_put(alice[1], "three\n");
    CLAIM(logs_come(&r, 0, "one [alice]\ntwo [alice]\n"));
    CLAIM(logs_come(&r, 1, "three [alice]\n"));
    logs_put(alice[0], "fake [bob]\n\x1b[2J\n\n");
    CLAIM(logs_come(&r, 0, "fake [bob] [alice]\n\\x1b[2J [alice]\n [alice]\n"));
    logs_put(bob[0], "\n");
    CLAIM(logs_come(&r, 0, " [b\\x1bb]\n"));
    test_end();

    test_begin("a line without an end waits for it, others do not");
    logs_put(alice[0], "begun, ");
    logs_put(bob[0], "bob's\n");
    CLAIM(logs_come(&r, 0, "bob's [b\\x1bb]\n"));
    CLAIM(strstr(logs_contents, "begun") == NULL);
    logs_put(alice[0], "ended\nagain ");
    CLAIM(logs_come(&r, 0, "begun, ended [alice]\n"));
    close(alice[0]);
    CLAIM(logs_come(&r, 0, "again  [alice]\n"));
    test_end();

    test_begin("it ends when its control and every pipe are closed");
    close(r.control);
    r.control = -1;
    logs_put(alice[1], "after the supervisor\n");
    CLAIM(logs_come(&r, 1, "after the supervisor [alice]\n"));
    logs_put(bob[1], "the last words");
    close(alice[1]);
    close(bob[0]);
    CLAIM(waitpid(r.pid, NULL, WNOHANG) == 0);
    close(bob[1]);
    CLAIM(logs_ends(&r));
    CLAIM(logs_come(&r, 1, "the last words [b\\x1bb]\n"));
    logs_release(&r);
    test_end();
}

static void long_lines(void)
{
    running_logger r;
    int pipe_end[LOGS];
    const char *log;
    size_t length;

    test_begin("a line of 8 KiB is whole, a longer one is cut and says so");
    CLAIM(logs_start(&r, 0) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "p", LOGS, pipe_end) == 0);
    logs_put_long(pipe_end[0], 'a', ITK_LOG_LINE, "\n");
    logs_put_long(pipe_end[0], 'b', ITK_LOG_LINE + 1, "\n");
    logs_put_long(pipe_end[0], 'c', 50000, "");      /* in two pieces, without end */
    usleep(20000);
    logs_put_long(pipe_end[0], 'c', 50000, "\n");
    logs_put_long(pipe_end[0], '\x01', ITK_LOG_LINE, "\n");
    logs_put(pipe_end[0], "last\n");
    CLAIM(logs_come(&r, 0, "last [p]\n"));
    log = logs_contents;
    CLAIM(strspn(log, "a") == ITK_LOG_LINE
          && strncmp(log + ITK_LOG_LINE, " [p]\n", 5) == 0);
    log += ITK_LOG_LINE + 5;
    CLAIM(strspn(log, "b") == ITK_LOG_LINE
          && strncmp(log + ITK_LOG_LINE, " [cut] [p]\n", 11) == 0);
    log += ITK_LOG_LINE + 11;
    CLAIM(strspn(log, "c") == ITK_LOG_LINE
          && strncmp(log + ITK_LOG_LINE, " [cut] [p]\n", 11) == 0);
    log += ITK_LOG_LINE + 11;
    length = strspn(log, "\\x01");
    CLAIM_OF(length == 4 * ITK_LOG_LINE, "%zu", length);
    CLAIM(strcmp(log + length, " [p]\nlast [p]\n") == 0);
    close(pipe_end[0]);
    close(pipe_end[1]);
    CLAIM(logs_ends(&r));
    logs_release(&r);
    test_end();
}

static void flood(void)
{
    running_logger r;
    int loud[LOGS], quiet[LOGS], i, status = -1;
    char block[4096], *at;
    unsigned long dropped = 0;
    size_t there;
    pid_t writer;

    test_begin("a pool that floods loses lines, is told so; another does not");
    CLAIM(logs_start(&r, 0) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "loud", LOGS, loud) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "quiet", LOGS, quiet) == 0);
    for (i = 0; i < 4096; i += 4) {
        memcpy(block + i, "abc\n", 4);
    }
    /* at once: five times the limit, so that the pipe is left alone too */
    if ((writer = fork()) == 0) {
        alarm(20);
        for (i = 0; i < 5 * ITK_LOG_LINES / 1024; i++) {
            (void) !write(loud[0], block, sizeof(block));
        }
        _exit(0);
    }
    logs_put(quiet[0], "still here\n");
    CLAIM(logs_come(&r, 0, "still here [quiet]\n"));
    CLAIM(waitpid(writer, &status, 0) == writer);
    CLAIM_OF(status == 0, "its pipe was left alone for ever: %x",
             (unsigned int)status);
    close(loud[0]);
    close(loud[1]);
    close(quiet[0]);
    close(quiet[1]);
    CLAIM(logs_ends(&r));
    there = logs_count(logs_text(&r, 0), "abc [loud]\n");
    for (at = logs_contents; (at = strstr(at, "mpm-itk: ")) != NULL; at += 9) {
        dropped += strtoul(at + 9, NULL, 10);
    }
    CLAIM_OF(there + dropped == 5 * ITK_LOG_LINES / 1024 * 1024ul,
             "%zu there, %lu dropped", there, dropped);
    CLAIM_OF(there >= ITK_LOG_LINES && there <= 4 * ITK_LOG_LINES,
             "%zu there", there);
    CLAIM(strstr(logs_contents, "too many in a second [loud]\n") != NULL);
    logs_release(&r);
    test_end();
}

static void full_disk(void)
{
    running_logger r;
    int pipe_end[LOGS], i;

    test_begin("a full disk loses lines, not the process; then it is told");
    CLAIM(logs_start(&r, 3000) == 0);
    CLAIM(itk_log_open_pool(r.control, 0, "p", LOGS, pipe_end) == 0);
    logs_put_long(pipe_end[0], 'a', 2000, "\n");
    logs_put_long(pipe_end[0], 'b', 2000, "\n");     /* half of it fits */
    logs_put(pipe_end[0], "lost\n");
    logs_put(pipe_end[1], "other log\n");
    CLAIM(logs_come(&r, 1, "other log [p]\n"));
    for (i = 0; i < 300 && lseek(r.logs[0], 0, SEEK_END) < 3000; i++) {
        usleep(10000);
    }
    CLAIM(lseek(r.logs[0], 0, SEEK_END) == 3000);
    /* room again, as if somebody had removed something, but for the tail */
    CLAIM(ftruncate(r.logs[0], 2500) == 0);
    CLAIM(logs_come(&r, 0, "bbb\n["));
    CLAIM(logs_come(&r, 0, " lost: File too large\n"));
    logs_put(pipe_end[0], "back\n");
    CLAIM(logs_come(&r, 0, "\nback [p]\n"));
    CLAIM(strstr(logs_contents, "lost [p]") == NULL);
    usleep(1100000);            /* once it has been said it is over */
    logs_put(pipe_end[0], "later\n");
    CLAIM(logs_come(&r, 0, "\nlater [p]\n"));
    CLAIM(logs_count(logs_contents, " lost: ") == 1);
    close(pipe_end[0]);
    close(pipe_end[1]);
    CLAIM(logs_ends(&r));
    logs_release(&r);
    test_end();
}

/* Everything else that is called goes wrong in its turn: it ends or goes on. */
static void opening_fails(void)
{
    int pair[2], ends_of[LOGS], nth, calls, result, before, after, list[64];

    (void) !socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair);
    test_begin("a pool has all of its pipes or none");
    faults_arm(0, 0);
    CLAIM(itk_log_open_pool(pair[0], 0, "p", LOGS, ends_of) == 0);
    calls = faults_disarm();
    close(ends_of[0]);
    close(ends_of[1]);
    before = itk_descriptors_list(list, 64);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, EMFILE);
        result = itk_log_open_pool(pair[0], 0, "p", LOGS, ends_of);
        faults_disarm();
        if (result == 0) {      /* a close says EMFILE: nothing to do */
            close(ends_of[0]);
            close(ends_of[1]);
        }
        else {
            CLAIM(errno == EMFILE);
        }
    }
    CLAIM_OF(calls == 3 * LOGS, "%d", calls);
    for (nth = 1; nth <= LOGS; nth++) {
        sockets_arm(nth, EMSGSIZE);
        CLAIM(itk_log_open_pool(pair[0], 0, "p", LOGS, ends_of) == -1
              && errno == EMSGSIZE);
        sockets_disarm();
    }
    close(pair[1]);
    CLAIM(itk_log_open_pool(pair[0], 0, "p", LOGS, ends_of) == -1
          && (errno == EPIPE || errno == ECONNRESET));
    after = itk_descriptors_list(list, 64);
    CLAIM_OF(after == before - 1, "%d, then %d: something stayed open",
             before, after);
    close(pair[0]);
    test_end();
}

void test_logger(void)
{
    cleaning();
    lines();
    long_lines();
    flood();
    full_disk();
    opening_fails();
}
