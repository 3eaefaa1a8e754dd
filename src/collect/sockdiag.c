#include "collect/sockdiag.h"

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* Socket inodes. */
typedef struct Inodes {
	uint32_t *items; /* the kernel's numbers of sockets in sock_diag are of 32 bits */
	size_t count, capacity;
} Inodes;

static void add_inode(Inodes *inodes, uint32_t inode)
{
	if (inodes->count == inodes->capacity) {
		inodes->capacity = inodes->capacity > 0 ? inodes->capacity * 2 : 16;
		inodes->items = xrealloc_array(inodes->items, inodes->capacity, sizeof *inodes->items);
	}
	inodes->items[inodes->count++] = inode;
}

static bool has_inode(const Inodes *inodes, uint32_t inode)
{
	for (size_t i = 0; i < inodes->count; i++)
		if (inodes->items[i] == inode)
			return true;
	return false;
}

static int open_pid_file(int root_fd, int pid, const char *file, int flags)
{
	char path[64];
	StrBuf b = STRBUF_ON(path);
	strbuf_addf(&b, "%d/%s", pid, file);
	return openat(root_fd, path, O_RDONLY | O_CLOEXEC | flags);
}

/* The sockets of a process; none if they may not be seen. */
static void read_sockets(int root_fd, int pid, Inodes *out)
{
	out->count = 0;
	int fd = open_pid_file(root_fd, pid, "fd", O_DIRECTORY);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	const struct dirent *entry;
	while ((entry = readdir(dir)) != NULL) {
		char text[64];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, text, sizeof text);
		Str link = {text, n > 0 ? (size_t)n : 0};
		Str prefix = STR("socket:[");
		uint64_t inode;
		if (str_starts(link, prefix) && num_parse_u64(str_sub(link, prefix.len, link.len - 1), &inode) &&
		    inode <= UINT32_MAX)
			add_inode(out, (uint32_t)inode);
	}
	closedir(dir);
}

typedef struct Request {
	struct nlmsghdr header;
	struct unix_diag_req unix_socket;
} Request;

/* The inode at the other end; 0: the inode is no connected Unix socket of our namespace. */
static uint32_t ask_peer(int netlink, uint32_t inode)
{
	Request request = {.header = {.nlmsg_len = sizeof request,
	                              .nlmsg_type = SOCK_DIAG_BY_FAMILY,
	                              .nlmsg_flags = NLM_F_REQUEST},
	                   .unix_socket = {.sdiag_family = AF_UNIX,
	                                   .udiag_states = UINT32_MAX,
	                                   .udiag_ino = inode,
	                                   .udiag_show = UDIAG_SHOW_PEER,
	                                   .udiag_cookie = {UINT32_MAX, UINT32_MAX}}};
	if (send(netlink, &request, sizeof request, 0) != (ssize_t)sizeof request)
		return 0;
	_Alignas(struct nlmsghdr) char answer[4096];
	ssize_t got = recv(netlink, answer, sizeof answer, MSG_DONTWAIT); /* the kernel answers within send() */
	const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
	if (got < (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg)) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    header->nlmsg_len > (size_t)got || header->nlmsg_len < NLMSG_LENGTH(sizeof(struct unix_diag_msg)))
		return 0;
	Str rest = {answer, header->nlmsg_len};
	rest = str_sub(rest, NLMSG_LENGTH(sizeof(struct unix_diag_msg)), rest.len);
	struct nlattr attribute;
	while (rest.len >= sizeof attribute) {
		memcpy(&attribute, rest.data, sizeof attribute);
		if (attribute.nla_len < sizeof attribute || attribute.nla_len > rest.len)
			return 0;
		uint32_t peer;
		if (attribute.nla_type == UNIX_DIAG_PEER && attribute.nla_len == sizeof attribute + sizeof peer) {
			memcpy(&peer, rest.data + sizeof attribute, sizeof peer);
			return peer;
		}
		size_t step = ((size_t)attribute.nla_len + NLA_ALIGNTO - 1) / NLA_ALIGNTO * NLA_ALIGNTO;
		rest = str_sub(rest, step < rest.len ? step : rest.len, rest.len);
	}
	return 0;
}

static void find_peers(const Inodes *sockets, Inodes *peers)
{
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink < 0)
		return;
	for (size_t i = 0; i < sockets->count; i++) {
		uint32_t peer = ask_peer(netlink, sockets->items[i]);
		if (peer != 0)
			add_inode(peers, peer);
	}
	close(netlink);
}

/* "postgres: [CLUSTER_NAME: ]walsender ..."; in 10 "wal sender process". */
static bool is_wal_sender(int root_fd, int pid)
{
	int fd = open_pid_file(root_fd, pid, "cmdline", 0);
	if (fd < 0)
		return false;
	char text[512];
	ssize_t n = read(fd, text, sizeof text);
	close(fd);
	Str title = {text, n > 0 ? (size_t)n : 0};
	return str_starts(title, STR("postgres:")) &&
	       (str_find(title, STR("walsender")) != SIZE_MAX || str_find(title, STR("wal sender")) != SIZE_MAX);
}

static int find_holder(DIR *root, const Inodes *peers)
{
	Inodes theirs = {0};
	int found = 0;
	const struct dirent *entry;
	while (found == 0 && (entry = readdir(root)) != NULL) {
		int64_t pid;
		if (!num_parse_int_in(str_from(entry->d_name), 1, INT_MAX, &pid) ||
		    !is_wal_sender(dirfd(root), (int)pid))
			continue;
		read_sockets(dirfd(root), (int)pid, &theirs);
		for (size_t i = 0; i < theirs.count && found == 0; i++)
			if (has_inode(peers, theirs.items[i]))
				found = (int)pid;
	}
	free(theirs.items);
	return found;
}

int sockdiag_wal_sender(const char *proc_root, int pid)
{
	DIR *root = opendir(proc_root);
	if (root == NULL)
		return 0;
	Inodes sockets = {0}, peers = {0};
	read_sockets(dirfd(root), pid, &sockets);
	if (sockets.count > 0)
		find_peers(&sockets, &peers);
	int found = peers.count > 0 ? find_holder(root, &peers) : 0;
	free(sockets.items);
	free(peers.items);
	closedir(root);
	return found;
}
