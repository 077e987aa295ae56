"""RECEIVING: real receivers of webhooks on this machine: one that takes, fails, is slow, redirects.

Takes   how it answers.
Gives   its port and what came in, with headers.
Keeps   every receiver on loopback, ended with its context.
Source  Decision 0042.
"""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from http.server import ThreadingHTTPServer


class Receiver:
    """What one receiver heard."""

    def __init__(self, status=204, slow_s=0.0, location=""):
        self.heard = []
        self.status, self.slow_s, self.location = status, slow_s, location
        self.port = 0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def receiving(**how):
    """Serve a receiver."""
    receiver = Receiver(**how)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.heard.append((self.path, dict(self.headers), body))
            time.sleep(receiver.slow_s)
            self.send_response(receiver.status)
            if receiver.location:
                self.send_header("Location", receiver.location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
