/* SPDX-License-Identifier: ISC */
/* The Redis servers that the settings know. */
#include "config.h"

#include "kv_conn.h"

#include <stdio.h>

#include "conf/conf.h"
#include "text/kv_url.h"

static enum tls_verify
settings_verify(enum conf_verify verify)
{
	return verify == CONF_verify_name    ? TLS_VERIFY_NAME
	       : verify == CONF_verify_chain ? TLS_VERIFY_CHAIN
					     : TLS_VERIFY_NONE;
}

void
kv_redis_options(struct kv_options *options)
{
	static char probe[128]; /* key_prefix has at most 64 bytes */

	snprintf(probe, sizeof(probe), "%stasks:probe",
	    settings.cache_key_prefix);
	*options = (struct kv_options){
		.name = "redis",
		.url = settings.redis_url,
		.username = settings.redis_username,
		.password = settings.redis_password,
		.master = settings.redis_master_name,
		.sentinel_username = settings.redis_sentinel_username,
		.sentinel_password = settings.redis_sentinel_password,
		.tls = { settings.redis_ca_file, settings.redis_cert_file,
		    settings.redis_key_file,
		    settings_verify(settings.redis_verify) },
		.timeout = settings.redis_timeout,
		.retry = settings.redis_retry_interval,
		.probe_key = probe,
	};
}

struct kv *
kv_new_redis(void)
{
	struct kv_options options;

	kv_redis_options(&options);
	return kv_new(&options);
}

void
kv_broker_options(struct kv_options *options)
{
	if (settings.broker_url[0] == '\0')
		kv_redis_options(options);
	else
		*options = (struct kv_options){
			.url = settings.broker_url,
			.username = settings.broker_username,
			.password = settings.broker_password,
			.master = settings.broker_master_name,
			.sentinel_username = settings.broker_sentinel_username,
			.sentinel_password = settings.broker_sentinel_password,
			.tls = { settings.broker_ca_file,
			    settings.broker_cert_file, settings.broker_key_file,
			    settings_verify(settings.broker_verify) },
		};
	options->name = "broker";
	options->any_run = true;
	options->probe_key = NULL;
	options->timeout = settings.broker_timeout;
	options->retry = settings.broker_retry_interval;
}

struct kv *
kv_new_results(void)
{
	struct kv_options o;
	struct kv_url url;

	if (settings.broker_result_url == NULL ||
	    settings.broker_result_url[0] == '\0')
		return NULL;
	kv_broker_options(&o);
	o.name = "results";
	o.url = settings.broker_result_url;
	if (kv_url_parse(o.url, &url) == 0) {
		if (url.password != NULL)
			o.username = o.password = "";
		kv_url_clear(&url);
	}
	return kv_new(&o);
}

struct kv *
kv_new_broker(void)
{
	struct kv_options options;

	kv_broker_options(&options);
	return kv_new(&options);
}
