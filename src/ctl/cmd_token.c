/* SPDX-License-Identifier: ISC */
/* errandctl token: an issuer for development and tests, without a server. */
#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "cmd.h"
#include "conf/conf.h"
#include "setup/setup.h"
#include "text/json.h"
#include "token_issue.h"
#include "token_key.h"

#define JSON_DEPTH  16
#define TTL_DEFAULT 300 /* seconds, as Keycloak's own */
#define TTL_MAX     ((int64_t)3650 * 86400)

enum { OPT_NEW_KEY = 256, OPT_JWKS, OPT_TTL };

/* --claim or --header, in the order given. */
struct change {
	bool header;
	const char *text; /* NAME=JSON */
};

struct options {
	const char *key;
	const char *new_key;
	const char *alg;
	bool jwks;
	struct token_wish wish;
	struct change *change; /* as many as there are arguments */
	size_t nchanges;
};

static const struct option longs[] = {
	{ "key", required_argument, NULL, 'k' },
	{ "new-key", required_argument, NULL, OPT_NEW_KEY },
	{ "jwks", no_argument, NULL, OPT_JWKS },
	{ "algorithm", required_argument, NULL, 'A' },
	{ "role", required_argument, NULL, 'r' },
	{ "user", required_argument, NULL, 'u' },
	{ "email", required_argument, NULL, 'e' },
	{ "issuer", required_argument, NULL, 'i' },
	{ "audience", required_argument, NULL, 'a' },
	{ "ttl", required_argument, NULL, OPT_TTL },
	{ "claim", required_argument, NULL, 'C' },
	{ "header", required_argument, NULL, 'H' },
	{ 0 },
};

