/* SPDX-License-Identifier: ISC */
/* Settings: every source, every type, and every fault told with its place. */
#include "config.h"

#include "lib/harness.h"

#include "base/buf.h"
#include "base/str.h"
#include "conf/conf.h"
#include "jobs/kind.h"
#include "setup/setup.h"

/* 200 bytes of a value. */
#define TEN   "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define LONG  FIFTY FIFTY FIFTY FIFTY

/* Gathers the sentences of one load, a line each, with F for the file. */
struct told {
	const char *path;
	struct buf text;
};

static void
on_fault(void *arg, const char *sentence)
{
	struct told *told = arg;
	const char *s = sentence, *hit;

	while ((hit = strstr(s, told->path)) != NULL) {
		buf_add(&told->text, s, (size_t)(hit - s));
		buf_addc(&told->text, 'F');
		s = hit + strlen(told->path);
	}
	buf_adds(&told->text, s);
	buf_addc(&told->text, '\n');
}

static unsigned
load(const char *ini, struct told *told)
{
	char *path = harness_file(ini, strlen(ini));
	unsigned faults;

	told->path = path;
	buf_adds(&told->text, "");
	faults = setup_load(path, on_fault, told);
	unlink(path);
	free(path);
	return faults;
}

/* "NAME=value" into the environment; "" and NULL: nothing. */
static void
set_env(const char *assignment)
{
	char *copy, *value;

	if (assignment == NULL || assignment[0] == '\0')
		return;
	copy = strdup(assignment);
	ck_assert_ptr_nonnull(copy);
	value = strchr(copy, '=');
	*value++ = '\0';
	ck_assert_int_eq(setenv(copy, value, 1), 0);
	free(copy);
}

/* What conf_show says of a setting, without where it is from. */
static char *
shown(const char *section, const char *key)
{
	char head[80], line[80], *text = NULL, *start, *end;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	conf_show(out);
	fclose(out);
	snprintf(head, sizeof(head), "[%s]\n", section);
	snprintf(line, sizeof(line), "\n%s = ", key);
	start = strstr(text, head);
	ck_assert_ptr_nonnull(start);
	start = strstr(start, line);
	ck_assert_ptr_nonnull(start);
	start += strlen(line);
	end = strchr(start, '\n');
	start = strndup(start, (size_t)(end - start));
	free(text);
	return start;
}

static const struct {
	const char *ini, *env;
	const char *section, *key;
	const char *expect; /* value, and where it comes from without F: */
} good[] = {
	{ "", "", "http", "body_limit", "128k ; default" },
	{ "[http]\nbody_limit = 128k\n", "", "http", "body_limit",
	    "128k ; F:2" },
	{ "\xef\xbb\xbf[http]\r\nbody_limit=1M\r\n", "", "http", "body_limit",
	    "1M ; F:2" },
	{ "[http]\nbody_limit: 2048 ; bytes\n", "", "http", "body_limit",
	    "2048 ; F:2" },
	{ "[http]\nbody_limit = 128k\n", "ERRAND_HTTP_BODY_LIMIT=2m", "http",
	    "body_limit", "2m ; ERRAND_HTTP_BODY_LIMIT" },
	{ "", "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4318", "trace", "endpoint",
	    "http://a:4318/v1/traces ; OTEL_EXPORTER_OTLP_ENDPOINT" },
	{ "", "OTEL_EXPORTER_OTLP_ENDPOINT=http://a/b/", "trace", "endpoint",
	    "http://a/b/v1/traces ; OTEL_EXPORTER_OTLP_ENDPOINT" },
	{ "", "OTEL_EXPORTER_OTLP_ENDPOINT=http://a/?b=c", "trace", "endpoint",
	    " ; default" },
	{ "", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=http://a/b", "trace",
	    "endpoint", "http://a/b ; OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" },
	{ "[trace]\nendpoint = http://b\n", "OTEL_EXPORTER_OTLP_ENDPOINT=",
	    "trace", "endpoint", "http://b ; F:2" },
	{ "", "OTEL_EXPORTER_OTLP_ENDPOINT=unix:/x", "trace", "endpoint",
	    " ; default" },
	{ "", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT=1500", "trace", "timeout",
	    "1500ms ; OTEL_EXPORTER_OTLP_TRACES_TIMEOUT" },
	{ "", "OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic%20x", "trace",
	    "headers", "*** ; OTEL_EXPORTER_OTLP_HEADERS" },
	{ "", "OTEL_EXPORTER_OTLP_HEADERS=a=b%0d%0ac", "trace", "headers",
	    " ; default" },
	{ "", "OTEL_SDK_DISABLED=TRUE", "trace", "enabled",
	    "off ; OTEL_SDK_DISABLED" },
	{ "", "OTEL_SDK_DISABLED=false", "trace", "enabled", "on ; default" },
	{ "[trace]\nenabled = off\n", "OTEL_SDK_DISABLED=false", "trace",
	    "enabled", "off ; F:2" },
	{ "", "OTEL_SDK_DISABLED=1", "trace", "enabled", "on ; default" },
	{ "", "OTEL_TRACES_EXPORTER=none", "trace", "enabled",
	    "off ; OTEL_TRACES_EXPORTER" },
	{ "[trace]\nsampler = always_off\n", "OTEL_TRACES_SAMPLER=traceidratio",
	    "trace", "sampler", "traceidratio ; OTEL_TRACES_SAMPLER" },
	{ "[trace]\nsampler = always_off\n", "OTEL_TRACES_SAMPLER=xray",
	    "trace", "sampler", "always_off ; F:2" },
	{ "", "OTEL_TRACES_SAMPLER_ARG=0.25", "trace", "ratio",
	    "0.25 ; OTEL_TRACES_SAMPLER_ARG" },
	{ "", "OTEL_TRACES_SAMPLER_ARG=2", "trace", "ratio", "1 ; default" },
	{ "[http]\nbase_path = /a\n", "ERRAND_HTTP_BASE_PATH=", "http",
	    "base_path", " ; ERRAND_HTTP_BASE_PATH" },
	{ "[http]\nbase_path = /a.b/c-d_e~f\n", "", "http", "base_path",
	    "/a.b/c-d_e~f ; F:2" },
	{ "[http]\nbase_path =\n", "", "http", "base_path", " ; F:2" },
	{ "[database]\nconninfo = host=a\n  port=5433\n\tdbname=x ; why\n", "",
	    "database", "conninfo", "*** ; F:2" },
	{ "[database]\npassword = s3cret\n", "", "database", "password",
	    "*** ; F:2" },
	{ "[database]\npassword =\npassword_file =\n", "", "database",
	    "password", " ; F:2" },
	{ "[redis]\nurl = redis://u:s3cret@h:1/2\n", "", "redis", "url",
	    "redis://***@h:1/2 ; F:2" },
	{ "[redis]\nurl = unix:///run/redis.sock?db=3\n", "", "redis", "url",
	    "unix:///run/redis.sock?db=3 ; F:2" },
	{ "[auth]\nissuer = http://sso:8080/realms/a\n", "", "auth", "issuer",
	    "http://sso:8080/realms/a ; F:2" },
	{ "[auth]\nleeway = 0\n", "", "auth", "leeway", "0 ; F:2" },
	{ "; a\n# b\n\n[auth]\n  ; c\nleeway = 5s\n  # d\n", "", "auth",
	    "leeway", "5s ; F:6" },
	{ "# " LONG "\n[auth]\nleeway = 5s\n", "", "auth", "leeway",
	    "5s ; F:3" },
	{ "[auth]\nleeway = 5s", "", "auth", "leeway", "5s ; F:2" },
	{ "", "ERRAND_URL=x", "auth", "leeway", "30s ; default" },
	{ "", "ERRAND_REDIS=redis://x", "auth", "leeway", "30s ; default" },
	{ "", "ERRAND_LOG=x", "auth", "leeway", "30s ; default" },
	{ "", "ERRAND_REDIS_PORT=tcp://1.2.3.4:6379", "auth", "leeway",
	    "30s ; default" },
	{ "", "ERRAND_REDIS_PORT_6379_TCP_ADDR=1.2.3.4", "auth", "leeway",
	    "30s ; default" },
	{ "", "ERRAND_DATABASE_SERVICE_HOST=1.2.3.4", "auth", "leeway",
	    "30s ; default" },
	{ "", "ERRAND_WORKER_PID=17", "auth", "leeway", "30s ; default" },
	{ "", "ERRAND_USER_TOKEN=x", "auth", "leeway", "30s ; default" },
	{ "[job:a.b-c:D_9]\ncommand = a; b | c\n", "", "job:a.b-c:D_9",
	    "command", "a; b | c ; F:2" },
	{ "[job:a]\nqueue = q\n[job:b]\nqueue = r\n[job:a]\nsoft_limit = 1m\n",
	    "", "job:a", "soft_limit", "1m ; F:6" },
};

