#include "collect/conninfo.h"

#include "base/arena.h"
#include "base/num.h"
#include "base/str.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static void wipe_free(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

static char *copy_text(const char *text)
{
	char *copy = strdup(text);
	if (copy == NULL)
		xcalloc(SIZE_MAX, 2); /* out of memory ends the program there */
	return copy;
}

static void params_set(ConnParams *params, const char *keyword, const char *value)
{
	for (size_t i = 0; i < params->count; i++) {
		if (strcmp(params->keywords[i], keyword) == 0) {
			wipe_free(params->values[i]);
			params->values[i] = copy_text(value);
			return;
		}
	}
	params->keywords = xrealloc_array(params->keywords, params->count + 1, sizeof *params->keywords);
	params->values = xrealloc_array(params->values, params->count + 1, sizeof *params->values);
	params->keywords[params->count] = copy_text(keyword);
	params->values[params->count++] = copy_text(value);
}

static void params_remove(ConnParams *params, const char *keyword)
{
	for (size_t i = 0; i < params->count; i++) {
		if (strcmp(params->keywords[i], keyword) != 0)
			continue;
		free(params->keywords[i]);
		wipe_free(params->values[i]);
		params->count--;
		params->keywords[i] = params->keywords[params->count];
		params->values[i] = params->values[params->count];
		return;
	}
}

const char *conn_params_get(const ConnParams *params, const char *keyword)
{
	for (size_t i = 0; i < params->count; i++)
		if (strcmp(params->keywords[i], keyword) == 0)
			return params->values[i];
	return NULL;
}

static void params_take(ConnParams *params, const PQconninfoOption *options)
{
	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		if (o->val != NULL && o->val[0] != '\0')
			params_set(params, o->keyword, o->val);
}

/* PQconndefaults() keeps silent of a service that is not there; a connection does not, and stops before it has a host. This
 * one goes nowhere in either case: no server is on port 0. */
static bool check_service(const char *service, Err *err)
{
	static const char *const KEYWORDS[] = {"service", "host", "port", NULL};
	const char *const values[] = {service, "/dev/null", "0", NULL};
	if (service == NULL || service[0] == '\0')
		return true;
	PGconn *conn = PQconnectStartParams(KEYWORDS, values, 0);
	const char *host = conn != NULL ? PQhost(conn) : NULL;
	bool found = host != NULL && host[0] != '\0';
	if (!found) {
		Str rest = str_from(conn != NULL ? PQerrorMessage(conn) : "out of memory");
		Str line = str_cut(&rest, '\n');
		err_set(err, "%.*s", STR_ARG(line));
	}
	PQfinish(conn);
	return found;
}

/* libpq reads a service file only while it connects or makes defaults, and takes the service's name for the latter from
 * the environment alone, where the next node's must not find it. This runs before any thread starts. */
static bool take_defaults(ConnParams *params, const char *service, Err *err)
{
	const char *before = getenv("PGSERVICE");
	if (!check_service(service != NULL ? service : before, err))
		return false;
	char *kept = before != NULL ? copy_text(before) : NULL;
	if (service != NULL)
		(void)setenv("PGSERVICE", service, 1);
	PQconninfoOption *defaults = PQconndefaults();
	if (defaults == NULL)
		err_set(err, "connection defaults: the service \"%s\" cannot be read",
		        service != NULL ? service
		        : kept != NULL  ? kept
		                        : "");
	if (service != NULL && kept != NULL)
		(void)setenv("PGSERVICE", kept, 1);
	else if (service != NULL)
		(void)unsetenv("PGSERVICE");
	free(kept);
	if (defaults == NULL)
		return err_set(err, "out of memory");
	params_take(params, defaults);
	PQconninfoFree(defaults);
	return true;
}

static bool parse_conninfo(const char *conninfo, PQconninfoOption **options, Err *err)
{
	char *message = NULL;
	*options = PQconninfoParse(conninfo, &message);
	if (*options != NULL)
		return true;
	Str rest = str_from(message != NULL ? message : "invalid");
	Str line = str_cut(&rest, '\n');
	err_set(err, "connection string: %.*s", STR_ARG(line));
	PQfreemem(message);
	return false;
}

static const char *option_value(const PQconninfoOption *options, const char *keyword)
{
	for (const PQconninfoOption *o = options; o != NULL && o->keyword != NULL; o++)
		if (strcmp(o->keyword, keyword) == 0)
			return o->val;
	return NULL;
}

