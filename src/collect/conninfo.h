#ifndef PGREPLTOP_COLLECT_CONNINFO_H
#define PGREPLTOP_COLLECT_CONNINFO_H
/* Where and as whom to connect, as psql understands it. */
#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* Connection parameters of one way in, as libpq merges them from a conninfo string, service file and environment.
 * Passwords stay in here. Owned by whoever made it. */
typedef struct ConnParams {
	char **keywords;
	char **values;
	size_t count;
	bool guarded; /* no password may be sent */
} ConnParams;

/* The host-independent overrides of the command line and the configuration; NULL = not set. */
typedef struct ConnDefaults {
	const char *host, *port, *user, *dbname, *password;
} ConnDefaults;

typedef struct Endpoint {
	char *host; /* name, numeric address or absolute socket directory */
	int port;
} Endpoint;

/* `conninfo` (a conninfo string, a URI, or NULL for the defaults alone) wins over `defaults`, those over the environment.
 * *endpoints gets every host:port of a multi-host string, each a node of its own; free them with endpoints_free(). With no
 * host named anywhere it is one endpoint without a host (host NULL: the usual socket directory, then localhost). */
ConnParams *conn_params_parse(const char *conninfo, const ConnDefaults *defaults, Endpoint **endpoints, size_t *count,
                              Err *err);
const char *conn_params_get(const ConnParams *params, const char *keyword); /* NULL: not set */
ConnParams *conn_params_copy(const ConnParams *params);
void conn_params_set_password(ConnParams *params, const char *password); /* no effect on guarded ones */
/* For a server that was not named but found by looking. Untrusted: it gets no password, neither one that was given nor one
 * from a password file, now or later. Trusted: it gets none in clear text, where libpq can refuse that (16 and newer). */
void conn_params_guard(ConnParams *params, bool trusted);
/* After the last conn_params_parse(): what libpq would take from the environment for each connection (a password, a service,
 * an address) is in the parameters of the nodes that it is meant for, and leaves the environment. Before any thread starts. */
void conn_params_seal_environment(void);
void conn_params_free(ConnParams *params); /* wipes the password */
void endpoints_free(Endpoint *endpoints, size_t count);

#endif
