/* SPDX-License-Identifier: ISC */
/* Writes a key set, and requests of which each breaks one rule for tokens. */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "auth/auth_own.h"
#include "lib/forge.h"
#include "lib/token_signatures.h"

/* How a header's line is answered. */
enum answer { ANSWER_FINE, ANSWER_NONE, ANSWER_MALFORMED, ANSWER__MAX };

static const struct {
	int status;
	const char *challenge;
	const char *reason; /* in the log */
} answers[ANSWER__MAX] = {
	[ANSWER_FINE] = { 200, "", "" },
	[ANSWER_NONE] = { 401, FORGE_REALM, "" },
	[ANSWER_MALFORMED] = { 400,
	    FORGE_REALM ", error=\"invalid_request\", error_description=\""
			"the Authorization header is malformed\"",
	    "Authorization is malformed" },
};

static const struct line_case {
	enum answer answer;
	const char *label;
	const char *lines[2];
} line_cases[] = {
#define LINE(answer, label, ...) { ANSWER_##answer, label, { __VA_ARGS__ } },
#include "data/token_cases.def"
};

static const struct {
	const char *label;
	const char *request;
	const char *body;
	const char *line;
} elsewhere_cases[] = {
#define ELSEWHERE(label, request, body, line) { label, request, body, line },
#include "data/token_cases.def"
};

/* The kid of the good RS256 key. */
#define KID forge.signers[ALG_RS256].kid

struct text_case {
	enum refusal why;
	const char *label;
	const char *text;
};

static const struct text_case form_cases[] = {
#define FORM(why, label, form) { REFUSAL_##why, label, form },
#include "data/token_cases.def"
};

static const struct text_case header_texts[] = {
#define HEADER_TEXT(why, label, text) { REFUSAL_##why, label, text },
#include "data/token_cases.def"
};

static const struct text_case claims_texts[] = {
#define CLAIMS_TEXT(why, label, text) { REFUSAL_##why, label, text },
#include "data/token_cases.def"
};

struct member_case {
	enum refusal why;
	const char *label;
	const char *name;
	const char *value;
};

static const struct member_case header_cases[] = {
#define HEADER(why, label, name, value) { REFUSAL_##why, label, name, value },
#include "data/token_cases.def"
};

static const struct member_case claim_cases[] = {
#define CLAIM(why, label, name, value) { REFUSAL_##why, label, name, value },
#include "data/token_cases.def"
};

static const struct {
	const char *role;
	const char *label;
	const char *name;
	const char *value;
} role_cases[] = {
#define ROLE(scope, label, name, value) { scope, label, name, value },
#include "data/token_cases.def"

#define FORGE_TOKEN_MAX 8192 /* [auth] token_limit of who judges them */
};

/* Keys that must not count: part of their entry is replaced. */
static const struct {
	const char *label;
	enum alg alg;
	unsigned bits;
	const char *part; /* "": nothing */
	const char *instead;
} key_cases[] = {
	{ "key of 1024 bits", ALG_RS256, 1024, "", "" },
	{ "key of 2040 bits", ALG_RS256, 2040, "", "" },
	{ "key with exponent 1", ALG_RS256, 0, "\"AQAB\"", "\"AQ\"" },
	{ "key with exponent 2", ALG_RS256, 0, "\"AQAB\"", "\"Ag\"" },
	{ "key for encryption", ALG_ES256, 0, "}", ",\"use\":\"enc\"}" },
	{ "key without verify in key_ops", ALG_ES256, 0, "}",
	    ",\"key_ops\":[\"sign\"]}" },
	{ "key for RSA-OAEP", ALG_RS256, 0, "\"RS256\"", "\"RSA-OAEP\"" },
	{ "key for RS512", ALG_RS256, 0, "\"RS256\"", "\"RS512\"" },
	{ "key for HS256", ALG_ES256, 0, "\"ES256\"", "\"HS256\"" },
	{ "key for es256", ALG_ES256, 0, "\"ES256\"", "\"es256\"" },
	{ "key of another type", ALG_ES256, 0, "\"EC\"", "\"OKP\"" },
	{ "key of another curve", ALG_ES256, 0, "\"P-256\"", "\"secp256k1\"" },
	{ "key that is off the curve", ALG_ES256, 0,
	    "\"x\":", "\"x\":\"AQ\",\"z\":" },
	{ "key for X25519", ALG_EDDSA, 0, "\"Ed25519\"", "\"X25519\"" },
	{ "key without a kid", ALG_EDDSA, 0, "\"kid\"", "\"id\"" },
};

