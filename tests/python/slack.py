"""A small Audit Logs API that knows every event: none of this crate's code is in it.

    slack.py HISTORY

has that many events in two days, and four a second that arrive. It prints its base URL, and runs
until it is ended.
"""

import bisect
import json
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse


class Record:
    """What happened: events with a date, visible from a time on, newest first when asked for."""

    def __init__(self):
        self.lock = threading.Lock()
        self.events = []  # (date, number, visible)
        self.number = 0
        self.running = True
        self.asked = {}  # up to which second, by token
        self.last = None  # the token of the last request

    def add(self, date, visible):
        with self.lock:
            self.number += 1
            bisect.insort(self.events, (date, self.number, visible))

    def arrive(self, random, lates):
        while self.running:
            now = int(time.time())
            for _ in range(random.randint(0, 8)):
                late = random.choice(lates)
                self.add(now, now + late)
            time.sleep(0.2)

    def page(self, oldest, latest, limit, offset):
        now = time.time()
        with self.lock:
            found = [e for e in self.events if oldest <= e[0] <= latest and e[2] <= now]
        found.reverse()
        page = found[offset : offset + limit]
        more = offset + limit < len(found)
        entries = [
            {
                "id": f"event-{number}",
                "date_create": date,
                "action": "user_login",
                "actor": {"type": "user", "user": {"id": f"W{number % 50}"}},
            }
            for date, number, _ in page
        ]
        cursor = str(offset + limit) if more else ""
        return {"entries": entries, "response_metadata": {"next_cursor": cursor}}


def api(record):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            query = {key: value[0] for key, value in parse_qs(urlparse(self.path).query).items()}
            token = self.headers["Authorization"].removeprefix("Bearer ")
            record.last = token
            latest = int(query.get("latest", 1))
            record.asked[token] = max(record.asked.get(token, 0), latest)
            page = record.page(
                int(query.get("oldest", 0)),
                int(query.get("latest", 1 << 40)),
                int(query.get("limit", 9999)),
                int(query.get("cursor", 0)),
            )
            body = json.dumps(page).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    # A client that was killed in mid-response is meant.
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, f"http://127.0.0.1:{server.server_address[1]}/audit/v1/"


def main():
    record = Record()
    history, begun = int(sys.argv[1]), int(time.time())
    for number in range(history):
        record.add(begun - 172_800 * (history - number) // history, 0)
    _, url = api(record)
    print(url, flush=True)
    record.arrive(random, [0])


if __name__ == "__main__":
    main()
