#!/usr/bin/env python3
"""Ends golem-video at every point at which it changes the world, and demands that nothing is lost or paid twice.

    crash.py kill|power|term [--all] [--wish NAME] [--point N [--when before|after]] [--seed N]

For each point (points.c says what one is): a fresh store, a fresh wish with a key of its own, and a golem-video that

    kill    is killed there
    power   is killed there, and its files are set to what a disk would hold after a loss of power (disk.py)
    term    gets SIGTERM there, and must leave by itself with 0 or 10 and say how to go on

Every third time the one that takes the job up again is killed as well, before the power is lost.

Then the wish is taken up again as its owner would: by the job's id where it was told, else by the same command with
the same key. In the end there must be the film of an undisturbed run, one create in the sandbox's ledger, what was told
before must be true, and the store must be whole and hold nothing that no record names. A wish whose provider can't be
asked for a lost answer may be parked instead of being sent again; it is then resolved by what the ledger says.

Without --all: the points where something is sent or becomes durable (SAMPLE_KINDS), and a spread of the rest by a
stride. Two cases run at a time, each with a sandbox of its own. A red one prints the arguments that repeat it.
"""

import argparse
import collections
import concurrent.futures
import contextlib
import ctypes
import glob
import hashlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
import traceback
import urllib.request

sys.dont_write_bytecode = True
from disk import VARIANTS, Disk, forget_dead

WORKERS = 2
HANG_SECONDS = 120
PROGRESS_RUNS = 200
EXIT_UNCERTAIN, EXIT_STILL_RUNNING = 9, 10
OLD_SECONDS = 14 * 24 * 60 * 60  # twice as old as files must be to be collected
# `task`: what a person finds of a create whose answer was lost, made of its line in the ledger; None: never parked.
Wish = collections.namedtuple("Wish", "arguments task")
OPERATION = "projects/sandbox-project/locations/us-central1/publishers/google/models/{model}/operations/{id}"
WISHES = {
    "kling": Wish(["a boat", "--provider", "kling", "--image", "{work}/first.png"], None),
    "runway": Wish(["a boat", "--provider", "runway", "--duration", "2"], "{id}"),
    "veo": Wish(["a boat", "--provider", "veo", "--duration", "4", "--no-audio"], OPERATION),
}

MOVES, SYNCS = {"send", "rename", "link"}, {"fsync", "fdatasync"}
SAMPLE_KINDS = {"kill": MOVES | SYNCS, "power": MOVES | SYNCS, "term": MOVES}
SAMPLE_WISHES = {"kill": list(WISHES), "power": ["kling", "runway"], "term": ["kling", "runway"]}
SAMPLE_STRIDE = {"kill": 29, "power": 41, "term": 13}

Point = collections.namedtuple("Point", "number kind path")
OVER = Point(0, "end", "")  # of the whole run: everything that was told holds
Case = collections.namedtuple("Case", "mode wish point when variant again seed")
Run = collections.namedtuple("Run", "code out err points ended")


class Red(Exception):
    pass


def demand(condition, what, *details):
    if not condition:
        raise Red("\n".join([what, *map(str, details)]))


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG


