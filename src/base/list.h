/* A doubly linked list threaded through its members. */
#ifndef GV_BASE_LIST_H
#define GV_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct gv_list {
    struct gv_list *prev, *next;
};

#define GV_CONTAINER(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))
/* The item at hand may be removed. */
#define GV_LIST_EACH(item, head)                                                                                       \
    for (struct gv_list *item = (head)->next, *item##_next = item->next; item != (head);                               \
         item = item##_next, item##_next = item->next)

static inline void gv_list_init(struct gv_list *head)
{
    head->prev = head->next = head;
}
static inline bool gv_list_empty(const struct gv_list *head)
{
    return head->next == head;
}
static inline void gv_list_append(struct gv_list *head, struct gv_list *item)
{
    item->prev = head->prev;
    item->next = head;
    head->prev->next = item;
    head->prev = item;
}
/* The item may be removed again harmlessly. */
static inline void gv_list_remove(struct gv_list *item)
{
    item->prev->next = item->next;
    item->next->prev = item->prev;
    item->prev = item->next = item;
}

#endif
