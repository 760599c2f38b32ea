#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopy-server with an application behind it: notification by reference and by value, replies, what goes wrong."""

import http.server
import os
import socket
import threading
import time

import tap
from bits import DISK_FULL, SESSION_NOT_FOUND
from tap import equal, true
from upload_server import Server

NONE = '0x00000000'


class Application:
    """Answers each call with the next of @answers, the last one for ever: a function (call) → (status, headers, body)."""

    def __init__(self, world, *answers):
        self.calls, self.answers = [], list(answers)
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'

            def do_POST(self):
                length = self.headers.get('Content-Length')
                call = {'path': self.path, 'headers': self.headers, 'length': length, 'body': self.rfile.read(int(length or 0))}
                for key in ('BITS-Request-DataFile-Name', 'BITS-Response-DataFile-Name'):
                    call[key] = self.headers.get(key)
                if call['BITS-Request-DataFile-Name']:
                    with open(call['BITS-Request-DataFile-Name'], 'rb') as f:
                        call['file'] = f.read()
                application.calls.append(call)
                answer = application.answers.pop(0) if len(application.answers) > 1 else application.answers[0]
                status, headers, body = answer(call)
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                try:
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True  # nobody waits any more

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        world._undo.append(self.server.shutdown)
        self.url = f'http://127.0.0.1:{self.server.server_port}/take'


def start(world, kind, *answers, **keys):
    application = Application(world, *(answers or (lambda call: (200, {}, b''),)))
    server = Server(world, {'drop': {'NotificationType': kind, 'NotificationUrl': application.url, **keys}})
    return server, server.client(), application


def absolute(server, url):
    return f'http://{server.address[0]}:{server.address[1]}{url}'


def send(client, url, session, content):
    return client.fragment(url, session, 0, content, len(content))


def write_reply(body):
    def answer(call):
        with open(call['BITS-Response-DataFile-Name'], 'wb') as f:
            f.write(body)
        return 200, {}, b''
    return answer


def test_by_value_with_a_reply(world):
    reply = world.bytes(300_000)
    content = world.bytes(200_000)
    server, client, application = start(world, 'value', lambda call: (200, {}, reply))
    session = client.session('/drop/f?order=7')
    ack = client.fragment('/drop/f?order=7', session, 0, content[:100_000], len(content))
    equal((ack.brief, ack['BITS-Reply-URL'], application.calls), ((200, None, 100_000), None, []))
    ack = client.fragment('/drop/f?order=7', session, 100_000, content[100_000:], len(content))
    equal(ack.brief, (200, None, 200_000))
    equal(len(application.calls), 1)
    call = application.calls[0]
    equal((call['path'], call['body'] == content, call['headers']['BITS-Original-Request-URL']),
          ('/take?order=7', True, absolute(server, '/drop/f?order=7')))
    equal(call['BITS-Request-DataFile-Name'], None)
    equal(server.published(), {}, 'not stored unless the application asks for it')
    where = ack['BITS-Reply-URL']
    equal(client.fragment('/drop/f?order=7', session, 100_000, content[100_000:], len(content))['BITS-Reply-URL'], where, 'cached')
    equal(len(application.calls), 1, 'told once')
    get = lambda headers=(), method='GET': client.send(method, where, headers)  # noqa: E731
    whole = get()
    equal((whole.status, whole.body == reply, whole['Accept-Ranges']), (200, True, 'bytes'))
    tag = whole['ETag']
    head = get(method='HEAD')
    equal((head.status, head['Content-Length'], head['ETag'], head.body), (200, '300000', tag, b''))
    for value, first, last in (('bytes=0-9', 0, 9), ('bytes=299990-', 299990, 299999), ('bytes=-5', 299995, 299999), ('bytes=100-999999', 100, 299999)):
        part = get([('Range', value)])
        equal((value, part.status, part['Content-Range']), (value, 206, f'bytes {first}-{last}/300000'))
        equal(part.body == reply[first:last + 1], True, value)
    equal((get([('Range', 'bytes=300000-')]).status, get([('Range', 'bytes=300000-')])['Content-Range']), (416, 'bytes */300000'))
    equal(get([('Range', 'bytes=0-9'), ('If-Range', tag)]).status, 206)
    equal(get([('Range', 'bytes=0-9'), ('If-Range', '"other"')]).status, 200)
    equal(get([('Range', 'bytes=0-1,5-6')]).status, 200)
    server.restart()
    client.close()
    equal(get([('Range', 'bytes=1-2')]).body, reply[1:3], 'after SIGKILL')
    equal(client.end('/drop/f?order=7', session).status, 200)
    equal((get().status, server.held()), (404, {}), 'the reply goes with the session')
    server.stop()


