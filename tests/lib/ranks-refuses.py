#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Plants each kind of fault that tests/lib/ranks.py looks for in a copy of the
tree, and holds it to refusing just these, with words that name the place.
"""

import os
import shutil
import subprocess
import sys
import tempfile

HEAD = "/* SPDX-License-Identifier: ISC */\n/* A plant. */\n"
GUARD = "#ifndef %s\n#define %s\n%s\n#endif\n"

# What is added to the ends of files that are there.
ADDED = {
    "src/core/base/buf.c": "#include <pg/pg.h>\n",
    "src/core/base/arena.c": '#define PLANT "pg/pg.h"\n#include PLANT\n',
    "src/core/base/str.c": '#include "pg/pg.h"\n',
    "src/core/text/near.c": '#include "queue/queue.h"\n',
    "src/core/cache/cache.c": '#include "log/log_own.h"\n',
    "src/core/conf/conf.c": '#include "log.h"\n',
    "src/core/queue/queue.c": '#include "core/queue/queue.h"\n',
    "src/app/wire/etag.c": '#include "crew/crew.h"\n',
    "src/app/serve/serve.c": '#include "wire/plant_inner.h"\n',
    "worker/crew/crew.c": '#include "auth/auth.h"\n',
    "src/ctl/cmd.c": '#include "wire/request.h"\n',
    "tests/data/rooms":
        "uncut src/core/text/near -> src/core/queue/queue.h\n"
        "uncut src/core/base/buf -> src/core/pg/pg.h\n",
}

# New files; a .c among them is compiled.
NEW = {
    "src/app/wire/plant_inner.h":
        HEAD + GUARD % ("PLANT_INNER_H", "PLANT_INNER_H", ""),
    "src/core/base/plant_tag.h":
        "/* A plant. */\n/* A plant. */\n" +
        GUARD % ("PLANT_TAG_H", "PLANT_TAG_H", ""),
    "src/core/base/plant_purpose.def": HEAD.split("\n")[0] + "\nROW(1)\n",
    "src/core/base/plant_guard.h": HEAD + GUARD % ("PLANT_H", "PLANT_H", ""),
    "src/core/base/plant_alone.h":
        HEAD + GUARD % ("PLANT_ALONE_H", "PLANT_ALONE_H",
                        "size_t plant_alone(void);"),
    "src/core/base/plant_banned.c":
        HEAD + '#include <stdlib.h>\nint plant_banned(const char *);\n'
        '/* atol(s) is not meant */\nint\nplant_banned(const char *s)\n'
        '{\n\treturn atoi(s);\n}\n',
    "src/core/queue/plant_above.c":
        HEAD + "void plant_above(void);\nvoid\nplant_above(void)\n{\n}\n",
    "src/core/base/plant_call.c":
        HEAD + "void plant_above(void);\nvoid plant_call(void);\n"
        "void\nplant_call(void)\n{\n\tplant_above();\n}\n",
    "worker/crew/plant_table.c":
        HEAD + "extern const int plant_rows[];\nconst int *plant_table(void);\n"
        "const int *\nplant_table(void)\n{\n\treturn plant_rows;\n}\n",
    "src/app/wire/plant_rows.c":
        HEAD + "extern const int plant_rows[];\n"
        "const int plant_rows[] = { 1 };\n",
    "src/app/api/plant_sql.c":
        HEAD + "void pg_run(void);\nvoid plant_sql(void);\n"
        "void\nplant_sql(void)\n{\n\tpg_run();\n}\n",
    "src/core/text/plant_a.c":
        HEAD + "void plant_a(void);\nvoid plant_b(void);\n"
        "void\nplant_a(void)\n{\n\tplant_b();\n}\n",
    "src/core/text/plant_b.c":
        HEAD + "void plant_a(void);\nvoid plant_b(void);\n"
        "void\nplant_b(void)\n{\n\tplant_a();\n}\n",
    "src/core/log/plant_c.h":
        HEAD + GUARD % ("PLANT_C_H", "PLANT_C_H", '#include "plant_d.h"'),
    "src/core/log/plant_d.h":
        HEAD + GUARD % ("PLANT_D_H", "PLANT_D_H", '#include "plant_c.h"'),
    "src/core/plant/plant_room.h": HEAD,
    "src/core/base/plant_long.c": HEAD + "/* %s */\n" % ("x" * 80),
    "tests/lib/plant-script": "#!/bin/sh\n# A plant.\n",
}
NOT_BUILT = "src/core/log/plant_unbuilt.c"

REFUSED = """\
src/core/plant/plant_room.h: tests/data/rooms does not list its folder
src/core/base/str.c includes pg/pg.h: src/core/pg does not stand before \
src/core/base
src/core/base/buf.c includes <pg/pg.h>: ours stand in quotes
src/core/base/arena.c includes PLANT, which is no name of a file
src/core/cache/cache.c includes log/log_own.h: that is only for the files of \
its folder
src/core/conf/conf.c includes log.h: it does not name the folder of that
src/core/queue/queue.c includes core/queue/queue.h: no folder in \
tests/data/rooms has that
src/app/wire/etag.c includes crew/crew.h: worker/crew does not stand before \
src/app/wire
src/app/serve/serve.c includes wire/plant_inner.h: that is no face of its \
folder
worker/crew/crew.c includes auth/auth.h: src/app/auth does not stand before \
worker/crew
src/ctl/cmd.c includes wire/request.h: src/app/wire does not stand before \
src/ctl
src/core/base/plant_long.c:3: longer than 80 columns
src/core/base/plant_tag.h: no SPDX tag in the first line
src/core/base/plant_purpose.def: the second line does not say what the file \
does
src/core/base/plant_guard.h: no guard PLANT_GUARD_H
tests/lib/plant-script: no SPDX tag in the first two lines
src/core/base/plant_banned.c: uses atoi, which is banned
src/core/base/plant_alone.h does not compile alone:
src/core/log/plant_unbuilt.c: it is not built
src/core/base/plant_call.c uses plant_above of src/core/queue/plant_above.c: \
src/core/queue does not stand before src/core/base
src/app/api/plant_sql.c uses pg_run: only pg, jobs, task, webhook, once may
worker/crew/plant_table.c uses plant_rows of src/app/wire/plant_rows.c: \
src/app/wire does not stand before worker/crew
files need each other: src/core/text/plant_a needs src/core/text/plant_b \
(plant_b()); src/core/text/plant_b needs src/core/text/plant_a (plant_a())
files need each other: src/core/log/plant_c needs src/core/log/plant_d \
(plant_d.h); src/core/log/plant_d needs src/core/log/plant_c (plant_c.h)
tests/data/rooms: the exception src/core/base/buf -> src/core/pg/pg.h is not \
needed
"""


def plant(top, copy, build, objects):
    """Copies the tree, plants the faults and compiles what is new."""
    for name in ("src", "worker", "tests"):
        shutil.copytree(os.path.join(top, name), os.path.join(copy, name),
                        ignore=shutil.ignore_patterns("*.o", "*.run"))
    for path, text in ADDED.items():
        os.chmod(os.path.join(copy, path), 0o644)
        with open(os.path.join(copy, path), "a", encoding="utf-8") as f:
            f.write(text)
    for path, text in list(NEW.items()) + [(NOT_BUILT, HEAD)]:
        name = os.path.join(copy, path)
        os.makedirs(os.path.dirname(name), exist_ok=True)
        with open(name, "w", encoding="utf-8") as f:
            f.write(text)
    compiler = subprocess.run(
        ["make", "-s", "--no-print-directory", "show-compile"], cwd=build,
        env={k: v for k, v in os.environ.items() if "MAKE" not in k},
        stdout=subprocess.PIPE, universal_newlines=True,
        check=True).stdout
    compiler = [row[9:] for row in compiler.splitlines()
                if row.startswith("compile: ")]
    for path in NEW:
        if path.endswith(".c"):
            name = os.path.join(objects, path[:-2] + ".o")
            os.makedirs(os.path.dirname(name), exist_ok=True)
            subprocess.run(compiler + ["-c", os.path.join(copy, path), "-o",
                                       name], cwd=build, check=True)


def main():
    top = os.environ.get("srcdir", ".")
    build = os.environ.get("builddir", ".")
    with tempfile.TemporaryDirectory() as work:
        copy, objects = work + "/copy", work + "/objects"
        plant(top, copy, build, objects)
        ranks = subprocess.run(
            [os.path.join(top, "tests/lib/ranks.py"), "--tree", copy,
             "--build", build, "--objects", objects, "--only", "plant_"],
            stdout=subprocess.PIPE, universal_newlines=True, check=False)
    # What the compiler says of a header stands below the line of the fault.
    said = [row for row in ranks.stdout.splitlines()
            if row.startswith(("src/", "worker/", "tests/", "files "))]
    missing = [row for row in REFUSED.splitlines() if row not in said]
    strange = [row for row in said if row not in REFUSED.splitlines()]
    for row in missing:
        print("not refused: " + row)
    for row in strange:
        print("refused without a reason: " + row)
    if ranks.returncode != 1:
        print("exit status %d instead of 1" % ranks.returncode)
    return bool(missing or strange or ranks.returncode != 1)


if __name__ == "__main__":
    sys.exit(main())
