"""Two collectors on one archive, killed, frozen and woken at random, on stores that others wrote.

    archive.py BINARIES TOOLS [s3|azure|directory|takeover|command]… [SECONDS]

BINARIES is the folder with the command and `examples/archive_driver`, TOOLS the one with azurite in
node_modules. The small Audit Logs API beside this script knows every event; what the archive has in
the end is listed by boto3, Azure's client or `ls`, unpacked by zcat, and read by DuckDB with the
SQL of the documentation. Everything runs at the same time.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.request import urlopen

import boto3
import duckdb
from azure.storage.blob import BlobServiceClient

from slack import Record, api

TOKEN = "xoxp-CANARY-of-the-archive"
PREFIX = "organization/audit"
LATE = [0, 0, 0, 0, 0, 0, 3, 20, 45]  # seconds, each as likely


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for_port(port):
    for _ in range(300):
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"nothing listens on {port}")


class S3:
    """Amazon S3 as moto has it."""

    def __init__(self, tools, work):
        self.port = free_port()
        log = open(work / "moto.log", "w")
        moto = Path(sys.executable).with_name("moto_server")
        command = [moto, "-H", "127.0.0.1", "-p", str(self.port)]
        self.server = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for_port(self.port)
        endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "AWS_ACCESS_KEY_ID": "key",
            "AWS_SECRET_ACCESS_KEY": "CANARY-secret",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT": endpoint,
        }
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="key",
            aws_secret_access_key="CANARY-secret",
        )
        self.client.create_bucket(Bucket="bucket")
        self.url = f"s3://bucket/{PREFIX}"

    def objects(self):
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket="bucket")
        for page in pages:
            for item in page.get("Contents", []):
                body = self.client.get_object(Bucket="bucket", Key=item["Key"])["Body"]
                yield item["Key"].removeprefix(PREFIX + "/"), body.read()


class Azure:
    """Azure Blob Storage as azurite has it."""

    KEY = (
        "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
        "K1SZFPTOtr/KBHBeksoGMGw=="
    )  # azurite's documented account, no secret

    def __init__(self, tools, work):
        self.port = free_port()
        log = open(work / "azurite.log", "w")
        command = [
            tools / "node_modules/.bin/azurite-blob",
            "--blobPort", str(self.port),
            "--location", work / "azurite",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--silent",
        ]  # fmt: skip
        self.server = subprocess.Popen(command, stdout=log, stderr=log)
        wait_for_port(self.port)
        endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {
            "AZURE_STORAGE_USE_EMULATOR": "true",
            "AZURITE_BLOB_STORAGE_URL": endpoint,
        }
        client = BlobServiceClient(
            f"{endpoint}/devstoreaccount1",
            credential={"account_name": "devstoreaccount1", "account_key": self.KEY},
        )
        self.container = client.create_container("container")
        self.url = f"az://container/{PREFIX}"

    def objects(self):
        for item in self.container.list_blobs():
            body = self.container.download_blob(item.name).readall()
            yield item.name.removeprefix(PREFIX + "/"), body


class Directory:
    """A directory of this machine."""

    server = None
    environment = {}

    def __init__(self, tools, work):
        self.path = work / "archive"
        self.url = str(self.path)

    def objects(self):
        for path in sorted(self.path.rglob("*")):
            if path.is_file():
                yield str(path.relative_to(self.path)), path.read_bytes()


STORES = {"s3": S3, "azure": Azure, "directory": Directory}


class Collector:
    def __init__(self, command, store, since, log, token=TOKEN):
        self.command = command
        self.environment = {
            **store.environment,
            "SINCE": str(since),
            "SLACK_ORG_ADMIN_USER_TOKEN": token,
        }
        self.log = log
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            self.command,
            env={**os.environ, **self.environment},
            stdin=subprocess.PIPE,
            stderr=self.log,
            stdout=self.log,
        )

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self):
        if self.command[0].name == "slack-audit-logs":
            self.signal(signal.SIGTERM)
        self.process.stdin.close()
        code = self.process.wait(timeout=60)
        assert code == 0, code


def archived(store, work):
    """The events of every object, by `zcat`, and the objects' keys."""
    folder = work / "listed"
    shutil.rmtree(folder, ignore_errors=True)
    keys, events = [], []
    for key, body in store.objects():
        if not key.startswith("date=") or not key.endswith(".ndjson.gz"):
            continue
        path = folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
        keys.append(key)
    if keys:
        paths = [folder / key for key in sorted(keys)]
        text = subprocess.run(["zcat", *paths], check=True, capture_output=True).stdout.decode()
        events = [json.loads(line) for line in text.splitlines() if line]
    return sorted(keys), events


