/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_descriptors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 64

static int listener(void)
{
    struct sockaddr_in address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0
        || listen(fd, 1) != 0) {
        return -1;
    }
    return fd;
}

static int is_null(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISCHR(st.st_mode)
        && major(st.st_rdev) == 1 && minor(st.st_rdev) == 3;
}

static int sorted_contains(const int *list, int count, int fd)
{
    int i;

    for (i = 0; i < count; i++) {
        if (list[i] == fd) {
            return 1;
        }
    }
    return 0;
}

static void listing(void)
{
    int one = listener(), quiet = socket(AF_INET, SOCK_STREAM, 0), pair[2];
    int log = open("/proc/self/comm", O_RDWR), dir = open("/", O_DIRECTORY);
    int null = open("/dev/null", O_RDWR);
    int list[MAX], calls, nth, result, count, i;

    (void) !pipe(pair);
    test_begin("every descriptor is listed, in order, and that of no listing");
    count = itk_descriptors_list(list, MAX);
    CLAIM(count >= 9);
    CLAIM(sorted_contains(list, count, one)
          && sorted_contains(list, count, pair[1]));
    for (i = 1; i < count; i++) {
        CLAIM(list[i - 1] < list[i]);
        CLAIM_OF(fcntl(list[i], F_GETFD) != -1, "%d", list[i]);
    }
    CLAIM(itk_descriptors_list(list, count) == count);
    CLAIM(itk_descriptors_list(list, count - 1) == -1 && errno == E2BIG);
    test_end();

    test_begin("each is told for what it is");
    CLAIM(itk_descriptor_kind_of(one) == ITK_DESCRIPTOR_LISTENER);
    CLAIM(itk_descriptor_kind_of(quiet) == ITK_DESCRIPTOR_SOCKET);
    CLAIM(itk_descriptor_kind_of(pair[0]) == ITK_DESCRIPTOR_PIPE);
    CLAIM(itk_descriptor_kind_of(log) == ITK_DESCRIPTOR_FILE_WRITABLE);
    close(log);
    log = open("/proc/self/comm", O_RDONLY);
    CLAIM(itk_descriptor_kind_of(log) == ITK_DESCRIPTOR_FILE);
    CLAIM(itk_descriptor_kind_of(dir) == ITK_DESCRIPTOR_DIRECTORY);
    CLAIM(itk_descriptor_kind_of(null) == ITK_DESCRIPTOR_OTHER);
    CLAIM(itk_descriptor_kind_of(1000) == ITK_DESCRIPTOR_CLOSED);
    test_end();

    test_begin("a list that cannot be read whole is no list");
    faults_arm(0, 0);
    CLAIM(itk_descriptors_list(list, MAX) > 0);
    calls = faults_disarm();
    CLAIM_OF(calls >= 10, "%d", calls);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, EIO);
        result = itk_descriptors_list(list, MAX);
        faults_disarm();
        CLAIM_OF(result == -1 && errno == EIO, "call %d gave %d", nth, result);
    }
    test_end();

    close(one);
    close(quiet);
    close(log);
    close(dir);
    close(null);
    close(pair[0]);
    close(pair[1]);
}

/* Run in a child; what it returns is the line that is wrong, 0 is none. */
typedef int (*trial)(void);

static void in_a_child(const char *name, trial what)
{
    int status = -1;
    pid_t pid;

    test_begin(name);
    fflush(stdout);
    if ((pid = fork()) == 0) {
        _exit(what());
    }
    waitpid(pid, &status, 0);
    CLAIM_OF(status == 0, "line %d, signal %d", WEXITSTATUS(status),
             WTERMSIG(status));
    test_end();
}

#define MUST(holds) do { if (!(holds)) { return __LINE__ % 256; } } while (0)

/* Numbers with holes between them: 10 to 17 files, 500 a listener. */
static void fill(void)
{
    int i, fd = open("/", O_RDONLY), socket_fd = listener();

    for (i = 10; i < 18; i++) {
        dup2(fd, i);
    }
    dup2(socket_fd, 500);
    close(fd);
    close(socket_fd);
}

