/* SPDX-License-Identifier: ISC */
/* One thread, one connection at a time, until it is told to stop; a connection
 * that is kept open is closed when the next one comes. */
#include "config.h"

#include "lib/loopback.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/xalloc.h"
#include "lib/harness.h"

#define PATHS   8
#define REQUEST 16384

struct loopback_path {
	const char *path;
	int status;
	const char *body;
	size_t len;
	int count;
	char *last; /* request */
};

struct loopback {
	int fd;
	int stop[2]; /* closing stop[1] ends the thread */
	char url[LOOPBACK_URL];
	char *ca_file;
	SSL_CTX *tls; /* or NULL */
	pthread_t thread;
	pthread_mutex_t lock; /* over what follows */
	int connections;
	struct loopback_path path[PATHS];
};

/* A connection, and its TLS if it has any. */
struct loopback_peer {
	int fd;
	SSL *tls;
};

static ssize_t
loopback_read(struct loopback_peer *p, char *buf, size_t size)
{
	if (p->tls != NULL)
		return SSL_read(p->tls, buf, (int)size);
	return read(p->fd, buf, size);
}

static void
loopback_write(struct loopback_peer *p, const char *data, size_t len)
{
	ssize_t n;

	for (; len > 0; data += n, len -= (size_t)n) {
		if (p->tls != NULL)
			n = SSL_write(p->tls, data, (int)len);
		else
			n = send(p->fd, data, len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
	}
}

/* True if head and body are there. */
static bool
loopback_whole(const char *buf, size_t len)
{
	const char *body = strstr(buf, "\r\n\r\n"), *name;
	size_t length = 0;

	if (body == NULL)
		return false;
	name = strstr(buf, "\r\nContent-Length: ");
	if (name != NULL && name < body)
		length = (size_t)strtoul(name + 18, NULL, 10);
	return len >= (size_t)(body + 4 - buf) + length;
}

/* Reads a request; the path into out. */
static int
loopback_request(struct loopback_peer *p, char buf[REQUEST], char out[256])
{
	size_t len = 0;
	ssize_t n;

	do {
		n = loopback_read(p, buf + len, REQUEST - 1 - len);
		if (n <= 0)
			return -1;
		len += (size_t)n;
		buf[len] = '\0';
	} while (!loopback_whole(buf, len));
	return sscanf(buf, "%*[A-Z] %255s HTTP/1.1", out) == 1 ? 0 : -1;
}

static struct loopback_path *
loopback_find(struct loopback *lb, const char *path)
{
	size_t i;

	for (i = 0; i < PATHS && lb->path[i].path != NULL; i++) {
		if (strcmp(lb->path[i].path, path) == 0)
			return &lb->path[i];
	}
	return i < PATHS ? &lb->path[i] : NULL;
}

/* Takes a copy of the row, counts, and keeps the request. */
static struct loopback_path
loopback_look_up(struct loopback *lb, const char *path, const char *request)
{
	struct loopback_path found = { .status = 404 }, *p;

	pthread_mutex_lock(&lb->lock);
	p = loopback_find(lb, path);
	if (p != NULL && p->path != NULL) {
		p->count++;
		free(p->last);
		p->last = xstrdup(request);
		found = *p;
	}
	pthread_mutex_unlock(&lb->lock);
	return found;
}

/* Waits for the peer; false if the end comes first, or somebody at the
 * listening socket other (if it is not -1). */
static bool
loopback_wait(const struct loopback *lb, int fd, int other)
{
	struct pollfd fds[3] = { { lb->stop[0], POLLIN, 0 },
		{ other, POLLIN, 0 }, { fd, POLLIN, 0 } };

	return poll(fds, 3, -1) > 0 && fds[0].revents == 0 &&
	       fds[1].revents == 0;
}

/* Answers one request; false if the connection is of no use any more. */
static bool
loopback_answer(struct loopback *lb, struct loopback_peer *p)
{
	struct loopback_path found;
	char request[REQUEST], path[256], head[256];
	int n;

	if (loopback_request(p, request, path) == -1)
		return false;
	found = loopback_look_up(lb, path, request);
	if (found.status == LOOPBACK_RUDE)
		return false;
	if (found.status == LOOPBACK_SILENT) {
		/* until the peer gives up */
		(void)loopback_wait(lb, p->fd, -1);
		return false;
	}
	n = snprintf(head, sizeof(head),
	    "HTTP/1.1 %d Because\r\n%sContent-Type: application/json\r\n"
	    "Content-Length: %zu\r\n\r\n",
	    found.status, found.status == 302 ? "Location: /elsewhere\r\n" : "",
	    found.len);
	loopback_write(p, head, (size_t)n);
	if (found.len > 0)
		loopback_write(p, found.body, found.len);
	return true;
}

static void
loopback_serve(struct loopback *lb, int fd)
{
	struct loopback_peer p = { fd, NULL };

	if (lb->tls != NULL) {
		p.tls = SSL_new(lb->tls);
		SSL_set_fd(p.tls, fd);
		if (SSL_accept(p.tls) == 1) {
			(void)loopback_answer(lb, &p);
			SSL_shutdown(p.tls);
		}
		SSL_free(p.tls);
	} else {
		while (loopback_answer(lb, &p) && loopback_wait(lb, fd, lb->fd))
			;
	}
	close(fd);
}

static void *
loopback_run(void *arg)
{
	struct loopback *lb = arg;
	sigset_t pipe_signal;
	int fd;

	/* OpenSSL writes to peers that have gone. */
	sigemptyset(&pipe_signal);
	sigaddset(&pipe_signal, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_signal, NULL);
	while (loopback_wait(lb, lb->fd, -1)) {
		fd = accept(lb->fd, NULL, NULL);
		if (fd == -1)
			continue;
		pthread_mutex_lock(&lb->lock);
		lb->connections++;
		pthread_mutex_unlock(&lb->lock);
		loopback_serve(lb, fd);
	}
	return NULL;
}

static void
loopback_listen(struct loopback *lb, bool tls)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t len = sizeof(sin);

	lb->fd = socket(AF_INET, SOCK_STREAM, 0);
	ck_assert_int_ne(lb->fd, -1);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(lb->fd, (struct sockaddr *)&sin, len), 0);
	ck_assert_int_eq(listen(lb->fd, 16), 0);
	ck_assert_int_eq(getsockname(lb->fd, (struct sockaddr *)&sin, &len), 0);
	snprintf(lb->url, sizeof(lb->url), "%s:%d",
	    tls ? "https://localhost" : "http://127.0.0.1",
	    ntohs(sin.sin_port));
}

