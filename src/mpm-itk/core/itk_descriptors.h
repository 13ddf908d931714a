/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_DESCRIPTORS_H
#define ITK_DESCRIPTORS_H

/*
 * What a process has open.  A new process has inherited everything; it keeps
 * what is named and nothing else.  Above all no socket that accepts connections:
 * whoever has one can take other people's.
 *
 * operation                  who calls it                        on failure
 * itk_descriptors_list       supervisor, to note what the        -1 with errno
 *                            configuration has opened
 * itk_descriptor_kind_of     supervisor, start-up checks         (..._CLOSED)
 * itk_descriptors_sweep      every new process, as root, before  -1 with errno: it
 *                            anything else                       ends, unserved
 *
 * guard         without it
 * descriptors   all but listening sockets stay open
 * listeners     listening sockets stay open
 */

typedef enum {
    ITK_DESCRIPTOR_CLOSED = 0,
    ITK_DESCRIPTOR_LISTENER,        /* a socket that accepts connections */
    ITK_DESCRIPTOR_SOCKET,
    ITK_DESCRIPTOR_PIPE,            /* FIFOs too */
    ITK_DESCRIPTOR_FILE_WRITABLE,   /* a regular file, open for writing */
    ITK_DESCRIPTOR_FILE,
    ITK_DESCRIPTOR_DIRECTORY,       /* a way out of a chroot */
    ITK_DESCRIPTOR_TERMINAL,
    ITK_DESCRIPTOR_OTHER            /* devices, epoll, memory ... */
} itk_descriptor_kind;

/*
 * The descriptors that are open now, lowest first.  Returns how many, or -1:
 * /proc cannot be read, or there are more than max (E2BIG).
 */
int itk_descriptors_list(int *list, int max);

itk_descriptor_kind itk_descriptor_kind_of(int descriptor);

/*
 * Those in keep stay as they are.  Those in blank become /dev/null and their
 * numbers stay taken: the server believes to this day that it owns them, and a
 * number given out again would be somebody else's log.  Everything else from 3
 * upwards is closed, up to the highest there can be.  0, 1 and 2 stay, or are
 * blanked if they are in blank; a program that is started has those three, and
 * no other blank one.  keep and blank come in any order; a number in both, or a
 * negative one, is EINVAL, and nothing has been done.
 */
int itk_descriptors_sweep(const int *keep, int keep_count,
                          const int *blank, int blank_count)
    __attribute__((warn_unused_result));

#endif
