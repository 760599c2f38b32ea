#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopy-server against packets made by hand: every state and packet, what is malformed, what is hostile."""

import http.client
import os
import socket
import threading
import time

import tap
from awaited import wait_for
from bits import ACCESS_DENIED, DISK_FULL, INVALID_ARGUMENT, PROTOCOL, SESSION_NOT_FOUND, TOO_LARGE
from tap import equal, true
from upload_server import Proxy, Server, hash_of

NONE = '0x00000000'
SHORT = 400 * 1024
# Bodies of this size come through the HTTP library; larger ones, as SHORT is, are read past it.
TINY = 200 * 1024


def test_ping(world):
    client = Server(world).client()
    ack = client.ping('/drop/x')
    equal(ack.brief, (200, None, None))
    equal((ack['BITS-Packet-Type'], ack['Content-Length'], ack.body), ('Ack', '0', b''))
    equal(client.packet('Ping', '/drop/x', '{not-a-session}').status, 200, 'Ping needs no session')


def test_plain_upload(world):
    server = Server(world)
    client = server.client()
    ack = client.create('/drop/notes.txt')
    session = ack['BITS-Session-Id']
    equal((ack.status, ack['BITS-Packet-Type'], ack['BITS-Protocol'], ack['Accept-Encoding'], ack['Content-Length'], ack['BITS-Host-Id']),
          (200, 'Ack', PROTOCOL, 'identity', '0', None))
    true(len(session) == 38 and session == session.upper() and session[0] == '{', f'session id {session}')
    equal(server.published(), {}, 'before the first byte')
    equal(client.fragment('/drop/notes.txt', session, 0, b'012345', 10).brief, (200, None, 6))
    equal(server.published(), {}, 'a partial file is visible')
    ack = client.fragment('/drop/notes.txt', session, 6, b'6789', 10)
    equal((ack.brief, ack['BITS-Session-Id'], ack['BITS-Reply-URL']), ((200, None, 10), session, None))
    equal(server.published(), {'notes.txt': b'0123456789'}, 'published with the last byte')
    equal(os.stat(os.path.join(server.path(), 'notes.txt')).st_mode & 0o777, 0o640)
    equal(client.end('/drop/notes.txt', session).brief, (200, None, None))
    equal(server.held(), {})
    server.stop()


def test_spelling(world):
    """Clients write packet types, GUIDs and session ids as they like; some send no Content-Length without a body."""
    server = Server(world)
    client = server.client()
    ack = client.packet('CREATE-SESSION', '/drop/a', headers=[
        ('bits-supported-protocols', '{00000000-0000-0000-0000-000000000000}, ' + PROTOCOL.upper())], length='')
    equal(ack.status, 200)
    session = ack['BITS-Session-Id'].lower()
    ack = client.packet('fragment', '/drop/a', session, [('Content-Range', 'BYTES 0-2/3'), ('Content-Name', 'other.txt')], b'abc')
    equal(ack.brief, (200, None, 3))
    equal(client.packet('CLOSE-SESSION', '/drop/a', session, length='').status, 200)
    equal(server.published(), {'a': b'abc'})


def test_empty_file(world):
    server = Server(world)
    ack, _ = server.client().upload('/drop/empty', b'')
    equal(ack.brief, (200, None, 0))
    equal(server.published(), {'empty': b''})


def test_overlap_gap_and_replay(world):
    server = Server(world)
    client = server.client()
    session = client.session('/drop/f')
    send = lambda first, body: client.fragment('/drop/f', session, first, body, 20).brief  # noqa: E731
    equal(send(5, b'xxxxx'), (416, NONE, 0), 'gap')
    equal(send(0, b'01234'), (200, None, 5))
    equal(send(0, b'XXXXX'), (200, None, 5), 'replay')
    equal(send(3, b'YY56789'), (200, None, 10), 'overlap')
    equal(send(11, b'xx'), (416, NONE, 10), 'gap')
    equal(send(10, b'0123456789'), (200, None, 20))
    equal(send(10, b'ZZZZZZZZZZ'), (200, None, 20), 'last fragment again')
    equal(server.published(), {'f': b'01234567890123456789'}, 'stored bytes are never rewritten')
    os.unlink(os.path.join(server.path(), 'f'))
    equal(send(10, b'ZZZZZZZZZZ'), (200, None, 20), 'the last fragment after somebody took the file')
    equal(server.published(), {}, 'published once')
    equal(client.end('/drop/f', session).status, 200)