static void
loopback_certify(struct loopback *lb)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *name = X509_get_subject_name(cert);
	X509_EXTENSION *san;
	BIO *bio = BIO_new(BIO_s_mem());
	char *pem;
	long len;

	X509_set_version(cert, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"test", -1, -1, 0);
	X509_set_issuer_name(cert, name);
	X509_set_pubkey(cert, key);
	san = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name,
	    "DNS:localhost");
	X509_add_ext(cert, san, -1);
	X509_EXTENSION_free(san);
	ck_assert_int_gt(X509_sign(cert, key, EVP_sha256()), 0);
	lb->tls = SSL_CTX_new(TLS_server_method());
	ck_assert_int_eq(SSL_CTX_use_certificate(lb->tls, cert), 1);
	ck_assert_int_eq(SSL_CTX_use_PrivateKey(lb->tls, key), 1);
	PEM_write_bio_X509(bio, cert);
	len = BIO_get_mem_data(bio, &pem);
	lb->ca_file = harness_file(pem, (size_t)len);
	BIO_free(bio);
	X509_free(cert);
	EVP_PKEY_free(key);
}

struct loopback *
loopback_start(bool tls)
{
	struct loopback *lb = xcalloc(1, sizeof(*lb));

	loopback_listen(lb, tls);
	if (tls)
		loopback_certify(lb);
	ck_assert_int_eq(pipe(lb->stop), 0);
	pthread_mutex_init(&lb->lock, NULL);
	ck_assert_int_eq(pthread_create(&lb->thread, NULL, loopback_run, lb),
	    0);
	return lb;
}

void
loopback_stop(struct loopback *lb)
{
	close(lb->stop[1]);
	pthread_join(lb->thread, NULL);
	close(lb->stop[0]);
	close(lb->fd);
	pthread_mutex_destroy(&lb->lock);
	SSL_CTX_free(lb->tls);
	for (size_t i = 0; i < PATHS; i++)
		free(lb->path[i].last);
	if (lb->ca_file != NULL)
		unlink(lb->ca_file);
	free(lb->ca_file);
	free(lb);
}

const char *
loopback_url(const struct loopback *lb)
{
	return lb->url;
}

const char *
loopback_ca_file(const struct loopback *lb)
{
	return lb->ca_file;
}

void
loopback_set(struct loopback *lb, const char *path, int status,
    const char *body, size_t len)
{
	struct loopback_path *p;

	pthread_mutex_lock(&lb->lock);
	p = loopback_find(lb, path);
	if (p != NULL)
		*p = (struct loopback_path){ path, status, body, len, p->count,
			p->last };
	pthread_mutex_unlock(&lb->lock);
	ck_assert_ptr_nonnull(p);
}

int
loopback_count(struct loopback *lb, const char *path)
{
	struct loopback_path *p;
	int count = 0;

	pthread_mutex_lock(&lb->lock);
	p = loopback_find(lb, path);
	if (p != NULL && p->path != NULL)
		count = p->count;
	pthread_mutex_unlock(&lb->lock);
	return count;
}

char *
loopback_last(struct loopback *lb, const char *path)
{
	struct loopback_path *p;
	char *last = NULL;

	pthread_mutex_lock(&lb->lock);
	p = loopback_find(lb, path);
	if (p != NULL && p->last != NULL)
		last = xstrdup(p->last);
	pthread_mutex_unlock(&lb->lock);
	return last;
}

int
loopback_connections(struct loopback *lb)
{
	int n;

	pthread_mutex_lock(&lb->lock);
	n = lb->connections;
	pthread_mutex_unlock(&lb->lock);
	return n;
}