START_TEST(a_setting_has_a_value_and_a_source)
{
	struct told told = { 0 };
	char *got, *colon;

	set_env(good[_i].env);
	ck_assert_msg(load(good[_i].ini, &told) == 0, "%s", told.text.data);
	got = shown(good[_i].section, good[_i].key);
	colon = strstr(good[_i].expect, " ; F:");
	if (colon == NULL)
		ck_assert_str_eq(got, good[_i].expect);
	else {
		char whole[1200];

		snprintf(whole, sizeof(whole), "%.*s ; %s%s",
		    (int)(colon - good[_i].expect), good[_i].expect,
		    conf_path(), colon + strlen(" ; F"));
		ck_assert_str_eq(got, whole);
	}
	free(got);
	conf_free();
	buf_free(&told.text);
}
END_TEST

#define REDIS_FORM                                                             \
	"it must look like redis://host:port/db, rediss://host:port/db, "      \
	"sentinel://host:port;sentinel://host:port/db or "                     \
	"unix:///path/to/socket?db=n\n"
#define NO_PAIRS                                                               \
	"libpq cannot read it: it is made of pairs like host=/run/postgresql " \
	"dbname=errand that libpq knows; a value with blanks stands in "       \
	"single quotes, with \\ before ' and \\\n"
#define NO_ADDRESS                                                             \
	"libpq cannot read it: an address looks like "                         \
	"postgresql://user:password@host:port/database, with %XX for "         \
	"characters like @ / : % in a password, and with options that libpq "  \
	"knows\n"
#define RESERVED "this name is reserved: something else is stored under it\n"