def test_by_reference(world):
    server, client, application = start(world, 'reference', write_reply(b'the reply'))
    session = client.session('/drop/f')
    ack = send(client, '/drop/f', session, b'content')
    equal(ack.brief, (200, None, 7))
    call = application.calls[0]
    equal((call['file'], call['length'], call['body'], call['path']), (b'content', '0', b'', '/take'))
    true(os.path.isabs(call['BITS-Response-DataFile-Name']), 'absolute')
    equal(client.send('GET', ack['BITS-Reply-URL'], []).body, b'the reply')
    equal(server.held(), {'session': 1, 'reply': 1}, 'the data is gone when the application is done with it')
    equal(client.cancel('/drop/f', session).status, 200)
    equal((server.published(), server.held()), ({}, {}))
    server.stop()


def test_copy_to_destination(world):
    for kind in ('value', 'reference'):
        server, client, application = start(world, kind, lambda call: (200, {'BITS-Copy-File-To-Destination': 'yes'}, b''))
        session = client.session('/drop/f')
        equal(send(client, '/drop/f', session, b'content').brief, (200, None, 7))
        equal(server.published(), {'f': b'content'}, kind)
        equal(client.cancel('/drop/f', session).status, 200)
        equal((server.published(), server.held()), ({'f': b'content'}, {}), 'cancel drops the reply, not the file')
        server.stop()
        os.unlink(os.path.join(server.path(), 'f'))


def test_static_reply(world):
    server, client, _ = start(world, 'value', lambda call: (200, {'BITS-Static-Response-URL': 'http://other.example/fixed'}, b'ignored'))
    session = client.session('/drop/f')
    ack = send(client, '/drop/f', session, b'content')
    equal((ack.brief, ack['BITS-Reply-URL']), ((200, None, 7), 'http://other.example/fixed'))
    equal(server.held(), {'session': 1}, 'no reply of ours')


def test_reply_base(world):
    server, client, _ = start(world, 'value', lambda call: (200, {}, b'r'), ReplyBase='https://front.example')
    ack = send(client, '/drop/f', client.session('/drop/f'), b'content')
    true(ack['BITS-Reply-URL'].startswith('https://front.example/drop/BITS-Sessions/Replies/'), ack['BITS-Reply-URL'])


def test_forwarded_origin(world):
    """A trusted proxy says what the client called the server; others may say what they like."""
    sent = [('X-Forwarded-Proto', 'https'), ('X-Forwarded-Host', 'front.example:8443')]
    for trusted, wanted in (('127.0.0.1', 'https://front.example:8443'), ('unix;192.0.2.0/24', '')):
        server, client, application = start(world, 'value', lambda call: (200, {}, b'r'))
        server.settings['TrustedProxies'] = trusted
        server.write_config()
        server.restart()
        session = client.session('/drop/f')
        reply = client.fragment('/drop/f', session, 0, b'content', 7, headers=sent)['BITS-Reply-URL']
        equal(reply.split('/drop/BITS-Sessions/Replies/')[0], wanted)
        original = application.calls[-1]['headers']['BITS-Original-Request-URL']
        equal(original, (wanted or 'http://%s:%d' % server.address) + '/drop/f')
        server.stop()


def test_failure_is_relayed_and_tried_again(world):
    server, client, application = start(
        world, 'value', lambda call: (500, {}, b'x'), lambda call: (503, {}, b''), lambda call: (302, {'Location': '/else'}, b''),
        lambda call: (404, {}, b''), lambda call: (None, {}, b''), lambda call: (200, {}, b'done'))
    session = client.session('/drop/f')
    for n, status in enumerate((500, 503, 302, 404, 502), 1):
        ack = send(client, '/drop/f', session, b'content')
        equal((n, ack.brief, ack['BITS-Error-Context']), (n, (status, NONE, 7), '0x7'))
        equal(ack['BITS-Reply-URL'], None)
    calls = len(application.calls)
    server.restart()
    client.close()
    equal(client.fragment('/drop/f', session, 6, b't', 7).brief, (200, None, 7), 'any fragment of the right size asks again')
    true(len(application.calls) > calls, 'asked again')
    equal({c['body'] for c in application.calls}, {b'content'})
    server.stop()


