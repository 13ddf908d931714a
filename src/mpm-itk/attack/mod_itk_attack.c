/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The handlers, for httpd 2.0:
 *
 *   itk-attack   runs the attack that the query names and answers one line of JSON
 *   itk-who      says who serves: uid, gid, pid and vhost
 *   itk-victim   another host's side: a long answer, a search for a mark
 *
 * With via=subrequest:URI or via=redirect:URI it asks for URI that way instead.
 */
#include "httpd.h"
#include "http_config.h"
#include "http_core.h"
#include "http_log.h"
#include "http_protocol.h"
#include "http_request.h"
#include "apr_portable.h"
#include "apr_strings.h"

#include "itk_attack.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the core keeps a connection's socket; no header of 2.0 declares it. */
extern module AP_MODULE_DECLARE_DATA core_module;

static const itk_attack *const all_attacks[] = {
    itk_attacks_on_ids, itk_attacks_on_processes, itk_attacks_on_memory,
    itk_attacks_on_descriptors, itk_attacks_on_channels, itk_attacks_on_files
};

/* A word of the query, or "". */
static const char *word(request_rec *r, const char *name)
{
    const char *at = r->args;
    size_t length = strlen(name);

    while (at) {
        if (strncmp(at, name, length) == 0 && at[length] == '=') {
            return apr_pstrndup(r->pool, at + length + 1, strcspn(at + length + 1, "&"));
        }
        at = strchr(at, '&');
        at += at != NULL;
    }
    return "";
}

static unsigned int number(request_rec *r, const char *name)
{
    return (unsigned int)strtol(word(r, name), NULL, 10);
}

static int connection_of(request_rec *r)
{
    apr_socket_t *socket = ap_get_module_config(r->connection->conn_config, &core_module);
    int descriptor = -1;

    if (socket) {
        apr_os_sock_get(&descriptor, socket);
    }
    return descriptor;
}

static const itk_attack *find(const char *name)
{
    unsigned int i;

    for (i = 0; i < sizeof(all_attacks) / sizeof(*all_attacks); i++) {
        const itk_attack *one = all_attacks[i];
        for (; one->name; one++) {
            if (strcmp(one->name, name) == 0) {
                return one;
            }
        }
    }
    return NULL;
}

/* The fork of the worker that runs the attack; what it could tell comes back. */
static int in_a_fork(const itk_attack *attack, itk_task *task, itk_result *result)
{
    int ends[2];
    int status = 0;
    size_t have = 0;
    pid_t pid;

    if (pipe(ends) != 0 || (pid = fork()) < 0) {
        return errno;
    }
    if (pid == 0) {
        size_t done = 0;
        signal(SIGTERM, SIG_DFL);
        signal(SIGALRM, SIG_DFL);
        alarm(30);
        close(ends[0]);
        task->answer = ends[1];
        attack->run(task, result);
        while (done < sizeof(*result)) {
            ssize_t count = write(ends[1], (char *)result + done, sizeof(*result) - done);
            if (count <= 0) {
                _exit(1);
            }
            done += (size_t)count;
        }
        _exit(0);
    }
    close(ends[1]);
    while (have < sizeof(*result)) {
        ssize_t count = read(ends[0], (char *)result + have, sizeof(*result) - have);
        if (count <= 0 && errno != EINTR) {
            break;
        }
        have += count > 0 ? (size_t)count : 0;
    }
    close(ends[0]);
    waitpid(pid, &status, 0);
    if (have < sizeof(*result) || (unsigned int)result->outcome > ITK_NOTHING_THERE) {
        memset(result, 0, sizeof(*result));
        itk_kernel(result, "its process ended with status %d", status);
    }
    return 0;
}

static const char *quoted(request_rec *r, const char *text)
{
    char *out = apr_palloc(r->pool, strlen(text) * 6 + 1);
    char *to = out;

    for (; *text; text++) {
        unsigned char c = (unsigned char)*text;
        if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (c < ' ' || c > '~') {
            to += apr_snprintf(to, 7, "\\u%04x", c);
        } else {
            *to++ = (char)c;
        }
    }
    *to = 0;
    return out;
}

