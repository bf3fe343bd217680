/* SPDX-License-Identifier: ISC */
/* TLS by OpenSSL, over a socket that never waits. */
#include "config.h"

#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "xalloc.h"

struct tls_trust {
	SSL_CTX *ctx;
	enum tls_verify verify;
};

struct tls {
	SSL *ssl;
};

/* The last that OpenSSL had to say. */
static const char *
tls_reason(const char *otherwise)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return why == NULL ? otherwise : why;
}

static bool
tls_named(const char *file)
{
	return file != NULL && file[0] != '\0';
}

/* NULL, or what is wrong with the files. */
static const char *
tls_trust_read(SSL_CTX *ctx, const struct tls_options *o)
{
	const char *key = tls_named(o->key_file) ? o->key_file : o->cert_file;

	if (o->verify != TLS_VERIFY_NONE) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
		if ((tls_named(o->ca_file)
			    ? SSL_CTX_load_verify_file(ctx, o->ca_file)
			    : SSL_CTX_set_default_verify_paths(ctx)) != 1)
			return "ca_file cannot be read, or has no certificate "
			       "in PEM form";
	}
	if (!tls_named(o->cert_file))
		return NULL;
	if (SSL_CTX_use_certificate_chain_file(ctx, o->cert_file) != 1)
		return "cert_file cannot be read, or has no certificate in "
		       "PEM form";
	if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1)
		return "key_file cannot be read, or has no key in PEM form "
		       "that fits cert_file";
	return NULL;
}

/* A key that wants a password is none: nobody is there to be asked. */
static int
tls_no_password(char *to, int size, int writing, void *arg)
{
	(void)to;
	(void)size;
	(void)writing;
	(void)arg;
	return -1;
}

struct tls_trust *
tls_trust_new(const struct tls_options *o, const char **why)
{
	struct tls_trust *trust = xcalloc(1, sizeof(*trust));
	const char *fault;

	ERR_clear_error();
	trust->verify = o->verify;
	trust->ctx = SSL_CTX_new(TLS_client_method());
	if (trust->ctx == NULL) {
		*why = tls_reason("TLS cannot be set up");
		tls_trust_free(trust);
		return NULL;
	}
	SSL_CTX_set_min_proto_version(trust->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(trust->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
					 SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					 SSL_MODE_RELEASE_BUFFERS);
	SSL_CTX_set_default_passwd_cb(trust->ctx, tls_no_password);
	fault = tls_trust_read(trust->ctx, o);
	ERR_clear_error();
	if (fault == NULL)
		return trust;
	*why = fault;
	tls_trust_free(trust);
	return NULL;
}

void
tls_trust_free(struct tls_trust *trust)
{
	if (trust == NULL)
		return;
	SSL_CTX_free(trust->ctx);
	free(trust);
}

/* Whose name the certificate must have, and the name that is asked for. */
static int
tls_name(struct tls *t, const char *host, bool asked)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);
	struct in6_addr digits;

	if (inet_pton(AF_INET, host, &digits) == 1 ||
	    inet_pton(AF_INET6, host, &digits) == 1)
		return !asked || X509_VERIFY_PARAM_set1_ip_asc(param, host) == 1
			   ? 0
			   : -1;
	if (asked && X509_VERIFY_PARAM_set1_host(param, host, 0) != 1)
		return -1;
	return SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		   TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) == 1
		   ? 0
		   : -1;
}

struct tls *
tls_new(const struct tls_trust *trust, int fd, const char *host,
    const char **why)
{
	struct tls *t = xcalloc(1, sizeof(*t));

	ERR_clear_error();
	t->ssl = SSL_new(trust->ctx);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1 ||
	    tls_name(t, host, trust->verify == TLS_VERIFY_NAME) == -1) {
		*why = tls_reason("TLS cannot be set up");
		tls_free(t);
		return NULL;
	}
	SSL_set_connect_state(t->ssl);
	return t;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	free(t);
}

/* Why OpenSSL gave up. */
static const char *
tls_failure(const struct tls *t)
{
	static _Thread_local char text[160];
	long verdict = SSL_get_verify_result(t->ssl);

	if (ERR_GET_REASON(ERR_peek_last_error()) ==
	    SSL_R_UNEXPECTED_EOF_WHILE_READING)
		return "the connection was closed";
	if (verdict == X509_V_OK ||
	    (SSL_get_verify_mode(t->ssl) & SSL_VERIFY_PEER) == 0)
		return tls_reason("TLS failed");
	snprintf(text, sizeof(text), "the certificate is not accepted: %s",
	    X509_verify_cert_error_string(verdict));
	return text;
}

/* What a call that did not work means: -1 with errno EAGAIN, or with *why. */
static int
tls_judge(struct tls *t, int rc, const char **why)
{
	int saved = errno;

	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		errno = EAGAIN;
		return -1;
	case SSL_ERROR_ZERO_RETURN:
		*why = "the connection was closed";
		break;
	case SSL_ERROR_SYSCALL:
		*why = saved == 0 ? "the connection was closed"
				  : strerrordesc_np(saved);
		break;
	default:
		*why = tls_failure(t);
		break;
	}
	ERR_clear_error();
	errno = ECONNRESET;
	return -1;
}

int
tls_greet(struct tls *t, const char **why)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc == 1)
		return 1;
	rc = tls_judge(t, rc, why);
	return errno == EAGAIN ? 0 : rc;
}

ssize_t
tls_send(struct tls *t, const void *data, size_t len, const char **why)
{
	size_t n;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, data, len, &n);
	return rc == 1 ? (ssize_t)n : tls_judge(t, rc, why);
}

ssize_t
tls_recv(struct tls *t, void *data, size_t len, const char **why)
{
	size_t n;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(t->ssl, data, len, &n);
	return rc == 1 ? (ssize_t)n : tls_judge(t, rc, why);
}

short
tls_events(const struct tls *t)
{
	return SSL_want_read(t->ssl) ? POLLIN : POLLOUT;
}

bool
tls_pending(const struct tls *t)
{
	return SSL_pending(t->ssl) > 0;
}

void
tls_end(struct tls *t)
{
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}