/* A number and s, m, h or d; seconds if there is no unit. */
static int
parse_ttl(const char *text, int64_t *out)
{
	static const struct {
		char name;
		int64_t seconds;
	} units[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	size_t len = strlen(text), i;
	char digits[16];
	int64_t unit = 1;

	for (i = 0; len > 0 && i < NELEM(units); i++) {
		if (text[len - 1] == units[i].name) {
			unit = units[i].seconds;
			len--;
			break;
		}
	}
	if (len >= sizeof(digits))
		return -1;
	memcpy(digits, text, len);
	digits[len] = '\0';
	if (str_to_int(digits, 1, TTL_MAX / unit, out) == -1)
		return -1;
	*out *= unit;
	return 0;
}

static int
take_option(struct options *o, int c, const char *arg)
{
	switch (c) {
	case 'k':
		o->key = arg;
		break;
	case OPT_NEW_KEY:
		o->new_key = arg;
		break;
	case OPT_JWKS:
		o->jwks = true;
		break;
	case 'A':
		o->alg = arg;
		break;
	case 'r':
		json_object_array_add(o->wish.roles,
		    json_object_new_string(arg));
		break;
	case 'u':
		o->wish.user = arg;
		break;
	case 'e':
		o->wish.email = arg;
		break;
	case 'i':
		o->wish.issuer = arg;
		break;
	case 'a':
		o->wish.audience = arg;
		break;
	case OPT_TTL:
		if (parse_ttl(arg, &o->wish.ttl) == 0)
			break;
		return cmd_misused(&cmd_token,
		    "--ttl %s: a number with s, m, h or d behind it is "
		    "needed, at most 3650d",
		    arg);
	case 'C':
	case 'H':
		o->change[o->nchanges++] = (struct change){ c == 'H', arg };
		if (strchr(arg, '=') != NULL && arg[0] != '=')
			break;
		return cmd_misused(&cmd_token, "%s %s: NAME=JSON is needed",
		    c == 'H' ? "--header" : "--claim", arg);
	default:
		return cmd_misused(&cmd_token, NULL);
	}
	return CMD_OK;
}

static int
take_options(struct options *o, int argc, char **argv)
{
	int c, status;

	while ((c = getopt_long(argc, argv, "k:r:u:", longs, NULL)) != -1) {
		status = take_option(o, c, optarg);
		if (status != CMD_OK)
			return status;
	}
	if (optind < argc)
		return cmd_misused(&cmd_token, "\"%s\" is not expected",
		    argv[optind]);
	if (o->new_key != NULL && (o->key != NULL || o->jwks))
		return cmd_misused(&cmd_token,
		    "--new-key goes with no other option");
	if (o->new_key == NULL && o->key == NULL)
		return cmd_misused(&cmd_token,
		    "--key FILE is needed; --new-key FILE makes one");
	return CMD_OK;
}

/* Sets or removes one member.  0, or -1 after telling why not. */
static int
apply(const struct change *change, struct json_object *object)
{
	const char *option = change->header ? "--header" : "--claim";
	const char *value = strchr(change->text, '=');
	struct json_fault fault = { 0 };
	struct json_object *v;
	char *name;

	name = strndup(change->text, (size_t)(value - change->text));
	if (name == NULL)
		abort();
	value++;
	v = json_read(value, strlen(value), JSON_DEPTH, &fault);
	if (*value == '\0')
		json_object_object_del(object, name);
	else if (v != NULL || fault.msg == NULL)
		json_object_object_add(object, name, v);
	else
		fprintf(stderr,
		    "errandctl token: %s %s: not JSON: %s (a string needs "
		    "quotes: %s %s='\"...\"')\n",
		    option, change->text, fault.msg, option, name);
	free(name);
	return *value == '\0' || fault.msg == NULL ? 0 : -1;
}

static int
issue(struct options *o, const struct token_key *key)
{
	struct json_object *header = token_issue_header(key);
	struct json_object *claims = token_issue_claims(&o->wish);
	int status = CMD_FAILED;
	char *token;
	size_t i;

	for (i = 0; i < o->nchanges; i++) {
		const struct change *c = &o->change[i];

		if (apply(c, c->header ? header : claims) == -1)
			goto out;
	}
	token = token_issue_sign(key, header, claims);
	if (token == NULL) {
		fputs("errandctl token: the token cannot be signed\n", stderr);
		goto out;
	}
	puts(token);
	free(token);
	status = CMD_OK;
out:
	json_object_put(header);
	json_object_put(claims);
	return status;
}

/* What was not said comes from the configuration. */
static int
complete(const struct ctl *ctl, struct options *o)
{
	struct token_wish *w = &o->wish;

	if ((w->issuer == NULL || w->audience == NULL) &&
	    setup_load_or_say("errandctl", ctl->conf) == -1)
		return CMD_FAILED;
	if (w->issuer == NULL)
		w->issuer = settings.auth_issuer;
	if (w->audience == NULL)
		w->audience = settings.auth_audience;
	if (w->issuer[0] == '\0')
		return cmd_misused(&cmd_token,
		    "no issuer: set [auth] issuer or say --issuer");
	if (json_object_array_length(w->roles) == 0)
		json_object_array_add(w->roles, json_object_new_string("user"));
	return CMD_OK;
}

static int
act(const struct ctl *ctl, struct options *o)
{
	struct token_key key = { 0 };
	struct json_object *set;
	int status = CMD_FAILED;

	if (o->new_key != NULL)
		return token_key_create(o->new_key) == 0 ? CMD_OK : CMD_FAILED;
	if (token_key_open(&key, o->key, o->alg) == -1)
		goto out;
	if (o->jwks) {
		set = token_key_set(&key);
		puts(json_object_to_json_string_ext(set,
		    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(set);
		status = CMD_OK;
		goto out;
	}
	status = complete(ctl, o);
	if (status == CMD_OK)
		status = issue(o, &key);
	conf_free();
out:
	token_key_close(&key);
	return status;
}

static int
token_run(const struct ctl *ctl, int argc, char **argv)
{
	struct options o = {
		.wish.user = "developer",
		.wish.ttl = TTL_DEFAULT,
		.wish.roles = json_object_new_array(),
		.change = calloc((size_t)argc, sizeof(*o.change)),
	};
	int status;

	if (o.change == NULL)
		abort();
	status = take_options(&o, argc, argv);
	if (status == CMD_OK)
		status = act(ctl, &o);
	free(o.change);
	json_object_put(o.wish.roles);
	return status;
}

const struct cmd cmd_token = {
	.name = "token",
	.summary = "Issues a development token from a local key",
	.usage = "--key FILE [options] | --key FILE --jwks | --new-key FILE",
	.options = "  --new-key FILE      makes an RSA key, mode 0600\n"
		   "  -k, --key FILE      private key in PEM\n"
		   "  --jwks              prints the key set with the public "
		   "half\n"
		   "  --algorithm NAME    RS256, PS256, ES256, ES384 or EdDSA; "
		   "default: what\n"
		   "                      suits the key\n"
		   "  -r, --role ROLE     may be repeated; default: user\n"
		   "  -u, --user NAME     default: developer\n"
		   "  --email ADDRESS\n"
		   "  --issuer URL        default: [auth] issuer\n"
		   "  --audience NAME     default: [auth] audience\n"
		   "  --ttl TIME          with s, m, h or d; default: 5m\n"
		   "  --claim NAME=JSON   sets a claim; NAME= removes it\n"
		   "  --header NAME=JSON  the same in the header\n",
	.run = token_run,
};