def test_malformed(world):
    """Each answered with 400 + E_INVALIDARG, and the connection goes on."""
    server = Server(world)
    client = server.client()
    session = client.session('/drop/f')
    fragment = lambda value, body=b'abc', **more: client.packet(  # noqa: E731
        'Fragment', '/drop/f', session, [('Content-Range', value)] if value is not None else [], body, **more)
    first = client.ping('/drop/f') and client.connection
    for value in (None, '', 'bytes', 'bytes 0-2', 'bytes 0-2/*', 'bytes */3', 'bytes 2-0/3', 'bytes 0-3/3', 'bytes 0--1/0', 'bytes a-b/c',
                  'bytes -1-1/3', 'items 0-2/3', 'bytes 0-2/99999999999999999999', 'bytes 99999999999999999999-2/3', 'bytes 0-1/3', 'bytes 0-3/4',
                  'bytes 0-18446744073709551615/18446744073709551615', 'bytes 3-2/9'):
        equal(fragment(value).brief, (400, INVALID_ARGUMENT, None), f'{value}')
    for kind in ('Frag', '', 'Ack', 'Fragment Fragment'):
        equal(client.packet(kind, '/drop/f', session).brief, (400, INVALID_ARGUMENT, None), f'type {kind}')
    for kind in ('Fragment', 'Close-Session', 'Cancel-Session'):
        equal(client.packet(kind, '/drop/f').status, 400, f'{kind} without a session')
    equal(client.send('BITS_POST', '/drop/f', [('Content-Length', '0')]).brief, (400, INVALID_ARGUMENT, None), 'no type')
    equal(client.packet('Create-Session', '/drop/f').brief, (400, INVALID_ARGUMENT, None), 'no protocols')
    equal(client.packet('Create-Session', '/drop/f', headers=[('BITS-Supported-Protocols', '{x}')]).brief, (400, INVALID_ARGUMENT, None))
    for kind in ('Ping', 'Create-Session', 'Close-Session', 'Cancel-Session'):
        headers = [('BITS-Supported-Protocols', PROTOCOL)]
        equal(client.packet(kind, '/drop/f', session, headers, b'body').brief, (400, INVALID_ARGUMENT, None), f'{kind} with a body')
    for name in ('Content-Name', 'BITS-Session-Id', 'Content-Encoding'):
        equal(client.packet('Ping', '/drop/f', headers=[(name, 'x' * 4097)]).brief, (400, INVALID_ARGUMENT, None), f'{name} too long')
    true(client.connection is first, 'one connection for all that')
    equal(fragment('bytes 0-2/3').brief, (200, None, 3), 'the session still works')
    client.close()
    equal(client.packet('Fragment', '/drop/f', session, [('Content-Range', 'bytes 0-2/3')], length='').status, 400, 'no Content-Length')
    client.close()
    chunked = [('Content-Range', 'bytes 0-2/3'), ('Transfer-Encoding', 'chunked')]
    equal(client.packet('Fragment', '/drop/f', session, chunked, b'3\r\nabc\r\n0\r\n\r\n', length='').status, 400, 'chunked')
    server.stop()


def test_total_changes(world):
    client = Server(world).client()
    session = client.session('/drop/f')
    equal(client.fragment('/drop/f', session, 0, b'abc', 10).status, 200)
    equal(client.fragment('/drop/f', session, 3, b'abc', 11).brief, (400, INVALID_ARGUMENT, 3))
    equal(client.fragment('/drop/f', session, 3, b'abcdefg', 10).brief, (200, None, 10))
    equal(client.fragment('/drop/f', session, 3, b'abc', 11).brief, (400, INVALID_ARGUMENT, 10))


def test_too_large(world):
    server = Server(world, {'drop': {'MaximumUploadSize': 1000, 'MaximumFragmentSize': 100}})
    client = server.client()
    session = client.session('/drop/f')
    equal(client.fragment('/drop/f', session, 0, b'x' * 10, 1001).brief, (500, TOO_LARGE, 0))
    equal(client.fragment('/drop/f', session, 0, b'x' * 101, 1000).status, 413)
    equal(client.fragment('/drop/f', session, 0, b'x' * 100, 1000).brief, (200, None, 100))


def test_sessions_not_found(world):
    """Unknown, ended, of another URL, in another form: all alike."""
    server = Server(world)
    client = server.client()
    session = client.session('/drop/f')
    for id in ('{00000000-0000-0000-0000-000000000000}', session.strip('{}'), '../../../../etc/passwd', '{../../../../../../../../etc/passwd}',
               session + 'x', '%00'):
        for kind in ('Close-Session', 'Cancel-Session'):
            equal(client.packet(kind, '/drop/f', id).brief, (500, SESSION_NOT_FOUND, None), id)
        equal(client.fragment('/drop/f', id, 0, b'abc', 3).brief, (500, SESSION_NOT_FOUND, None), id)
    for url in ('/drop/g', '/drop/f?x', '/drop//f'):
        equal(client.fragment(url, session, 0, b'abc', 3).brief, (500, SESSION_NOT_FOUND, None), url)
    equal(client.fragment('/drop/f', session, 0, b'abc', 3).status, 200)
    equal(client.end('/drop/f', session).status, 200)
    for again in (client.end, client.cancel):
        equal(again('/drop/f', session).brief, (500, SESSION_NOT_FOUND, None))
    equal(client.fragment('/drop/f', session, 0, b'abc', 3).brief, (500, SESSION_NOT_FOUND, None))
    equal(server.published(), {'f': b'abc'})


def test_cancel_and_early_close(world):
    server = Server(world)
    client = server.client()
    for ends in (client.cancel, client.end):
        for sent in (b'', b'abc'):
            session = client.session('/drop/f')
            if sent:
                equal(client.fragment('/drop/f', session, 0, sent, 10).status, 200)
            equal(server.held(), {'session': 1, 'data': 1})
            equal(ends('/drop/f', session).brief, (200, None, None))
            equal((server.published(), server.held()), ({}, {}))
    session = client.session('/drop/f')
    client.fragment('/drop/f', session, 0, b'abc', 3)
    equal(client.cancel('/drop/f', session).status, 200, 'after the last byte')
    equal((server.published(), server.held()), ({'f': b'abc'}, {}), 'what was published stays')


