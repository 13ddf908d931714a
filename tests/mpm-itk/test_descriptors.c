/* SPDX-License-Identifier: Apache-2.0 */

#include "check.h"
#include "faults.h"
#include "itk_descriptors.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX 16

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

void test_descriptors(void)
{
    int one = listener(), two = listener(), plain = dup(0), pair[2];
    int quiet = socket(AF_INET, SOCK_STREAM, 0);
    int list[MAX], calls, nth, result, status;
    pid_t pid;

    (void) !pipe(pair);
    test_begin("every listening socket is found, and nothing else");
    CLAIM(one >= 0 && two >= 0 && quiet >= 0);
    CLAIM(itk_listeners_list(list, MAX) == 2);
    CLAIM((list[0] == one && list[1] == two)
          || (list[0] == two && list[1] == one));
    CLAIM(itk_listeners_list(list, 1) == -1);
    test_end();

    test_begin("a list that cannot be read whole is no list of sockets");
    faults_arm(0, 0);
    CLAIM(itk_listeners_list(list, MAX) == 2);
    calls = faults_disarm();
    CLAIM_OF(calls >= 4, "%d", calls);
    for (nth = 1; nth <= calls; nth++) {
        faults_arm(nth, EIO);
        result = itk_listeners_list(list, MAX);
        faults_disarm();
        CLAIM_OF(result == -1, "call %d gave %d", nth, result);
    }
    test_end();

    test_begin("blanking that fails in any call says so");
    for (nth = 1; nth <= 5; nth++) {
        if ((pid = fork()) == 0) {
            list[0] = one;
            list[1] = two;
            faults_arm(nth, EIO);
            _exit(itk_descriptors_blank(list, 2) == -1);
        }
        waitpid(pid, &status, 0);
        CLAIM_OF(WEXITSTATUS(status) == (nth <= 4), "call %d", nth);
    }
    test_end();

    test_begin("a blanked socket is /dev/null, and its number stays taken");
    list[0] = one;
    list[1] = two;
    CLAIM(itk_descriptors_blank(list, 2) == 0);
    CLAIM(is_null(one) && is_null(two));
    CLAIM(fcntl(one, F_GETFD) == FD_CLOEXEC);
    CLAIM(accept(one, NULL, NULL) == -1 && errno == ENOTSOCK);
    CLAIM(itk_listeners_list(list, MAX) == 0);
    CLAIM(itk_descriptors_blank(list, 0) == 0);
    test_end();

    close(one);
    close(two);
    close(plain);
    close(quiet);
    close(pair[0]);
    close(pair[1]);
}