/* --- headers --- */

static void
put_lines(void)
{
	for (size_t i = 0; i < NELEM(line_cases); i++) {
		const struct line_case *c = &line_cases[i];

		forge_put(c->label, answers[c->answer].status,
		    answers[c->answer].challenge, answers[c->answer].reason,
		    c->answer == ANSWER_FINE, "GET /me", "", c->lines);
	}
	for (size_t i = 0; i < NELEM(elsewhere_cases); i++) {
		const char *const lines[2] = { elsewhere_cases[i].line };

		forge_put(elsewhere_cases[i].label, 401, FORGE_REALM, "", false,
		    elsewhere_cases[i].request, elsewhere_cases[i].body, lines);
	}
}

/* --- tokens whose members are wrong --- */

static void
put_members(void)
{
	const struct signer *s = &forge.signers[ALG_RS256];
	const struct member_case *c;

	for (c = header_cases; c < header_cases + NELEM(header_cases); c++)
		forge_put_token(c->label, c->why,
		    forge_token(s,
			forge_header(ALG_RS256, KID, c->name,
			    forge_expand(c->value)),
			forge_claims(NULL, NULL)));
	for (c = claim_cases; c < claim_cases + NELEM(claim_cases); c++)
		forge_put_token(c->label, c->why,
		    forge_token(s, forge_plain_header(ALG_RS256),
			forge_claims(c->name, forge_expand(c->value))));
}

/* The members of an object. */
static char *
inside(char *object)
{
	object[strlen(object) - 1] = '\0';
	return object + 1;
}

static void
put_texts(void)
{
	const struct signer *s = &forge.signers[ALG_RS256];
	const struct text_case *c;
	char *header = inside(forge_plain_header(ALG_RS256));
	char *payload = inside(forge_claims(NULL, NULL));

	for (c = header_texts; c < header_texts + NELEM(header_texts); c++)
		forge_put_token(c->label, c->why,
		    forge_token(s, forge_fill(c->text, '*', header),
			forge_claims(NULL, NULL)));
	for (c = claims_texts; c < claims_texts + NELEM(claims_texts); c++)
		forge_put_token(c->label, c->why,
		    forge_token(s, forge_plain_header(ALG_RS256),
			forge_fill(forge_expand(c->text), '*', payload)));
}

static void
put_roles(void)
{
	for (size_t i = 0; i < NELEM(role_cases); i++) {
		const char *role = role_cases[i].role;
		const char *const lines[2] = { arena_printf(forge.texts,
		    "Authorization: Bearer %s",
		    forge_token(&forge.signers[ALG_RS256],
			forge_plain_header(ALG_RS256),
			forge_claims(role_cases[i].name,
			    role_cases[i].value))) };

		forge_put(role_cases[i].label, 403,
		    FORGE_REALM ", error=\"insufficient_scope\"", "", true,
		    strcmp(role, "admin") == 0 ? "GET /jobs" : "GET /me", "",
		    lines);
	}
}

/* --- tokens whose parts are wrong --- */

/* The part with the lowest of its unused bits set. */
static char *
respelt(const char *part)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789-_";
	char *copy = arena_strdup(forge.texts, part);
	char *last = copy + strlen(copy) - 1;

	if (strlen(copy) % 4 == 0)
		forge_die("a part has no unused bits");
	*last = digits[strchr(digits, *last) - digits + 1];
	return copy;
}

static void
put_form(const struct text_case *c)
{
	char *h = arena_strdup(forge.texts, forge.good), *p = strchr(h, '.');
	char *s = strrchr(h, '.');
	struct buf b = { 0 };
	const char *f;

	*p++ = '\0';
	*s++ = '\0';
	for (f = c->text; *f != '\0'; f++) {
		if (*f != '%') {
			buf_addc(&b, *f);
			continue;
		}
		switch (*++f) {
		case 'h':
			buf_adds(&b, h);
			break;
		case 'p':
			buf_adds(&b, p);
			break;
		case 's':
			buf_adds(&b, s);
			break;
		case 'q':
			buf_adds(&b, respelt(p));
			break;
		case 'r':
			buf_adds(&b, respelt(s));
			break;
		default:
			signer_sign(&forge.signers[ALG_RS256], &b);
		}
	}
	forge_put_token(c->label, c->why, forge_text(&b));
}