def check(store, record, work, deadline):
    """Waits until every event is there, and sees that each is there once."""
    while True:
        keys, events = archived(store, work)
        found = [event["id"] for event in events]
        twice = len(found) - len(set(found))
        assert twice == 0, f"{twice} events are there twice"
        expected = {f"event-{number}" for _, number, _ in record.events}
        missing = expected - set(found)
        assert not set(found) - expected
        if not missing:
            return keys, events
        assert time.time() < deadline, f"{len(missing)} of {len(expected)} events are missing"
        time.sleep(1)


def query(work, count):
    """The SQL of docs/operations.md."""
    page = (Path(__file__).parents[2] / "docs/operations.md").read_text()
    sql = page.split("-- duckdb.sql\n", 1)[1].split("```", 1)[0]
    assert "s3://bucket/slack/" in sql
    sql = sql.replace("s3://bucket/slack/", f"{work}/listed/")
    # The stores' trials are threads: a connection of its own for each.
    with duckdb.connect() as connection:
        rows = connection.sql(sql).fetchall()
    events, ids = sum(row[2] for row in rows), sum(row[3] for row in rows)
    assert events == ids == count, rows


def trial(name, binaries, tools, seconds, seed):
    choose = random.Random(f"{seed} {name}")
    work = Path(tempfile.mkdtemp(prefix=f"archive-{name}-"))
    store = None
    collectors = []
    record = Record()
    try:
        store = STORES[name](tools, work)
        server, url = api(record)
        since = int(time.time()) - 86_400
        for step in range(2_000):
            record.add(since + step * 40, 0)
        logs = [open(work / f"collector-{number}.log", "wb") for number in range(2)]
        command = [binaries / "examples/archive_driver", url, store.url]
        collectors = [
            Collector(command, store, since, log, f"{TOKEN}-{number}")
            for number, log in enumerate(logs)
        ]
        for one in collectors:
            one.start()
        threading.Thread(target=record.arrive, args=[choose, LATE], daemon=True).start()
        killed = frozen = ended = 0
        until = time.time() + seconds
        # Each at least once.
        todo = choose.sample(["kill", "freeze", "end"], 3)
        while todo or time.time() < until:
            time.sleep(choose.uniform(0.5, 6))
            one = choose.choice(collectors)
            match todo.pop() if todo else choose.choice(["kill", "freeze", "end"]):
                case "kill":
                    one.kill()
                    killed += 1
                    time.sleep(choose.uniform(0, 2))
                    one.start()
                case "freeze":
                    # The one that is active, mostly for longer than its lease.
                    one = collectors[int((record.last or "-0")[-1])]
                    one.signal(signal.SIGSTOP)
                    frozen += 1
                    time.sleep(choose.choice([2, 18, 25]))
                    one.signal(signal.SIGCONT)
                case "end":
                    one.end()
                    ended += 1
                    one.start()
        record.running = False
        keys, events = check(store, record, work, time.time() + 150)
        query(work, len(events))
        for one in collectors:
            one.end()
        check(store, record, work, time.time() + 5)
        if name == "directory":
            left = [path for path in store.path.rglob("*#*")]
            assert not left, left
        logs = b"".join((work / f"collector-{number}.log").read_bytes() for number in range(2))
        assert b"CANARY" not in logs, "a secret was shown"
        assert b"standing by" in logs
        said = (
            f"{name}: {len(events)} events once in {len(keys)} objects; "
            f"killed {killed}, frozen {frozen}, ended {ended} times"
        )
    except BaseException:
        print(f"{name}: what was written is in {work}", flush=True)
        raise
    finally:
        record.running = False
        for one in collectors:
            if one.process.poll() is None:
                one.kill()
        if store and store.server:
            store.server.terminate()
            store.server.wait()
    shutil.rmtree(work)
    return said