static const struct {
	const char *ini, *env;
	const char *told;
} bad[] = {
	{ "x = 1\n", "", "F:1: x stands before the first [section]\n" },
	{ "[http]\nbase_pth = /a\n", "",
	    "F:2: [http] has no base_pth; did you mean base_path?\n" },
	{ "[http]\nBase-Path = /a\n", "",
	    "F:2: [http] has no Base-Path; did you mean base_path?\n" },
	{ "[http]\nttl = 5m\n", "",
	    "F:2: [http] has no ttl; it belongs to [cache]\n" },
	{ "[http]\nfrobnicate = 5m\n", "", "F:2: [http] has no frobnicate\n" },
	{ "[http]\nbase_path_file = /a\n", "",
	    "F:2: [http] has no base_path_file\n" },
	{ "[htpt]\nbase_path = /a\nbody_limit = x\n", "",
	    "F:1: there is no section [htpt]; did you mean [http]?\n" },
	{ "[zzzzzz]\n", "", "F:1: there is no section [zzzzzz]\n" },
	{ "[http\nbase_path = /a\n", "",
	    "F:1: the ] of the section is missing\n" },
	{ "[http] x\n", "", "F:1: there is something behind [http]\n" },
	{ "[http]\n  base_path = /a\n", "",
	    "F:2: an indented line continues the setting above it, and "
	    "there is none\n" },
	{ "[http]\nbase_path\nbody_limit\n", "",
	    "F:2: this is neither a [section] nor a setting (key = value)\n"
	    "F:3: this is neither a [section] nor a setting (key = value)\n" },
	{ "[http]\nbase_path = /a\nbase_path = /b\n", "",
	    "F:3: [http] base_path was given in line 2 already\n" },
	{ "[log]\nfile = " LONG "\n  more\nformat = json\n", "",
	    "F:2: the line is longer than 197 bytes; continue it in the next "
	    "line, indented\n" },
	{ "[log]\nfile = a\x01z\n", "",
	    "F:2: [log] file: there is a control character in it\n" },
	{ "[log]\nfile = a\xff\n", "",
	    "F:2: [log] file: it is not valid UTF-8\n" },
	{ "[http]\nbody_limit = 12x\n", "",
	    "F:2: [http] body_limit: \"12x\" is not a size from 1k to 16m "
	    "(bytes, or a number with k, m or g behind it)\n" },
	{ "[http]\nbody_limit = 17m\nio_timeout = 5\n", "",
	    "F:2: [http] body_limit: \"17m\" is not a size from 1k to 16m "
	    "(bytes, or a number with k, m or g behind it)\n"
	    "F:3: [http] io_timeout: \"5\" is not a time from 1s to 5m "
	    "(a number with ms, s, m, h or d behind it)\n" },
	{ "[http]\nbody_limit = 99999999999g\n", "",
	    "F:2: [http] body_limit: \"99999999999g\" is not a size from 1k "
	    "to 16m (bytes, or a number with k, m or g behind it)\n" },
	/* In 64 bits this wraps to a bit less than ten hours. */
	{ "[cache]\nttl = 213503982335d\n", "",
	    "F:2: [cache] ttl: \"213503982335d\" is not a time from 1s to 1d "
	    "(a number with ms, s, m, h or d behind it)\n" },
	{ "[auth]\ntoken_cache = -1\n", "",
	    "F:2: [auth] token_cache: \"-1\" is not a whole number from 0 to "
	    "65536\n" },
	{ "[cache]\nenabled = maybe\n", "",
	    "F:2: [cache] enabled: \"maybe\" is neither on nor off\n" },
	{ "[tasks]\nextra = due:date, n:int, due:text, :date, a.b:text\n", "",
	    "F:2: [tasks] extra: \"n:int\": the type must be text, number, "
	    "boolean or date\n"
	    "F:2: [tasks] extra: \"due:text\": the name is there already\n"
	    "F:2: [tasks] extra: \":date\": there must be a name of up to 63 "
	    "letters, digits, _ and -, then a colon and a type\n"
	    "F:2: [tasks] extra: \"a.b:text\": there must be a name of up to "
	    "63 letters, digits, _ and -, then a colon and a type\n" },
	{ "[rbac]\nget_me = user + scp:tasks.read\n", "",
	    "F:2: [rbac] get_me: \"scp:tasks.read\": it is neither NAME nor "
	    "role:NAME nor scope:NAME\n" },
	{ "[rbac]\nget_me =\n", "",
	    "F:2: [rbac] get_me: it must not be empty\n" },
	{ "[auth]\naudience =\n", "",
	    "F:2: [auth] audience: it must not be empty\n" },
	{ "[auth]\nrealm = " FIFTY TEN TEN "\n", "",
	    "F:2: [auth] realm: it is 70 bytes long, 64 are allowed\n" },
	{ "[auth]\nalgorithms = ,\n", "",
	    "F:2: [auth] algorithms: 0 words are given, 1 to 8 are "
	    "expected\n" },
	{ "[auth]\nalgorithms = RS256, rs512,HS256\n", "",
	    "F:2: [auth] algorithms: \"rs512\" is not one of RS256, PS256, "
	    "ES256, ES384, EdDSA\n"
	    "F:2: [auth] algorithms: \"HS256\" is not one of RS256, PS256, "
	    "ES256, ES384, EdDSA\n" },
	{ "[http]\npublic_url = https://a.example/\n", "",
	    "F:2: [http] public_url: it must not end with a slash\n" },
	{ "[log]\ngelf = ftp://h\n", "",
	    "F:2: [log] gelf: it must start with tcp://, tls://, udp://, http:// or https://\n" },
	{ "[log]\ngelf = h:12201\n", "",
	    "F:2: [log] gelf: it must start with tcp://, tls://, udp://, http:// or https://\n" },
	{ "[log]\ngelf = tcp://\n", "",
	    "F:2: [log] gelf: it must have a host name, and a port from 1 to 65535 if any\n" },
	{ "[log]\ngelf = udp://h:0\n", "",
	    "F:2: [log] gelf: it must have a host name, and a port from 1 to 65535 if any\n" },
	{ "[log]\ngelf = tcp://h/gelf\n", "",
	    "F:2: [log] gelf: it must end with the host or the port\n" },
	{ "[log]\ngelf = https://u:p@h/\n", "",
	    "F:2: [log] gelf: there is a character in it that has no place there\n" },
	{ "[http]\npublic_url = a.example\n", "",
	    "F:2: [http] public_url: it must start with https:// "
	    "(or http://)\n" },
	{ "[log]\nsyslog = log.example\n", "",
	    "F:2: [log] syslog: it must start with udp://, tcp:// or "
	    "unix://\n" },
	{ "[log]\nsyslog = http://log.example\n", "",
	    "F:2: [log] syslog: it must start with udp://, tcp:// or "
	    "unix://\n" },
	{ "[log]\nsyslog = udp://\n", "",
	    "F:2: [log] syslog: it must have a host name, and a port from 1 to "
	    "65535 if any\n" },
	{ "[log]\nsyslog = tcp://a:1/b\n", "",
	    "F:2: [log] syslog: it must end with the host or the port\n" },
	{ "[log]\nsyslog = unix:///" TEN FIFTY FIFTY "\n", "",
	    "F:2: [log] syslog: the path is too long for a socket\n" },
	{ "[http]\nbase_path = api\n", "",
	    "F:2: [http] base_path: it must start with a slash\n" },
	{ "[http]\nbase_path = /api/\n", "",
	    "F:2: [http] base_path: it must not end with a slash\n" },
	{ "[http]\nbase_path = /\n", "",
	    "F:2: [http] base_path: it must not end with a slash\n" },
	{ "[http]\nbase_path = /a%20b\n", "",
	    "F:2: [http] base_path: only letters, digits, - . _ ~ and / are "
	    "allowed in it\n" },
	{ "[http]\nbase_path = /a//b\n", "",
	    "F:2: [http] base_path: it must not have empty, . or .. "
	    "segments\n" },
	{ "[http]\nbase_path = /a/..\n", "",
	    "F:2: [http] base_path: it must not have empty, . or .. "
	    "segments\n" },
	{ "[auth]\nissuer = sso.example\n", "",
	    "F:2: [auth] issuer: it must start with https:// (or "
	    "http://)\n" },
	{ "[auth]\nissuer = https:///realms/a\n", "",
	    "F:2: [auth] issuer: there is no host name in it\n" },
	{ "[auth]\nissuer = https://sso/a?b\n", "",
	    "F:2: [auth] issuer: it must not have a ? in it\n" },
	{ "[auth]\nrealm = my \"realm\"\n", "",
	    "F:2: [auth] realm: it must not have \" or \\ in it\n" },
	{ "[auth]\nrealm = a\\b\n", "",
	    "F:2: [auth] realm: it must not have \" or \\ in it\n" },
	{ "[auth]\njwks_uri = https://u:p@sso/a\n", "",
	    "F:2: [auth] jwks_uri: a user name or password has no place in "
	    "it\n" },
	{ "[auth]\njwks_uri = file:///etc/keys\n", "",
	    "F:2: [auth] jwks_uri: it must start with https:// (or "
	    "http://)\n" },
	{ "[auth]\nintrospect = admin\n", "",
	    "F:2: [auth] introspect: it needs [auth] introspect_secret (or "
	    "introspect_secret_file)\n" },
	{ "[auth]\nintrospect_secret =\n", "ERRAND_AUTH_INTROSPECT=all",
	    "ERRAND_AUTH_INTROSPECT: it needs [auth] introspect_secret (or "
	    "introspect_secret_file)\n" },
	{ "[auth]\nintrospect = on\n", "",
	    "F:2: [auth] introspect: \"on\" is not one of off, admin, all\n" },
	{ "[auth]\nintrospect_url = sso/a\n", "",
	    "F:2: [auth] introspect_url: it must start with https:// (or "
	    "http://)\n" },
	{ "[auth]\nintrospect_url = https://sso/a#b\n", "",
	    "F:2: [auth] introspect_url: it must not have a # in it\n" },
	{ "[auth]\nintrospect_ttl = 31s\n", "",
	    "F:2: [auth] introspect_ttl: \"31s\" is not a time from 0 to "
	    "30s (a number with ms, s, m, h or d behind it)\n" },
	{ "[auth]\nkey_ttl = 1h\nkey_stale = 30m\n", "",
	    "F:3: [auth] key_stale: it must not be shorter than [auth] "
	    "key_ttl\n" },
	{ "[http]\ncors_origins = * https://a/b\n", "",
	    "F:2: [http] cors_origins: \"https://a/b\": an origin ends with "
	    "its host or port\n" },
	{ "[redis]\nurl = http://a\n", "", "F:2: [redis] url: " REDIS_FORM },
	{ "", "ERRAND_REDIS_URL=rediss://:s3cret@a?x=1",
	    "ERRAND_REDIS_URL: behind its question mark may stand db, "
	    "master_name, ssl_cert_reqs, ssl_check_hostname, ssl_ca_certs, "
	    "ssl_certfile and ssl_keyfile\n" },
	{ "[redis]\nurl = sentinel://a\n", "",
	    "F:2: [redis] url: sentinels want to be asked for a "
	    "master_name\n" },
	{ "[broker]\nmaster_name = m\nresult_url = sentinel://a\n", "",
	    "F:3: [broker] result_url: sentinels want to be asked for a "
	    "master_name\n"
	    "F:2: [broker] master_name: it counts only together with [broker] "
	    "url\n" },
	{ "", "ERRAND_REDIS_KEY_FILE=/k",
	    "ERRAND_REDIS_KEY_FILE: it counts only together with cert_file\n" },
	{ "[broker]\nurl = redis://\n", "", "F:2: [broker] url: " REDIS_FORM },
	{ "[broker]\npriority_steps = 0 4 4\n", "",
	    "F:2: [broker] priority_steps: it must be numbers from 0 to 9 that "
	    "rise from 0\n" },
	{ "[broker]\npriority_steps = 1\nsep = 0\n", "",
	    "F:2: [broker] priority_steps: it must be numbers from 0 to 9 that "
	    "rise from 0\nF:3: [broker] sep: it must not have blanks or "
	    "digits\n" },
	{ "[broker]\nresult_url = db1\n", "",
	    "F:2: [broker] result_url: " REDIS_FORM },
	{ "[broker]\ncert_file = c\nkey_file = k\nca_file = a\n", "",
	    "F:4: [broker] ca_file: it counts only together with [broker] "
	    "url\n"
	    "F:2: [broker] cert_file: it counts only together with [broker] "
	    "url\n"
	    "F:3: [broker] key_file: it counts only together with [broker] "
	    "url\n" },
	{ "[broker]\nusername = u\npassword = p\n", "",
	    "F:2: [broker] username: it counts only together with [broker] "
	    "url\n"
	    "F:3: [broker] password: it counts only together with [broker] "
	    "url\n" },
	/* A part of a password is in what libpq would say. */
	{ "[database]\nconninfo = host=a password=s3 cret\n", "",
	    "F:2: [database] conninfo: " NO_PAIRS },
	{ "[database]\nconninfo = errand\n", "",
	    "F:2: [database] conninfo: " NO_PAIRS },
	{ "[database]\nconninfo = host=a pasword=s3cret\n", "",
	    "F:2: [database] conninfo: " NO_PAIRS },
	{ "", "ERRAND_DATABASE_CONNINFO=host=a password='s3cret",
	    "ERRAND_DATABASE_CONNINFO: " NO_PAIRS },
	{ "[database]\nconninfo = postgresql://u:s3@cret@a/b\n", "",
	    "F:2: [database] conninfo: its address has more than one @; in a "
	    "password it is written %40\n" },
	{ "[database]\nconninfo = postgresql://u:s3%cret@a/b\n", "",
	    "F:2: [database] conninfo: " NO_ADDRESS },
	{ "[database]\nconninfo = postgres://[::1/b\n", "",
	    "F:2: [database] conninfo: " NO_ADDRESS },
	{ "[database]\nconninfo = port=0\n", "",
	    "F:2: [database] conninfo: its port is not a number from 1 to "
	    "65535\n" },
	{ "[database]\nconninfo = host=a,b port=5432,x\n", "",
	    "F:2: [database] conninfo: its port is not a number from 1 to "
	    "65535\n" },
	{ "[database]\nconninfo = port=123456\n", "",
	    "F:2: [database] conninfo: its port is not a number from 1 to "
	    "65535\n" },
	{ "[database]\nconninfo = host=a,b,c port=1,2\n", "",
	    "F:2: [database] conninfo: it has another number of ports than "
	    "of hosts\n" },
	{ "[database]\nconninfo = sslmode=full\n", "",
	    "F:2: [database] conninfo: its sslmode is not one of disable, "
	    "allow, prefer, require, verify-ca, verify-full\n" },
	{ "[database]\nconninfo = target_session_attrs=write\n", "",
	    "F:2: [database] conninfo: its target_session_attrs is not one of "
	    "any, read-write, read-only, primary, standby, prefer-standby\n" },
	{ "[database]\nconninfo = target_session_attrs=standby\n", "",
	    "F:2: [database] conninfo: its target_session_attrs asks for a "
	    "server that does not write\n" },
	{ "[broker]\ntimezone = Europe/Nowhere\n", "",
	    "F:2: [broker] timezone: there is no such time zone in "
	    "/usr/share/zoneinfo\n" },
	{ "[broker]\ntimezone = ../../../etc/passwd\n", "",
	    "F:2: [broker] timezone: there is no such time zone in "
	    "/usr/share/zoneinfo\n" },
	{ "[broker]\nqueue = unacked\n", "", "F:2: [broker] queue: " RESERVED },
	{ "", "ERRAND_BROKER_QUEUE=unacked_index",
	    "ERRAND_BROKER_QUEUE: " RESERVED },
	{ "[broker]\nqueue = _kombu.binding.celery\n", "",
	    "F:2: [broker] queue: " RESERVED },
	{ "[broker]\nqueue = two words\n", "",
	    "F:2: [broker] queue: it must not have white space in it\n" },
	{ "[job:a]\nqueue = errand:dead\n", "",
	    "F:2: [job:a] queue: " RESERVED },
	{ "[job:a]\nqueue = errand.unregistered\n[job:b]\nqueue = "
	  "tasks:generation\n",
	    "",
	    "F:2: [job:a] queue: " RESERVED "F:4: [job:b] queue: " RESERVED },
	{ "[trace]\nendpoint = 127.0.0.1:4318\n", "",
	    "F:2: [trace] endpoint: it must start with https:// (or "
	    "http://)\n" },
	{ "[trace]\nheaders = a=%2\n", "",
	    "F:2: [trace] headers: it must look like name=value,name=value, "
	    "with %XX for what is no letter and no digit\n" },
	{ "[trace]\nheaders = a b=c\n", "",
	    "F:2: [trace] headers: there is a character in a name that none "
	    "has\n" },
	{ "[trace]\nresource = a=%ff\n", "",
	    "F:2: [trace] resource: a value must be one line of UTF-8\n" },
	{ "[trace]\nratio = 1.5\nsocket = x\n", "",
	    "F:2: [trace] ratio: it must be a number from 0 to 1, such as "
	    "0.05\n"
	    "F:3: [trace] socket: it must start with a slash\n" },
	{ "", "ERRAND_REDIS_TIMEOT=1s",
	    "ERRAND_REDIS_TIMEOT: there is no such setting; did you mean "
	    "ERRAND_REDIS_TIMEOUT?\n" },
	{ "", "ERRAND_REDIS_RETRY_INTERVAL_FILE=/x",
	    "ERRAND_REDIS_RETRY_INTERVAL_FILE: there is no such setting; did you "
	    "mean ERRAND_REDIS_RETRY_INTERVAL?\n" },
	{ "", "ERRAND_HTTP_FROBNICATION=1s",
	    "ERRAND_HTTP_FROBNICATION: there is no such setting\n" },
	{ "", "ERRAND_REDIS_TIMEOUT=",
	    "ERRAND_REDIS_TIMEOUT: \"\" is not a time from 10ms to 10s (a "
	    "number with ms, s, m, h or d behind it)\n" },
	{ "[job:errand.purge]\nqeue = b\n", "",
	    "F:2: [job:errand.purge] has no qeue; did you mean queue?\n" },
	{ "[job:errand.purge]\nttl = 5m\n", "",
	    "F:2: [job:errand.purge] has no ttl; it belongs to [cache]\n" },
	{ "[job:errand.purge]\nqueue =\n", "",
	    "F:2: [job:errand.purge] queue: it must not be empty\n" },
	{ "[job:errand.purge]\nbackoff = 1\nmax_retries = 1.5\n", "",
	    "F:2: [job:errand.purge] backoff: \"1\" is not a time from 0 to 1d "
	    "(a number "
	    "with ms, s, m, h or d behind it)\n"
	    "F:3: [job:errand.purge] max_retries: \"1.5\" is not a whole "
	    "number from 0 to "
	    "1000000\n" },
	{ "[job:a]\ncommand = cd /srv ; ./run\n[job:b]\ncommand = x;\n"
	  "  y \t; z\n",
	    "",
	    "F:2: [job:a] command: a ; with a space before it begins a "
	    "comment; "
	    "leave out one of them\n"
	    "F:5: [job:b] command: a ; with a space before it begins a "
	    "comment; "
	    "leave out one of them\n" },
	{ "[job:a]\nqueue = b\n[job:a]\nqueue = c\n", "",
	    "F:4: [job:a] queue was given in line 2 already\n" },
	{ "[job:]\nqueue = b\n", "",
	    "F:1: \"\" cannot be the kind of a job: letters, digits and . _ : "
	    "- are allowed, 122 at most\n" },
	{ "[job:a b]\nqueue = b\n", "",
	    "F:1: \"a b\" cannot be the kind of a job: letters, digits and . _ "
	    ": - are allowed, 122 at most\n" },
	{ "[job]\nqueue = b\n", "",
	    "F:1: there is no section [job]; did you mean [log]?\n" },
	{ "[worker]\nmax_memory_per_child = 31m\n", "",
	    "F:2: [worker] max_memory_per_child: it must be 0 or at least "
	    "32m\n" },
	{ "[redis]\npassword_file = /no/such\n", "",
	    "F:2: [redis] password_file: /no/such: No such file or "
	    "directory\n" },
	{ "", "ERRAND_REDIS_PASSWORD_FILE=/no/such",
	    "ERRAND_REDIS_PASSWORD_FILE: /no/such: No such file or "
	    "directory\n" },
	{ "[redis]\npassword = a\npassword_file = /dev/null\n", "",
	    "F:3: [redis] password_file: the setting itself is given too; "
	    "give only one of the two\n"
	    "F:3: [redis] password_file: /dev/null: its first line is "
	    "empty\n" },
	{ "[redis]\npassword_file = /dev/null\npassword = a\n", "",
	    "F:2: [redis] password_file: the setting itself is given too; "
	    "give only one of the two\n"
	    "F:2: [redis] password_file: /dev/null: its first line is "
	    "empty\n" },
};