def test_forbidden_is_final(world):
    server, client, application = start(world, 'value', lambda call: (403, {}, b''), lambda call: (200, {}, b''))
    session = client.session('/drop/f')
    for _ in range(3):
        ack = send(client, '/drop/f', session, b'content')
        equal((ack.brief, ack['BITS-Error-Context']), ((403, NONE, 7), '0x7'))
    equal(len(application.calls), 1, 'never asked again')
    server.restart()
    client.close()
    equal(send(client, '/drop/f', session, b'content').status, 403)
    equal(len(application.calls), 1, 'not after a restart either')
    equal(client.end('/drop/f', session).status, 200)
    equal((server.published(), server.held()), ({}, {}))


def test_time_out(world):
    release = threading.Event()
    server, client, application = start(world, 'value', lambda call: (release.wait(30), (200, {}, b''))[1], NotificationTimeout=1)
    session = client.session('/drop/f')
    begun = time.monotonic()
    ack = send(client, '/drop/f', session, b'content')
    equal((ack.brief, ack['BITS-Error-Context']), ((408, DISK_FULL, 7), '0x7'))
    true(0.9 < time.monotonic() - begun < 5, 'in time')
    release.set()
    equal(send(client, '/drop/f', session, b'content').brief, (200, None, 7))


def test_nobody_listens(world):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        url = 'http://127.0.0.1:%d/' % s.getsockname()[1]
    server = Server(world, {'drop': {'NotificationType': 'value', 'NotificationUrl': url}})
    client = server.client()
    ack = send(client, '/drop/f', client.session('/drop/f'), b'content')
    equal((ack.brief, ack['BITS-Error-Context']), ((502, NONE, 7), '0x7'))


def test_cancel_ends_the_call(world):
    """COMPLETE_NOTIFYING: Ping is answered, a second fragment waits, cancel ends the call and the session."""
    release = threading.Event()
    world._undo.append(release.set)
    server, client, application = start(world, 'value', lambda call: (release.wait(60), (200, {}, b''))[1])
    session = client.session('/drop/f')

    def older():
        try:
            send(server.client(), '/drop/f', session, b'content')
        except Exception:
            pass  # its connection is cut
    thread = threading.Thread(target=older)
    thread.start()
    while not application.calls:
        time.sleep(0.02)
    equal(client.ping('/drop/f').status, 200)
    begun = time.monotonic()
    equal(client.cancel('/drop/f', session).brief, (200, None, None))
    true(time.monotonic() - begun < 5, f'took {time.monotonic() - begun:.1f} s')
    thread.join(10)
    equal((thread.is_alive(), server.held(), server.published()), (False, {}, {}))
    equal(client.cancel('/drop/f', session).error, SESSION_NOT_FOUND)
    server.stop()


def test_second_fragment_while_notifying(world):
    release = threading.Event()
    world._undo.append(release.set)
    server, client, application = start(world, 'value', lambda call: (release.wait(60), (200, {}, b'r'))[1])
    session = client.session('/drop/f')
    acks = []
    threads = [threading.Thread(target=lambda: acks.append(send(server.client(), '/drop/f', session, b'content'))) for _ in range(2)]
    threads[0].start()
    while not application.calls:
        time.sleep(0.02)
    threads[1].start()
    time.sleep(1)
    release.set()
    for t in threads:
        t.join(30)
    equal([a.brief for a in acks], [(200, None, 7)] * 2)
    equal(len({a['BITS-Reply-URL'] for a in acks}), 1)
    equal(len(application.calls), 1, 'told once')
    server.stop()


def test_reply_limit_and_rights(world):
    server, client, application = start(world, 'value', lambda call: (200, {}, b'x' * 1001), lambda call: (200, {}, b'x' * 1000),
                                        MaximumReplySize=1000)
    session = client.session('/drop/f')
    equal(send(client, '/drop/f', session, b'content').brief, (500, None, 7))
    equal(server.held(), {'session': 1, 'data': 1}, 'nothing of a reply that is too large')
    ack = send(client, '/drop/f', session, b'content')
    equal(ack.status, 200)
    for path in (ack['BITS-Reply-URL'] + 'x', ack['BITS-Reply-URL'].replace('/reply', '/../reply'), ack['BITS-Reply-URL'].upper(),
                 '/drop/.bgcopy-sessions/anonymous/x', '/drop/BITS-Sessions/Replies/' + '0' * 32 + '/reply', '/drop/f'):
        equal(client.send('GET', path, []).status, 404, path)
    server.stop()


tap.main(globals())