def test_overwriting(world):
    server = Server(world, {'no': {}, 'yes': {'AllowOverwrites': 'yes'}})
    client = server.client()
    for name in ('no', 'yes'):
        with open(os.path.join(server.path(name), 'old'), 'wb') as f:
            f.write(b'old')
        os.mkdir(os.path.join(server.path(name), 'folder'))
        equal(client.create(f'/{name}/folder').brief, (400, INVALID_ARGUMENT, None), 'a directory')
    equal(client.create('/no/old').brief, (403, ACCESS_DENIED, None))
    session = client.session('/yes/old')
    equal(client.fragment('/yes/old', session, 0, b'ne', 3).status, 200)
    equal(server.published('yes'), {'old': b'old'}, 'untouched before the end')
    equal(client.fragment('/yes/old', session, 2, b'w', 3).status, 200)
    equal(server.published('yes'), {'old': b'new'})


def test_two_sessions_for_one_url(world):
    server = Server(world, {'no': {}, 'yes': {'AllowOverwrites': 'yes'}})
    client = server.client()
    for name in ('no', 'yes'):
        url = f'/{name}/f'
        first, second = client.session(url), client.session(url)
        equal(client.fragment(url, first, 0, b'first', 5).status, 200)
        ack = client.fragment(url, second, 0, b'second', 6)
        if name == 'no':
            equal(ack.brief, (403, ACCESS_DENIED, 6), 'the loser')
            equal(client.cancel(url, second).status, 200)
        else:
            equal(ack.brief, (200, None, 6))
        equal(server.published(name), {'f': b'first' if name == 'no' else b'second'})


def test_destination_appears_meanwhile(world):
    """Refused, and accepted after whoever made the file took it away."""
    server = Server(world)
    client = server.client()
    session = client.session('/drop/f')
    path = os.path.join(server.path(), 'f')
    open(path, 'wb').close()
    equal(client.fragment('/drop/f', session, 0, b'abc', 3).brief, (403, ACCESS_DENIED, 3))
    os.unlink(path)
    equal(client.fragment('/drop/f', session, 0, b'abc', 3).brief, (200, None, 3))
    equal(server.published(), {'f': b'abc'})


def test_paths(world):
    server = Server(world, {'drop': {}, 'drop-inner': {'Url': '/drop/inner'}, 'off': {'UploadEnabled': 'no'}})
    client = server.client()
    os.makedirs(os.path.join(server.path(), 'sub', 'deep'))
    os.symlink(world.downloads, os.path.join(server.path(), 'out'))
    os.symlink('sub', os.path.join(server.path(), 'link'))
    os.symlink('/etc/passwd', os.path.join(server.path(), 'file-link'))
    for url, name in (('/drop/sub/deep/a%20b%2Bc', 'sub/deep/a b+c'), ('/drop/x?query=1', 'x'), ('/drop/%C3%A4', 'ä')):
        ack, _ = client.upload(url, b'abc')
        equal(ack.brief, (200, None, 3), url)
        equal(server.published().get(name), b'abc', url)
    ack, _ = client.upload('/drop/inner/y', b'abc')
    equal((ack.status, server.published('drop-inner')), (200, {'y': b'abc'}), 'the longer Url wins')
    before = server.published()
    for url, status in (('/drop', 400), ('/drop/', 400), ('/drop/sub/', 400), ('/drop/sub', 400), ('/drop/missing/x', 404), ('/drop/x/y', 404),
                        ('/drop/out/x', 404), ('/drop/link/x', 404), ('/drop/a%00b', 400), ('/drop/%2e%2e%2fx', 400), ('/drop/..%2f..%2fx', 400),
                        ('/drop/a%2fb', 400), ('/drop/%2e%2e/x', 404), ('/drop/sub/%2e', 400), ('/drop/a%0ab', 400), ('/drop/a%zz', 400),
                        ('/drop/.bgcopy-sessions/x', 400), ('/drop/.BGCOPY-sessions/x', 400), ('/drop/BITS-Sessions/x', 400),
                        ('/drop/' + 'n' * 256, 400), ('/drop//x1', 200), ('/drop/a//b', 400), ('/off/x', 501), ('/elsewhere/x', 404), ('/dropx/y', 404),
                        ('/', 404), ('/drop/file-link', 403), ('/drop/' + 'd/' * 100 + 'x', 400), ('/drop/../../etc/x', 404)):
        ack = client.create(url)
        equal((url, ack.status), (url, status))
        if '%zz' in url:  # refused by the HTTP library, which then closes
            client.close()
            continue
        if status == 200:
            client.cancel(url, ack['BITS-Session-Id'])
        elif status in (400, 403, 501):
            equal((url, ack.error), (url, INVALID_ARGUMENT if status == 400 else ACCESS_DENIED))
    equal(server.published(), before)
    equal(world.listing(), [], 'written outside')
    # A directory that becomes a link while the upload runs.
    session = client.session('/drop/sub/deep/late')
    os.rename(os.path.join(server.path(), 'sub'), os.path.join(server.path(), 'was'))
    os.symlink(world.downloads, os.path.join(server.path(), 'sub'))
    equal(client.fragment('/drop/sub/deep/late', session, 0, b'abc', 3).status, 404)
    server.stop()