START_TEST(a_fault_names_place_and_cure)
{
	struct told told = { 0 };
	unsigned faults, lines = 0;
	const char *s;

	set_env(bad[_i].env);
	faults = load(bad[_i].ini, &told);
	ck_assert_str_eq(told.text.data, bad[_i].told);
	for (s = told.text.data; *s != '\0'; s++)
		lines += *s == '\n';
	ck_assert_uint_eq(faults, lines);
	conf_free();
	buf_free(&told.text);
}
END_TEST

START_TEST(types_arrive_as_they_are_meant)
{
	struct told told = { 0 };

	ck_assert_uint_eq(load("[http]\n"
			       "body_limit = 1M\n"
			       "io_timeout = 2m\n"
			       "cors_origins = https://a, https://b:1\n"
			       "  http://c\n"
			       "[database]\n"
			       "conninfo = host=a\n"
			       "    dbname=b\n"
			       "prepared_statements = No\n"
			       "[auth]\n"
			       "profile = rfc9068\n"
			       "token_cache = 7\n"
			       "[log]\n"
			       "stderr_level = off\n",
			      &told),
	    0);
	ck_assert_int_eq(settings.http_body_limit, 1024 * 1024);
	ck_assert_int_eq(settings.http_io_timeout, 120000);
	ck_assert_uint_eq(settings.http_cors_origins.n, 3);
	ck_assert_str_eq(settings.http_cors_origins.v[0], "https://a");
	ck_assert_str_eq(settings.http_cors_origins.v[1], "https://b:1");
	ck_assert_str_eq(settings.http_cors_origins.v[2], "http://c");
	ck_assert_str_eq(settings.database_conninfo, "host=a dbname=b");
	ck_assert(!settings.database_prepared_statements);
	ck_assert_int_eq(settings.auth_profile, CONF_profile_rfc9068);
	ck_assert_int_eq(settings.auth_token_cache, 7);
	ck_assert_int_eq(settings.log_stderr_level, CONF_stderr_level_off);
	ck_assert_str_eq(settings.auth_audience, "errand-api");
	conf_free();
	buf_free(&told.text);
}
END_TEST