static void answer(request_rec *r, const char *name, const itk_result *result)
{
    static const char *const outcomes[] = { "denied", "succeeded", "nothing-there" };

    ap_set_content_type(r, "application/json");
    ap_rprintf(r, "{\"Attack\":\"%s\",\"Outcome\":\"%s\",\"Tried\":\"%s\",\"Kernel\":\"%s\","
               "\"Evidence\":\"%s\"}\n", quoted(r, name), outcomes[result->outcome],
               quoted(r, result->tried), quoted(r, result->kernel),
               quoted(r, result->evidence));
}

static int attack_handler(request_rec *r)
{
    const itk_attack *attack = find(word(r, "name"));
    itk_result result;
    itk_task task;
    int error;

    if (!attack) {
        return HTTP_NOT_FOUND;
    }
    memset(&result, 0, sizeof(result));
    task.name = attack->name;
    task.target = word(r, "target");
    task.marker = word(r, "mark");
    task.place = word(r, "place");
    task.host = r->server->server_hostname;
    task.own = number(r, "own");
    task.group = number(r, "group");
    task.victim = number(r, "victim");
    task.front = number(r, "front");
    task.number = (int)number(r, "number");
    task.connection = connection_of(r);
    task.answer = -1;
    task.worker = getpid();
    if (attack->flags & ITK_IN_WORKER) {
        attack->run(&task, &result);
    } else if ((error = in_a_fork(attack, &task, &result)) != 0) {
        itk_kernel(&result, "fork: %s", itk_error_name(error));
    }
    answer(r, attack->name, &result);
    return OK;
}

static int who_handler(request_rec *r)
{
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "uid=%u gid=%u pid=%ld vhost=%s\n", (unsigned int)geteuid(),
               (unsigned int)getegid(), (long)getpid(), r->server->server_hostname);
    return OK;
}

static int via(request_rec *r, const char *how)
{
    const char *uri = strchr(how, ':');
    request_rec *below;
    int status;

    if (!uri) {
        return HTTP_BAD_REQUEST;
    }
    uri = ap_os_escape_path(r->pool, uri + 1, 1);
    if (strncmp(how, "redirect:", 9) == 0) {
        ap_internal_redirect(uri, r);
        return OK;
    }
    below = ap_sub_req_lookup_uri(uri, r, r->output_filters);
    status = below->status;
    if (status == HTTP_OK) {
        status = ap_run_sub_req(below);
    }
    ap_destroy_sub_req(below);
    if (status != OK && status != HTTP_OK) {
        ap_rprintf(r, "subrequest refused: %d\n", status);
    }
    return OK;
}

static int victim_handler(request_rec *r)
{
    const char *mark = word(r, "mark");
    char where[256] = "";
    unsigned int seconds = number(r, "seconds");

    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "begun\n");
    ap_rflush(r);
    if (*mark) {
        ap_rprintf(r, "%s %s\n", itk_find_in_memory(mark, 1, where, sizeof(where))
                   ? "found" : "nothing", where);
    }
    while (seconds) {
        seconds = sleep(seconds);
    }
    ap_rprintf(r, "finished\n");
    return OK;
}

static int handler(request_rec *r)
{
    const char *way;

    if (r->handler == NULL || strncmp(r->handler, "itk-", 4) != 0) {
        return DECLINED;
    }
    way = word(r, "via");
    if (*way && r->main == NULL && r->prev == NULL) {
        return via(r, way);
    }
    if (strcmp(r->handler, "itk-attack") == 0) {
        return attack_handler(r);
    }
    if (strcmp(r->handler, "itk-who") == 0) {
        return who_handler(r);
    }
    return strcmp(r->handler, "itk-victim") == 0 ? victim_handler(r) : DECLINED;
}

/*
 * Memory that a module shares with all its processes, as the SSL session cache,
 * mod_auth_digest or an opcode cache do: whether a worker still shares it is
 * what the attack on shared memory sees.
 */
static int share_memory(apr_pool_t *p, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *s)
{
    (void)p;
    (void)plog;
    (void)ptemp;
    (void)s;
    return mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)
           == MAP_FAILED ? HTTP_INTERNAL_SERVER_ERROR : OK;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_post_config(share_memory, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_FIRST);
}

module AP_MODULE_DECLARE_DATA itk_attack_module = {
    STANDARD20_MODULE_STUFF,
    NULL,
    NULL,
    NULL,
    NULL,
    NULL,
    register_hooks
};
