/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITK_CREW_H
#define ITK_CREW_H

/*
 * What the files of the crew share; the dispatcher's loop sees none of it.
 *
 *   itk_crew.c           who is given what
 *   itk_crew_workers.c   which workers there are, and when there are to be more
 *   itk_crew_reports.c   what they say
 */

#include "itk_dispatch.h"

#define ITK_CREW_SLOW     5     /* ms: from then on a connection is slow */
#define ITK_CREW_GROW     5     /* ms between two rounds of new workers */
#define ITK_CREW_MIN_LIFE 1000  /* ms before a worker makes room for others */
#define ITK_CREW_QUICK    16    /* quick ones in a row */
#define ITK_CREW_SWAPS    8     /* per round of new workers */

/* ---- itk_crew.c --------------------------------------------------------- */

/* A worker can take more than it has. */
void itk_crew_has_time(int slot);

/* A connection that waits again, before all others of its pool. */
void itk_crew_queue_first(itk_conn *c);

/* This pool is looked at at every tick until nothing waits in it. */
void itk_crew_remember(int pool);

/* ---- itk_crew_workers.c ------------------------------------------------- */

/* For the status page: ITK_STATUS_*. */
void itk_crew_show(int slot, int state);

void itk_crew_idle_add(int slot);
void itk_crew_idle_remove(int slot);

/* It gets nothing more; it ends when what it has is done. */
void itk_crew_retire(int slot);

/* A retired one has nothing any more: its channel is closed altogether. */
void itk_crew_told_to_end(int slot);

/* It has done what it must not; it gets nothing more, and is killed. */
void itk_crew_bad_worker(int slot, const char *what);

void itk_crew_close_report(itk_crew_worker *w);

/* What a worker has not taken yet waits again, before all others of its pool,
 * but for so many: one that has nothing is idle, which this does not say. */
void itk_crew_take_back(int slot, int but_for);

/* May the pool have another worker?  grow asks for one if connections wait. */
int itk_crew_may_have_more(const itk_crew_pool *p);
void itk_crew_grow(int pool);

/* ItkMinSpareWorkers: of a pool that has just been given something. */
void itk_crew_keep_spare(int pool);

/* A worker has given a kept connection back because another one waited for it:
 * if that goes on, the pool gets one more. */
void itk_crew_swapped(int pool);

/* An idle worker of another pool is told to end.  1, or 0: there is none. */
int itk_crew_make_room(int pool);

/* At every tick, and at every sweep. */
void itk_crew_end_idle(void);
void itk_crew_forget_unanswered(void);

/* ---- itk_crew_reports.c ------------------------------------------------- */

/* 1: as much again may be waiting. */
int itk_crew_read_reports(int slot);

/* A connection is in its worker's hands no more. */
void itk_crew_not_out(itk_conn *c);

#endif
