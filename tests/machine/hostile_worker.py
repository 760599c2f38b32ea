# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Runs as the unit of a worker, in its place: a program that a hostile server has made its own. It authenticates,
as nothing else of a user can, and then tells the lie that its argument names. Once: started again it is the worker
that it stands for, so that a job that only lost a worker ends right.

    hostile_worker.py LIE FOLDER WORKER…    in FOLDER each user leaves a file when it has lied"""

import fcntl
import mmap
import os
import socket
import struct
import sys
import time

from gi.repository import Gio, GLib

PATH = '/org/example/BackgroundCopy/Worker'
INTERFACE = 'org.example.BackgroundCopy.Worker'
SOCKET = '/run/bgcopyd/workers'
REPORTS = '(a(sbttuayaa{sv}a{sv}))'
UNKNOWN = 2 ** 64 - 1
PROGRESS, RESTARTED, WHOLE, FAILED = range(4)
# What an honest worker answers; StartJob and the rest answer nothing.
CHECKED = '(ua(u(bsss)))'
HONEST = {
    'Check': lambda arguments: (CHECKED, (len(arguments[0]), [])),
    'FindTemporaries': lambda _arguments: ('(a(sstt))', ([],)),
}


class Gone(Exception):
    """The daemon has closed the connection."""


class Wire:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(SOCKET)
        self.serial = 0
        self.descriptors = []

    def authenticate(self):
        self.send(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
        self.read_line()
        self.send(b'BEGIN\r\n')

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError:
            raise Gone() from None

    def read(self, count):
        data = b''
        while len(data) < count:
            try:
                more, came, *_ = socket.recv_fds(self.socket, count - len(data), 64)
            except OSError:
                more, came = b'', []
            self.descriptors += came
            if not more:
                raise Gone()
            data += more
        return data

    def read_line(self):
        while self.read(1) != b'\n':
            pass

    def receive(self):
        header = self.read(16)
        body, = struct.unpack_from('<I' if header[:1] == b'l' else '>I', header, 4)
        fields, = struct.unpack_from('<I' if header[:1] == b'l' else '>I', header, 12)
        rest = self.read((fields + 7) // 8 * 8 + body)
        return Gio.DBusMessage.new_from_blob(header + rest, Gio.DBusCapabilityFlags.NONE)

    def post(self, message, signature=None, values=None):
        if signature:
            message.set_body(GLib.Variant(signature, values))
        self.serial += 1
        message.set_serial(self.serial)
        self.send(message.to_blob(Gio.DBusCapabilityFlags.NONE))

    def answer(self, call, signature=None, values=None):
        self.post(Gio.DBusMessage.new_method_reply(call), signature, values)

    def honestly(self, call):
        kind = HONEST.get(call.get_member())
        self.answer(call, *(kind(call.get_body().unpack()) if kind else ()))

    def report(self, job, received, *entries):
        self.signal('Reports', REPORTS, ([report(job, received, entries)],))

    def signal(self, name, signature=None, values=None, interface=INTERFACE):
        self.post(Gio.DBusMessage.new_signal(PATH, interface, name), signature, values)

    def until(self, member):
        """The next call of that name; what comes before is answered."""
        while True:
            call = self.receive()
            if call.get_member() == member:
                return call
            self.honestly(call)

    def start(self):
        """The id of the first job, which it begins to run."""
        call = self.until('StartJob')
        self.answer(call)
        return call.get_body().unpack()[0]

    def forever(self):
        while True:
            self.honestly(self.receive())


def text(value):
    return struct.pack('=I', len(value) + 1) + value + b'\0'


def entry(index=0, event=PROGRESS, durable=0, total=UNKNOWN, etag=b'', date=0, failure=None):
    """A record of a file, and its failure if there is one."""
    return (struct.pack('=QQQQQQ', index, event, durable, total, 0, 0) + text(etag) + text(b'')
            + struct.pack('=QQ', date, 1), failure)


def report(job, received, entries, session=None):
    return (job, True, received, 0, 0, b''.join(e[0] for e in entries), [e[1] for e in entries if e[1]], session or {})


def failure(**values):
    words = {'context': 'remote-file', 'name': 'Timeout', 'wait': 'retry', 'message': 'm', **values}
    return {key: GLib.Variant('u' if isinstance(value, int) else 's', value) for key, value in words.items()}


def reporting(*reports):
    """A lie that is told in reports: (bytes received, entries…) each."""
    def tell(wire):
        job = wire.start()
        for received, *entries in reports:
            wire.report(job, received, *entries)
    return tell


def and_ends(lie):
    """Before it can be asked to place what there is not."""
    def tell(wire):
        lie(wire)
        raise Gone()
    return tell


def checking(*verdict):
    def tell(wire):
        wire.answer(wire.until('Check'), CHECKED, (1, [(0, verdict)]))
    return tell


def header(kind=4, body=0, fields=0, first=b'l', version=1):
    return first + bytes((kind, 0, version)) + struct.pack('<III', body, 7, fields)


def raw(data):
    def tell(wire):
        wire.start()
        wire.send(data)
    return tell


# ---- frames ----

def oversized(wire):
    wire.start()
    while True:
        wire.send(header(body=2 << 20) + bytes(1 << 16))


def text_that_is_none(wire):
    """A frame that is right but for one string, which is no UTF-8; as large as a frame may be."""
    job = wire.start()
    message = Gio.DBusMessage.new_signal(PATH, INTERFACE, 'Reports')
    message.set_serial(99)
    message.set_body(GLib.Variant(REPORTS, ([report(job, 0, [entry(event=FAILED, failure=failure(message='x' * 1000000))])],)))
    wire.send(message.to_blob(Gio.DBusCapabilityFlags.NONE).replace(b'x' * 8, b'\xff' * 8))


def closed_in_a_frame(wire):
    wire.start()
    wire.send(header(body=1000) + b'x' * 500)
    wire.socket.close()
    raise Gone()


def big_endian(wire):
    """Well formed, and the other way round; with a size that would be small if it were not."""
    wire.start()
    wire.send(b'B' + bytes((4, 0, 1)) + struct.pack('>III', 64 << 20, 7, 0))


# ---- calls and answers ----

def calls_the_daemon(wire):
    wire.start()
    wire.post(Gio.DBusMessage.new_method_call(None, '/org/example/BackgroundCopy',
                                              'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects'))


def unasked(wire):
    wire.start()
    message = Gio.DBusMessage.new_method_call(None, PATH, INTERFACE, 'Check')
    message.set_serial(4711)
    while True:
        wire.answer(message, CHECKED, (1, []))


def answers_twice(wire):
    call = wire.until('StartJob')
    for _ in range(1000):
        wire.answer(call)


def other_answer(wire):
    """To Check, with what CheckSource answers."""
    wire.answer(wire.until('Check'), '((bsss)t)', ((True, '', '', ''), 1))


def error_answer(wire):
    wire.post(Gio.DBusMessage.new_method_error_literal(wire.until('StartJob'), 'x.y', 'nothing'))


def unknown_signal(wire):
    wire.start()
    wire.signal('Transferred', '(s)', (open(os.path.join(sys.argv[2], 'target'), encoding='ascii').read(),))


def bus_signal(wire):
    """What a bus would say of a client that leaves."""
    wire.start()
    wire.signal('NameOwnerChanged', '(sss)', (':1.1', ':1.1', ''), 'org.freedesktop.DBus')


def too_many_verdicts(wire):
    wire.answer(wire.until('Check'), CHECKED, (2 ** 32 - 1, []))


def verdicts_on_others(wire):
    """On a path that it was not asked about."""
    wire.answer(wire.until('Check'), CHECKED, (1, [(7, (True, '', '', '/home/alice/file'))]))


def too_few_verdicts(wire):
    wire.answer(wire.until('Check'), CHECKED, (0, []))


def found_elsewhere(wire):
    wire.answer(wire.until('FindTemporaries'), '(a(sstt))', ([('/etc', 'passwd', 1, 1)],))


# ---- jobs of others ----

def of_alices(event, durable):
    def tell(wire):
        wire.start()
        with open(os.path.join(sys.argv[2], 'target'), encoding='ascii') as f:
            target = f.read()
        wire.report(target, 1, entry(event=event, durable=durable, total=durable, failure=failure() if event == FAILED else None))
    return tell


def no_such_job(wire):
    wire.start()
    wire.report('0' * 32, 1, entry())


def session_of_a_download(wire):
    wire.signal('Reports', REPORTS, ([report(wire.start(), 1, [], {'protocol': GLib.Variant('s', 'bits')})],))


def no_record(data):
    def tell(wire):
        wire.signal('Reports', REPORTS, ([(wire.start(), True, 1, 0, 0, data, [], {})],))
    return tell


def before_the_start(wire):
    """Of a job of its own that it knows of from elsewhere."""
    wire.until('Check')
    with open(os.path.join(sys.argv[2], 'target'), encoding='ascii') as f:
        wire.report(f.read(), 1, entry())


# ---- numbers without end ----

def progress(wire, size):
    """The bytes of a report of its own job, @size times the same."""
    message = Gio.DBusMessage.new_signal(PATH, INTERFACE, 'Reports')
    message.set_body(GLib.Variant(REPORTS, ([report(wire.start(), 1, [entry(durable=1, total=1 << 40)] * size)],)))
    message.set_serial(1)
    return message.to_blob(Gio.DBusCapabilityFlags.NONE)


def endless(size):
    """As fast as it goes."""
    def tell(wire):
        blob = progress(wire, size)
        while True:
            wire.send(blob)
    return tell


def in_time(wire):
    """No faster and no more than a worker may, for a while."""
    blob = progress(wire, 500)
    end = time.monotonic() + 6
    while time.monotonic() < end:
        wire.send(blob)
        time.sleep(max(1 / 40, len(blob) / (400 << 10)))
    raise Gone()


def many_times(wire):
    """One job thousands of times."""
    wire.signal('Reports', REPORTS, ([report(wire.start(), 1, [])] * 7000,))


# ---- memory ----

def scribbles(wire):
    """Anything into its page, and what it may not do to that and to others'; the file broke tells what it could."""
    while not wire.descriptors:
        wire.honestly(wire.receive())
    own, *others = wire.descriptors
    broke = []
    for fd in wire.descriptors:
        for what, attempt in (('cut', lambda: os.ftruncate(fd, 0)), ('grown', lambda: os.ftruncate(fd, 1 << 20)),
                              ('opened', lambda: os.open(f'/proc/self/fd/{fd}', os.O_RDWR)),
                              ('sealed', lambda: fcntl.fcntl(fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_WRITE)),
                              ('unprotected', lambda: os.fchmod(fd, 0o777))):
            broke += allowed(what, attempt)
    for fd in others:
        broke += allowed('written', lambda: os.pwrite(fd, b'x', 0))
        broke += allowed('mapped', lambda: mmap.mmap(fd, 4096, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE))
    with open(os.path.join(sys.argv[2], 'broke'), 'w', encoding='ascii') as f:
        f.write(f'{len(others)} others: {" ".join(broke)}')
    page = mmap.mmap(own, 4096)
    for turn in range(300):
        page[:] = os.urandom(4096)
        # Of the only interface that there is, all that there could be, and less.
        struct.pack_into('=QQQQ', page, 0, 1, 1, turn << 40, (300 - turn) << 24)
        time.sleep(0.01)
    raise Gone()


