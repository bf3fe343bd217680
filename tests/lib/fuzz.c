/* SPDX-License-Identifier: ISC */
/* Gives one decoder as much damaged text as there is time: with libFuzzer, or
 * by itself where that is not at hand.
 *
 *	fuzz --seeds DIR	writes DIR/<decoder>/<n>
 *	ERRAND_DECODER=<decoder> fuzz SECONDS FILE
 *	ERRAND_DECODER=<decoder> fuzz <what libFuzzer takes>
 *
 * In the second form FILE has the last input when the program dies. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "base/str.h"
#include "lib/decoders.h"

#define HANGS 20 /* seconds */

static void
write_seeds(const char *dir)
{
	char path[4096];

	for (size_t i = 0; i < decoders_n; i++) {
		FILE *f;

		snprintf(path, sizeof(path), "%s/%s", dir, decoders[i].name);
		if (mkdir(path, 0777) == -1 && errno != EEXIST) {
			perror(path);
			exit(EXIT_FAILURE);
		}
		snprintf(path, sizeof(path), "%s/%s/%zu", dir, decoders[i].name,
		    i);
		f = fopen(path, "we");
		if (f == NULL || fputs(decoders[i].text, f) == EOF ||
		    fclose(f) == EOF) {
			perror(path);
			exit(EXIT_FAILURE);
		}
	}
}

/* The n-th row of the decoder that the environment names; NULL behind the
 * last. */
static const struct decoder *
chosen(size_t n)
{
	const char *name = getenv("ERRAND_DECODER");

	for (size_t i = 0; name != NULL && i < decoders_n; i++) {
		if (str_eq(decoders[i].name, name) && n-- == 0)
			return &decoders[i];
	}
	return NULL;
}

static const struct decoder *
prepare(int argc, char **argv)
{
	if (argc == 3 && str_eq(argv[1], "--seeds")) {
		write_seeds(argv[2]);
		exit(EXIT_SUCCESS);
	}
	if (chosen(0) == NULL) {
		fputs("ERRAND_DECODER names no decoder\n", stderr);
		exit(EXIT_FAILURE);
	}
	return chosen(0);
}

#ifdef LIBFUZZER

static const struct decoder *decoder;

/* libFuzzer calls these by their names. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *text, size_t len);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	decoder = prepare(*argc, *argv);
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *text, size_t len)
{
	if (len <= DECODERS_TEXT)
		decoder_run(decoder, text, len);
	return 0;
}

#else

int
main(int argc, char **argv)
{
	uint32_t state = ((uint32_t)time(NULL) ^ (uint32_t)getpid() << 16) | 1;
	const struct decoder *d = prepare(argc, argv);
	size_t n, row = 0;
	int64_t seconds;
	time_t end;
	int fd;

	fd = argc == 3 ? open(argv[2], O_CREAT | O_RDWR | O_CLOEXEC, 0666) : -1;
	if (fd == -1 || str_to_int(argv[1], 0, INT32_MAX, &seconds) == -1) {
		fputs("usage: fuzz SECONDS FILE\n", stderr);
		return EXIT_FAILURE;
	}
	end = time(NULL) + seconds;
	for (n = 0; time(NULL) < end; n++) {
		char text[DECODERS_TEXT];
		size_t len = strlen(d->text);

		memcpy(text, d->text, len);
		for (uint32_t more = state % 4 + 1; more > 0; more--)
			len = decoder_mutate(text, len, &state);
		if (ftruncate(fd, (off_t)len) == -1 ||
		    pwrite(fd, text, len, 0) != (ssize_t)len) {
			perror(argv[2]);
			return EXIT_FAILURE;
		}
		alarm(HANGS);
		decoder_run(d, text, len);
		if ((d = chosen(++row)) == NULL)
			d = chosen(row = 0);
	}
	unlink(argv[2]);
	printf("stat::number_of_executed_units: %zu\n", n);
	return EXIT_SUCCESS;
}

#endif
