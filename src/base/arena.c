#include "base/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u /* enough for max_align_t on every platform we build for */
#define CHUNK_MIN ((size_t)8 * 1024)
#define CHUNK_MAX ((size_t)1024 * 1024)

struct ArenaChunk {
	ArenaChunk *next;
	size_t size; /* of data */
	size_t used; /* of data; meaningless in the chunks behind the current one, which are free */
	_Alignas(ALIGNMENT) unsigned char data[];
};

static _Noreturn void out_of_memory(void)
{
	fputs("pgrepltop: out of memory\n", stderr);
	exit(EXIT_FAILURE);
}

static size_t checked_product(size_t count, size_t size)
{
	if (size != 0 && count > SIZE_MAX / size)
		out_of_memory();
	return count * size;
}

static size_t chunk_held(const ArenaChunk *chunk)
{
	return sizeof(*chunk) + chunk->size;
}

/* Twice the largest chunk so far, within bounds, but always large enough for `size` bytes. */
static ArenaChunk *chunk_new(const Arena *arena, size_t size)
{
	size_t largest = 0;
	for (const ArenaChunk *c = arena->first; c; c = c->next) {
		if (chunk_held(c) > largest)
			largest = chunk_held(c);
	}
	size_t total = largest < CHUNK_MAX / 2 ? largest * 2 : CHUNK_MAX;
	if (total < CHUNK_MIN)
		total = CHUNK_MIN;
	if (total - sizeof(ArenaChunk) < size)
		total = size + sizeof(ArenaChunk);
	ArenaChunk *chunk = malloc(total);
	if (!chunk)
		out_of_memory();
	chunk->size = total - sizeof(*chunk);
	return chunk;
}

/* Makes a free chunk with room for `size` bytes the current one. After a reset the chunks behind the current one are
 * free: the first that is large enough is moved up, so that the smaller ones before it stay for later requests. */
static ArenaChunk *next_chunk(Arena *arena, size_t size)
{
	ArenaChunk **next = arena->current ? &arena->current->next : &arena->first;
	ArenaChunk **found = next;
	while (*found && (*found)->size < size)
		found = &(*found)->next;
	ArenaChunk *chunk = *found;
	if (chunk)
		*found = chunk->next;
	else
		chunk = chunk_new(arena, size);
	chunk->used = 0;
	chunk->next = *next;
	*next = chunk;
	arena->current = chunk;
	return chunk;
}

void *arena_alloc(Arena *arena, size_t size)
{
	if (size > SIZE_MAX / 2) /* so that no sum below can overflow */
		out_of_memory();
	/* Nothing still takes a slot, so that the pointer is not NULL and not that of its neighbour. */
	size = size ? (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1) : ALIGNMENT;
	ArenaChunk *chunk = arena->current;
	if (!chunk || size > chunk->size - chunk->used)
		chunk = next_chunk(arena, size);
	void *memory = chunk->data + chunk->used;
	chunk->used += size;
	/* Cleared here and not by calloc, as a reused chunk is full of its former life. */
	return memset(memory, 0, size);
}

void *arena_alloc_array(Arena *arena, size_t count, size_t size)
{
	return arena_alloc(arena, checked_product(count, size));
}

void arena_reset(Arena *arena)
{
	arena->current = arena->first;
	if (arena->current)
		arena->current->used = 0;
}

void arena_free(Arena *arena)
{
	ArenaChunk *chunk = arena->first;
	while (chunk) {
		ArenaChunk *next = chunk->next;
		free(chunk);
		chunk = next;
	}
	*arena = (Arena){0};
}

size_t arena_capacity(const Arena *arena)
{
	size_t total = 0;
	for (const ArenaChunk *chunk = arena->first; chunk; chunk = chunk->next)
		total += chunk_held(chunk);
	return total;
}

void *xcalloc(size_t count, size_t size)
{
	size_t total = checked_product(count, size);
	void *memory = calloc(1, total ? total : 1); /* calloc(0) may give NULL without an error */
	if (!memory)
		out_of_memory();
	return memory;
}

void *xrealloc_array(void *old, size_t count, size_t size)
{
	size_t total = checked_product(count, size);
	void *memory = realloc(old, total ? total : 1); /* realloc(old, 0) frees and gives NULL */
	if (!memory)
		out_of_memory();
	return memory;
}
