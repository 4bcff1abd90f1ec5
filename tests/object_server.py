"""An HTTP server of objects for tests, on the loopback interface: ranges, ETags, and faults on demand."""

from __future__ import annotations

import hashlib
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Fault = Callable[["Request"], str | None]
"""What goes wrong with a request: "403", "404" or "503" (the answer), "reset", "cut" (the body breaks off), "stall" (it
stops half way, and the connection stays open); None for nothing."""


class Request:
    """A request for an object, or for a range of it."""

    def __init__(self, number: int, method: str, path: str, begin: int, end: int) -> None:
        self.number, self.method, self.path, self.begin, self.end = number, method, path, begin, end


class ObjectServer:
    """Serves `objects` by their paths, such as "/train.tar", to as many clients as there are.

    Attributes:
        url: of the server, without a slash at its end.
        objects: what it serves; tests may change it.
        requests: those so far.
        ranges: whether it answers requests for parts of objects with those.
        modified: the time of the last change of all of them.
        delay_s: how long each request takes before its first byte.
        fault: see `Fault`.
        stalled: set once a body has stalled.
    """

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.requests: list[Request] = []
        self.delay_s = 0.0
        self.ranges = True
        self.modified = "Tue, 01 Dec 2026 00:00:00 GMT"
        self.fault: Fault = lambda request: None
        self.stalled = threading.Event()
        self._end = threading.Event()
        outer = self

        class Handler(_Handler):
            server_of_objects = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> ObjectServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def bytes_requested(self) -> int:
        """The bytes of all requested ranges."""
        return sum(request.end - request.begin for request in self.requests if request.method == "GET")


@cache
def etag(data: bytes) -> str:
    """The ETag of an object."""
    return f'"{hashlib.md5(data).hexdigest()}"'


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server_of_objects: ObjectServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        data = self.rfile.read(int(self.headers["Content-Length"]))
        if self.server_of_objects.fault(Request(-1, "PUT", self.path, 0, len(data))):
            self._answer(403, b"")
            return
        self.server_of_objects.objects[self.path] = data
        self._answer(200, b"", data)

    def _serve(self) -> None:
        server = self.server_of_objects
        data = server.objects.get(self.path)
        time.sleep(server.delay_s)
        if data is None:
            self._answer(404, b"")
            return
        begin, end, status = 0, len(data), 200
        if server.ranges and (ranged := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))):
            begin, end, status = int(ranged[1]), min(int(ranged[2] or len(data)) + 1, len(data)), 206
        request = Request(len(server.requests), self.command, self.path, begin, end)
        server.requests.append(request)
        fault = server.fault(request)
        if etag(data) and self.headers.get("If-Match") not in (None, etag(data)):
            self._answer(412, b"")
        elif begin >= len(data):
            self._answer(416, b"")
        elif fault in ("403", "404", "503"):
            self._answer(int(fault), b"busy")
        elif fault == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            self.close_connection = True
        else:
            content_range = f"bytes {begin}-{end - 1}/{len(data)}" if status == 206 else None
            self._answer(status, data[begin:end], data, content_range, fault)

    def _answer(
        self, status: int, body: bytes, whole: bytes = b"", content_range: str | None = None, fault: str | None = None
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", self.server_of_objects.modified)
        if whole and etag(whole):
            self.send_header("ETag", etag(whole))
        if content_range:
            self.send_header("Content-Range", content_range)
        self.end_headers()
        if self.command == "HEAD":
            return
        try:
            if fault in ("cut", "stall"):
                self.wfile.write(body[: len(body) // 2])
                self.wfile.flush()
                self.close_connection = True
                if fault == "stall":
                    self.server_of_objects.stalled.set()
                    self.server_of_objects._end.wait()
            else:
                self.wfile.write(body)
        except OSError:  # the client has left
            self.close_connection = True