/* Who wins when a secret is given in several ways. */
static const struct {
	const char *ini; /* S stands for the secret's file */
	const char *env;
	const char *expect;
} secrets[] = {
	{ "[redis]\npassword_file = S\n", "", "from file" },
	{ "[redis]\npassword = ini\n", "ERRAND_REDIS_PASSWORD_FILE=S",
	    "from file" },
	{ "[redis]\npassword_file = S\n", "ERRAND_REDIS_PASSWORD=env", "env" },
	{ "[redis]\npassword_file = S\n", "ERRAND_REDIS_PASSWORD=", "" },
	{ "[redis]\npassword_file = /no/such\n", "ERRAND_REDIS_PASSWORD=env",
	    "env" },
	{ "[redis]\npassword = ini\npassword_file = /no/such\n",
	    "ERRAND_REDIS_PASSWORD_FILE=", NULL },
	{ "[redis]\npassword =\npassword_file = S\n", "", "from file" },
	{ "[redis]\npassword_file = S\npassword =\n", "", "from file" },
	{ "[redis]\npassword_file = /no/such\n",
	    "ERRAND_REDIS_PASSWORD_FILE=", "" },
};

/* text with each S replaced. */
static char *
with_file(const char *text, const char *file)
{
	struct buf b = { 0 };

	buf_adds(&b, "");
	for (; *text != '\0'; text++) {
		if (*text == 'S' && (text[1] == '\n' || text[1] == '\0'))
			buf_adds(&b, file);
		else
			buf_addc(&b, *text);
	}
	return b.data;
}

