#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""Does each fault of faults.py at each exchange of a pool, and judges.

usage: crashpoints.py FOLDER RUN BUILD SHARE ONLY [PLANTED]

PG in the environment leads to the database.  FOLDER has errand.ini, whose
servers are the sockets pg/.s.PGSQL.5432 and redis.sock in RUN.  Several lanes
work side by side, each with a database, a Redis and a folder of its own; a pool
gets its servers through the proxies of its lane.

First all sorts of jobs (crashjobs.py) are run without a fault, twice, and the
exchanges that both runs had are noted.  Then, for each of them and each fault
(or every SHARE-th of these pairs whose name matches the regular expression
ONLY), the same jobs are run again with that one fault.  When all has come to
rest: each row is final and says what became of the job; it ran at least once,
and did not begin once its end was on record or its sender told; who sent a
message was told what the row says; a webhook (crashhooks.py) got each change,
under one id; nothing is left in a queue or in anybody's hands, and no process
and no descriptor more than without the fault; the pool stops, with all that it
started.  The last line says "N points, M violations"; status 0 if M is 0.

A condition lasts for the whole of a run: another pool with other settings, a
wrong clock, a broker that is far away or slow, a relay that stands still.

PLANTED is a folder with pools that have a fault planted, NN-name, and for each
a file NN-name.points with the regular expression of the points that are to find
it.  The last line says "N planted, M found"; status 0 if all were.
"""
import atexit
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import crashhooks
import crashjobs
import crashkernel
import faults
import servers

FOLDER, RUN, BUILD, SHARE, ONLY = sys.argv[1:6]
PLANTED = sys.argv[6] if len(sys.argv) > 6 else None
LANES = int(os.environ.get("ERRAND_CRASHPOINTS_LANES", "4"))
SETTLED = 45 if PLANTED else 90  # seconds, to make good what a fault did
MOST = {"kernel:fork": 4, "kernel:execl": 3}  # of others 2
TIMES = 6  # of any, where a fault is planted
CONDITIONS = {"another pool": {},
              "clock 60 days ahead": {"clock": 60 * 86400},
              "clock 2 hours behind": {"clock": -7200},
              "distant broker": {"lag": 0.05},
              "slow broker": {"pace": 20000},
              "standing relay": {"at": (("pg:JOB_DUE_KIND", 1), "stand")}}
SPARE = 3  # descriptors that a process may have more than without a fault


class Pool:
    """The pool, which is started again if the fault was its end."""

    def __init__(self, worker, ini, log, kernel, clock=0):
        self.worker, self.ini = worker, ini
        self.env = dict(os.environ, CRASH_KERNEL=kernel.path,
                        CRASH_CLOCK=str(clock),
                        LD_PRELOAD=os.environ.get("PRELOAD", ""))
        self.log = open(log, "ab")
        self.starts, self.stopping = 0, False
        atexit.register(self.kill)
        self.start()

    def start(self):
        self.starts += 1
        self.process = subprocess.Popen(
            [self.worker, "-c", self.ini], stdin=subprocess.DEVNULL,
            stdout=self.log, stderr=self.log, env=self.env,
            start_new_session=True)

    def keep(self):
        if self.process.poll() is not None:
            self.stopping = False
            self.start()

    def kill(self):
        """What is left of it, that of other lanes aside."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def pids(self):
        out = subprocess.run(["ps", "-o", "pid=", "-s", str(self.process.pid)],
                             stdout=subprocess.PIPE, check=False)
        return out.stdout.decode().split()

    def held(self):
        """How many processes it has, and the most descriptors of one."""
        pids, most = self.pids(), 0
        for pid in pids:
            try:
                most = max(most, len(os.listdir("/proc/%s/fd" % pid)))
            except OSError:
                continue
        return len(pids), most

    def ask_to_stop(self):
        if not self.stopping:
            self.stopping = True
            self.process.terminate()

    def stop(self):
        """What is wrong with how it stops, or None."""
        self.keep()
        self.process.terminate()
        why = None
        try:
            self.process.wait(40)
        except subprocess.TimeoutExpired:
            why = "the pool does not stop"
        for _ in range(100):
            if why or not self.pids():
                break
            time.sleep(0.05)
        else:
            why = "it leaves a process behind"
        self.kill()
        self.process.wait()
        atexit.unregister(self.kill)
        self.log.close()
        return why


