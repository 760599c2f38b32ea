#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors

"""A server for uploads by BITS, tus, resumable uploads and PUT that is wrong on demand.

It listens on one port of 127.0.0.1 and 127.0.0.2, prints that port and ends when its standard input does.

  /bits/NAME?…  /tus/NAME?…  /resumable/NAME?…  /put/NAME?…      where uploads go
  /log?name=NAME       a line for each request: what, detail, status ("-": none was sent), "@host" for another host
  /file?name=NAME      "SIZE SHA256" of what was published last, and how often it was; "none"
  /open?name=NAME      how many sessions there are
  /connections?name=NAME   over how many connections its requests came
  /shown?name=NAME     a line for each request: Authorization (its first word), X-Token, User-Agent, "@host" likewise
  /forget?name=NAME    empties the log
  /drop?name=NAME      loses every session
  …/Replies/ID/NAME-SIZE[-slow|-cut]       a reply of SIZE bytes, logged with NAME; slow: 64 KiB each 50 ms; cut: the first
                       answer ends half-way

Without a query each protocol is served as it should be. Of the query:

  strict               BITS: any fragment that does not begin where the last one ended is a 416
  reply=URL            BITS: the answer to the last bytes carries it ("none": it carries none)
  host=H fallback=S    BITS: of the answer to Create-Session
  quiet                BITS: Acks carry no session id but the first
  extensions=LIST maxsize=N relative      tus; the Location is relative
  place=H              tus, resumable: the host of the Location
  limit=DICTIONARY     resumable: Upload-Limit
  do=WHEN:WHAT,WHAT…   once or more; the first that fits counts

  auth=… proxyauth=…   see http_auth.py; the log has "who STATUS" for a question

WHEN: a packet (ping create fragment close cancel) or method (options post head patch delete put), then
nothing for each, or =N for the Nth to this name; "last" is the fragment or patch that ends the file.

WHAT: status=N  error=0xN  code=0xN  context=0xN  received=N|none  session=ID  noack (nothing of BITS in it)
  complete=?0|?1|none  offset=N|none  retryafter=S  location=URL
  done       it is done all the same before that is answered
  lose       the session is lost first
  cut        the connection is closed without an answer     cut=N after N bytes of the body, which are kept
  hang       no answer ever                                 hang=N after N bytes of the body
  slow=N     64 KiB each 10 ms after N bytes of the body
  late=MS    the answer comes late                          drip  its head comes a byte each 50 ms
  huge       a header of 1 MiB                              junk  no HTTP at all
  endless    a body without end                             more  a body that never comes
"""

import hashlib
import random
import re
import threading
import time
import urllib.parse
import uuid

import plain_http
from http_auth import Gate
from plain_http import Hangup, Server, serve

PROTOCOL = "{7df0354d-249b-430f-820d-3d2a9bef4931}"
TYPES = {"Ping": "ping", "Create-Session": "create", "Fragment": "fragment", "Close-Session": "close",
         "Cancel-Session": "cancel"}
LOST = {"status": "500", "error": "0x8020001F"}


class State:
    def __init__(self):
        self.lock = threading.Lock()
        self.sessions = {}
        self.logs = {}
        self.counts = {}
        self.published = {}
        self.times = {}
        self.connections = {}
        self.shown = {}
        self.gate = Gate()


STATE = State()


class Session:
    def __init__(self, kind, name, query, total):
        self.kind, self.name, self.query, self.total = kind, name, query, total
        self.data = bytearray()
        self.complete = False


def publish(name, data):
    STATE.published[name] = bytes(data)
    STATE.times[name] = STATE.times.get(name, 0) + 1


