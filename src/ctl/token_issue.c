/* SPDX-License-Identifier: ISC */
/* Fills in what Keycloak's access tokens have; libjwt signs it. */
#include "config.h"

#include "token_issue.h"

#include <stdio.h>
#include <string.h>

#include <jwt.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/codec.h"
#include "base/uuid.h"
#include "text/member.h"

static void
add(struct json_object *object, const char *name, const char *text)
{
	json_object_object_add(object, name, json_object_new_string(text));
}

static void
add_integer(struct json_object *object, const char *name, int64_t n)
{
	json_object_object_add(object, name, json_object_new_int64(n));
}

/* The same user of the same issuer has the same sub. */
static void
add_subject(struct json_object *claims, const struct token_wish *wish)
{
	struct buf b = { 0 };
	uint8_t digest[CODEC_SHA256];
	struct uuid id;
	char text[UUID_TEXT];

	buf_printf(&b, "%s %s", wish->issuer, wish->user);
	codec_sha256(b.data, b.len, digest);
	buf_free(&b);
	memcpy(id.b, digest, sizeof(id.b));
	id.b[6] = (uint8_t)((id.b[6] & 0x0f) | 0x80); /* version 8 */
	id.b[8] = (uint8_t)((id.b[8] & 0x3f) | 0x80);
	add(claims, "sub", uuid_format(&id, text));
}

static void
add_ids(struct json_object *claims)
{
	struct uuid id = uuid_new();
	char text[UUID_TEXT], jti[UUID_TEXT + 8];

	snprintf(jti, sizeof(jti), "onrtro:%s", uuid_format(&id, text));
	add(claims, "jti", jti);
	id = uuid_new();
	add(claims, "sid", uuid_format(&id, text));
}

static void
add_roles(struct json_object *claims, struct json_object *roles)
{
	static const char *const own[] = { "manage-account", "view-profile" };
	struct json_object *realm = json_object_new_object();
	struct json_object *clients = json_object_new_object();
	struct json_object *account = json_object_new_object();
	struct json_object *list = json_object_new_array();
	size_t i;

	json_object_object_add(realm, "roles", json_object_get(roles));
	json_object_object_add(claims, "realm_access", realm);
	for (i = 0; i < NELEM(own); i++)
		json_object_array_add(list, json_object_new_string(own[i]));
	json_object_object_add(account, "roles", list);
	json_object_object_add(clients, "account", account);
	json_object_object_add(claims, "resource_access", clients);
}

struct json_object *
token_issue_claims(const struct token_wish *wish)
{
	struct json_object *claims = json_object_new_object();
	int64_t now = clock_wall_s();

	add_integer(claims, "exp", now + wish->ttl);
	add_integer(claims, "iat", now);
	add_ids(claims);
	add(claims, "iss", wish->issuer);
	add(claims, "aud", wish->audience);
	add_subject(claims, wish);
	add(claims, "typ", "Bearer");
	add(claims, "azp", "errandctl");
	add(claims, "acr", "1");
	add_roles(claims, wish->roles);
	add(claims, "scope", "profile email");
	json_object_object_add(claims, "email_verified",
	    json_object_new_boolean(wish->email != NULL));
	add(claims, "name", wish->user);
	add(claims, "preferred_username", wish->user);
	if (wish->email != NULL)
		add(claims, "email", wish->email);
	return claims;
}

struct json_object *
token_issue_header(const struct token_key *key)
{
	struct json_object *header = json_object_new_object();

	add(header, "alg", alg_names[key->alg]);
	add(header, "typ", "JWT");
	add(header, "kid", key->kid);
	return header;
}

static const char *
plain(struct json_object *object)
{
	return json_object_to_json_string_ext(object,
	    JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* libjwt writes alg and typ itself.  Its 1.10 has neither PS256 nor EdDSA, and
 * its 1.17 has them but does not sign PS256 with such keys. */
static bool
libjwt_can(const struct token_key *key, struct json_object *header)
{
	const char *alg = alg_names[key->alg];

	return (key->alg == ALG_RS256 || key->alg == ALG_ES256 ||
		   key->alg == ALG_ES384) &&
	       member_is(header, "alg", alg) && member_is(header, "typ", "JWT");
}

static char *
libjwt_sign(const struct token_key *key, struct json_object *header,
    struct json_object *claims)
{
	jwt_t *jwt = NULL;
	char *token = NULL;

	json_object_object_del(header, "alg");
	json_object_object_del(header, "typ");
	if (jwt_new(&jwt) != 0)
		return NULL;
	if (jwt_set_alg(jwt, jwt_str_alg(alg_names[key->alg]),
		(const unsigned char *)key->pem, (int)key->pem_len) == 0 &&
	    jwt_add_headers_json(jwt, plain(header)) == 0 &&
	    jwt_add_grants_json(jwt, plain(claims)) == 0)
		token = jwt_encode_str(jwt);
	jwt_free(jwt);
	return token;
}

static void
add_part(struct buf *b, struct json_object *object)
{
	const char *text = plain(object);

	codec_add_b64url(b, text, strlen(text));
}

static char *
openssl_sign(const struct token_key *key, struct json_object *header,
    struct json_object *claims)
{
	struct buf b = { 0 };

	add_part(&b, header);
	buf_addc(&b, '.');
	add_part(&b, claims);
	if (token_key_sign(key, &b) == 0)
		return b.data;
	buf_free(&b);
	return NULL;
}

char *
token_issue_sign(const struct token_key *key, struct json_object *header,
    struct json_object *claims)
{
	if (libjwt_can(key, header))
		return libjwt_sign(key, header, claims);
	return openssl_sign(key, header, claims);
}
