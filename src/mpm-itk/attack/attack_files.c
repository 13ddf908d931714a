/* SPDX-License-Identifier: Apache-2.0 */
/* Files that only the identity of a process keeps it from. */
#include "itk_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void read_secret(const itk_task *task, const char *which, itk_result *result)
{
    char path[256];
    char bytes[128];

    snprintf(path, sizeof(path), "%s/secrets/%s", task->place, which);
    itk_tried(result, "open %s", which);
    if (itk_read_file(path, bytes, sizeof(bytes)) >= 0) {
        result->outcome = ITK_SUCCEEDED;
        itk_kernel(result, "ok");
        itk_evidence(result, "%s was read", which);
    } else {
        itk_kernel(result, "%s", itk_error_name(errno));
    }
}

static void file_of_root(const itk_task *task, itk_result *result)
{
    read_secret(task, "of-root", result);
    itk_become_root();
    read_secret(task, "of-root", result);
}

static void file_of_roots_group(const itk_task *task, itk_result *result)
{
    itk_become_root();
    if (setegid(0) != 0 && setresgid(-1, 0, -1) != 0) {
        itk_tried(result, "setegid 0");
        itk_kernel(result, "%s", itk_error_name(errno));
    }
    read_secret(task, "of-roots-group", result);
}

static void file_of_the_starters_group(const itk_task *task, itk_result *result)
{
    itk_become_root();
    read_secret(task, "of-starters-group", result);
}

static void file_of_victim(const itk_task *task, itk_result *result)
{
    if (itk_become_root()) {
        setresuid(task->victim, task->victim, task->victim);
    }
    read_secret(task, "of-victim", result);
}

/* What the server keeps for itself: its pid file decides whom root signals. */
static void run_files(const itk_task *task, itk_result *result)
{
    static const char *const names[] = { "run/httpd.pid", "httpd.conf", "logs/error_log" };
    char path[256];
    unsigned int i;
    int file;

    itk_become_root();
    for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
        snprintf(path, sizeof(path), "%s/%s", task->place, names[i]);
        itk_tried(result, "open %s for writing", names[i]);
        file = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
        itk_kernel(result, "%s", itk_error_name(file < 0 ? errno : 0));
        if (file >= 0) {
            result->outcome = ITK_SUCCEEDED;
            itk_evidence(result, "%s can be written", names[i]);
            close(file);
        }
    }
}

const itk_attack itk_attacks_on_files[] = {
    { "file-root", file_of_root, 0 },
    { "file-roots-group", file_of_roots_group, 0 },
    { "file-starters-group", file_of_the_starters_group, 0 },
    { "file-victim", file_of_victim, 0 },
    { "file-server", run_files, 0 },
    { NULL, NULL, 0 }
};