/* Hardly longer than the longest that is accepted. */
static void
put_sizes(void)
{
	struct buf b = { 0 };
	char *token;
	size_t n = 1, len;

	do {
		buf_clear(&b);
		buf_printf(&b, "\"%0*d\"", (int)n, 0);
		token = forge_token(&forge.signers[ALG_RS256],
		    forge_plain_header(ALG_RS256), forge_claims("x", b.data));
		len = strlen(token);
		n +=
		    len < FORGE_TOKEN_MAX ? (FORGE_TOKEN_MAX - len) * 3 / 4 : 0;
		n++;
	} while (len <= FORGE_TOKEN_MAX);
	forge_put_token("token too long", REFUSAL_LENGTH, token);
	buf_clear(&b);
	buf_printf(&b, "\"%0*d\"", 2048, 0);
	forge_put_token("header too long", REFUSAL_HEADER,
	    forge_token(&forge.signers[ALG_RS256],
		forge_header(ALG_RS256, KID, "x", b.data),
		forge_claims(NULL, NULL)));
	buf_free(&b);
}

/* --- keys --- */

/* The entry of a signer's key, with part of it replaced. */
static void
add_key(const struct signer *s, const char *part, const char *instead,
    struct buf *set)
{
	struct buf b = { 0 };
	const char *at;

	signer_add_jwk(s, "", &b);
	at = strstr(forge_text(&b), part);
	if (at == NULL)
		forge_die("a key's entry has no such part");
	buf_add(set, b.data, (size_t)(at - b.data));
	buf_printf(set, "%s%s", instead, at + strlen(part));
}

/* Adds these keys to the set, and writes a token that each of them signed. */
static void
put_keys(struct buf *set)
{
	struct signer s;

	for (size_t i = 0; i < NELEM(key_cases); i++) {
		const char *kid = arena_printf(forge.texts, "bad-key-%zu", i);
		enum alg alg = key_cases[i].alg;

		signer_init(&s, alg, kid, key_cases[i].bits);
		buf_addc(set, ',');
		add_key(&s, key_cases[i].part, key_cases[i].instead, set);
		forge_put_token(key_cases[i].label, REFUSAL_KEY,
		    forge_token(&s, forge_header(alg, kid, NULL, NULL),
			forge_claims(NULL, NULL)));
		signer_clear(&s);
	}
}

/* --- all of it --- */

static void
put_all(struct buf *set)
{
	size_t i;

	forge_put_token("the good one", REFUSAL_NONE, forge.good);
	put_lines();
	for (i = 0; i < NELEM(form_cases); i++)
		put_form(&form_cases[i]);
	put_sizes();
	put_texts();
	put_members();
	put_roles();
	token_signatures();
	put_keys(set);
}

static void
write_set(const char *path, const struct buf *set)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || fprintf(f, "{\"keys\":[%s]}\n", set->data) < 0 ||
	    fclose(f) != 0)
		forge_die("the key set cannot be written");
}

int
main(int argc, char **argv)
{
	struct buf set = { 0 };
	int i;

	if (argc != 3) {
		fputs("usage: token_factory ISSUER SET >CASES\n", stderr);
		return 2;
	}
	forge_open(argv[1]);
	for (i = 0; i < ALG__MAX; i++) {
		if (i > 0)
			buf_addc(&set, ',');
		signer_add_jwk(&forge.signers[i], ",\"use\":\"sig\"", &set);
	}
	put_all(&set);
	/* What comes behind is what the issuer says of a token. */
	for (i = 0; i < REFUSAL_INACTIVE; i++) {
		if (!forge.broken[i])
			forge_die(arena_printf(forge.texts,
			    "no case for \"%s\"", refusal_reasons[i]));
	}
	write_set(argv[2], &set);
	buf_free(&set);
	forge_close();
	return 0;
}
