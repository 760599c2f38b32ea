#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors

"""An HTTP/1.1 server that is wrong on demand.

It listens on 127.0.0.1, prints its port (and with --tls CERT KEY a second one) and ends when its
standard input does.

  /f/NAME?size=N&…    a file; its bytes are content(version, N), the version is set by /control
  /control?name=NAME&version=2
  /log?name=NAME      a line for each request: method, Range, If-Range ("-" for none), status
  /headers?name=NAME  a line for each request: Authorization (its first word), X-Token, Cookie, User-Agent; and
                      "proxied" if that came to it as to a proxy, "known" with the client certificate CERT
  /forget?name=NAME   empties that log
  CONNECT             a tunnel; credentials for it are those of /tunnel?proxyauth=…

Behaviour of a file, by its query:

  size=N              100000                 etag=strong|weak|none|rotate|long|binary      strong
  lm=old|recent|none  old                    date=none                                     no Date
  norange             Range is ignored       noifrange        If-Range is ignored
  ifrange200          200 whenever there is an If-Range
  wrongstart=K  wrongtotal=K  nocontentrange  multipart  startotal                         in a 206
  short206=N          at most N bytes in a 206
  chunked[=N]         chunks of N            eof              neither length nor chunks
  status=N  retryafter=S                     s416=N           416 with "bytes */N" to any Range
  whole206            206 to a request without Range
  cut=N               closes after N bytes of a body; chunked: between two chunks
  junk                a chunk size that is no number
  more=K  less=K      the length announced is K more or less than what is sent
  stall=N  stallhead  silence after N bytes of a body, or before the head
  drip=MS             a piece of 1000 bytes every MS milliseconds
  first=N             the faults cut, stall, stallhead, status, junk and more only in the first N requests
  hugehead            a head of 1 MiB        gzip             Content-Encoding: gzip on plain bytes
  redirect=URL  hops=N  loop  code=N         close            Connection: close
  auth=… proxyauth=…  see http_auth.py
"""

import select
import socket
import ssl
import sys
import threading
import time
import urllib.parse
from email.utils import formatdate

import plain_http
from http_auth import Gate
from plain_http import Hangup, serve

BLOCK = 65536
BASE = bytes((i * 31 + (i >> 8) * 17) & 0xFF for i in range(BLOCK))
START = time.time()


