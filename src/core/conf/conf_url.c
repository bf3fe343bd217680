/* SPDX-License-Identifier: ISC */
/* Judges addresses of http and https. */
#include "config.h"

#include <string.h>

#include "base/str.h"
#include "conf_own.h"

const char *
conf_judge_url(const char *url, const char **rest)
{
	size_t host;

	if (str_starts(url, "https://"))
		url += strlen("https://");
	else if (str_starts(url, "http://"))
		url += strlen("http://");
	else
		return "it must start with https:// (or http://)";
	host = strcspn(url, "/?#");
	*rest = url + host;
	if (host == 0 || url[0] == ':')
		return "there is no host name in it";
	if (memchr(url, '@', host) != NULL)
		return "a user name or password has no place in it";
	if (strpbrk(url, " \"<>\\^`{|}") != NULL)
		return "there is a character in it that no address has";
	return NULL;
}
