"""Checks the blocks of docs/operations.md.

    operations.py COMMAND PAGE

A block's first line is a comment with the name of its file. What can be run here is run, what can
be verified is verified, and the rest is parsed; a block that nothing checks is an error.
"""

import configparser
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from pathlib import Path

import kubernetes_validate
import sqlglot
import yaml

COMMAND, PAGE = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
KUBERNETES = "1.32"


def run(*command, **options):
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, **options
    )
    assert done.returncode == 0, f"{command}: {done.stdout}"
    return done.stdout


def blocks():
    found = {}
    for text in re.findall(r"^```\w*\n(.*?)^```$", PAGE.read_text(), re.M | re.S):
        first = text.split("\n", 1)[0]
        name = re.match(r"(?:#|--) (\S+)$", first)
        assert name, f"no file's name: {first}"
        name = Path(name[1]).name
        assert name not in found, name
        found[name] = text
    return found


def systemd(text, work):
    unit = work / "slack-audit-logs.service"
    assert "/usr/local/bin/slack-audit-logs" in text
    unit.write_text(text.replace("/usr/local/bin/slack-audit-logs", str(COMMAND)))
    said = run("systemd-analyze", "verify", "--man=no", unit)
    assert unit.name not in said, said
    # Tenths: an exposure of at most 2.
    run("systemd-analyze", "security", "--no-pager", "--offline=yes", "--threshold=20", unit)


def dockerfile(text, work):
    path = work / "Dockerfile"
    path.write_text(text)
    run(Path(sys.executable).with_name("hadolint"), path)


def kubernetes(text, work):
    for part in yaml.safe_load_all(text):
        kubernetes_validate.validate(part, KUBERNETES, strict=True)


def cron(text, work):
    """The command of the line, twice: as many events as ids, and nothing on standard error."""
    line = text.splitlines()[-1]
    fields = line.split(None, 6)
    assert len(fields) == 7 and fields[5] == "audit" and fields[6].startswith("slack-audit-logs ")
    for folder in ["/etc/slack-audit-logs", "/var/log/slack-audit-logs", "/var/lib/slack-audit-logs"]:
        (work / folder[1:]).mkdir(parents=True)
        assert folder in fields[6]
    command = re.sub(r"(?<= )/", f"{work}/", fields[6])
    fake = [COMMAND, "fake", "--entries", "3000"]
    server = subprocess.Popen(fake, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        url, token = server.stdout.readline().strip(), server.stdout.readline().strip()
        path = work / "etc/slack-audit-logs/token"
        path.write_text(token)
        path.chmod(0o600)
        environment = {"PATH": str(COMMAND.parent), "SLACK_AUDIT_LOGS_BASE_URL": url}
        for _ in range(2):
            said = run("/bin/sh", "-c", command, env=environment)
            assert not said, said
    finally:
        server.kill()
        server.wait()
    lines = (work / "var/log/slack-audit-logs/audit.ndjson").read_text().splitlines()
    ids = {json.loads(line)["id"] for line in lines}
    assert len(ids) == len(lines) > 100


def rsyslog(text, work):
    """Runs it on a file that grows, and compares what it forwards."""
    folder = work / "var/log/slack-audit-logs"
    assert "/var/log/slack-audit-logs" in text
    config = work / "rsyslog.conf"
    settings = f'global(workDirectory="{work}")\n'
    config.write_text(settings + text.replace("/var/log/slack-audit-logs", str(folder)))
    run("rsyslogd", "-N1", "-f", config)
    lines = (folder / "audit.ndjson").read_bytes()
    source, sink = folder / "audit.ndjson", folder / "forwarded.ndjson"
    half = lines[: lines.index(b"\n", len(lines) // 2) + 1]
    source.write_bytes(half)
    command = ["rsyslogd", "-n", "-f", config, "-i", work / "pid"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for expected in [half, lines]:
            with source.open("ab") as more:
                more.write(expected[source.stat().st_size :])
            until = time.time() + 30
            while not sink.exists() or sink.read_bytes() != expected:
                assert time.time() < until, "it did not forward every line once"
                time.sleep(0.2)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)


def ini(text, work):
    parser = configparser.RawConfigParser(delimiters=["="])
    parser.read_string(text)
    assert parser.sections()


def sql(dialect):
    def check(text, work):
        for statement in sqlglot.parse(text, dialect=dialect):
            assert not isinstance(statement, sqlglot.exp.Command), "not understood"

    return check


CHECKS = {
    "slack-audit-logs.service": systemd,
    "Dockerfile": dockerfile,
    "slack-audit-logs.yaml": kubernetes,
    "slack-audit-logs-once.yaml": kubernetes,
    "slack-audit-logs": cron,
    "slack-audit-logs.conf": rsyslog,
    "vector.toml": lambda text, work: tomllib.loads(text),
    "fluent-bit.yaml": lambda text, work: yaml.safe_load(text),
    "filebeat.yml": lambda text, work: yaml.safe_load(text),
    "inputs.conf": ini,
    "props.conf": ini,
    # .ci/archive runs it on an archive.
    "duckdb.sql": sql("duckdb"),
    "athena-table.sql": sql("athena"),
    "athena-query.sql": sql("athena"),
    "databricks.sql": sql("databricks"),
}


def options(found):
    """The command has every option that the page gives it."""
    known = set(re.findall(r"--[a-z][a-z-]*", run(COMMAND, "follow", "--help")))
    for name in ["slack-audit-logs.service", "slack-audit-logs.yaml", "slack-audit-logs-once.yaml", "slack-audit-logs"]:
        text = re.sub(r"^#.*", "", found[name], flags=re.M)
        used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", text))
        assert used and used <= known, f"{name}: no option {used - known}"


def main():
    found = blocks()
    assert found.keys() == CHECKS.keys(), found.keys() ^ CHECKS.keys()
    options(found)
    with tempfile.TemporaryDirectory(prefix="operations-") as work:
        for name, text in found.items():
            try:
                CHECKS[name](text, Path(work))
            except Exception:
                print(f"docs/operations.md: {name}", file=sys.stderr)
                raise
            print(f"{name}: {CHECKS[name].__name__.replace('<lambda>', 'parsed')}")


main()
