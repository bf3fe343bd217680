/* SPDX-License-Identifier: ISC */
/* What address and settings say about TLS. */
#include "config.h"

#include "redis_own.h"

static struct tls_options
trust_options(const struct kv *kv)
{
	const struct kv_url *url = &kv->url;
	struct tls_options o = kv->o.tls;

	if (url->ca_file != NULL)
		o.ca_file = url->ca_file;
	if (url->cert_file != NULL) {
		o.cert_file = url->cert_file;
		o.key_file = NULL;
	}
	if (url->key_file != NULL)
		o.key_file = url->key_file;
	if (url->has_verify)
		o.verify = url->verify;
	return o;
}

const char *
kv_trust(struct kv *kv)
{
	const struct tls_options o = trust_options(kv);
	const char *why = NULL;

	if ((kv->url.tls || kv->url.sentinel_tls) && kv->trust == NULL)
		kv->trust = tls_trust_new(&o, &why);
	return why;
}

void
kv_distrust(struct kv *kv)
{
	tls_trust_free(kv->trust);
	kv->trust = NULL;
}

bool
kv_has_cert(const struct kv *kv)
{
	const struct tls_options o = trust_options(kv);

	return o.cert_file != NULL && o.cert_file[0] != '\0';
}
