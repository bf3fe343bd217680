/* SPDX-License-Identifier: ISC */
/* Memory that the parent and its children share. */
#include "config.h"

#include "slot.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

struct slot *
slot_table(void)
{
	void *table = mmap(NULL, SLOT_MAX * sizeof(struct slot),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return table == MAP_FAILED ? NULL : table;
}

void
slot_text(char out[SLOT_TEXT], const char *text)
{
	size_t len = strlen(text);

	if (len >= SLOT_TEXT) {
		len = SLOT_TEXT - 1;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(out, text, len);
	out[len] = '\0';
}
