/* SPDX-License-Identifier: ISC */
/* Turns are names of sockets, which one process at a time can have. */
#include "config.h"

#include "turn.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/codec.h"

static void
turn_end(void *arg)
{
	int *fd = arg;

	close(*fd);
}

/* What is the same in all processes of one user that serve the socket on
 * standard input, and in no other. */
static void
turn_family(char out[CODEC_SHA256 + 1])
{
	struct {
		struct sockaddr_storage sa;
		uid_t uid;
	} family;
	uint8_t digest[CODEC_SHA256];
	socklen_t len = sizeof(family.sa);

	memset(&family, 0, sizeof(family)); /* what is between them, too */
	family.uid = geteuid();
	(void)getsockname(STDIN_FILENO, (struct sockaddr *)&family.sa, &len);
	codec_sha256((const char *)&family, sizeof(family), digest);
	codec_hex(digest, CODEC_SHA256 / 2, out);
}

int
turn_take(struct arena *a, const char *what, int64_t max)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char family[CODEC_SHA256 + 1];
	int *kept, n;

	if (fd == -1)
		return -1;
	turn_family(family);
	errno = EADDRINUSE;
	for (int64_t i = 0; i < max && errno == EADDRINUSE; i++) {
		/* sun_path[0] is 0: a name that is in no folder. */
		n = snprintf(sa.sun_path + 1, sizeof(sa.sun_path) - 1,
		    "errand/%s/%s/%lld", what, family, (long long)i);
		if (bind(fd, (const struct sockaddr *)&sa,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				    (size_t)n)) == -1)
			continue;
		kept = arena_alloc(a, sizeof(*kept));
		*kept = fd;
		arena_defer(a, turn_end, kept);
		return 0;
	}
	n = errno;
	close(fd);
	errno = n;
	return -1;
}