def wait_until(what, seconds, is_so):
    begun = time.time()
    while not is_so():
        assert time.time() - begun < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.1)
    return time.time() - begun


def metric(port, name):
    """A number that a collector serves."""
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as response:
        for line in response.read().decode().splitlines():
            if line.startswith(f"{name} "):
                return float(line.split()[1])
    raise AssertionError(f"no {name}")


def takeover(name, make, tools, has_metrics=False):
    """A standby asks the API for nothing, and goes on within 30 s of a kill and 5 s of an end."""
    work = Path(tempfile.mkdtemp(prefix=f"archive-{name}-"))
    store = S3(tools, work)
    record = Record()
    running = []
    said = []

    def start():
        token = f"{TOKEN}-{len(running)}"
        log = open(work / f"{token}.log", "wb")
        command = make(url, store.url, since)
        collector = Collector(command, store, since, log, token)
        collector.port = free_port()
        if has_metrics:
            collector.command = [*command, "--metrics-listen", f"127.0.0.1:{collector.port}"]
        collector.start()
        running.append(collector)
        return collector, lambda: record.asked.get(token, 0), Path(log.name)

    try:
        server, url = api(record)
        since = int(time.time()) - 60
        for second in range(60):
            record.add(since + second, 0)
        active, asked, _ = start()
        wait_until("the first is active", 30, asked)
        for how, limit in [(Collector.kill, 30), (Collector.end, 5)]:
            standby, asked, log = start()
            wait_until("the other stands by", 30, lambda: b"standing by" in log.read_bytes())
            assert asked() == 0, "it reads while it stands by"
            if has_metrics:
                actives = [metric(it.port, "slack_audit_logs_active") for it in (active, standby)]
                assert actives == [1, 0], actives
            how(active)
            begun = time.time()
            record.add(int(begun), 0)
            took = wait_until(f"takeover after a {how.__name__}", limit, asked)
            said.append(f"{took:.1f} s after {'a kill' if how is Collector.kill else 'an end'}")
            active = standby
        # What was asked for after the last event's pass tells that this one has been read.
        wait_until("the event is read", 30, lambda: asked() > int(begun) + 3)
        if has_metrics:
            assert metric(active.port, "slack_audit_logs_active") == 1
        active.end()
        check(store, record, work, time.time() + 5)
    finally:
        for collector in running:
            collector.kill()
        store.server.terminate()
        store.server.wait()
    shutil.rmtree(work)
    return f"{name}: taken over {', '.join(said)}"


def main():
    binaries, tools = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    seconds = next((int(arg) for arg in sys.argv[3:] if arg.isdigit()), 30)
    seed = int(os.environ.get("SEED", time.time()))
    print(f"SEED={seed}", flush=True)

    def driver(url, target, since):
        return [binaries / "examples/archive_driver", url, target]

    def command(url, target, since):
        return [
            binaries / "slack-audit-logs", "--base-url", url, "--rate-limit", "off",
            "follow", "--output", target, "--since", str(since), "--tiers", "1s:5s,5s:60s",
        ]  # fmt: skip

    trials = {name: lambda name=name: trial(name, binaries, tools, seconds, seed) for name in STORES}
    trials["takeover"] = lambda: takeover("takeover", driver, tools)
    trials["command"] = lambda: takeover("command", command, tools, has_metrics=True)
    names = [name for name in sys.argv[3:] if name in trials] or list(trials)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(trials[name]) for name in names]:
            print(done.result(), flush=True)


main()
