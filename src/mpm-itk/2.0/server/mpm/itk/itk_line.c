/* SPDX-License-Identifier: Apache-2.0 */

/* What httpd 2.0 does in another way than 2.4; itk.h says what each is for. */

#include "itk.h"
#include "itk_worker.h"

/* ---- the configuration -------------------------------------------------- */

void itk_line_reset(apr_pool_t *pconf)
{
    (void) pconf;
}

const char *itk_line_settle(cmd_parms *cmd)
{
    (void) cmd;
    return NULL;
}

int itk_line_check(apr_pool_t *p, itk_fault *fault)
{
    (void) p;
    (void) fault;
    return 0;
}

int itk_line_empty_lines(const server_rec *s)
{
    return s->limit_req_fields > 0 ? s->limit_req_fields
                                   : DEFAULT_LIMIT_REQUEST_FIELDS;
}

void itk_line_notices(const server_rec *main_server)
{
    (void) main_server;
}

const char *const itk_line_files[] = {
    "ErrorLog", "CustomLog", "TransferLog", "CookieLog", "ForensicLog",
    "RewriteLog", "RewriteLock", "PidFile", "LockFile", "ScoreBoardFile",
    "SSLLog", "SSLSessionCache", "SSLMutex", NULL
};
const char *const itk_line_folders[] = { NULL };

/* ---- processes ---------------------------------------------------------- */

void itk_line_other_ended(pid_t pid, int status)
{
#if APR_HAS_OTHER_CHILD
    apr_proc_t proc;

    memset(&proc, 0, sizeof(proc));
    proc.pid = pid;
    apr_proc_other_child_read(&proc, status);
#else
    (void) pid;
    (void) status;
#endif
}

/* 2.0 has no hook for it. */
void itk_line_child(pid_t pid, int slot, int is_there)
{
    (void) pid;
    (void) slot;
    (void) is_there;
}

void itk_line_tick(void)
{
}

int itk_line_defers(const server_rec *s, const ap_listen_rec *lr)
{
    (void) s;
    (void) lr;
    return 1;
}

void itk_line_forked(void)
{
}

void itk_line_worker_begins(apr_pool_t *pchild)
{
    (void) pchild;
}

/* ---- a connection ------------------------------------------------------- */

void itk_line_connection(conn_rec *c)
{
    (void) c;
}

/* ap_process_request skips empty lines before it says that it is done. */
int itk_line_is_probe(ap_input_mode_t mode, apr_off_t bytes)
{
    (void) bytes;
    return mode == AP_MODE_EATCRLF;
}

/* net_time_filter has it from the connection's keepalive. */
apr_interval_time_t itk_line_keep_alive(const request_rec *r)
{
    (void) r;
    return -1;
}

void itk_line_answer(conn_rec *c, request_rec *r, int is_last)
{
    c->keepalive = is_last ? AP_CONN_CLOSE : AP_CONN_UNKNOWN;
    if (r->status == HTTP_OK) {
        ap_update_child_status(c->sbh, SERVER_BUSY_WRITE, r);
        ap_process_request(r);
    }
    if (ap_extended_status) {
        ap_increment_counts(c->sbh, r);
    }
    /* what closes may still have to send what r's pool has */
    if (c->keepalive == AP_CONN_KEEPALIVE && !c->aborted) {
        ap_update_child_status(c->sbh, SERVER_BUSY_KEEPALIVE, r);
        apr_pool_destroy(r->pool);
    }
}
