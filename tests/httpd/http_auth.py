# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors

"""Asks for credentials, for the servers here.

Of a query, with "proxy" before each word for a question of the status 407:

  auth=basic|digest|bearer|both    both: digest and basic      user=NAME  password=WORD   alice, geheim
  nonces=N      a nonce serves N requests and is stale then; 0: every one is stale, for ever
  norealm nononce                  left out of a question for digest
"""

import base64
import hashlib
import re
import threading

REALM = r'a \"realm\", yes'


def md5(*words):
    return hashlib.md5(":".join(words).encode()).hexdigest()


class Gate:
    def __init__(self):
        self.lock = threading.Lock()
        self.uses = {}

    def new_nonce(self):
        with self.lock:
            nonce = "n%d" % (len(self.uses) + 1)
            self.uses[nonce] = set()
        return nonce

    def use(self, nonce, count, limit):
        """What is wrong with using @nonce for the @count-th time, or None."""
        with self.lock:
            if nonce not in self.uses:
                return "unknown"
            # Requests side by side overtake one another, and of one that was lost the number is left out.
            if count in self.uses[nonce]:
                return "count"
            if limit is not None and len(self.uses[nonce]) >= limit:
                return "stale"
            self.uses[nonce].add(count)
        return None

    def ask(self, query, headers, method, target, proxy=False):
        """The headers of a question, or None if there is none or its answer came with the request."""
        word = lambda name, default=None: query.get(("proxy" if proxy else "") + name, default)
        kind = word("auth")
        if kind is None:
            return None
        user, password = word("user", "alice"), word("password", "geheim")
        scheme, _, rest = headers.get("proxy-authorization" if proxy else "authorization", "").partition(" ")
        stale = False
        if kind in ("basic", "both") and scheme == "Basic":
            if rest == base64.b64encode(("%s:%s" % (user, password)).encode()).decode():
                return None
        elif kind == "bearer" and scheme == "Bearer" and rest == password:
            return None
        elif kind in ("digest", "both") and scheme == "Digest":
            limit = word("nonces")
            wrong = self.check_digest(rest, user, password, method, target, None if limit is None else int(limit))
            if wrong is None:
                return None
            stale = wrong == "stale"
        return self.question(kind, stale, word, "Proxy-Authenticate" if proxy else "WWW-Authenticate")

    def check_digest(self, text, user, password, method, target, limit):
        said = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("(?:[^"\\]|\\.)*"|[^\s,]+)', text)}
        # libsoup names the path to a proxy that it asks for a tunnel, too; most proxies do not look.
        same = method == "CONNECT" or target.endswith(said.get("uri", "?"))
        if said.get("username") != user or not same or said.get("qop") != "auth":
            return "other"
        a1 = md5(user, REALM.replace("\\", ""), password)
        right = md5(a1, said["nonce"], said["nc"], said["cnonce"], "auth", md5(method, said["uri"]))
        if said.get("response") != right:
            return "password"
        return self.use(said["nonce"], int(said["nc"], 16), limit)

    def question(self, kind, stale, word, header):
        digest = "Digest " + ", ".join(
            (['realm="%s"' % REALM] if word("norealm") is None else [])
            + (['nonce="%s"' % self.new_nonce()] if word("nononce") is None else [])
            + ['qop="auth"', "algorithm=MD5"] + (["stale=true"] if stale else []))
        basic = 'Basic realm="%s"' % REALM
        return [(header, text) for text in {"basic": [basic], "digest": [digest], "both": [basic, digest],
                                            "bearer": ['Bearer realm="%s"' % REALM]}[kind]]