class World:
    """A sandbox, and a store that is made anew for each case."""

    def __init__(self, work):
        self.work, self.watched = work, os.path.join(work, "watched")
        self.store, self.output = os.path.join(self.watched, "made", "by", "it"), os.path.join(self.watched, "film.mp4")
        self.program = os.environ["GOLEM_VIDEO"]
        self.keys = 0
        os.mkdir(work)
        for boot in ("first", "second"):
            with open(os.path.join(work, boot), "w") as file:
                file.write(f"the {boot} start of the machine\n")
        picture = ["-f", "lavfi", "-i", "testsrc=s=640x640:d=1", "-frames:v", "1", f"{work}/first.png"]
        subprocess.run(["ffmpeg", "-v", "error", *picture], check=True)
        self.sandbox = subprocess.Popen(
            [self.program, "sandbox", "--port", "0", "--speed", "1000", "--state", f"{work}/state", "--store", work],
            stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        self.address = self.sandbox.stdout.readline().strip()
        self.environment = {
            "PATH": os.environ["PATH"], "GOLEM_VIDEO_MEDIA": os.environ["GOLEM_VIDEO_MEDIA"],
            "GOLEM_VIDEO_STORE": self.store, "GOLEM_VIDEO_POLL_MS": "20"}
        port = self.address.rsplit(":", 1)[1]
        settings = subprocess.run(
            ["env", "-i", "sh", "-c", f'eval "$({self.program} sandbox env --port {port})"; env -0'],
            stdout=subprocess.PIPE, check=True)
        for line in settings.stdout.decode().rstrip("\0").split("\0"):
            name, value = line.split("=", 1)
            self.environment.setdefault(name, value)

    def close(self):
        self.sandbox.terminate()
        self.sandbox.wait()

    def ledger(self):
        with urllib.request.urlopen(f"{self.address}/_sandbox/ledger") as answer:
            return json.load(answer)["creates"]

    def fresh(self):
        shutil.rmtree(self.watched, ignore_errors=True)
        os.mkdir(self.watched)
        self.keys += 1
        return f"wish-{self.keys}"

    def run(self, arguments, **points):
        """golem-video, with points.c if there are settings for it."""
        environment, trace = dict(self.environment), os.path.join(self.work, "trace")
        if points:
            environment |= {"LD_PRELOAD": os.environ["CRASH_POINTS"], "POINTS_ROOT": self.watched, "POINTS_TRACE": trace}
            environment |= {f"POINTS_{name.upper()}": str(value) for name, value in points.items()}
        with contextlib.suppress(FileNotFoundError):
            os.unlink(trace)
        try:
            ended = subprocess.run([self.program, *arguments], env=environment, text=True, stdin=subprocess.DEVNULL,
                                   capture_output=True, timeout=HANG_SECONDS)
        except subprocess.TimeoutExpired as hang:
            raise Red(f"hangs: {' '.join(arguments)}\n{(hang.stderr or b'').decode()}") from None
        lines = open(trace).read().splitlines() if points else []
        passed = [Point(int(n), kind, path) for n, kind, path in (li.split(" ", 2) for li in lines if li != "end")]
        return Run(ended.returncode, ended.stdout, ended.stderr, passed, "end" in lines)

    def wish(self, name, key):
        arguments = [part.format(work=self.work) for part in WISHES[name].arguments]
        return ["generate", *arguments, "--idempotency-key", key, "--json", "-o", self.output]


# ---- one case ---------------------------------------------------------------------------------------------


def job_told(*runs):
    """The one job that these runs spoke of, or None."""
    told = {job for run in runs for job in re.findall(r"gv_[0-9a-z]{26}", run.out + run.err)}
    demand(len(told) <= 1, f"one wish, several jobs: {sorted(told)}")
    return next(iter(told), None)


def lose_power(world, case):
    image = os.path.join(world.work, "image")
    shutil.rmtree(image, ignore_errors=True)
    Disk(world.watched, os.path.join(world.work, "disk"), random.Random(case.seed)).write(image, case.variant)
    shutil.rmtree(world.watched)
    os.rename(image, world.watched)


def check_term(run):
    demand(run.code in (0, EXIT_STILL_RUNNING), f"SIGTERM: ended with {run.code}", run.err)
    said = "goes on without us" in run.err and "golem-video wait gv_" in run.err
    demand(said or run.code == 0, "SIGTERM: does not say how to go on", run.err)


def disturb(world, case, command):
    """The run that ends at the case's point, and the next one where that is to be killed as well."""
    settings = {"when": case.when, "signal": "TERM" if case.mode == "term" else "KILL"}
    if case.mode == "power":
        records = os.path.join(world.work, "disk")
        shutil.rmtree(records, ignore_errors=True)
        os.mkdir(records)
        settings |= {"disk": records, "boot_id": os.path.join(world.work, "first")}
    runs = [world.run(command, at=case.point, **settings)]
    if case.again:
        if case.mode == "power":
            forget_dead(world.watched, records)
        runs.append(world.run(command, at=random.Random(case.seed).randrange(1, 200), **settings))
    for run in runs:
        demand(run.ended or run.code in (0, EXIT_UNCERTAIN), f"ended with {run.code} before its point", run.err)
        if case.mode == "term":
            check_term(run)
        elif run.ended:
            demand(run.code == -signal.SIGKILL, f"was killed, ended with {run.code}", run.err)
    if case.mode == "power":
        lose_power(world, case)
    return runs


def check_output(world, film, wanted):
    """Whole or not at all, whatever it is called: only a copy that was to replace another may have been left over."""
    demand(not wanted or os.path.exists(world.output), "the film that was told of is not there")
    for entry in os.scandir(world.watched):
        demand(entry.is_dir() or sha256_of(entry.path) == film, f"not the film, or not all of it: {entry.name}")


def take_up(world, case, key, told, first):
    """From whatever is there to the end: the job's result, and whether it was parked on the way."""
    after = {"boot_id": os.path.join(world.work, "second")} if case.mode == "power" else {}
    by_id = ["wait", told, "--json", "-o", world.output]
    command = by_id if told and case.seed % 2 else world.wish(case.wish, key)
    run = world.run(command, **after)
    job, parked = job_told(run), run.code == EXIT_UNCERTAIN
    demand(told in (None, job), f"told of {told}, found {job}", run.out, run.err)
    if parked:
        task = WISHES[case.wish].task
        demand(task and case.mode != "term", "parked without need", run.err)
        creates = world.ledger()[first:]
        how = ["--adopt", task.format(**creates[0])] if creates else ["--resubmit"]
        resolved = world.run(["resolve", job, *how, "--wait", "--json"], **after)
        demand(resolved.code == 0, f"resolve {how}: ended with {resolved.code}", resolved.out, resolved.err)
        run = world.run(command, **after)
    demand(run.code == 0, f"ended with {run.code}: {' '.join(command)}", run.out, run.err)
    return json.loads(run.out), parked


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_film(world, result, film):
    demand(result["status"] == "succeeded", "not succeeded", result)
    demand([video["sha256"] for video in result["videos"]] == [film], "not the film of an undisturbed run", result)
    path = result["videos"][0]["uri"].removeprefix("file://")
    demand(sha256_of(path) == film, f"{path} is not what it is called")
    check_output(world, film, True)


def files_of(world, folder):
    return sorted(path for path in glob.glob(f"{world.store}/{folder}/**", recursive=True, include_hidden=True)
                  if os.path.isfile(path))


def check_store(world, job):
    """After a collection that spares nothing for its youth."""
    for path in files_of(world, "."):
        os.utime(path, times=(os.stat(path).st_atime, os.stat(path).st_mtime - OLD_SECONDS))
    collected, listed = world.run(["collect"]), world.run(["jobs", "--json"])
    demand(collected.code == 0, "collect failed", collected.err)
    demand(listed.code == 0, "jobs failed", listed.out, listed.err)
    demand([row["id"] for row in json.loads(listed.out)] == [job], "not this one job", listed.out, listed.err)
    demand(files_of(world, "partial") == [], "orphaned partial files", files_of(world, "partial"))
    demand(files_of(world, "owners") == [], "orphaned lock files", files_of(world, "owners"))
    with contextlib.closing(sqlite3.connect(f"file:{world.store}/journal.db?mode=ro", uri=True)) as db:
        demand(db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], "the journal is damaged")
        demand(db.execute("PRAGMA foreign_key_check").fetchall() == [], "the journal contradicts itself")
        recorded = sorted(sha256 for (sha256,) in db.execute("SELECT DISTINCT sha256 FROM blob_refs"))
        lines = [seq for (seq,) in db.execute("SELECT seq FROM history ORDER BY seq")]
        demand(lines == list(range(1, len(lines) + 1)), "history has gaps", lines)
    stored = {os.path.basename(os.path.dirname(p)) + os.path.basename(p): p for p in files_of(world, "blobs")}
    demand(sorted(stored) == recorded, "blobs and records differ", sorted(stored), recorded)
    for sha256, path in stored.items():
        demand(sha256_of(path) == sha256, f"{path} is not what it is called")


