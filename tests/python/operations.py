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
    # Beginning, growing, then rotated twice: the second time nobody listens.
    ends = [lines.index(b"\n", len(lines) * part // 5) + 1 for part in range(1, 5)] + [len(lines)]
    source.write_bytes(lines[: ends[0]])
    command = ["rsyslogd", "-n", "-f", config, "-i", work / "pid"]

    def start():
        return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def append(part):
        with source.open("ab") as more:
            more.write(lines[ends[part - 1] : ends[part]])

    def stop():
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)

    def forwarded(part):
        # Two files are read in any order.
        expected = sorted(lines[: ends[part]].splitlines())
        until = time.time() + 30
        while not sink.exists() or sorted(sink.read_bytes().splitlines()) != expected:
            assert time.time() < until, "it did not forward every line once"
            time.sleep(0.2)

    server = start()
    try:
        forwarded(0)
        append(1)
        forwarded(1)
        append(2)
        source.rename(folder / "audit-000001.ndjson")
        append(3)
        forwarded(3)
        stop()
        append(4)
        source.rename(folder / "audit-000002.ndjson")
        source.write_bytes(b"")
        server = start()
        forwarded(4)
    finally:
        stop()


def ini(text, work):
    parser = configparser.RawConfigParser(delimiters=["="])
    parser.read_string(text)
    assert parser.sections()


def sql(dialect):
    def check(text, work):
        for statement in sqlglot.parse(text, dialect=dialect):
            assert not isinstance(statement, sqlglot.exp.Command), "not understood"

    return check


def alerts():
    """Each rule fires when it should and not before, for two collectors on one archive."""
    path = PAGE.with_name("alerts.yml")
    run("promtool", "check", "rules", path)
    groups = yaml.safe_load(path.read_text())["groups"]
    rules = {rule["alert"]: rule for group in groups for rule in group["rules"]}
    well = {
        "active": ["1x120", "0x120"],
        # The one that stands by tells none.
        "lag_seconds": ["5x120"],
        "outage_seconds": ["0x120", "0x120"],
        "beyond_reach_events_total": ["0x120", "0x120"],
    }
    troubles = {
        None: {},
        "SlackAuditLogsNobodyCollects": {"active": ["1x30 0x90", "0x120"]},
        "SlackAuditLogsBehind": {"lag_seconds": ["5x30 5+60x90"]},
        "SlackAuditLogsEventsMayBeMissing": {"beyond_reach_events_total": ["0x80 3x40", "0x120"]},
    }
    assert rules.keys() == troubles.keys() - {None}
    of_pods = {"SlackAuditLogsEventsMayBeMissing": {"pod": "0"}}
    with tempfile.TemporaryDirectory(prefix="alerts-") as work:
        for fires, trouble in troubles.items():
            inputs = [
                {"series": f'slack_audit_logs_{name}{{pod="{pod}"}}', "values": values}
                for name, pods in (well | trouble).items()
                for pod, values in enumerate(pods)
            ]
            expected = [
                {
                    "eval_time": "100m",
                    "alertname": name,
                    "exp_alerts": [
                        {
                            "exp_labels": rule["labels"] | of_pods.get(name, {}),
                            "exp_annotations": rule["annotations"],
                        }
                    ]
                    if name == fires
                    else [],
                }
                for name, rule in rules.items()
            ]
            test = {"interval": "1m", "input_series": inputs, "alert_rule_test": expected}
            tests = {"rule_files": [str(path.resolve())], "evaluation_interval": "1m", "tests": [test]}
            (Path(work) / "test.yml").write_text(yaml.safe_dump(tests))
            run("promtool", "test", "rules", Path(work) / "test.yml")
    text = PAGE.read_text() + path.read_text()
    known = (PAGE.parents[1] / "src/collect/metrics.rs").read_text()
    for name in set(re.findall(r"slack_audit_logs_\w+", text)):
        assert f'"{name.removesuffix("_total")}"' in known, f"no metric {name}"
    for name in rules:
        assert f"**{name}.**" in PAGE.read_text(), f"what is to be done about {name}?"


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
    alerts()
    with tempfile.TemporaryDirectory(prefix="operations-") as work:
        for name, text in found.items():
            try:
                CHECKS[name](text, Path(work))
            except Exception:
                print(f"docs/operations.md: {name}", file=sys.stderr)
                raise
            print(f"{name}: {CHECKS[name].__name__.replace('<lambda>', 'parsed')}")


main()
