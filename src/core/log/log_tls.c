/* SPDX-License-Identifier: ISC */
/* TLS by OpenSSL, over a socket that never waits. */
#include "config.h"

#include "log_tls.h"

#include <errno.h>
#include <stdlib.h>

#include <arpa/inet.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/xalloc.h"

struct log_tls {
	SSL_CTX *ctx;
	SSL *ssl;
};

/* The last that OpenSSL had to say. */
static const char *
log_tls_reason(const char *otherwise)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return why == NULL ? otherwise : why;
}

static int
log_tls_trust(struct log_tls *t, const char *host, const char *ca_file)
{
	X509_VERIFY_PARAM *param = SSL_CTX_get0_param(t->ctx);
	struct in6_addr digits;
	int ok;

	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	if (inet_pton(AF_INET, host, &digits) == 1 ||
	    inet_pton(AF_INET6, host, &digits) == 1)
		ok = X509_VERIFY_PARAM_set1_ip_asc(param, host);
	else
		ok = X509_VERIFY_PARAM_set1_host(param, host, 0);
	if (ok != 1)
		return -1;
	if (ca_file[0] == '\0')
		ok = SSL_CTX_set_default_verify_paths(t->ctx);
	else
		ok = SSL_CTX_load_verify_file(t->ctx, ca_file);
	return ok == 1 ? 0 : -1;
}

struct log_tls *
log_tls_new(int fd, const char *host, const char *ca_file, bool any_name,
    const char **why)
{
	struct log_tls *t = xcalloc(1, sizeof(*t));
	struct in6_addr digits;

	ERR_clear_error();
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (t->ctx == NULL)
		goto fail;
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_mode(t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE |
				     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
				     SSL_MODE_RELEASE_BUFFERS);
	if (!any_name && log_tls_trust(t, host, ca_file) == -1)
		goto fail;
	t->ssl = SSL_new(t->ctx);
	if (t->ssl == NULL || SSL_set_fd(t->ssl, fd) != 1)
		goto fail;
	if (inet_pton(AF_INET, host, &digits) != 1 &&
	    inet_pton(AF_INET6, host, &digits) != 1 &&
	    SSL_ctrl(t->ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME,
		TLSEXT_NAMETYPE_host_name, (void *)(uintptr_t)host) != 1)
		goto fail;
	SSL_set_connect_state(t->ssl);
	return t;
fail:
	*why = log_tls_reason("TLS cannot be set up");
	log_tls_free(t);
	return NULL;
}

void
log_tls_free(struct log_tls *t)
{
	if (t == NULL)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}

/* What a call that did not work means: -1 with errno EAGAIN, or with *why. */
static int
log_tls_judge(struct log_tls *t, int rc, const char **why)
{
	int saved = errno;
	long verdict = SSL_get_verify_result(t->ssl);

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
		*why = log_tls_reason("TLS failed");
		if (verdict != X509_V_OK)
			*why = X509_verify_cert_error_string(verdict);
		break;
	}
	ERR_clear_error();
	errno = ECONNRESET;
	return -1;
}

int
log_tls_greet(struct log_tls *t, const char **why)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_do_handshake(t->ssl);
	if (rc == 1)
		return 1;
	rc = log_tls_judge(t, rc, why);
	return errno == EAGAIN ? 0 : rc;
}

ssize_t
log_tls_send(struct log_tls *t, const void *data, size_t len, const char **why)
{
	size_t n;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_write_ex(t->ssl, data, len, &n);
	return rc == 1 ? (ssize_t)n : log_tls_judge(t, rc, why);
}

ssize_t
log_tls_recv(struct log_tls *t, void *data, size_t len, const char **why)
{
	size_t n;
	int rc;

	ERR_clear_error();
	errno = 0;
	rc = SSL_read_ex(t->ssl, data, len, &n);
	return rc == 1 ? (ssize_t)n : log_tls_judge(t, rc, why);
}

void
log_tls_end(struct log_tls *t)
{
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
}
