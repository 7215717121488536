"""Drains the embedded API with slack_sdk's sync and async audit logs clients: every id once.

Usage: drain.py SERVER_COMMAND...
The command prints the base URL and the token, and stops when its stdin ends.
"""

import asyncio
import subprocess
import sys

from slack_sdk.audit_logs import AuditLogsClient
from slack_sdk.audit_logs.async_client import AsyncAuditLogsClient

ENTRIES = 25_000


def check(name: str, ids: list, pages: int) -> None:
    if len(ids) != ENTRIES or len(set(ids)) != ENTRIES:
        sys.exit(f"{name}: {len(ids)} entries, {len(set(ids))} distinct ids, expected {ENTRIES}")
    print(f"{name}: {len(ids)} entries in {pages} pages, every id once")


def page_of(response) -> tuple:
    """The ids and the next cursor."""
    if response.status_code != 200:
        sys.exit(f"status {response.status_code}: {response.raw_body[:200]}")
    body = response.body
    return [entry["id"] for entry in body["entries"]], body["response_metadata"]["next_cursor"]


def drain(base_url: str, token: str) -> None:
    client = AuditLogsClient(token=token, base_url=base_url)
    ids, cursor, pages = [], None, 0
    while cursor != "":
        found, cursor = page_of(client.logs(limit=1000, cursor=cursor))
        ids += found
        pages += 1
    check("sync", ids, pages)
    schemas, actions = client.schemas().body, client.actions().body
    assert any(schema["type"] == "user" for schema in schemas["schemas"]), schemas
    assert "user_login" in actions["actions"]["user"], actions


async def drain_async(base_url: str, token: str) -> None:
    client = AsyncAuditLogsClient(token=token, base_url=base_url)
    ids, cursor, pages = [], None, 0
    while cursor != "":
        found, cursor = page_of(await client.logs(limit=1000, cursor=cursor))
        ids += found
        pages += 1
    check("async", ids, pages)
    logins = (await client.logs(limit=10, action="user_login")).body["entries"]
    assert logins and all(entry["action"] == "user_login" for entry in logins), logins


def main() -> None:
    command = sys.argv[1:] + [str(ENTRIES)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        base_url, token = (server.stdout.readline().strip() for _ in range(2))
        try:
            drain(base_url, token)
            asyncio.run(drain_async(base_url, token))
        finally:
            server.stdin.close()


if __name__ == "__main__":
    main()
