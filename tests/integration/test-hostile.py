#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Servers, local users and clients that mean harm: nothing breaks, and no wrong file is called finished."""

import os
import shutil
import socket
import threading

import tap
from job import BusError
from tap import equal, raises, true

BODY = b'the right bytes of the file\n' * 40
OK_HEAD = b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n' % len(BODY)


def answer(head, body=BODY):
    return head + b'\r\n' + body


def lengths():
    """What has a length that is wrong or makes no sense: none may end as a finished file of other bytes."""
    for text in (b'-1', b'-5', b'18446744073709551615', b'18446744073709551611', b'9223372036854775807',
                 b'9223372036854775808', b'99999999999999999999999', b'12abc', b'0x10', b'', b' ', b'1e3', b'+7', b'7,7'):
        yield b'length ' + text, answer(b'HTTP/1.1 200 OK\r\nContent-Length: ' + text + b'\r\n')
    yield b'two lengths', answer(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: %d\r\n' % len(BODY))
    yield b'length and chunks', answer(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n')
    for text in (b'-5', b'ffffffffffffffff', b'8000000000000000', b'fffffffffffffffff', b'0x5', b'5;' + b'x' * 100000, b'',
                 b' 5'):
        yield b'chunk ' + text[:20], answer(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n',
                                            text + b'\r\nhello\r\n')
    yield b'chunk extension without end', answer(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', b'5;' + b'x' * 5000000)
    yield b'trailers without end', answer(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n',
                                          b'5\r\nhello\r\n0\r\n' + b'X: y\r\n' * 500000)
    yield b'no chunk', answer(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n', b'')
    yield b'unknown coding', answer(OK_HEAD + b'Transfer-Encoding: gzip\r\n')
    yield b'two codings', answer(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n', b'5\r\nhello\r\n0\r\n\r\n')


def heads():
    yield b'nothing', b''
    yield b'no HTTP', b'SSH-2.0-OpenSSH_9.2\r\n'
    yield b'zeros', b'\0' * 100000
    yield b'noise', bytes(range(256)) * 400
    yield b'HTTP/9', answer(b'HTTP/9.9 200 OK\r\nContent-Length: 5\r\n')
    yield b'HTTP/0.9', BODY
    yield b'only informational', b'HTTP/1.1 100 Continue\r\n\r\n' * 5000
    yield b'101', answer(b'HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n')
    yield b'status 0', answer(b'HTTP/1.1 000 Zero\r\nContent-Length: 5\r\n')
    yield b'status 999', answer(b'HTTP/1.1 999 Nine\r\nContent-Length: 5\r\n')
    yield b'status 99999', answer(b'HTTP/1.1 99999 Nine\r\nContent-Length: 5\r\n')
    yield b'204', answer(b'HTTP/1.1 204 No Content\r\n', b'')
    yield b'205', answer(b'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n', b'')
    yield b'304', answer(b'HTTP/1.1 304 Not Modified\r\n', b'')
    yield b'206 without range', answer(b'HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: bytes 5-9/100\r\n', b'12345')
    for value in (b'bytes 0-18446744073709551615/18446744073709551615', b'bytes -5-4/10', b'bytes 0-4/3', b'bytes 4-0/10',
                  b'bytes */10', b'bytes 0-4/*', b'lines 0-4/5', b'bytes 0-4', b''):
        yield b'206 ' + value, answer(b'HTTP/1.1 206 Partial\r\nContent-Length: 5\r\nContent-Range: ' + value + b'\r\n', b'12345')
    yield b'416', answer(b'HTTP/1.1 416 No\r\nContent-Range: bytes */0\r\nContent-Length: 0\r\n', b'')
    yield b'head without end', b'HTTP/1.1 200 OK\r\n' + b'X: ' + b'y' * 3000000
    yield b'headers without end', b'HTTP/1.1 200 OK\r\n' + b'X: yyyy\r\n' * 300000
    for value in (b'file:///etc/passwd', b'ftp://127.0.0.1/x', b'http://me:hunter2@127.0.0.1:1/x', b'javascript:1', b'', b'//', b'http://',
                  b'http://[::1', b'http://127.0.0.1:99999/', b'\xff\xfe', b'http://a b/', b'data:text/plain,hello',
                  b'resource:///org/x', b'http://127.0.0.1:0/', b'#', b'?' + b'x' * 100000,
                  b'unix:/run/dbus/system_bus_socket', b'http://\x1b[31m.example/'):
        for code in (301, 302, 303, 307, 308):
            yield b'redirect %d ' % code + value[:40], answer(b'HTTP/1.1 %d R\r\nContent-Length: 0\r\nLocation: ' % code + value + b'\r\n', b'')
    yield b'redirect nowhere', answer(b'HTTP/1.1 302 R\r\nContent-Length: 0\r\n', b'')
    yield b'300', answer(b'HTTP/1.1 300 R\r\nContent-Length: 0\r\n', b'')
    yield b'305', answer(b'HTTP/1.1 305 R\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\n', b'')
    yield b'redirect with an endless body', b'HTTP/1.1 302 R\r\nLocation: /x\r\n\r\n' + b'z' * 3000000
    yield b'401', answer(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="\xff\x1b[31m"\r\nContent-Length: 0\r\n', b'')
    yield b'401 negotiate', answer(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Negotiate, NTLM, Digest realm=x\r\nContent-Length: 0\r\n', b'')
    yield b'407', answer(b'HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n', b'')
    for value in (b'-1', b'99999999999999999999', b'x', b'Thu, 99 Foo 99999 99:99:99 GMT', b'0', b''):
        yield b'503 retry ' + value, answer(b'HTTP/1.1 503 No\r\nContent-Length: 0\r\nRetry-After: ' + value + b'\r\n', b'')


class RawServer:
    """Answers GET /N with the Nth of the answers, byte for byte, and closes."""

    def __init__(self, answers):
        self.answers = answers
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.requests = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(peer,), daemon=True).start()

    def serve(self, peer):
        with peer:
            try:
                head = b''
                while b'\r\n\r\n' not in head:
                    piece = peer.recv(65536)
                    if not piece:
                        return
                    head += piece
                self.requests.append(head)
                peer.sendall(self.answers[int(head.split(b' ')[1].rsplit(b'/', 1)[1])])
                peer.shutdown(socket.SHUT_WR)
                while peer.recv(65536):
                    pass
            except (OSError, ValueError, IndexError):
                pass

    def url(self, n):
        return f'http://127.0.0.1:{self.port}/{n}'

    def close(self):
        self.listener.close()


def hostile_answers(world, answers):
    """Each in a job of its own: gives what each came to, while a good job goes through the same worker."""
    answers = list(answers)
    server = RawServer([a for _, a in answers])
    good = world.service.submit([(world.web.put('good', BODY), world.local('good'))], AutoComplete=True)
    good.wait_state('acknowledged')
    workers = world.daemon.workers()
    jobs = [world.service.submit([(server.url(n), world.local(f'h{n}'))], name=repr(name)[:200])
            for n, (name, _) in enumerate(answers)]
    ends = {}
    for job, (name, _) in zip(jobs, answers):
        state = job.wait_state('transferred', 'error', 'transient-error')
        error = job.get('Error')
        ends[name] = (state, error.get('name'), error.get('message'))
        if state == 'transferred':
            with open(job.files()[0]['temporary'], 'rb') as f:
                ends[name] = (state, f.read(), None)
    equal(world.daemon.workers(), workers, 'the worker died on the way')
    for job in jobs:
        job.cancel()
    equal(world.listing(), ['good'])
    server.close()
    return ends


def never_finished(ends):
    for name, end in ends.items():
        true(end[0] != 'transferred', f'{name!r} was called finished: {end}')


def test_lengths(world):
    ends = hostile_answers(world, lengths())
    never_finished(ends)
    for name, end in ends.items():
        # One length is possible, but for no disk: that is found out before or after the connection ends.
        true(end[1] in ('InvalidServerResponse', 'ConnectionClosed', 'NoSpace', 'TooLarge'), f'{name!r}: {end}')


def test_heads(world):
    never_finished(hostile_answers(world, heads()))


def test_no_header_is_smuggled_through_a_host(world):
    """A proxy is sent the host as it stands: no line break may come out of it."""
    smuggler = b'http://a%0d%0aX-Smuggled%0d%0a%0d%0aGET%20%2Fx%20HTTP%2F1.0%0d%0a%0d%0a/1'
    server = RawServer([answer(b'HTTP/1.1 302 R\r\nContent-Length: 0\r\nLocation: ' + smuggler + b'\r\n', b''),
                        answer(OK_HEAD)])
    world.start(environment={'http_proxy': f'http://127.0.0.1:{server.port}'})
    job = world.service.submit([('http://elsewhere.example/0', world.local('x'))])
    equal(job.wait_state('transferred', 'error', 'transient-error'), 'error')
    raises('InvalidUrl', job.add, smuggler.decode(), world.local('y'))
    for request in server.requests:
        true(b'\r\nX-Smuggled' not in request, f'sent: {request}')
    server.close()


def test_what_was_done_to_a_whole_file(world):
    """A temporary file that is not what was made durable does not become the owner's file."""
    for harm in (lambda t: os.truncate(t, 10), lambda t: open(t, 'ab').write(b'more'),
                 lambda t: (os.unlink(t), open(t, 'wb').write(b'another that may get its inode')), os.unlink):
        job = world.service.submit([(world.web.put('x', BODY), world.local('x'))])
        job.wait_state('transferred')
        harm(job.files()[0]['temporary'])
        try:
            outcome = job.complete()
            raise AssertionError(f'completed: {outcome}, {world.listing()}')
        except BusError as error:
            equal(error.name, 'LocalFileChanged')
        equal(job.state, 'error')
        job.resume()
        job.wait_state('transferred')
        equal(job.complete(), 'ok')
        equal(world.read('x'), BODY)
        os.unlink(world.local('x'))
        equal(world.listing(), [])


def test_what_was_put_in_the_place_of_a_temporary_file(world):
    """It stays as it is, and the file is fetched under another name."""
    def with_a_link(temporary):
        os.link(temporary, world.local('link'))

    def with_a_directory(temporary):
        os.unlink(temporary)
        os.mkdir(temporary)
        open(os.path.join(temporary, 'inside'), 'wb').close()

    def with_a_symlink(temporary):
        os.unlink(temporary)
        os.symlink(world.local('elsewhere'), temporary)

    for number, replace in enumerate((with_a_link, with_a_directory, with_a_symlink)):
        body = os.urandom(2500000)
        world.web.put('y', body)
        job = world.service.submit([(world.web.url('slow/1024/y'), world.local('y'))])
        job.wait_state('transferring')
        job.suspend()
        temporary = job.files()[0]['temporary']
        replace(temporary)
        before = os.lstat(temporary)
        held = open(temporary, 'rb').read() if number == 0 else None
        job.resume()
        job.wait_state('transferred')
        equal(job.complete(), 'ok')
        equal(world.read('y'), body)
        equal(os.lstat(temporary).st_ino, before.st_ino)
        if held is not None:
            equal(open(temporary, 'rb').read(), held)
        os.unlink(world.local('y'))
        if os.path.isdir(temporary) and not os.path.islink(temporary):
            shutil.rmtree(temporary)
        else:
            os.unlink(temporary)


def test_directory_that_became_a_file(world):
    """Nothing is left to delete."""
    folder = world.local('folder')
    os.mkdir(folder)
    job = world.service.submit([(world.web.put('x', BODY), os.path.join(folder, 'x'))])
    job.wait_state('transferred')
    shutil.rmtree(folder)
    with open(folder, 'wb'):
        equal(job.cancel(), 'ok')


if __name__ == '__main__':
    tap.main(globals())