def try_case(world, case, film):
    """The point that was reached, if it was, and whether the job was parked."""
    key, first = world.fresh(), len(world.ledger())
    runs = disturb(world, case, world.wish(case.wish, key))
    check_output(world, film, any(run.code == 0 for run in runs))
    result, parked = take_up(world, case, key, job_told(*runs), first)
    creates = world.ledger()[first:]
    demand(len(creates) == 1, f"{len(creates)} creates", creates)
    check_film(world, result, film)
    check_store(world, result["id"])
    return runs[0].points[case.point - 1] if runs[0].ended else None, parked


# ---- all cases --------------------------------------------------------------------------------------------


def undisturbed(world, name):
    """The points of a whole job, and its film."""
    for _ in range(2):  # the first one waits for the film to be made
        run = world.run(world.wish(name, world.fresh()), at=0)
        demand(run.code == 0, f"{name}: an undisturbed run ended with {run.code}", run.err)
    return run.points, json.loads(run.out)["videos"][0]["sha256"]


def chosen(mode, points):
    for point in points:
        torn_film = mode == "power" and "/partial/" in point.path and VARIANTS[point.number % 4] == "holes"
        ends = point.number in (1, len(points))
        if point.kind in SAMPLE_KINDS[mode] or torn_film or ends or point.number % SAMPLE_STRIDE[mode] == 0:
            yield point


