/* A loop for tests of what posts to one: a queue, and nothing runs until the test says so. */
#ifndef GV_TESTS_FAKE_LOOP_H
#define GV_TESTS_FAKE_LOOP_H

#include <stddef.h>

#include "port/loop.h"

struct gv_fake_loop;

struct gv_fake_loop *gv_fake_loop_new(void);
void gv_fake_loop_free(struct gv_fake_loop *fake); /* with nothing posted any more */

/* For those who post to it. Of the table only post may be called. */
struct gv_loop *gv_fake_loop_port(struct gv_fake_loop *fake);

/* Waits for the next posted function and runs it. */
void gv_fake_loop_turn(struct gv_fake_loop *fake);
/* Runs what is posted by now and returns how many that were. */
size_t gv_fake_loop_drain(struct gv_fake_loop *fake);

#endif
