/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOCKETS_H
#define SOCKETS_H

/*
 * The calls that the wire makes, and the flags that it made them with.  Make
 * the n-th of them fail with an errno: sockets_arm(1, EINTR) fails the next
 * one.  0 counts only.
 */
void sockets_arm(int nth, int error);
int sockets_disarm(void);       /* how many calls there were */

extern int sockets_send_flags, sockets_receive_flags;

/* While not NULL: called with what the next recvmsg has got. */
struct msghdr;
extern void (*sockets_received)(struct msghdr *header, long *got);

#endif