static int exactly(const int *wanted, int count)
{
    int list[64], found = itk_descriptors_list(list, 64);

    return found == count
        && memcmp(list, wanted, (size_t)count * sizeof(int)) == 0;
}

static int swept(void)
{
    static const int keep[] = { 17, 1, 12, 12, 600 }, blank[] = { 500, 14, 2 };
    static const int left[] = { 0, 1, 2, 12, 14, 17, 500 };

    fill();
    MUST(itk_descriptors_sweep(keep, 5, blank, 3) == 0);
    MUST(exactly(left, 7));
    MUST(is_null(14) && is_null(500) && is_null(2) && !is_null(12));
    MUST(fcntl(14, F_GETFD) == FD_CLOEXEC && fcntl(500, F_GETFD) == FD_CLOEXEC);
    MUST(fcntl(2, F_GETFD) == 0);
    MUST(accept(500, NULL, NULL) == -1 && errno == ENOTSOCK);
    return 0;
}

static int swept_of_all(void)
{
    static const int left[] = { 0, 1, 2 };

    fill();
    MUST(itk_descriptors_sweep(NULL, 0, NULL, 0) == 0);
    MUST(exactly(left, 3));
    return 0;
}

/* A number to be blanked that is not open becomes /dev/null like any. */
static int swept_with_holes(void)
{
    static const int blank[] = { 3, 4, 2 };
    static const int left[] = { 0, 1, 2, 3, 4 };

    MUST(itk_descriptors_sweep(NULL, 0, NULL, 0) == 0);
    close(2);
    MUST(itk_descriptors_sweep(NULL, 0, blank, 3) == 0);
    MUST(exactly(left, 5) && is_null(2) && is_null(3) && is_null(4));
    MUST(fcntl(2, F_GETFD) == 0 && fcntl(3, F_GETFD) == FD_CLOEXEC);
    return 0;
}

static int refused(void)
{
    static const int both[] = { 12, 10 }, one[] = { 11, 12 };
    static const int negative[] = { 10, -1 };

    fill();
    MUST(itk_descriptors_sweep(both, 2, one, 2) == -1 && errno == EINVAL);
    MUST(itk_descriptors_sweep(one, 2, both, 2) == -1 && errno == EINVAL);
    MUST(itk_descriptors_sweep(negative, 2, NULL, 0) == -1 && errno == EINVAL);
    MUST(itk_descriptors_sweep(NULL, 0, negative, 2) == -1 && errno == EINVAL);
    MUST(itk_descriptors_sweep(NULL, -1, NULL, 0) == -1 && errno == EINVAL);
    MUST(!is_null(12) && !is_null(10) && fcntl(17, F_GETFD) != -1);
    return 0;
}

static int failing;

static int fails_in_turn(void)
{
    static const int keep[] = { 12, 14 }, blank[] = { 500, 16 };
    int result;

    fill();
    faults_arm(failing, ENOSYS);
    result = itk_descriptors_sweep(keep, 2, blank, 2);
    return faults_disarm() >= failing ? result != -1 : 99;
}

static void sweeping(void)
{
    int status, calls = 0;
    pid_t pid;

    in_a_child("what is not named is closed, in every gap", swept);
    in_a_child("an empty list closes everything", swept_of_all);
    in_a_child("numbers that nobody has are blanked too", swept_with_holes);
    in_a_child("a list that contradicts itself changes nothing", refused);

    test_begin("a sweep that fails in any call says so");
    for (failing = 1; failing < 20; failing++) {
        if ((pid = fork()) == 0) {
            _exit(fails_in_turn());
        }
        waitpid(pid, &status, 0);
        if (WEXITSTATUS(status) == 99) {
            break;
        }
        CLAIM_OF(status == 0, "call %d", failing);
        calls++;
    }
    /* malloc, open, two dup3, close, and close_range for each of the gaps */
    CLAIM_OF(calls == 10, "%d calls", calls);
    test_end();
}

void test_descriptors(void)
{
    listing();
    sweeping();
}
