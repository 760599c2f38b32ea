# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""BITS packets by hand, over http.client or a bare socket."""

import http.client
import socket

PROTOCOL = '{7df0354d-249b-430f-820d-3d2a9bef4931}'
SESSION_NOT_FOUND = '0x8020001F'
ACCESS_DENIED = '0x80070005'
INVALID_ARGUMENT = '0x80070057'
TOO_LARGE = '0x80200020'
DISK_FULL = '0x80070112'


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__('localhost', timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Ack:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def __getitem__(self, name):
        return self.headers.get(name)

    @property
    def error(self):
        return self['BITS-Error']

    @property
    def received(self):
        value = self['BITS-Received-Content-Range']
        return None if value is None else int(value)

    @property
    def brief(self):
        """(status, error, received): what most tests look at."""
        return self.status, self.error, self.received


class Client:
    """One connection, made again when it broke."""

    def __init__(self, address, user=None, password=None, timeout=60, context=None):
        """address: (host, port) or the path of a unix socket; context: for TLS."""
        self.address, self.timeout, self.context = address, timeout, context
        self.extra = {}
        if user is not None:
            import base64
            self.extra['Authorization'] = 'Basic ' + base64.b64encode(f'{user}:{password}'.encode()).decode()
        self.connection = None

    def _connect(self):
        if isinstance(self.address, str):
            return UnixConnection(self.address, self.timeout)
        if self.context:
            return http.client.HTTPSConnection(*self.address, timeout=self.timeout, context=self.context)
        return http.client.HTTPConnection(*self.address, timeout=self.timeout)

    def close(self):
        if self.connection:
            self.connection.close()
            self.connection = None

    def send(self, method, url, headers, body=b''):
        """The answer. headers: a list, sent as it is; nothing is added but Host."""
        self.connection = self.connection or self._connect()
        c = self.connection
        try:
            c.putrequest(method, url, skip_accept_encoding=True)
            for name, value in list(headers) + list(self.extra.items()):
                c.putheader(name, value)
            c.endheaders()
            if body:
                c.send(body)
            return Ack(c.getresponse())
        except BaseException:
            self.close()
            raise

    def packet(self, kind, url, session=None, headers=(), body=None, length=None):
        sent = [('BITS-Packet-Type', kind)]
        if session:
            sent.append(('BITS-Session-Id', session))
        if length != '':
            sent.append(('Content-Length', str(len(body or b'') if length is None else length)))
        return self.send('BITS_POST', url, sent + list(headers), body or b'')

    def ping(self, url):
        return self.packet('Ping', url)

    def create(self, url):
        return self.packet('Create-Session', url, headers=[('BITS-Supported-Protocols', PROTOCOL)])

    def session(self, url):
        ack = self.create(url)
        if ack.status != 200:
            raise AssertionError(f'Create-Session of {url}: {ack.status} {ack.error}')
        return ack['BITS-Session-Id']

    def fragment(self, url, session, first, body, total, headers=()):
        if total == 0:
            value = 'bytes */0'
        else:
            value = f'bytes {first}-{first + len(body) - 1}/{total}'
        return self.packet('Fragment', url, session, [('Content-Range', value)] + list(headers), body)

    def end(self, url, session):
        return self.packet('Close-Session', url, session)

    def cancel(self, url, session):
        return self.packet('Cancel-Session', url, session)

    def upload(self, url, content, size=1 << 20, close=True):
        """All of it; the Ack of the last fragment, and the session."""
        session = self.session(url)
        ack, at = None, 0
        while ack is None or at < len(content):
            ack = self.fragment(url, session, at, content[at:at + size], len(content))
            if ack.status != 200:
                return ack, session
            at = ack.received
        if close:
            done = self.end(url, session)
            if done.status != 200:
                raise AssertionError(f'Close-Session: {done.status} {done.error}')
        return ack, session
