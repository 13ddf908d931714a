/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_LOG_LINE_H
#define ITK_LOG_LINE_H

/*
 * operation        who calls it       on failure
 * itk_log_clean    itk_logger.c       (cannot fail)
 */

#include <stddef.h>

/* So much can become of one byte. */
#define ITK_LOG_CLEAN_MOST 4

/*
 * A line as it may stand in a log that others read: control bytes (apart from
 * the tab), those of Latin-1 that some terminals obey, and what is no UTF-8
 * become \xhh.  Everything else, letters of any script among it, stays.  out has
 * room for ITK_LOG_CLEAN_MOST times length; returns how much there is.
 */
size_t itk_log_clean(char *out, const char *line, size_t length);

#endif