START_TEST(a_secret_comes_from_one_place)
{
	const char *content = "from file\r\nsecond line\n";
	char *file = harness_file(content, strlen(content));
	char *ini = with_file(secrets[_i].ini, file);
	char *env = with_file(secrets[_i].env, file);
	struct told told = { 0 };
	unsigned faults;

	set_env(env);
	faults = load(ini, &told);
	if (secrets[_i].expect == NULL)
		ck_assert_uint_gt(faults, 0);
	else {
		ck_assert_msg(faults == 0, "%s", told.text.data);
		ck_assert_str_eq(settings.redis_password, secrets[_i].expect);
	}
	unlink(file);
	free(file);
	free(ini);
	free(env);
	conf_free();
	buf_free(&told.text);
}
END_TEST

START_TEST(no_secret_is_told_or_shown)
{
	const char *ini = "[database]\n"
			  "password = s3cret\x01\n"
			  "conninfo = host=a password=s3cret\n"
			  "[redis]\n"
			  "url = redis://:s3cret@h:99999/0\n"
			  "password = s3cret\n";
	char *text = NULL, *path = harness_file(ini, strlen(ini));
	struct told told = { .path = path };
	struct conf_set *set = conf_read(path, on_fault, &told);
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_uint_eq(set->faults, 2);
	conf_use(set);
	conf_show(out);
	fclose(out);
	ck_assert_ptr_null(strstr(told.text.data, "s3cret"));
	ck_assert_ptr_null(strstr(text, "s3cret"));
	free(text);
	unlink(path);
	free(path);
	conf_free();
	buf_free(&told.text);
}
END_TEST

