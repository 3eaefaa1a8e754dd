#ifndef PGREPLTOP_BASE_ARENA_H
#define PGREPLTOP_BASE_ARENA_H
/* A bump allocator with one lifetime. Memory is handed out zeroed and aligned for any type, grows in chunks, and
 * is given back only as a whole. arena_reset() keeps the chunks, so that a reused arena allocates nothing in steady
 * state. Out of memory ends the program (as in xcalloc), so no caller checks for NULL. */
#include <stddef.h>
#include <stdint.h>

typedef struct ArenaChunk ArenaChunk;

/* Zero-initialised is a valid empty arena. */
typedef struct Arena {
	ArenaChunk *first;   /* chunks in order of filling; owned */
	ArenaChunk *current; /* the one being filled */
} Arena;

/* `size` bytes, zeroed. */
void *arena_alloc(Arena *arena, size_t size);
/* `count * size` bytes, zeroed; an overflow of the product ends the program as out of memory does. */
void *arena_alloc_array(Arena *arena, size_t count, size_t size);
#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

/* Everything handed out becomes invalid; the chunks stay for reuse. */
void arena_reset(Arena *arena);
/* Everything becomes invalid and all memory is given back; the arena is empty and usable again. */
void arena_free(Arena *arena);
/* Bytes held from the system, for tests and memory reports. */
size_t arena_capacity(const Arena *arena);

/* calloc/realloc that never return NULL; count * size is overflow-checked. Out of memory writes one line to standard
 * error and ends the program with status 1 (exit(), so that atexit handlers restore the terminal). */
void *xcalloc(size_t count, size_t size) __attribute__((returns_nonnull));
void *xrealloc_array(void *old, size_t count, size_t size) __attribute__((returns_nonnull));

#endif
