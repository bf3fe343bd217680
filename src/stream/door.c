/* SPDX-License-Identifier: ISC */
/* Looks at the listening socket and at the limits of the process. */
#include "config.h"

#include "door.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "conf/conf.h"
#include "log/log.h"
#include "serve/tally.h"

#define DOOR_FILES 64 /* that are open beside connections */

int
door_fail(const char *reason)
{
	log_error("cannot serve", LS("reason", reason));
	/* Who starts us by hand reads standard error, whatever the log is. */
	if (settings.log_stderr_level == CONF_stderr_level_off)
		fprintf(stderr, "%serrand-stream: cannot serve: %s\n",
		    log_stderr_mark(LOGL_ERROR), reason);
	return -1;
}

int
door_open(void)
{
	int listening = 0, flags = fcntl(0, F_GETFL);
	struct sockaddr_storage sa;
	socklen_t len = sizeof(listening);

	if (getsockopt(0, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == -1 ||
	    !listening)
		return door_fail("standard input is no listening socket: see "
				 "errand-stream(8) on spawn-fcgi and systemd");
	len = sizeof(sa);
	if (getsockname(0, (struct sockaddr *)&sa, &len) == -1 ||
	    fcntl(0, F_SETFL, flags | O_NONBLOCK) == -1 ||
	    fcntl(0, F_SETFD, FD_CLOEXEC) == -1)
		return door_fail(strerror(errno));
	tally_socket(&sa, len);
	return 0;
}

size_t
door_room(size_t wanted)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) == -1)
		return wanted;
	if (files.rlim_cur < wanted + DOOR_FILES) {
		files.rlim_cur = wanted + DOOR_FILES;
		if (files.rlim_cur > files.rlim_max)
			files.rlim_cur = files.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &files);
		(void)getrlimit(RLIMIT_NOFILE, &files);
	}
	if (files.rlim_cur >= wanted + DOOR_FILES)
		return wanted;
	wanted = files.rlim_cur > 2 * DOOR_FILES ? files.rlim_cur - DOOR_FILES
						 : DOOR_FILES;
	log_warning("fewer streams than set: too few files may be open",
	    LI("connections", (int64_t)wanted));
	return wanted;
}