START_TEST(a_missing_file_is_a_fault_only_if_it_was_named)
{
	struct told told = { .path = "/no/such.ini" };

	ck_assert_uint_eq(setup_load(told.path, on_fault, &told), 1);
	ck_assert_str_eq(told.text.data, "F: No such file or directory\n");
	buf_clear(&told.text);
	ck_assert_int_eq(setenv("ERRAND_CONFIG", told.path, 1), 0);
	ck_assert_uint_eq(setup_load(NULL, on_fault, &told), 1);
	ck_assert_str_eq(told.text.data, "F: No such file or directory\n");
	buf_clear(&told.text);
	told.path = "/";
	ck_assert_uint_eq(setup_load("/", on_fault, &told), 1);
	ck_assert_str_eq(told.text.data, "F: Is a directory\n");
	conf_free();
	ck_assert_str_eq(conf_path(), "");
	buf_free(&told.text);
}
END_TEST

START_TEST(a_second_load_forgets_the_first)
{
	struct told told = { 0 };

	ck_assert_uint_eq(load("[http]\nbase_path = /a\n", &told), 0);
	ck_assert_str_eq(settings.http_base_path, "/a");
	ck_assert_uint_eq(load("[cache]\nttl = 9s\n", &told), 0);
	ck_assert_str_eq(settings.http_base_path, "");
	ck_assert_int_eq(settings.cache_ttl, 9000);
	conf_free();
	buf_free(&told.text);
}
END_TEST