def test_raw_requests(world):
    """What no HTTP library sends."""
    server = Server(world)

    def raw(text, wanted):
        with socket.create_connection(server.address, 10) as s:
            s.sendall(text)
            s.settimeout(10)
            got = b''
            while b'\r\n\r\n' not in got:
                try:
                    more = s.recv(65536)
                except ConnectionResetError:
                    break
                if not more:
                    break
                got += more
        equal(got.split(b'\r\n', 1)[0].split(b' ')[1:2], [wanted] if wanted else [], repr(text[:60]))

    raw(b'BITS_POST /drop/../drop/x HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Ping\r\n\r\n', b'200')
    raw(b'BITS_POST /drop/x HTTP/1.0\r\nBITS-Packet-Type: Ping\r\nContent-Length: 0\r\n\r\n', b'200')
    raw(b'BITS_POST /drop/x HTTP/1.1\r\nBITS-Packet-Type: Ping\r\n\r\n', b'400')
    raw(b'BITS_POST http://other/drop/x HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Ping\r\n\r\n', b'200')
    raw(b'BITS_POST * HTTP/1.1\r\nHost: a\r\n\r\n', b'404')
    raw(b'OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n', b'404')
    raw(b'OPTIONS /drop/x HTTP/1.1\r\nHost: a\r\n\r\n', b'405')
    raw(b'POST /drop/x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc', b'405')
    raw(b'GET /drop/x HTTP/1.1\r\nHost: a\r\n\r\n', b'404')
    raw(b'BITS_POST /drop/\xff HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Ping\r\n\r\n', b'200')
    raw(b'nonsense\r\n\r\n', b'400')
    raw(b'BITS_POST /drop/x HTTP/1.1\r\nHost: a\r\nX: ' + b'x' * 200000 + b'\r\n\r\n', None)
    raw(b'BITS_POST /drop/x HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Ping\r\nContent-Length: -5\r\n\r\n', b'400')
    equal(server.client().ping('/drop/x').status, 200)
    server.stop()


def test_expect_continue(world):
    """Leave is given, or the refusal comes before the body."""
    server = Server(world)
    client = server.client()
    session = client.session('/drop/f')
    for id, status in ((session, b'100'), ('{00000000-0000-0000-0000-000000000000}', b'500')):
        with socket.create_connection(server.address, 10) as s:
            s.sendall(f'BITS_POST /drop/f HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Fragment\r\nBITS-Session-Id: {id}\r\nExpect: 100-continue\r\n'
                      'Content-Range: bytes 0-2/3\r\nContent-Length: 3\r\n\r\n'.encode())
            got = s.recv(4096)
            equal(got.split(b' ')[1], status)
            if status == b'100':
                s.sendall(b'abc')
                true(b' 200 ' in s.recv(4096), 'after leave was given')
    equal(server.published(), {'f': b'abc'})
    server.stop()


# ---- interruptions ----

def begin(server, url, session, first, total, sent, length=None):
    """A fragment whose body is not sent whole; its socket."""
    length = total - first if length is None else length
    s = socket.create_connection(server.address, 10)
    s.sendall(f'BITS_POST {url} HTTP/1.1\r\nHost: a\r\nBITS-Packet-Type: Fragment\r\nBITS-Session-Id: {session}\r\n'
              f'Content-Range: bytes {first}-{first + length - 1}/{total}\r\nContent-Length: {length}\r\n\r\n'.encode() + sent)
    return s


def test_broken_connection_keeps_what_arrived(world):
    server = Server(world)
    client = server.client()
    for size in (SHORT, TINY):
        content, url = world.bytes(size), f'/drop/{size}'
        session = client.session(url)
        half = size // 2
        begin(server, url, session, 0, size, content[:half]).close()
        wait_for(lambda: server.lines(rf'a fragment broke off; {half} bytes'), 'the server to notice')
        ack = client.fragment(url, session, size - 10, content[-10:], size)
        equal(ack.brief, (416, NONE, half), 'every byte that arrived counts')
        equal(client.fragment(url, session, half, content[half:], size).brief, (200, None, size))
        equal(server.published()[str(size)] == content, True)
    server.stop()