def allowed(what, attempt):
    try:
        attempt()
        return [what]
    except OSError:
        return []


# ---- silence ----

def mute(_wire):
    time.sleep(60)


def asleep_in_a_frame(wire):
    wire.start()
    wire.send(header(body=1000) + b'x' * 500)
    time.sleep(60)


def only_pings(wire):
    """Answers that it lives, and nothing about its job."""
    while True:
        call = wire.receive()
        if call.get_member() in ('Ping', 'Check', 'FindTemporaries'):
            wire.honestly(call)


def stops_nothing(wire):
    wire.start()
    while True:
        call = wire.receive()
        if call.get_member() != 'StopJob':
            wire.honestly(call)


LIES = {
    'oversized': oversized,
    'largest': raw(header(body=2 ** 32 - 1, fields=2 ** 32 - 1)),
    'no D-Bus': raw(b'HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n'),
    'other version': raw(header(version=2)),
    'other kind': raw(header(kind=9)),
    'fields that are none': raw(header(fields=64) + bytes(range(64))),
    'text that is none': text_that_is_none,
    'closed in a frame': closed_in_a_frame,
    'big-endian': big_endian,
    'calls the daemon': calls_the_daemon,
    'unasked': unasked,
    'answers twice': answers_twice,
    'other answer': other_answer,
    'error answer': error_answer,
    'unknown signal': unknown_signal,
    'bus signal': bus_signal,
    'too many verdicts': too_many_verdicts,
    'verdicts on others': verdicts_on_others,
    'too few verdicts': too_few_verdicts,
    'found elsewhere': found_elsewhere,
    "progress of alice's": of_alices(PROGRESS, 1),
    "end of alice's": of_alices(WHOLE, 1_500_000),
    "restart of alice's": of_alices(RESTARTED, 0),
    "failure of alice's": of_alices(FAILED, 0),
    'no such job': no_such_job,
    'before the start': before_the_start,
    'no such file': reporting((1, entry(index=7))),
    'received falls': reporting((9,), (8,)),
    'durable falls': reporting((9, entry(durable=9, total=100)), (9, entry(durable=8, total=100))),
    'past the size': reporting((9, entry(durable=11, total=10))),
    'overflow': reporting((9, entry(durable=2 ** 63, total=UNKNOWN))),
    'largest size': reporting((9, entry(durable=UNKNOWN, total=UNKNOWN))),
    'received overflow': reporting((2 ** 63, entry())),
    'whole and missing': reporting((9, entry(event=WHOLE, durable=9, total=10))),
    'whole and another size': reporting((9, entry(event=WHOLE, durable=10, total=10))),
    'whole then not': reporting((9, entry(event=WHOLE, durable=200_000, total=200_000), entry(durable=1))),
    'whole then restarted': reporting((9, entry(event=WHOLE, durable=200_000, total=200_000), entry(event=RESTARTED))),
    'half a record': no_record(b'x' * 11),
    'endless record': no_record(struct.pack('=QQQQQQI', 0, 0, 0, 0, 0, 0, 2 ** 32 - 1) + b'x' * 100),
    'no text': reporting((9, entry(etag=b'\xff\xfe'))),
    'zeros in a text': reporting((9, entry(etag=b'a\0b'))),
    'unknown event': reporting((9, entry(event=4)), (9, entry(event=2 ** 40))),
    'failure without a word': reporting((9, entry(event=FAILED))),
    'word without a failure': reporting((9, entry(failure=failure()))),
    'late date': reporting((9, entry(date=2 ** 62))),
    'long text': reporting((9, entry(etag=b'x' * 2000))),
    'longer text': reporting((9, entry(etag=b'x' * 90_000))),
    'long URL': reporting((9, entry(event=FAILED, failure=failure(url='http://x/' + 'y' * 9000)))),
    'unknown error': reporting((9, entry(event=FAILED, failure=failure(name='StoreFailed\n')))),
    'unknown wait': reporting((9, entry(event=FAILED, failure=failure(wait='power')))),
    'impossible status': reporting((9, entry(event=FAILED, failure=failure(**{'http-status': 1000})))),
    'impossible pause': reporting((9, entry(event=FAILED, failure=failure(**{'retry-after': 2 ** 32 - 1})))),
    'no path': checking(True, '', '', '../../etc/passwd'),
    'unknown verdict': checking(False, 'NoSuchError', '', ''),
    'long verdict': checking(False, 'AccessDenied', 'x' * 5000, ''),
    'session of a download': session_of_a_download,
    'terminal': reporting((9, entry(event=FAILED, failure=failure(message='\x1b[2J\r\nfake: root login', url='http://u:p@h/')))),
    'endless': endless(1),
    'endless and large': endless(2000),
    'in time': in_time,
    'many times': many_times,
    'whole and nothing there': and_ends(reporting((9, entry(event=WHOLE, durable=200_000, total=200_000)))),
    'scribbles': scribbles,
    'mute': mute,
    'asleep in a frame': asleep_in_a_frame,
    'only pings': only_pings,
    'stops nothing': stops_nothing,
}


def main():
    lie, folder, *worker = sys.argv[1:]
    mark = os.path.join(folder, str(os.getuid()))
    if os.path.exists(mark):
        os.execv(worker[0], worker)
    if lie == 'never calls':
        time.sleep(60)
    wire = Wire()
    if lie != 'never authenticates':
        wire.authenticate()
    with open(mark, 'w', encoding='ascii'):
        pass
    try:
        if lie == 'never authenticates':
            time.sleep(60)
        LIES[lie](wire)
        wire.forever()
    except Gone:
        pass


main()