static void
ready(void *arg)
{
	buf_adds(&((struct told *)arg)->text, "ready\n");
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

START_TEST(a_reload_takes_all_or_nothing)
{
	struct told told = { 0 };
	char *path = harness_file("[job:a]\nqueue = x\n", 18);

	told.path = path;
	ck_assert_uint_eq(setup_load(path, on_fault, &told), 0);
	write_file(path, "[cache]\nttl = 9s\n[job:b]\nqueue = y\n[auth]\n"
			 "algorithms = ES256 RS256\n");
	ck_assert_uint_eq(setup_reload(ready, on_fault, &told), 0);
	ck_assert_int_eq(settings.cache_ttl, 9000);
	ck_assert_str_eq(kind_find("b", NULL)->queue, "y");
	ck_assert_ptr_null(kind_find("a", NULL));
	ck_assert_str_eq(conf_path(), path);

	write_file(path, "[cache]\nttl = 8s\nttll = 1s\n"
			 "[job:d]\n[job:c]\nqueue = z\n");
	ck_assert_uint_eq(setup_reload(ready, on_fault, &told), 2);
	ck_assert_str_eq(told.text.data,
	    "ready\nF:3: [cache] has no ttll; did you mean ttl?\n"
	    "F:4: [job:d] is no kind of Errand's own, so it needs a command, "
	    "or a queue that others serve\n");
	ck_assert_int_eq(settings.cache_ttl, 9000);
	ck_assert_str_eq(kind_find("b", NULL)->queue, "y");
	ck_assert_str_eq(settings.auth_algorithms.v[1], "RS256");
	ck_assert_str_eq(conf_path(), path);
	unlink(path);
	free(path);
	conf_free();
	buf_free(&told.text);
}
END_TEST

START_TEST(an_endless_or_binary_file_is_refused)
{
	struct told told = { .path = "/dev/zero" };
	char *path;

	ck_assert_uint_eq(setup_load("/dev/zero", on_fault, &told), 2);
	ck_assert_str_eq(told.text.data,
	    "F:1: there is a NUL byte in this line\n"
	    "F: the file is larger than 1 MiB\n");
	buf_clear(&told.text);
	told.path = path = harness_file("[log]\nfi\0le = x\n", 16);
	ck_assert_uint_eq(setup_load(path, on_fault, &told), 1);
	ck_assert_str_eq(told.text.data,
	    "F:2: there is a NUL byte in this line\n");
	unlink(path);
	free(path);
	conf_free();
	buf_free(&told.text);
}
END_TEST

#define NOT_TAKEN  "its value cannot be taken"
#define NOT_OF_USE "there is nothing here that it is for"
static const struct {
	const char *env, *why; /* NULL: it is not ignored */
} theirs[] = {
	{ "OTEL_EXPORTER_OTLP_PROTOCOL=http/json", NULL },
	{ "OTEL_EXPORTER_OTLP_PROTOCOL=grpc", NOT_TAKEN },
	{ "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/protobuf", NOT_TAKEN },
	{ "OTEL_EXPORTER_OTLP_PROTOCOL=", NULL },
	{ "OTEL_EXPORTER_OTLP_COMPRESSION=gzip", NOT_TAKEN },
	{ "OTEL_EXPORTER_OTLP_COMPRESSION=none", NULL },
	{ "OTEL_EXPORTER_OTLP_ENDPOINT=http://a:4318", NULL },
	{ "OTEL_EXPORTER_OTLP_ENDPOINT=a:4317", NOT_TAKEN },
	{ "OTEL_EXPORTER_OTLP_TIMEOUT=10s", NOT_TAKEN },
	{ "OTEL_TRACES_SAMPLER=parentbased_traceidratio", NULL },
	{ "OTEL_TRACES_SAMPLER=jaeger_remote", NOT_TAKEN },
	{ "OTEL_TRACES_SAMPLER_ARG=1.5", NOT_TAKEN },
	{ "OTEL_TRACES_EXPORTER=otlp", NULL },
	{ "OTEL_TRACES_EXPORTER=otlp,console", NOT_TAKEN },
	{ "OTEL_METRICS_EXPORTER=none", NULL },
	{ "OTEL_METRICS_EXPORTER=otlp", NOT_TAKEN },
	{ "OTEL_SDK_DISABLED=false", NULL },
	{ "OTEL_SDK_DISABLED=1", NOT_TAKEN },
	{ "OTEL_PROPAGATORS=b3", NOT_TAKEN },
	{ "OTEL_BSP_MAX_QUEUE_SIZE=2048", NOT_OF_USE },
	{ "OTEL_BSP_MAX_QUEUE_SIZE=", NULL },
	{ "OTEL_EXPORTER_OTLP_ENDPOINTS=http://a", NOT_OF_USE },
	{ "OTELCOL_PORT=1", NULL },
};

START_TEST(a_variable_of_others_that_changes_nothing_is_named)
{
	struct conf_otel_look look = { 0 };
	size_t len = strcspn(theirs[_i].env, "=");

	set_env(theirs[_i].env);
	ck_assert_int_eq(conf_otel_ignored(&look), theirs[_i].why != NULL);
	if (theirs[_i].why == NULL)
		return;
	ck_assert_str_eq(look.why, theirs[_i].why);
	ck_assert_uint_eq(strlen(look.variable), len);
	ck_assert_int_eq(strncmp(look.variable, theirs[_i].env, len), 0);
	ck_assert(!conf_otel_ignored(&look));
}
END_TEST

/* The tests' own environment must not decide. */
static void
forget_environment(void)
{
	size_t i = 0;

	while (environ[i] != NULL) {
		char *copy = strdup(environ[i]);

		copy[strcspn(copy, "=")] = '\0';
		if (str_starts(copy, "ERRAND_") || str_starts(copy, "OTEL_"))
			unsetenv(copy);
		else
			i++;
		free(copy);
	}
}

int
main(void)
{
	const struct harness_test tests[] = {
		{ a_setting_has_a_value_and_a_source, NELEM(good), 0 },
		{ a_variable_of_others_that_changes_nothing_is_named,
		    NELEM(theirs), 0 },
		{ a_fault_names_place_and_cure, NELEM(bad), 0 },
		{ types_arrive_as_they_are_meant, 0, 0 },
		{ a_secret_comes_from_one_place, NELEM(secrets), 0 },
		{ no_secret_is_told_or_shown, 0, 0 },
		{ a_missing_file_is_a_fault_only_if_it_was_named, 0, 0 },
		{ a_second_load_forgets_the_first, 0, 0 },
		{ a_reload_takes_all_or_nothing, 0, 0 },
		{ an_endless_or_binary_file_is_refused, 0, 0 },
	};

	forget_environment();
	return harness_run("conf", tests, NELEM(tests));
}