def content(version, size):
    """Byte i is i*31 + (i>>8)*17 + (i>>16)*7 + version*101: no two versions share a byte."""
    blocks = []
    for k in range((size + BLOCK - 1) // BLOCK):
        add = (k * 7 + version * 101) & 0xFF
        blocks.append(BASE.translate(bytes((b + add) & 0xFF for b in range(256))))
    return b"".join(blocks)[:size]


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.versions = {}
        self.logs = {}
        self.counts = {}
        self.contents = {}
        self.headers = {}
        self.tunnel = {}
        self.gate = Gate()

    def get(self, version, size):
        with self.lock:
            if (version, size) not in self.contents:
                self.contents[(version, size)] = content(version, size)
            return self.contents[(version, size)]


STATE = State()


class Handler(plain_http.Handler):
    def one_request(self):
        parts = self.read_head()
        if parts is None:
            return False
        if self.method == "CONNECT":
            return self.tunnel(self.target)
        self.query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        if parts.path.startswith("/f/"):
            self.name = parts.path[3:]
            return self.file()
        return self.command(parts.path)

    # ---- answers ------------------------------------------------------------------------------

    def head(self, status, headers):
        lines = ["HTTP/1.1 %d Whatever" % status]
        lines += ["%s: %s" % header for header in headers]
        if self.has("close") or self.has("eof"):
            lines.append("Connection: close")
        self.wfile.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))

    def plain(self, status, text, headers=()):
        body = text.encode()
        self.head(status, list(headers) + [("Content-Length", str(len(body)))])
        if self.method != "HEAD":
            self.wfile.write(body)
        return True

    def command(self, path):
        name = self.query.get("name", "")
        with STATE.lock:
            if path == "/control":
                STATE.versions[name] = int(self.query["version"])
                text = "ok\n"
            elif path == "/log":
                text = "".join(line + "\n" for line in STATE.logs.get(name, []))
            elif path == "/headers":
                text = "".join(line + "\n" for line in STATE.headers.get(name, []))
            elif path == "/tunnel":
                STATE.tunnel = self.query
                text = "ok\n"
            elif path == "/forget":
                STATE.logs.pop(name, None)
                STATE.headers.pop(name, None)
                STATE.counts.pop(name, None)
                text = "ok\n"
            elif path == "/proxied":
                text = "proxied\n"
            else:
                return self.plain(404, "no such thing\n")
        return self.plain(200, text)

    def tunnel(self, target):
        self.query = {}
        question = STATE.gate.ask(STATE.tunnel, self.headers, self.method, target, True)
        if question is not None:
            return self.plain(407, "who?\n", question)
        host, port = target.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as other:
            self.wfile.write(b"HTTP/1.1 200 Whatever\r\n\r\n")
            ends = [self.connection, other]
            while True:
                for end in select.select(ends, [], [])[0]:
                    piece = end.recv(65536)
                    if not piece:
                        raise Hangup
                    (other if end is self.connection else self.connection).sendall(piece)

    # ---- files --------------------------------------------------------------------------------

    def has(self, key):
        return key in self.query

    def number(self, key, default=0):
        return int(self.query.get(key) or default)

    def fault(self, key):
        """A fault asked for, and its turn: first=N bounds how often it happens."""
        return self.has(key) and self.count <= self.number("first", 1 << 30)

    def log(self, status):
        line = "%s %s %s %d" % (self.method, self.headers.get("range", "-"), self.headers.get("if-range", "-"), status)
        with STATE.lock:
            STATE.logs.setdefault(self.name, []).append(line)

    def etag(self, version):
        kind = self.query.get("etag", "strong")
        return {"strong": '"v%d"' % version, "weak": 'W/"v%d"' % version, "none": None,
                "rotate": '"v%d-%d"' % (version, self.count), "long": '"%s"' % ("x" * 5000),
                "binary": '"\xff\xfe%d"' % version}[kind]

    def last_modified(self, version):
        kind = self.query.get("lm", "old")
        if kind == "none":
            return None
        moment = START - 5 - 10 * (3 - version) if kind == "recent" else 1577836800 + 86400 * version
        return formatdate(moment, usegmt=True)

    def validators(self, version):
        headers = []
        if self.query.get("date") != "none":
            headers.append(("Date", formatdate(usegmt=True)))
        if self.etag(version):
            headers.append(("ETag", self.etag(version)))
        if self.last_modified(version):
            headers.append(("Last-Modified", self.last_modified(version)))
        if self.has("gzip"):
            headers.append(("Content-Encoding", "gzip"))
        if self.has("hugehead"):
            headers += [("X-Filler-%d" % i, "y" * 1000) for i in range(1000)]
        return headers

    def range_start(self, version, size):
        """The first byte wanted, or None for the whole file."""
        value = self.headers.get("range", "")
        if not value.startswith("bytes=") or self.has("norange"):
            return None
        condition = self.headers.get("if-range")
        if condition is not None and self.has("ifrange200"):
            return None
        if condition is not None and not self.has("noifrange"):
            known = [v for v in (self.etag(version), self.last_modified(version)) if v and not v.startswith("W/")]
            if condition not in known:
                return None
        return int(value[6:].split("-")[0])

    def redirect(self):
        hops = self.number("hops", 1)
        if self.has("loop"):
            target = "/f/%s?loop&redirect=" % self.name
        elif hops > 1:
            target = "/f/%s?redirect=%s&hops=%d" % (self.name, urllib.parse.quote(self.query["redirect"], safe=""), hops - 1)
        else:
            target = self.query["redirect"]
        code = self.number("code", 302)
        self.log(code)
        return self.plain(code, "elsewhere\n", [("Location", target)])

    def note_headers(self):
        known = [self.headers.get(name, "-") for name in ("x-token", "cookie", "user-agent")]
        proxied = [] if self.target.startswith("/") else ["proxied"]
        certified = isinstance(self.connection, ssl.SSLSocket) and self.connection.getpeercert()
        line = " ".join([self.headers.get("authorization", "-").split(" ")[0]] + known + proxied
                        + (["known"] if certified else []))
        with STATE.lock:
            STATE.headers.setdefault(self.name, []).append(line)

    def is_refused(self):
        for proxy, status in ((True, 407), (False, 401)):
            question = STATE.gate.ask(self.query, self.headers, self.method, self.target, proxy)
            if question is not None:
                self.log(status)
                return self.plain(status, "who?\n", question)
        return False

    def file(self):
        self.note_headers()
        if self.is_refused():
            return True
        with STATE.lock:
            self.count = STATE.counts[self.name] = STATE.counts.get(self.name, 0) + 1
            version = STATE.versions.get(self.name, 1)
        size = int(self.query.get("size") or 100000)
        if self.has("redirect"):
            return self.redirect()
        if self.fault("stallhead"):
            self.log(0)
            return self.wait_for_hangup()
        if self.method != "GET":
            self.log(405)
            return self.plain(405, "GET only\n")
        if self.fault("status"):
            headers = [("Retry-After", self.query["retryafter"])] if self.has("retryafter") else []
            self.log(self.number("status"))
            return self.plain(self.number("status"), "no\n", headers)
        if self.has("s416") and "range" in self.headers:
            self.log(416)
            return self.plain(416, "", [("Content-Range", "bytes */%s" % self.query["s416"])] + self.validators(version))
        start = self.range_start(version, size)
        if start is not None and start >= size:
            self.log(416)
            return self.plain(416, "", [("Content-Range", "bytes */%d" % size)] + self.validators(version))
        data = STATE.get(version, size)
        if start is None and not self.has("whole206"):
            self.log(200)
            return self.body(200, data, self.validators(version))
        self.log(206)
        return self.part(start or 0, data, version)

    def part(self, start, data, version):
        end = len(data)
        if self.has("short206"):
            end = min(end, start + self.number("short206"))
        total = len(data) + self.number("wrongtotal")
        shown = start + self.number("wrongstart")
        headers = self.validators(version)
        if self.has("multipart"):
            headers.append(("Content-Type", "multipart/byteranges; boundary=b"))
        elif not self.has("nocontentrange"):
            headers.append(("Content-Range", "bytes %d-%d/%s" % (shown, end - 1, "*" if self.has("startotal") else total)))
        return self.body(206, data[start:end], headers)

    def body(self, status, data, headers):
        if self.has("chunked"):
            return self.chunked(status, data, headers)
        length = len(data)
        if self.fault("more"):
            length += self.number("more")
        length -= self.number("less")
        if not self.has("eof"):
            headers = headers + [("Content-Length", str(length))]
        self.head(status, headers)
        if self.fault("cut") and self.number("cut") < len(data):
            self.send(data[:self.number("cut")])
            raise Hangup
        if self.fault("stall") and self.number("stall") < len(data):
            self.send(data[:self.number("stall")])
            return self.wait_for_hangup()
        self.send(data)
        if self.fault("more") or self.has("eof"):
            raise Hangup
        return not self.has("close")

    def chunked(self, status, data, headers):
        step = self.number("chunked", 10000)
        limit = self.number("cut") if self.fault("cut") else len(data)
        self.head(status, headers + [("Transfer-Encoding", "chunked")])
        for at in range(0, limit, step):
            piece = data[at:min(at + step, limit)]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if self.fault("junk"):
            self.wfile.write(b"zz\r\n\r\n")
            raise Hangup
        if limit < len(data):
            raise Hangup
        if self.fault("stall"):
            return self.wait_for_hangup()
        self.wfile.write(b"0\r\nX-Trailer: yes\r\n\r\n")
        return not self.has("close")

    def send(self, data):
        if not self.has("drip"):
            self.wfile.write(data)
            return
        for at in range(0, len(data), 1000):
            self.wfile.write(data[at:at + 1000])
            time.sleep(self.number("drip") / 1000)

    def wait_for_hangup(self):
        self.rfile.read(1)
        raise Hangup


class Server(plain_http.Server):
    def handle_error(self, request, client_address):
        pass


class TlsServer(Server):
    context = None

    def finish_request(self, request, client_address):
        super().finish_request(self.context.wrap_socket(request, server_side=True), client_address)


def main():
    servers = [Server(("127.0.0.1", 0), Handler)]
    if len(sys.argv) == 4 and sys.argv[1] == "--tls":
        TlsServer.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        TlsServer.context.load_cert_chain(sys.argv[2], sys.argv[3])
        TlsServer.context.load_verify_locations(sys.argv[2])
        TlsServer.context.verify_mode = ssl.CERT_OPTIONAL
        servers.append(TlsServer(("127.0.0.1", 0), Handler))
    serve(servers, [server.server_address[1] for server in servers])


if __name__ == "__main__":
    main()