def test_newer_fragment_takes_over(world):
    """A client whose connection died comes back while the server still waits for the rest of the older fragment."""
    servers = [Server(world, {'drop': {'Path': world.local('shared')}}, name=f'server{n}') for n in range(2)]
    for other, size in ((o, s) for o in servers for s in (SHORT, TINY)):
        content = world.bytes(size)
        url = f'/drop/{other.name}-{size}'
        session = servers[0].client().session(url)
        old = begin(servers[0], url, session, 0, size, content[:size // 2])
        wait_for(lambda: sum(f['size'] for f in data_files(servers[0])) > 0, 'bytes on disk')
        begun = time.monotonic()
        ack = other.client().fragment(url, session, 0, content, size)
        equal(ack.brief, (200, None, size))
        true(time.monotonic() - begun < 3, f'took {time.monotonic() - begun:.1f} s')
        equal(servers[0].published()[url[len('/drop/'):]] == content, True)
        old.close()
        equal(servers[0].client().end(url, session).status, 200)


def data_files(server):
    found = []
    for folder, _folders, files in os.walk(os.path.join(server.path(), '.bgcopy-sessions')):
        found += [{'name': f, 'size': os.stat(os.path.join(folder, f)).st_size} for f in files if f.endswith('.data')]
    return found


def test_cancel_while_a_fragment_runs(world):
    server = Server(world)
    client = server.client()
    for size in (SHORT, TINY):
        session = client.session('/drop/f')
        old = begin(server, '/drop/f', session, 0, size, b'x' * 100000)
        wait_for(lambda: any(f['size'] for f in data_files(server)), 'bytes on disk')
        equal(client.cancel('/drop/f', session).brief, (200, None, None))
        equal((server.published(), server.held()), ({}, {}))
        old.close()
    server.stop()


def test_concurrent_fragments(world):
    """Twenty clients send overlapping fragments of one session at once: nobody sees an error, the file is right."""
    servers = [Server(world, {'drop': {'Path': world.local('shared')}}, name=f'server{n}') for n in range(2)]
    content = world.bytes(SHORT)
    session = servers[0].client().session('/drop/f')
    seen = []

    def send(n):
        client = servers[n % 2].client()
        at = 0
        while at < SHORT:
            ack = client.fragment('/drop/f', session, at, content[at:at + 50000], SHORT)
            seen.append(ack.status)
            if ack.status == 503:
                continue
            at = ack.received

    def patiently(n):
        while True:
            try:
                return send(n)
            except (http.client.HTTPException, OSError):
                seen.append('cut')

    threads = [threading.Thread(target=patiently, args=(n,)) for n in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(set(seen) <= {200, 416, 503, 'cut'}, True, f'{set(seen)}')
    equal(servers[0].published()['f'] == content, True)
    for server in servers:
        server.stop()


def test_restart_goes_on(world):
    server = Server(world)
    content = world.bytes(SHORT)
    session = server.client().session('/drop/f')
    equal(server.client().fragment('/drop/f', session, 0, content[:1000], SHORT).brief, (200, None, 1000))
    for end in (server.restart, lambda: (server.stop(), server.start())):
        end()
        equal(server.client().fragment('/drop/f', session, 2000, b'x', SHORT).brief, (416, NONE, 1000))
    equal(server.client().fragment('/drop/f', session, 1000, content[1000:], SHORT).brief, (200, None, SHORT))
    server.restart()
    equal(server.client().fragment('/drop/f', session, 1000, content[1000:], SHORT).brief, (200, None, SHORT), 'cached')
    equal(server.client().end('/drop/f', session).status, 200)
    equal(server.published()['f'] == content, True)


def test_stop_keeps_what_arrived(world):
    server = Server(world)
    for size in (SHORT, TINY):
        url = f'/drop/{size}'
        session = server.client().session(url)
        s = begin(server, url, session, 0, size, b'x' * 100000)
        wait_for(lambda: any(f['size'] for f in data_files(server)), 'bytes on disk')
        server.stop()
        s.close()
        server.start()
        equal(server.client().fragment(url, session, size - 1, b'x', size).brief, (416, NONE, 100000))
        equal(server.client().cancel(url, session).status, 200)


def upload_patiently(clients, url, content, size, random):
    """As a real client: goes on wherever the server says, whatever breaks. The number of sessions it took."""
    sessions, session, at = 0, None, 0
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        client = random.choice(clients)
        try:
            if session is None:
                ack = client.create(url)
                if ack.status == 403:
                    return sessions  # an earlier session of ours got through
                if ack.status != 200:
                    time.sleep(0.02)
                    continue
                session, at, sessions = ack['BITS-Session-Id'], 0, sessions + 1
            if at < len(content):
                ack = client.fragment(url, session, at, content[at:at + size], len(content))
                if ack.error == SESSION_NOT_FOUND:
                    session = None
                elif ack.received is not None:
                    at = ack.received
                else:
                    time.sleep(0.02)
                continue
            ack = client.end(url, session)
            if ack.status == 200 or ack.error == SESSION_NOT_FOUND:
                return sessions
        except (http.client.HTTPException, OSError):
            client.close()
            time.sleep(0.02)
    raise AssertionError(f'{url} not uploaded within 100 s; at {at}')


def killed_at_random(world, servers, clients, kills, n_uploads=5):
    """SIGKILLs while uploads run; the watcher sees every file whole or not at all."""
    contents = {f'f{n}': world.bytes(world.random.randrange(2_000_000, 6_000_000)) for n in range(n_uploads)}
    failures, done, seen = [], threading.Event(), {}

    def run(name):
        import random
        try:
            mine = random.Random(f'{name} {len(contents[name])}')
            upload_patiently(clients(), f'/drop/{name}', contents[name], 20_000, mine)
        except BaseException as error:
            failures.append(f'{name}: {error!r}')

    def watch():
        while not done.is_set():
            for name, content in servers[0].published().items():
                if content != contents.get(name):
                    failures.append(f'{name} is visible with {len(content)} bytes')
                inode = os.stat(os.path.join(servers[0].path(), name)).st_ino
                if seen.setdefault(name, inode) != inode:
                    failures.append(f'{name} was published twice')
            time.sleep(0.01)

    threads = [threading.Thread(target=run, args=(name,)) for name in contents]
    watcher = threading.Thread(target=watch)
    watcher.start()
    for t in threads:
        t.start()
    killed = 0
    while killed < kills and any(t.is_alive() for t in threads):
        time.sleep(world.random.uniform(0.002, 0.08))
        world.random.choice(servers).restart()
        killed += 1
    for t in threads:
        t.join()
    done.set()
    watcher.join()
    equal(failures, [])
    equal(sorted(servers[0].published()), sorted(contents))
    return killed


def no_session_is_left(world, server):
    """After a sweep with a short time-out there is nothing below the session directory."""
    server.kill()
    server.directories['drop']['SessionTimeout'] = 1
    server.settings['CleanupInterval'] = 1
    server.write_config()
    time.sleep(1.1)
    server.start()
    wait_for(lambda: server.held() == {}, f'the sweep; left: {server.held()}')


def test_killed_at_random_moments(world):
    server = Server(world, verbose=False)
    total = round = 0
    while total < 100:
        round += 1
        server.directories['drop']['Path'] = os.path.join(world.folder, f'round{round}')
        server.kill()
        server.write_config()
        server.start()
        total += killed_at_random(world, [server], lambda: [server.client(timeout=10)], 100 - total)
    tap.diagnose(f'{total} kills in {round} rounds')
    no_session_is_left(world, server)
    server.check_log()


test_killed_at_random_moments.limit = 300


def test_three_servers_behind_nginx(world):
    """Round robin without affinity, killed at random."""
    servers = [Server(world, {'drop': {'Path': world.local('shared')}}, name=f'server{n}', unix=True, verbose=False) for n in range(3)]
    proxy = Proxy(world, servers)
    killed = killed_at_random(world, servers, lambda: [proxy.client(timeout=10)], 60, n_uploads=12)
    true(killed >= 20, f'only {killed} kills')
    served = [len(s.lines('ready')) for s in servers]
    tap.diagnose(f'{killed} kills; starts of each: {served}')
    for server in servers[1:]:
        server.kill()
    no_session_is_left(world, servers[0])


test_three_servers_behind_nginx.limit = 300


def test_proxy_with_a_small_limit(world):
    """nginx at its default of 1 MiB: its own 413, and what is smaller passes."""
    server = Server(world, unix=True)
    client = Proxy(world, [server], limit='').client()
    content = world.bytes(3 << 20)
    session = client.session('/drop/f')
    ack = client.fragment('/drop/f', session, 0, content[:2 << 20], len(content))
    equal((ack.status, ack['BITS-Packet-Type']), (413, None))
    client.close()
    for at in range(0, len(content), 1 << 20):
        equal(client.fragment('/drop/f', session, at, content[at:at + (1 << 20)], len(content)).brief, (200, None, at + (1 << 20)))
    equal(server.published()['f'] == content, True)


# ---- limits ----

def test_session_limit(world):
    server = Server(world, {'drop': {'SessionLimit': 3}})
    client = server.client()
    sessions = [client.session('/drop/f') for _ in range(3)]
    ack = client.create('/drop/f')
    equal((ack.brief, ack['Retry-After']), ((503, None, None), '30'))
    equal(client.cancel('/drop/f', sessions[0]).status, 200)
    equal(client.create('/drop/f').status, 200)


def test_sweep(world):
    server = Server(world, {'drop': {'SessionTimeout': 2}}, CleanupInterval=1)
    client = server.client()
    idle, busy = client.session('/drop/idle'), client.session('/drop/busy')
    done = client.session('/drop/done')
    client.fragment('/drop/done', done, 0, b'abc', 3)
    for n in range(30):
        equal(client.fragment('/drop/busy', busy, n, b'x', 100).status, 200, 'progress keeps a session alive')
        time.sleep(0.15)
    equal(client.fragment('/drop/idle', idle, 0, b'x', 100).brief, (500, SESSION_NOT_FOUND, None))
    equal(client.end('/drop/done', done).brief, (500, SESSION_NOT_FOUND, None))
    equal((server.published(), server.held()), ({'done': b'abc'}, {'session': 1, 'data': 1}))


def test_disk_full(world):
    """A small file system: the client is told, what fits is kept, and it goes on when there is space."""
    import subprocess
    from world import Skip
    folder = world.local('small')
    os.mkdir(folder)
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=2m', 'small', folder], capture_output=True).returncode != 0:
        raise Skip('needs to mount a small file system')
    world._undo.append(lambda: subprocess.run(['umount', '-l', folder], capture_output=True))
    server = Server(world, {'drop': {'Path': folder, 'Reserve': 0}})
    world._undo.append(server.kill)
    client = server.client()
    content = world.bytes(1_500_000)
    with open(os.path.join(folder, 'other'), 'wb') as f:
        f.write(b'x' * 1_000_000)
    session = client.session('/drop/f')
    ack = client.fragment('/drop/f', session, 0, content, len(content))
    equal(ack.brief[:2], (500, DISK_FULL))
    true(0 < ack.received < len(content), f'kept {ack.received}')
    os.unlink(os.path.join(folder, 'other'))
    ack = client.fragment('/drop/f', session, ack.received, content[ack.received:], len(content))
    equal(ack.brief, (200, None, len(content)))
    equal(server.published()['f'] == content, True)
    server.kill()


def test_reserve_and_temporary_limit(world):
    server = Server(world, {'drop': {'TemporaryLimit': 100_000}, 'full': {'Reserve': 1 << 62}})
    client = server.client()
    session = client.session('/full/f')
    equal(client.fragment('/full/f', session, 0, b'abc', 3).brief, (500, DISK_FULL, 0))
    session = client.session('/drop/f')
    equal(client.fragment('/drop/f', session, 0, b'x' * 200_000, 300_000).status, 200)
    equal(client.create('/drop/g').brief, (500, DISK_FULL, None))
    equal(client.cancel('/drop/f', session).status, 200)
    equal(client.create('/drop/g').status, 200)


def closed_after(s, limit=20):
    begun = time.monotonic()
    s.settimeout(limit)
    try:
        while s.recv(4096):
            pass
    except ConnectionResetError:
        pass
    return time.monotonic() - begun


def test_slow_loris(world):
    """Headers that never end, bodies that stall or drip, connections that say nothing: each ends when its time is up, and a dripping body
    that makes progress does not."""
    server = Server(world, HeaderTimeout=2, BodyTimeout=2, IdleTimeout=3)
    client = server.client()
    session = client.session('/drop/f')

    silent = socket.create_connection(server.address)
    dripping = socket.create_connection(server.address)
    dripping.sendall(b'BITS_POST /drop/f HTTP/1.1\r\n')
    stalled = begin(server, '/drop/f', session, 0, SHORT, b'x' * 70000)
    idle = server.client()
    idle.ping('/drop/f')

    def drip():
        try:
            for n in range(40):
                dripping.sendall(b'X-%d: y\r\n' % n)
                time.sleep(0.2)
        except OSError:
            pass
    thread = threading.Thread(target=drip)
    thread.start()
    for s, least, most in ((silent, 1, 4), (dripping, 0, 4), (stalled, 0, 4), (idle.connection.sock, 0, 5)):
        seconds = closed_after(s)
        true(seconds <= most, f'{seconds:.1f} s')
    thread.join()
    client.close()
    equal(client.fragment('/drop/f', session, SHORT - 1, b'x', SHORT).brief, (416, NONE, 70000), 'what a stalled body brought')
    slow = begin(server, '/drop/f', session, 70000, SHORT, b'', 12)
    for _ in range(12):
        time.sleep(0.3)
        slow.sendall(b'y')
    true(b' 200 ' in slow.recv(4096), 'a slow body is fine')
    slow = begin(server, '/drop/f', session, 70012, SHORT, b'')
    for _ in range(12):
        time.sleep(0.3)
        slow.sendall(b'y' * ((SHORT - 70012) // 12))
    true(b' 200 ' in slow.recv(4096), 'so is a large one')
    server.stop()


def test_connection_cap(world):
    server = Server(world, MaximumConnections=20, HeaderTimeout=2)
    idle = [socket.create_connection(server.address) for _ in range(60)]
    client = server.client(timeout=20)
    equal(client.ping('/drop/x').status, 200, 'served when the idle ones have timed out')
    for s in idle:
        s.close()
    server.stop()


def test_a_thousand_sessions(world):
    """Created, fed in turn and finished, over 50 connections."""
    server = Server(world, {'drop': {'SessionLimit': 0}}, verbose=False)
    count, size = 1000, 3000
    contents = [world.bytes(size) for _ in range(count)]
    failures = []

    def run(numbers):
        client = server.client()
        try:
            sessions = {n: client.session(f'/drop/{n}') for n in numbers}
            together.wait(60)
            for at in range(0, size, 1000):
                for n in numbers:
                    ack = client.fragment(f'/drop/{n}', sessions[n], at, contents[n][at:at + 1000], size)
                    equal(ack.brief, (200, None, at + 1000))
            for n in numbers:
                equal(client.end(f'/drop/{n}', sessions[n]).status, 200)
        except BaseException as error:
            failures.append(repr(error))
            together.abort()

    held = []
    together = threading.Barrier(50, lambda: held.append(server.held()))
    threads = [threading.Thread(target=run, args=(range(n, count, 50),)) for n in range(50)]
    begun = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    equal(failures, [])
    equal(held, [{'session': count, 'data': count}], 'at once')
    equal(server.published() == {str(n): c for n, c in enumerate(contents)}, True)
    equal(server.held(), {})
    tap.diagnose(f'{count} sessions in {time.monotonic() - begun:.1f} s, rss {server.rss()[1]} KiB')
    server.stop()


def test_a_hundred_uploads_at_once(world):
    """Memory stays below 32 MiB while a hundred bodies are in flight."""
    server = Server(world, {'drop': {'SessionLimit': 0}}, verbose=False)
    size, piece = 4 << 20, 1 << 16
    block = world.bytes(piece)
    client = server.client()
    sockets = [begin(server, f'/drop/{n}', client.session(f'/drop/{n}'), 0, size, b'') for n in range(100)]
    for _ in range(size // piece):
        for s in sockets:
            s.sendall(block)
    for s in sockets:
        s.settimeout(60)
        true(b' 200 ' in s.recv(4096), 'acknowledged')
        s.close()
    now, most = server.rss()
    tap.diagnose(f'rss {now} KiB, at most {most} KiB')
    equal(len(server.published()), 100)
    if not with_sanitizers():
        # 32 MiB is what it may take; one block a thread is 4 of it.
        true(most <= 28 * 1024, f'{most} KiB resident')
    server.stop()


def with_sanitizers():
    with open(os.path.join(os.environ['TOP_BUILDDIR'], 'config.log'), encoding='utf-8', errors='replace') as f:
        return '--enable-sanitizers' in f.read(4000)


# ---- who may ----

def test_passwords(world):
    path = os.path.join(world.folder, 'passwords')
    with open(path, 'w', encoding='ascii') as f:
        f.write(f'# who\nalice:{hash_of("secret")}\nbob:{hash_of("other")}\nlocked:*\nempty:\nplain:secret\n')
    server = Server(world, {'drop': {'PasswordFile': path}, 'open': {}})
    ack = server.client().ping('/drop/x')
    equal((ack.status, ack['WWW-Authenticate'].split(' ')[0]), (401, 'Basic'))
    for user, password in (('alice', 'Secret'), ('alice', ''), ('alice', 'secret '), ('carol', 'secret'), ('locked', '*'), ('locked', ''), ('empty', ''),
                           ('plain', 'secret'), ('', ''), ('alice:x', 'secret'), ('a' * 2000, 'x')):
        equal(server.client(user, password).ping('/drop/x').status, 401, f'{user}:{password}')
    alice, bob = server.client('alice', 'secret'), server.client('bob', 'other')
    equal(server.client().create('/drop/x').status, 401)
    session = alice.session('/drop/x')
    equal(server.client().fragment('/drop/x', session, 0, b'abc', 3).status, 401, 'a session is no credential')
    for kind in ('Close-Session', 'Cancel-Session'):
        equal(bob.packet(kind, '/drop/x', session).brief, (500, SESSION_NOT_FOUND, None), "another's session")
    equal(bob.fragment('/drop/x', session, 0, b'abc', 3).brief, (500, SESSION_NOT_FOUND, None))
    equal(alice.fragment('/drop/x', session, 0, b'abc', 3).brief, (200, None, 3))
    equal(server.client().upload('/open/x', b'abc')[0].status, 200)
    with open(path, 'w', encoding='ascii') as f:
        f.write(f'alice:{hash_of("new")}\n')
    equal(alice.ping('/drop/x').status, 401, 'a changed file counts at once')
    equal(server.client('alice', 'new').ping('/drop/x').status, 200)
    server.stop()


def test_tls(world):
    import ssl
    web = world.web
    server = Server(world, Certificate=os.path.join(web.folder, 'server.pem'), PrivateKey=os.path.join(web.folder, 'server.key'), HeaderTimeout=2)
    client = server.client(context=ssl.create_default_context(cafile=web.ca))
    equal(client.upload('/drop/x', b'abc' * 1000000)[0].status, 200)
    equal(server.published(), {'x': b'abc' * 1000000})
    with socket.create_connection(server.address) as s:
        true(closed_after(s) < 4, 'a handshake that never begins')
    with socket.create_connection(server.address) as s:
        s.sendall(b'BITS_POST / HTTP/1.1\r\n\r\n')
        true(closed_after(s) < 4, 'no TLS')
    server.stop()


def test_socket_activation(world):
    """The descriptor of a listening socket comes from the service manager."""
    server = Server(world, start=False)
    listening = socket.socket()
    listening.bind(server.address)
    listening.listen(16)

    def hand_over():
        os.dup2(listening.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ['LISTEN_PID'] = str(os.getpid())

    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(os.path.join(world.folder, 'notify'))
    prefix = ['sh', '-c', 'LISTEN_FDS=1 LISTEN_PID=$$ NOTIFY_SOCKET=%s exec "$@"' % os.path.join(world.folder, 'notify'), 'sh']
    server.start(prefix=prefix, wait=False, preexec_fn=hand_over, close_fds=False)
    notify.settimeout(10)
    equal(notify.recv(100), b'READY=1')
    listening.close()
    equal(server.client().upload('/drop/x', b'abc')[0].status, 200)
    server.stop()


def test_configuration_errors(world):
    import subprocess
    from daemon import program
    path = os.path.join(world.folder, 'bad.conf')
    good = f'[Directory x]\nUrl=/x\nPath={world.folder}\n'
    for text, word in (('nonsense', ''), ('[Server]\nListn=x\n', 'Listn'), ('[Other]\nx=1\n', 'Other'), ('[Directory x]\nUrl=x\nPath=/tmp\n', 'Url'),
                       ('[Directory x]\nUrl=/x\nPath=relative\n', 'Path'), (good + 'FileMode=999\n', 'FileMode'),
                       (good + 'UploadEnabled=maybe\n', 'UploadEnabled'), (good + 'SessionTimeout=-1\n', 'SessionTimeout'),
                       (good + 'NotificationType=reference\n', 'NotificationUrl'), (good + 'HostId=http://x\n', 'HostId'),
                       ('[Server]\nCertificate=x\n', 'PrivateKey'), ('[Server]\nListen=nowhere\n', 'nowhere'),
                       ('[Server]\nListen=127.0.0.1:80; [::1]:x\n', '[::1]:x'), ('[Server]\nHeaderTimeout=0\n', 'HeaderTimeout')):
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
        done = subprocess.run([program('bgcopy-server'), '--check', '--config', path], capture_output=True, text=True)
        true(done.returncode == 1 and word in done.stderr, f'{text!r}: {done.returncode} {done.stderr}')
    for text in ('[Server]\nListen=192.0.2.1:1\n', '[Directory x]\nUrl=/x\nPath=/missing/folder\n'):
        with open(path, 'w', encoding='ascii') as f:
            f.write(text)
        done = subprocess.run([program('bgcopy-server'), '--config', path], capture_output=True, text=True)
        true(done.returncode == 1 and done.stderr, f'{text!r}: {done.returncode}')


def test_host_id(world):
    server = Server(world, {'drop': {'HostId': 'node7.example', 'HostIdFallbackTimeout': 110}})
    ack = server.client().create('/drop/x')
    equal((ack['BITS-Host-Id'], ack['BITS-Host-Id-Fallback-Timeout']), ('node7.example', '110'))


tap.main(globals())