class Handler(plain_http.Handler):
    wbufsize = -1

    # ---- requests -----------------------------------------------------------------------------

    def one_request(self):
        parts = self.read_head()
        if parts is None:
            return False
        self.base, self.raw_query = parts.path, parts.query
        self.query = urllib.parse.parse_qs(parts.query, keep_blank_values=True)
        self.length = int(self.headers.get("content-length", "0"))
        self.detail, self.out, self.body = "", [], b""
        kind, _, self.name = parts.path[1:].partition("/")
        if "/Replies/" in parts.path:
            return self.reply(parts.path.rsplit("/", 1)[1])
        if kind in ("bits", "tus", "resumable", "put"):
            with STATE.lock:
                STATE.connections.setdefault(self.name, set()).add(id(self.connection))
            self.note_shown()
            if self.is_refused():
                return True
            getattr(self, kind)()
            return True
        if kind == "up":
            return self.upload_resource()
        return self.command(kind)

    def note_shown(self):
        host = self.headers.get("host", "").split(":")[0]
        line = " ".join([self.headers.get("authorization", "-").split(" ")[0], self.headers.get("x-token", "-"),
                         self.headers.get("user-agent", "-")] + ([] if host == "127.0.0.1" else ["@" + host]))
        with STATE.lock:
            STATE.shown.setdefault(self.name, []).append(line)

    def is_refused(self):
        """Like a web server: of a client that asks first it wants no body then."""
        query = {name: values[0] for name, values in self.query.items()}
        for proxy, status in ((True, 407), (False, 401)):
            question = STATE.gate.ask(query, self.headers, self.method, self.target, proxy)
            if question is None:
                continue
            asks_first = self.headers.get("expect") == "100-continue"
            if not asks_first:
                self.read_body({}, "")
            self.answer("who", {}, status, question + [("Content-Length", "0")])
            if asks_first:
                self.rfile.read()
                raise Hangup
            return True
        return False

    def command(self, what):
        name = self.query.get("name", [""])[0]
        with STATE.lock:
            if what == "log":
                text = "".join(line + "\n" for line in STATE.logs.get(name, []))
            elif what == "file":
                data = STATE.published.get(name)
                text = "none" if data is None else "%d %s %d" % (len(data), hashlib.sha256(data).hexdigest(),
                                                                 STATE.times[name])
            elif what == "open":
                text = str(sum(s.name == name for s in STATE.sessions.values()))
            elif what == "connections":
                text = str(len(STATE.connections.get(name, ())))
            elif what == "shown":
                text = "".join(line + "\n" for line in STATE.shown.get(name, []))
            elif what == "forget":
                STATE.logs.pop(name, None)
                STATE.shown.pop(name, None)
                text = "ok"
            else:
                STATE.sessions = {k: s for k, s in STATE.sessions.items() if s.name != name}
                text = "ok"
        body = text.encode()
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        return True

    def reply(self, file):
        """With what a resumed download needs."""
        self.name, size, *manner = file.split("-")
        body = random.Random(int(size)).randbytes(int(size))
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        first = int(found.group(1)) if found else 0
        with STATE.lock:
            count = STATE.counts[(file, "reply")] = STATE.counts.get((file, "reply"), 0) + 1
        self.detail = str(first)
        self.log("reply", 206 if found else 200)
        head = "HTTP/1.1 206 Part\r\nContent-Range: bytes %d-%d/%d\r\n" % (first, len(body) - 1, len(body)) if found \
            else "HTTP/1.1 200 OK\r\n"
        head += "Accept-Ranges: bytes\r\nETag: \"%s\"\r\nContent-Length: %d\r\n\r\n" % (size, len(body) - first)
        self.wfile.write(head.encode())
        end = len(body) // 2 if manner == ["cut"] and count == 1 else len(body)
        for at in range(first, end, 65536):
            self.wfile.write(body[at:min(at + 65536, end)])
            self.wfile.flush()
            time.sleep(0.05 if manner == ["slow"] else 0)
        if end < len(body):
            raise Hangup
        return True

    def option(self, name, default=None):
        return self.query.get(name, [default])[0]

    def script(self, what, is_last=False):
        """What to do with this request otherwise than it should be."""
        with STATE.lock:
            key = (self.name, what)
            count = STATE.counts[key] = STATE.counts.get(key, 0) + 1
            if is_last:
                STATE.counts[(self.name, "last")] = STATE.counts.get((self.name, "last"), 0) + 1
            last = STATE.counts.get((self.name, "last"), 0)
        for item in self.query.get("do", []):
            when, _, acts = item.partition(":")
            word, _, number = when.partition("=")
            fits = word == what and number in ("", str(count)) or \
                word == "last" and is_last and number in ("", str(last))
            if fits:
                return dict(act.partition("=")[::2] for act in acts.split(","))
        return {}

    def log(self, what, status):
        host = self.headers.get("host", "").split(":")[0]
        line = " ".join(x for x in (what, self.detail, str(status), "" if host == "127.0.0.1" else "@" + host) if x)
        with STATE.lock:
            STATE.logs.setdefault(self.name, []).append(line)

    def read_body(self, acts, what):
        """As much as the script lets; a connection that ends before its time keeps what came."""
        limit = self.length
        for word in ("cut", "hang"):
            if acts.get(word):
                limit = min(limit, int(acts[word]))
        if self.headers.get("expect") == "100-continue" and "status" not in acts:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        parts, have, fast = [], 0, int(acts.get("slow", self.length))
        while have < limit:
            time.sleep(0.01 if have > fast else 0)
            part = self.rfile.read1(min(65536, limit - have))
            if not part:
                break
            parts.append(part)
            have += len(part)
        self.body = b"".join(parts)
        self.is_short = have < self.length
        return self.body

    def silence(self, acts, what):
        """Ends this request without an answer, if the script wants so."""
        if "cut" in acts or (self.is_short and "hang" not in acts):
            self.log(what, "-")
            raise Hangup
        if "hang" in acts:
            self.log(what, "-")
            self.rfile.read()
            raise Hangup

    # ---- answers ------------------------------------------------------------------------------

    def answer(self, what, acts, status, headers, reason="Whatever"):
        status = int(acts.get("status", status))
        if "retryafter" in acts:
            headers.append(("Retry-After", acts["retryafter"]))
        self.log(what, status)
        time.sleep(int(acts.get("late", "0")) / 1000)
        if "junk" in acts:
            self.wfile.write(b"\x00\xff no answer at all\r\n\r\n")
            raise Hangup
        if "huge" in acts:
            headers.append(("X-Huge", "x" * (1 << 20)))
        if "more" in acts:
            headers = [h for h in headers if h[0] != "Content-Length"] + [("Content-Length", "1000000")]
        if "endless" in acts:
            headers = [h for h in headers if h[0] != "Content-Length"]
        text = "HTTP/1.1 %d %s\r\n%s\r\n" % (status, reason, "".join("%s: %s\r\n" % h for h in headers))
        if "drip" in acts:
            for byte in text.encode("latin-1"):
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(0.05)
            return
        self.wfile.write(text.encode("latin-1"))
        self.wfile.flush()
        while "endless" in acts:
            self.wfile.write(b"x" * 4096)
            self.wfile.flush()
            time.sleep(0.001)
        if "more" in acts:
            self.rfile.read()
            raise Hangup

    # ---- BITS ---------------------------------------------------------------------------------

    def bits(self):
        if self.method != "BITS_POST":
            self.read_body({}, "")
            self.detail = "on a BITS directory"
            self.answer(self.method.lower(), self.script(self.method.lower()), 405, [("Content-Length", "0")])
            return
        word = self.headers.get("bits-packet-type", "")
        what = TYPES.get(word)
        if what is None or "content-length" not in self.headers:
            self.log("BAD packet", word)
            self.answer("bad", {}, 400, [("Content-Length", "0")])
            return
        getattr(self, "bits_" + what)(what)

    def ack(self, what, acts, status, received=None, extra=(), error=None, session=None):
        status = int(acts.get("status", status))
        headers = [("Content-Length", "0")]
        if "noack" not in acts:
            headers.append(("BITS-Packet-Type", "Ack"))
            if session is not None and (self.option("quiet") is None or what == "create"):
                headers.append(("BITS-Session-Id", acts.get("session", session)))
            received = acts.get("received", received)
            if received not in (None, "none"):
                headers.append(("BITS-Received-Content-Range", received))
            headers += extra
            error = acts.get("error", error)
            if error:
                headers.append(("BITS-Error", error))
            if "code" in acts:
                headers.append(("BITS-Error-Code", acts["code"]))
            if "context" in acts:
                headers.append(("BITS-Error-Context", acts["context"]))
        self.answer(what, acts, status, headers)

    def find(self):
        with STATE.lock:
            session = STATE.sessions.get(self.headers.get("bits-session-id"))
        return session if session is not None and session.name == self.name else None

    def lose(self, key=None):
        with STATE.lock:
            STATE.sessions.pop(key or self.headers.get("bits-session-id"), None)

    def bits_ping(self, what):
        acts = self.script(what)
        self.read_body(acts, what)
        self.silence(acts, what)
        self.ack(what, acts, 200)

    def bits_create(self, what):
        acts = self.script(what)
        self.read_body(acts, what)
        if self.headers.get("bits-supported-protocols") != PROTOCOL:
            self.log("BAD protocol", self.headers.get("bits-supported-protocols"))
        self.silence(acts, what)
        if "status" in acts and acts["status"] not in ("200", "201"):
            self.ack(what, acts, 500)
            return
        key = "{%s}" % str(uuid.uuid4()).upper()
        with STATE.lock:
            STATE.sessions[key] = Session("bits", self.name, self.query, None)
        extra = [("Accept-Encoding", "identity")]
        if "noprotocol" not in acts:
            extra.append(("BITS-Protocol", PROTOCOL))
        if self.option("host"):
            extra.append(("BITS-Host-Id", self.option("host")))
        if self.option("fallback"):
            extra.append(("BITS-Host-Id-Fallback-Timeout", self.option("fallback")))
        self.ack(what, acts, 200, session=None if acts.get("session") == "none" else key, extra=extra)

    def bits_fragment(self, what):
        found = re.fullmatch(r"bytes (?:(\d+)-(\d+)|\*)/(\d+)", self.headers.get("content-range", ""))
        if not found:
            self.log("BAD range", self.headers.get("content-range"))
            raise Hangup
        first, total = int(found.group(1) or 0), int(found.group(3))
        end = int(found.group(2)) + 1 if found.group(2) else 0
        self.detail = self.headers["content-range"][6:]
        acts = self.script(what, end == total)
        self.read_body(acts, what)
        if end - first != self.length:
            self.log("BAD length", self.length)
        session = self.find()
        if "lose" in acts:
            self.lose()
            session = None
        keeps = "status" not in acts or "done" in acts or acts["status"] == "200"
        if session is not None and (keeps or "cut" in acts):
            if first > len(session.data) or (self.option("strict") is not None and first != len(session.data)):
                self.silence(acts, what)
                self.ack(what, acts, 416, len(session.data), error="0x0", session=self.headers["bits-session-id"])
                return
            session.total = total
            session.data += self.body[len(session.data) - first:]
            if len(session.data) == total and not session.complete:
                session.complete = True
                publish(self.name, session.data)
        self.silence(acts, what)
        if session is None:
            self.ack(what, acts, 500, error="0x8020001F")
            return
        extra = []
        reply = self.option("reply")
        if session.complete and reply and reply != "none":
            extra.append(("BITS-Reply-URL", reply))
        self.ack(what, acts, 200, len(session.data), extra, session=self.headers["bits-session-id"])

    def bits_end(self, what):
        acts = self.script(what)
        self.read_body(acts, what)
        if "lose" in acts:
            self.lose()
        self.silence(acts, what)
        session = self.find()
        if session is None:
            self.ack(what, acts, 500, error="0x8020001F")
            return
        if "status" not in acts or "done" in acts or acts["status"] == "200":
            self.lose()
        self.ack(what, acts, 200, session=self.headers["bits-session-id"])

    bits_close = bits_cancel = bits_end

    # ---- PUT ----------------------------------------------------------------------------------

    def put(self):
        what = self.method.lower()
        acts = self.script(what)
        if "status" not in acts or "done" in acts:
            self.read_body(acts, what)
            self.silence(acts, what)
            if self.method == "PUT":
                publish(self.name, self.body)
        elif self.headers.get("expect") == "100-continue":
            self.length = 0
        else:
            self.read_body(acts, what)
        self.detail = str(len(self.body))
        self.answer(what, acts, 201 if self.method == "PUT" else 405, [("Content-Length", "0")])

    # ---- tus and resumable uploads ------------------------------------------------------------

    def tus(self):
        what = self.method.lower()
        acts = self.script(what)
        self.read_body(acts, what)
        self.silence(acts, what)
        headers = [("Content-Length", "0"), ("Tus-Resumable", "1.0.0")]
        if self.method == "OPTIONS":
            extensions = self.option("extensions", "creation,termination")
            headers += [("Tus-Version", "1.0.0")] + ([("Tus-Extension", extensions)] if extensions else [])
            if self.option("maxsize"):
                headers.append(("Tus-Max-Size", self.option("maxsize")))
            self.answer(what, acts, 204, headers)
        elif self.method == "POST" and self.headers.get("tus-resumable") == "1.0.0":
            self.create("tus", what, acts, headers, int(self.headers["upload-length"]))
        else:
            self.answer(what, acts, 405, [("Content-Length", "0")])

    def resumable(self):
        what = self.method.lower()
        acts = self.script(what)
        self.read_body(acts, what)
        self.silence(acts, what)
        headers = [("Content-Length", "0")]
        if self.option("limit"):
            headers.append(("Upload-Limit", self.option("limit")))
        if self.method == "OPTIONS":
            self.answer(what, acts, 204, headers)
        elif self.method == "POST" and self.headers.get("upload-draft-interop-version") == "8":
            length = int(self.headers["upload-length"])
            if self.headers.get("upload-complete") == "?1":
                publish(self.name, self.body)
                self.answer(what, acts, 200, headers + [("Upload-Complete", acts.get("complete", "?1"))])
                return
            self.wfile.write(b"HTTP/1.1 104 Upload Resumption Supported\r\nUpload-Draft-Interop-Version: 8\r\n\r\n")
            if acts.get("complete") != "none":
                headers.append(("Upload-Complete", "?0"))
            self.create("resumable", what, acts, headers, length)
        else:
            self.answer(what, acts, 405, [("Content-Length", "0")])

    def create(self, kind, what, acts, headers, length):
        if "status" in acts and not acts["status"].startswith("2"):
            self.answer(what, acts, 500, headers)
            return
        key = uuid.uuid4().hex
        with STATE.lock:
            STATE.sessions[key] = Session(kind, self.name, self.query, length)
        if length == 0:
            publish(self.name, b"")
        place = "/up/" + key
        if self.option("relative") is None:
            host = self.headers["host"]
            place = "http://" + host.replace("127.0.0.1", self.option("place", "127.0.0.1")) + place
        if acts.get("location") != "none":
            headers.append(("Location", acts.get("location", place)))
        self.answer(what, acts, 201, headers)

    def upload_resource(self):
        key = self.name
        with STATE.lock:
            session = STATE.sessions.get(key)
        if session is None:
            self.read_body({}, "")
            self.wfile.write(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")
            return True
        self.name, self.query = session.name, session.query
        self.note_shown()
        if self.is_refused():
            return True
        what = self.method.lower()
        offset = int(self.headers.get("upload-offset", "-1"))
        if what == "patch":
            self.detail = "%d-%d/%d" % (offset, offset + self.length - 1, session.total)
        acts = self.script(what, what == "patch" and offset + self.length == session.total)
        self.read_body(acts, what)
        if "lose" in acts:
            self.lose(key)
            self.log(what, 404)
            self.wfile.write(b"HTTP/1.1 404 Gone\r\nContent-Length: 0\r\n\r\n")
            return True
        status = self.apply(what, acts, session, key, offset)
        self.silence(acts, what)
        headers = [("Content-Length", "0")]
        if session.kind == "tus":
            headers.append(("Tus-Resumable", "1.0.0"))
        elif acts.get("complete") != "none":
            headers.append(("Upload-Complete", acts.get("complete", "?1" if session.complete else "?0")))
        if what in ("head", "patch") and acts.get("offset") != "none":
            headers.append(("Upload-Offset", acts.get("offset", len(session.data))))
        if what == "head":
            headers.append(("Upload-Length", session.total))
        self.answer(what, acts, status, headers)
        return True

    def apply(self, what, acts, session, key, offset):
        does = "status" not in acts or "done" in acts
        wanted = "application/offset+octet-stream" if session.kind == "tus" else "application/partial-upload"
        if what == "patch" and self.headers.get("content-type") != wanted:
            return 415
        if what == "patch" and offset != len(session.data):
            return 409
        if what == "patch" and (does or "cut" in acts):
            session.data += self.body
            ends = session.kind == "tus" or self.headers.get("upload-complete") == "?1"
            if len(session.data) == session.total and ends:
                session.complete = True
                publish(session.name, session.data)
        if what == "delete" and does:
            self.lose(key)
        return 200 if what == "head" else 204


def main():
    first = Server(("127.0.0.1", 0), Handler)
    port = first.server_address[1]
    serve([first, Server(("127.0.0.2", port), Handler)], [port])


if __name__ == "__main__":
    main()