class Lane:
    """Servers, proxies and settings for one pool at a time."""

    plain = None  # what a pool holds without a fault

    def __init__(self, number):
        self.folder = os.path.join(FOLDER, "lane%d" % number)
        self.run_in = "%s/l%d" % (RUN, number)
        os.makedirs(self.folder + "/log", exist_ok=True)
        os.makedirs(self.run_in, exist_ok=True)
        self.sockets = {}
        database = self.make_database(number)
        self.start_redis()
        redis = servers.Redis(self.run_in + "/redis.sock")
        self.faults = faults.Faults(redis)
        self.kernel = crashkernel.Kernel(self.folder + "/kernel")
        self.ini = os.path.join(self.folder, "faults.ini")
        direct = os.path.join(self.folder, "errand.ini")
        self.stand_between(database, direct)
        sql = servers.Sql(os.environ["PG"].replace(
            "dbname=errand", "dbname=" + database))
        self.jobs = crashjobs.Jobs(
            self.folder, sql, redis,
            [BUILD + "/errandctl", "-c", direct, "jobs", "cancel"],
            crashhooks.Hooks(sql, FOLDER + "/hooks/log", "lane%d" % number,
                             self.hook_port))

    @staticmethod
    def make_database(number):
        name = "lane%d" % number
        subprocess.run(["psql", "-XAtq", "-d", os.environ["PG"], "-c",
                        "CREATE DATABASE %s TEMPLATE errand OWNER errand" %
                        name],
                       check=True)
        return name

    def start_redis(self):
        path = self.run_in + "/redis.sock"
        log = open(self.folder + "/log/redis.log", "ab")
        process = subprocess.Popen(
            ["redis-server", "--port", "0", "--unixsocket", path, "--save", "",
             "--appendonly", "no", "--dir", self.folder],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        atexit.register(process.kill)
        for _ in range(200):
            try:
                servers.Redis(path)("PING")
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("Redis does not start")

    def stand_between(self, database, direct):
        """The proxies, and settings that lead to them and past them."""
        f = self.faults
        faults.stand(faults.Postgres, f,
                     faults.unix_listener(self.run_in + "/.s.PGSQL.5432"),
                     faults.unix_connect(RUN + "/pg/.s.PGSQL.5432"))
        faults.stand(faults.Redis, f,
                     faults.unix_listener(self.run_in + "/faults.sock"),
                     faults.unix_connect(self.run_in + "/redis.sock"))
        mail = socket.create_server(("127.0.0.1", 0))
        with open(os.path.join(FOLDER, "errand.ini"), encoding="utf-8") as ini:
            text = ini.read()
        port = int(re.search(r"smtp://localhost:(\d+)", text)[1])
        faults.stand(faults.Mail, f, mail, lambda: socket.create_connection(
            ("127.0.0.1", port), 10))
        hook = socket.create_server(("127.0.0.1", 0))
        self.hook_port = hook.getsockname()[1]
        faults.stand(faults.Hook, f, hook, lambda: socket.create_connection(
            ("127.0.0.1", int(os.environ["HOOK_PORT"])), 10))
        text = text.replace(FOLDER, self.folder).replace(
            "dbname=errand", "dbname=" + database)
        for path in os.listdir(FOLDER):
            if path.startswith("t.") or path == "begin":
                self.copy_script(path)
        with open(direct, "w", encoding="utf-8") as ini:
            ini.write(text.replace(RUN + "/redis.sock",
                                   self.run_in + "/redis.sock"))
        text = text.replace(RUN + "/redis.sock", self.run_in + "/faults.sock")
        text = text.replace("host=%s/pg" % RUN, "host=" + self.run_in)
        text = text.replace(":%d" % port, ":%d" % mail.getsockname()[1])
        with open(self.ini, "w", encoding="utf-8") as ini:
            ini.write(text)
        # Another pool, that does not know all kinds.
        self.other = os.path.join(self.folder, "other.ini")
        text = re.sub(r"(?ms)^\[job:t\.(slow|stock)\]$.*?(?=^\[|\Z)", "", text)
        text = text.replace("faults@here", "other@here")
        with open(self.other, "w", encoding="utf-8") as ini:
            ini.write(re.sub(r"(?m)^children *=.*$", "children = 2", text))

    def copy_script(self, name):
        with open(os.path.join(FOLDER, name), encoding="utf-8") as f:
            text = f.read()
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(FOLDER, self.folder).replace(
                RUN + "/redis.sock", self.run_in + "/redis.sock"))
        os.chmod(path, 0o755)

    def settle(self, pools):
        """Until nothing more happens.  One job is slow until the pool was
        asked to stop while it ran."""
        jobs, asked, self.revived = self.jobs, False, False
        end = time.time() + SETTLED
        while time.time() < end:
            for pool in pools:
                pool.keep()
            jobs.act()
            self.kernel.look()
            # What a pool has left that is gone may be given up.
            if not asked and pools[0].starts == 1:
                self.revived = "pg:JOB_REVIVE" in self.faults.seen
            if not asked and jobs.runs()[jobs.ids["slow"]] and \
                    jobs.at_rest(("slow",)):
                for pool in pools:
                    pool.ask_to_stop()
                asked = True
            if jobs.at_rest() and not any(p.stopping for p in pools):
                return
            time.sleep(0.25)

    def run(self, worker, point=None, fault=None):
        """One run with a pool of its own.  What is wrong, or None if the fault
        was not met; and the exchanges that were seen."""
        f, log, name = self.faults, self.folder + "/log/pool.log", ""
        how = {}
        if fault == "lasts":
            name, point = point[0].split(":")[1], None
            how = CONDITIONS[name]
        f.lag, f.pace = how.get("lag", 0), how.get("pace", 0)
        self.jobs.clock_is_right = "clock" not in how
        self.jobs.clean()
        self.jobs.put()
        f.arm(*how.get("at", (point, fault)))
        self.kernel.arm(point, fault)
        pools = [Pool(worker, self.ini, log, self.kernel,
                      how.get("clock", 0))]
        if name == "another pool":
            pools.append(Pool(worker, self.other, log, self.kernel))
        self.settle(pools)
        held = pools[0].held()
        wrong = self.jobs.judge(
            fault is None or not fault.startswith(("kill", "freeze")),
            ("mail",) if fault == "error 550" else ())
        wrong += self.jobs.hooks.judge()
        if fault != "error 550" and self.jobs.mails(FOLDER + "/mail") < 2:
            wrong.append("somebody got no mail")
        stopped = [why for why in (pool.stop() for pool in pools) if why]
        seen, done = self.kernel.look()
        seen.update(self.faults.seen)
        done = done or self.faults.done
        self.faults.off()
        if (point is not None or "at" in how) and not done:
            return None, seen
        if Lane.plain is None:
            Lane.plain = held
        elif not wrong and held[0] > Lane.plain[0]:
            wrong.append("%d processes" % held[0])
        elif not wrong and held[1] > Lane.plain[1] + SPARE:
            wrong.append("%d descriptors" % held[1])
        if self.revived and fault != "freeze":
            wrong.append("a run of a pool that lives was given up as lost")
        return wrong + stopped, seen