def variants_of(options, point):
    if options.mode != "power":
        return [None]
    if point is OVER or options.point:
        return VARIANTS
    if options.all:
        return VARIANTS[point.number % 2 :: 2] if point.kind in ("write", "receive") else VARIANTS
    return [VARIANTS[point.number % 4]]


def whens_of(options, point):
    if options.when:
        return [options.when]
    if options.all and options.mode == "kill" and point.kind != "receive":
        return ["before", "after"]
    return [["before", "after"][point.number // 4 % 2]]


def cases_of(options, name, points):
    picked = [*(points if options.all else chosen(options.mode, points)), OVER]
    for point in [points[options.point - 1]] if options.point else picked:
        for when in whens_of(options, point):
            for variant in variants_of(options, point):
                seed = options.seed + point.number
                yield Case(options.mode, name, point.number, when, variant, seed % 3 == 0, seed)


class Tally:
    def __init__(self):
        self.lock, self.stopped = threading.Lock(), False
        self.runs, self.parked, self.late, self.red = 0, 0, 0, 0
        self.kinds = collections.Counter()

    def stop(self):
        self.stopped = True
        sys.exit(1)

    def add(self, point, parked):
        with self.lock:
            self.runs, self.parked, self.late = self.runs + 1, self.parked + parked, self.late + (point is None)
            self.kinds[point.kind if point else "-"] += 1
            if self.runs % PROGRESS_RUNS == 0:
                print(f"{self.runs} runs, {self.red} red", flush=True)

    def add_red(self, options, case, why):
        with self.lock:
            self.runs, self.red = self.runs + 1, self.red + 1
            print(f"RED {case.mode} --wish {case.wish} --point {case.point} --when {case.when} --seed {options.seed}"
                  f"{' variant ' + case.variant if case.variant else ''}\n    " + str(why).replace("\n", "\n    "), flush=True)


def work_off(options, world, films, queue, tally):
    while True:
        with tally.lock:
            case = next(queue, None) if not tally.stopped else None
        if case is None:
            return
        try:
            tally.add(*try_case(world, case, films[case.wish]))
        except Red as why:
            tally.add_red(options, case, why)
        except Exception:  # what came was no JSON, no table ...
            tally.add_red(options, case, traceback.format_exc())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=["kill", "power", "term"])
    parser.add_argument("--all", action="store_true", help="every point")
    parser.add_argument("--wish", choices=WISHES, action="append")
    parser.add_argument("--point", type=int, help="this one only")
    parser.add_argument("--when", choices=["before", "after"])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    tally = Tally()
    signal.signal(signal.SIGTERM, lambda *_: tally.stop())
    with tempfile.TemporaryDirectory(prefix="golem-video-crash.") as folder, contextlib.ExitStack() as worlds_open:
        worlds = [World(os.path.join(folder, str(i))) for i in range(WORKERS)]
        for world in worlds:
            worlds_open.callback(world.close)
        films, cases = {}, []
        for name in options.wish or (WISHES if options.all else SAMPLE_WISHES[options.mode]):
            points, films[name] = [undisturbed(world, name) for world in worlds][0]
            kinds = collections.Counter(point.kind for point in points)
            print(f"{name}: {len(points)} points: " + ", ".join(f"{n} {kind}" for kind, n in kinds.most_common()))
            cases += cases_of(options, name, points)
        kinds = ", ".join(sorted(SAMPLE_KINDS[options.mode]))
        how = "all points" if options.all else f"each {kinds}, and every {SAMPLE_STRIDE[options.mode]}th point"
        print(f"{options.mode}: {len(cases)} cases, {how}, seed {options.seed}", flush=True)
        queue = iter(cases)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            for done in [pool.submit(work_off, options, world, films, queue, tally) for world in worlds]:
                done.result()
        ends = ", ".join(f"{n} at {kind}" for kind, n in tally.kinds.most_common() if kind != "-")
        print(f"{options.mode}: {tally.runs} runs, ended {ends}; {tally.late} were over before their point, "
              f"{tally.parked} parked and resolved, {tally.red} red")
    return 1 if tally.red else 0


if __name__ == "__main__":
    sys.exit(main())
