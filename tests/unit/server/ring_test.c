#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "server/watch/ring.h"

#define ROOM 64

static void put(struct gv_ring *ring, int n)
{
    char text[16];
    snprintf(text, sizeof text, "%d", n);
    gv_ring_put(ring, "gv_a", n % 2 ? "alice" : NULL, text);
}

/* Takes what is there and expects the numbers from *next on. */
static size_t take(struct gv_ring *ring, int *next, bool *lost)
{
    struct gv_ring_item items[ROOM];
    size_t n = gv_ring_take(ring, items, ROOM, lost, 0);
    for (size_t i = 0; i < n; i++, ++*next) {
        assert_int_equal(strtol(items[i].text, NULL, 10), *next);
        assert_string_equal(items[i].job_id, "gv_a");
        if (*next % 2)
            assert_string_equal(items[i].tenant, "alice");
        else
            assert_null(items[i].tenant);
        gv_ring_item_free(&items[i]);
    }
    return n;
}

static void items_come_out_in_order(void **state)
{
    struct gv_ring *ring = *state;
    int put_count = 0, next = 0;
    bool lost;
    for (int round = 0; round < 300; round++) { /* several times around */
        for (int i = 0; i < ROOM; i++)
            put(ring, put_count++);
        assert_int_equal(take(ring, &next, &lost), ROOM);
        assert_false(lost);
    }
    assert_int_equal(take(ring, &next, &lost), 0);
}

static void what_finds_no_room_is_told_behind_what_did(void **state)
{
    struct gv_ring *ring = *state;
    int next = 0;
    bool lost;
    for (int i = 0; i < GV_RING_MAX + 5; i++)
        put(ring, i);
    for (size_t i = 0; i < GV_RING_MAX / ROOM - 1; i++) {
        assert_int_equal(take(ring, &next, &lost), ROOM);
        assert_false(lost);
    }
    assert_int_equal(take(ring, &next, &lost), ROOM);
    assert_true(lost);
    put(ring, next);
    assert_int_equal(take(ring, &next, &lost), 1);
    assert_false(lost);
}

static void *ring_bell(void *ring)
{
    gv_ring_bell(ring);
    return NULL;
}

/* The time limit is far beyond the test's own. */
static void the_bell_wakes_the_taker(void **state)
{
    struct gv_ring *ring = *state;
    struct gv_ring_item item;
    pthread_t thread;
    bool lost;
    assert_int_equal(pthread_create(&thread, NULL, ring_bell, ring), 0);
    assert_int_equal(gv_ring_take(ring, &item, 1, &lost, 3600 * 1000), 0);
    assert_false(lost);
    pthread_join(thread, NULL);
}

static int make(void **state)
{
    struct gv_ring *ring = calloc(1, sizeof *ring);
    gv_ring_init(ring);
    *state = ring;
    return 0;
}

static int drop(void **state)
{
    gv_ring_free(*state);
    free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(items_come_out_in_order, make, drop),
        cmocka_unit_test_setup_teardown(what_finds_no_room_is_told_behind_what_did, make, drop),
        cmocka_unit_test_setup_teardown(the_bell_wakes_the_taker, make, drop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