def points_of(seen, only):
    """Each exchange by its name: the first times, in pairs with faults; with
    all of them each time where one is looked for that finds what was planted,
    since whose exchange is the first differs from run to run."""
    pairs = [((name, k), fault, "%s, %d: %s" % (name, k, fault))
             for name in sorted(seen)
             for k in range(1, min(seen[name], TIMES if PLANTED else
                                   MOST.get(name.split()[0], 2)) + 1)
             for fault in (crashkernel.faults_for(name) if "kernel:" in name
                           else faults.faults_for(name, 1 if PLANTED else k))]
    pairs += [(("condition:" + name, 1), "lasts", "condition: " + name)
              for name in CONDITIONS
              if "clock" not in name or os.environ.get("PRELOAD")]
    return [pair for pair in pairs if re.search(only, pair[2])]


def side_by_side(work):
    """Calls each function of the list with a lane; as many at once as there
    are lanes."""
    left = queue.Queue()
    for each in work:
        left.put(each)
    failed = []

    def drive(lane):
        try:
            while True:
                left.get_nowait()(lane)
        except queue.Empty:
            pass
        except Exception as e:  # or the others would go on for nothing
            failed.append(e)
            while not left.empty():
                left.get_nowait()

    lanes = [FIRST] + [Lane(i) for i in range(1, min(LANES, len(work)))]
    threads = [threading.Thread(target=drive, args=(lane,)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def all_points():
    worker = BUILD + "/errand-worker"
    plain = [FIRST.run(worker) for _ in range(2)]
    violations = 0
    for sentence in plain[0][0] + plain[1][0]:
        violations += 1
        print("without a fault: " + sentence, flush=True)
    seen = faults.in_all(*[run[1] for run in plain])
    held, broken = [], []

    def one(point, fault, name):
        def do(lane):
            wrong = faults.met(lane.run, worker, point, fault)
            if wrong is None:
                print("left out, since it comes in few runs: " + name,
                      flush=True)
                return
            (broken if wrong else held).append(name)
            print("%s %s%s" % ("WRONG" if wrong else "held ", name,
                               "".join("; " + w for w in wrong)), flush=True)
        return do

    share = int(SHARE)
    side_by_side([one(*pair) for pair in
                  points_of(seen, ONLY)[share // 2::share]])
    violations += len(broken)
    print("%d points, %d violations" % (len(held) + len(broken), violations))
    return violations > 0


def all_planted():
    names = sorted(n for n in os.listdir(PLANTED) if n + ".points" in
                   os.listdir(PLANTED) and re.search(ONLY, n))
    wrong, seen = FIRST.run(BUILD + "/errand-worker")
    for sentence in wrong:
        print("nothing planted: " + sentence, flush=True)
    found = []

    def one(name):
        def do(lane):
            path = os.path.join(PLANTED, name)
            with open(path + ".points", encoding="utf-8") as f:
                only = f.read().strip()
            wrong, where = lane.run(path)[0], "without a fault"
            for point, fault, text in points_of(seen, only):
                if wrong:
                    break
                wrong, where = lane.run(path, point, fault)[0], "at " + text
            if wrong:
                found.append(name)
            print("%s %s%s" % ("found " if wrong else "MISSED", name,
                               " %s: %s" % (where, "; ".join(wrong))
                               if wrong else ""), flush=True)
        return do

    side_by_side([one(name) for name in names])
    print("%d planted, %d found" % (len(names), len(found)))
    return len(wrong) > 0 or len(found) < len(names)


if __name__ == "__main__":
    threading.excepthook = lambda args: None
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    FIRST = Lane(0)
    sys.exit(all_planted() if PLANTED else all_points())