static bool add_endpoint(Endpoint **list, size_t *count, Str host, Str port, Err *err)
{
	int64_t number = 5432;
	if (port.len > 0 && !num_parse_int_in(port, 1, 65535, &number))
		return err_set(err, "port \"%.*s\" is not a number from 1 to 65535", STR_ARG(port));
	*list = xrealloc_array(*list, *count + 1, sizeof **list);
	char *copy = NULL;
	if (host.len > 0) {
		copy = xcalloc(host.len + 1, 1);
		memcpy(copy, host.data, host.len);
	}
	(*list)[(*count)++] = (Endpoint){copy, (int)number};
	return true;
}

/* Each host of a list is a node: libpq itself would block for ever on a black-holed first one. */
static bool split_hosts(const ConnParams *params, Endpoint **list, size_t *count, Err *err)
{
	const char *named = conn_params_get(params, "host");
	if (named == NULL)
		named = conn_params_get(params, "hostaddr");
	Str hosts = str_from(named != NULL ? named : "");
	const char *port_list = conn_params_get(params, "port");
	Str ports = str_from(port_list != NULL ? port_list : "");
	bool one_port = str_find(ports, STR(",")) == SIZE_MAX;
	Str port = str_cut(&ports, ',');
	for (;;) {
		if (!add_endpoint(list, count, str_cut(&hosts, ','), port, err))
			return false;
		if (str_is_none(hosts))
			return true;
		if (!one_port) {
			if (str_is_none(ports))
				return err_set(err, "the connection string has fewer ports than hosts");
			port = str_cut(&ports, ',');
		}
	}
}

ConnParams *conn_params_parse(const char *conninfo, const ConnDefaults *defaults, Endpoint **endpoints, size_t *count,
                              Err *err)
{
	ConnParams *params = xcalloc(1, sizeof *params);
	PQconninfoOption *given = NULL;
	*endpoints = NULL;
	*count = 0;
	params_set(params, "dbname", "postgres"); /* every server has it; one named as the user is rare for a monitor */
	if (conninfo != NULL && !parse_conninfo(conninfo, &given, err))
		goto fail;
	if (!take_defaults(params, option_value(given, "service"), err))
		goto fail;
	const struct {
		const char *keyword, *value;
	} overrides[] = {{"host", defaults->host},
	                 {"port", defaults->port},
	                 {"user", defaults->user},
	                 {"dbname", defaults->dbname},
	                 {"password", defaults->password}};
	for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
		if (overrides[i].value != NULL)
			params_set(params, overrides[i].keyword, overrides[i].value);
	if (given != NULL)
		params_take(params, given);
	if (!split_hosts(params, endpoints, count, err))
		goto fail;
	PQconninfoFree(given);
	return params;
fail:
	PQconninfoFree(given);
	endpoints_free(*endpoints, *count);
	*endpoints = NULL;
	*count = 0;
	conn_params_free(params);
	return NULL;
}

ConnParams *conn_params_copy(const ConnParams *params)
{
	ConnParams *copy = xcalloc(1, sizeof *copy);
	for (size_t i = 0; i < params->count; i++)
		params_set(copy, params->keywords[i], params->values[i]);
	copy->guarded = params->guarded;
	return copy;
}

void conn_params_set_password(ConnParams *params, const char *password)
{
	if (!params->guarded)
		params_set(params, "password", password);
}

void conn_params_guard(ConnParams *params, bool trusted)
{
	if (!trusted) {
		params->guarded = true;
		params_remove(params, "password");
		params_set(params, "passfile",
		           "/dev/null/none"); /* a file that cannot be: without one libpq has a default */
	}
	if (PQlibVersion() >= 160000 && conn_params_get(params, "require_auth") == NULL)
		params_set(params, "require_auth", "!password");
}

void conn_params_seal_environment(void)
{
	static const char *const NAMES[] = {"PGPASSWORD", "PGSERVICE", "PGHOSTADDR", "PGTARGETSESSIONATTRS"};
	for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
		(void)unsetenv(NAMES[i]);
}

void conn_params_free(ConnParams *params)
{
	if (params == NULL)
		return;
	for (size_t i = 0; i < params->count; i++) {
		free(params->keywords[i]);
		wipe_free(params->values[i]);
	}
	free(params->keywords);
	free(params->values);
	free(params);
}

void endpoints_free(Endpoint *endpoints, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(endpoints[i].host);
	free(endpoints);
}
