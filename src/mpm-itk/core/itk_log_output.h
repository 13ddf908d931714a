/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_LOG_OUTPUT_H
#define ITK_LOG_OUTPUT_H

/*
 * The logs' side of the logger.  Only itk_logger.c calls these.
 *
 * operation              what it does                         on failure
 * itk_log_output_open    a log, by its descriptor             -1: no memory
 * itk_log_output_line    cleans a line, adds the pool's name  (see flush)
 *                        and keeps it until there are more
 * itk_log_output_notice  a line of the logger's own           (see flush)
 * itk_log_output_flush   writes what is kept                  what is not written
 *                                                             is lost and counted
 *
 * A flush never waits, if the descriptor is one of itk_log_become: for files
 * there is nothing to wait for but the disk.
 */

#include <stddef.h>
#include <time.h>

typedef struct itk_log_output {
    int fd;
    int is_pipe, is_socket;
    char *buffer;               /* the first byte is left for a newline */
    size_t used;
    int torn;                   /* the log ends in half a line */
    unsigned long lost;         /* lines */
    int error;                  /* why the last of them */
    time_t told;                /* when the log was last told of some */
} itk_log_output;

int itk_log_output_open(itk_log_output *log, int fd);

/* Returns the bytes that it takes in the log.  length: at most ITK_LOG_LINE. */
size_t itk_log_output_line(itk_log_output *log, const char *line,
                           size_t length, int cut, const char *pool);

void itk_log_output_notice(itk_log_output *log, const char *pool,
                           unsigned long lines, const char *why);

/* If lines are lost, the log is told so, as soon as something can be written. */
void itk_log_output_flush(itk_log_output *log);

#endif
