#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Upload jobs, from the bus on, at a server that gives every answer an upload may meet, wrong ones too: what the job
comes to, what the server was sent, and that a cancelled one is told to it once."""

import hashlib
import os
import shutil
import subprocess
import time

import child
import tap
from awaited import wait_for, wait_gone
from gi.repository import GLib
from job import BusError
from scripted_server import Scripted
from skip import Skip
from tap import equal, raises, true

MIB = 1 << 20


def source(world, size=3 * MIB, name='source'):
    content = world.bytes(size)
    with open(world.local(name), 'wb') as f:
        f.write(content)
    return content


def start(world, url, name='source', **properties):
    """In the foreground, so that all run at once."""
    properties = {'type': 'upload', 'Priority': 'foreground', 'MinimumRetryDelay': 5, 'UploadProtocol': 'bits', **properties}
    return world.service.submit([(url, world.local(name))], **properties)


def check_rules(server, name):
    """Every packet was one that a server would take."""
    equal([line for line in server.log(name) if line.startswith('BAD')], [])


class Network:
    """A network of its own, with one way out, that can be taken away."""

    def __init__(self, world):
        if os.geteuid() != 0 or not shutil.which('ip') or subprocess.run(['unshare', '--net', 'true'], capture_output=True).returncode != 0:
            raise Skip('no network of its own: needs root and ip')
        holder = child.start(['unshare', '--net', 'sh', '-c', 'echo; exec cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        world._undo.append(lambda: child.stop(holder))
        holder.stdout.readline()
        self.prefix = ['nsenter', f'--net=/proc/{holder.pid}/ns/net']
        if not self.run('link add one type veth peer name two'):
            raise Skip('no network devices can be made')
        self.run('address add 192.0.2.1/24 dev one')
        self.run('link set two up')
        self.run('link set one up')
        self.up()

    def run(self, command):
        return subprocess.run([*self.prefix, 'ip', *command.split()], capture_output=True).returncode == 0

    def up(self):
        true(self.run('link set lo up') and self.run('route add default via 192.0.2.2'), 'the network does not come up')

    def down(self):
        true(self.run('route del default') and self.run('link set lo down'), 'the network does not go down')


class Table:
    """Uploads that run side by side, each of a line of a table."""

    def __init__(self, world, server, content):
        self.world, self.server, self.content, self.jobs = world, server, content, {}

    def run(self, rows, **properties):
        """{name: (script, options)}"""
        for name, (script, options) in rows.items():
            self.jobs[name] = start(self.world, self.server.url(name, *script, **options), **properties)

    def whole(self, name, creates=None, left=0):
        job = self.jobs[name]
        end = job.wait_state('transferred', 'error', 'transient-error', seconds=60)
        true(end == 'transferred', f'{name}: {end} {job.get("Error")} {self.server.log(name)}')
        digest = hashlib.sha256(self.content).hexdigest()
        equal((name, self.server.file(name)), (name, (len(self.content), digest, 1)))
        check_rules(self.server, name)
        log = self.server.log(name)
        if creates is not None:
            equal((name, sum(line.startswith('create') for line in log)), (name, creates), str(log))
        equal(job.get('BytesTransferred'), len(self.content))
        equal(job.complete(), 'ok')
        # One that the server only says it has lost, or of which it says nothing, is still there.
        true(self.server.open_sessions(name) <= left, f'{name}: {self.server.open_sessions(name)} sessions are left: {log}')
        return log

    def fails(self, name, error, state='error'):
        job = self.jobs[name]
        end = job.wait_state('transferred', 'error', 'transient-error', seconds=60)
        log = self.server.log(name)
        equal((name, end, job.get('Error').get('name')), (name, state, error), f'{job.get("Error")} {log}')
        check_rules(self.server, name)
        return log


# ---- the client's part of the check list ----

def test_the_plain_way(world):
    """Packets in the right case, each with a length, over one connection; the same without session ids in the Acks."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    table.run({'plain': ((), {}), 'quiet': ((), {'quiet': True}), 'created': (('create:status=201', 'close:status=201,done'), {})})
    for name in table.jobs:
        log = table.whole(name, 1)
        # One while it is sent, one for Close, which may come much later.
        true(server.connections(name) <= 2, f'{name}: {server.connections(name)} connections')
        equal((log[0], log[-1]), ('create ' + ('201' if name == 'created' else '200'), 'close ' + ('201' if name == 'created' else '200')))
    job = start(world, server.url('found'), UploadProtocol='auto')
    job.wait_state('transferred')
    equal(server.log('found')[:2], ['ping 200', 'create 200'])


def test_errors_and_where_they_stand(world):
    """Of no interest on a 200; else by either name, with or without 0x."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    table.run({
        'ignored': (('ping:error=0x1,code=1', 'create:code=1,context=', 'fragment:code=0x80070005', 'close:error=0x8020001F'), {}),
        'error': (('fragment=2:status=500,error=0x8020001F',), {}), 'code': (('fragment=2:status=500,code=0x8020001F',), {}),
        'bare': (('fragment=2:status=500,code=8020001f',), {}), 'x': (('fragment=2:status=500,error=x8020001F',), {})})
    table.whole('ignored', 1)
    for name in ('error', 'code', 'bare', 'x'):
        table.whole(name, 2, left=1)


def test_offsets(world):
    """416 with every number there is."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    table.run({
        'below': (('fragment=2:status=416,received=0',), {}),
        'above': (('fragment=2:status=416,received=2500000',), {'strict': True}),
        'none': (('fragment=2:status=416,received=none',), {}),
        'beyond': (('fragment=2:status=416,received=99999999',), {}),
        'garbled': (('fragment=2:status=416,received=12x',), {}),
        'lost-answer': (('fragment=2:cut',), {}),
        'trimmed': (('fragment=2:received=1500000',), {})} | {
        'never': (('fragment:status=416,received=0',), {}), 'never-a-number': (('fragment:status=416,received=none',), {}),
        'beyond-ok': (('fragment=1:received=99999999',), {}), 'stuck': (('fragment:received=0',), {})})
    for name, creates in (('below', 1), ('above', 1), ('none', 2), ('beyond', 2), ('garbled', 2)):
        table.whole(name, creates, left=creates - 1)
    table.fails('never', 'NoProgress', 'transient-error')
    table.fails('never-a-number', 'InvalidServerResponse', 'transient-error')
    table.fails('beyond-ok', 'InvalidServerResponse', 'transient-error')
    table.fails('stuck', 'NoProgress', 'transient-error')
    # Of a lost answer nobody knows whether it was a yes.
    job = table.jobs['lost-answer']
    if job.wait_state('transferred', 'transient-error') != 'transferred':
        job.resume()
    table.whole('lost-answer', 1)


def test_lost_sessions(world):
    """At the first, a middle, the last fragment; at Close, when all is there; for ever."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    table.run({'first': (('fragment=1:lose',), {}), 'middle': (('fragment=2:lose',), {}), 'last': (('last=1:lose',), {}),
               'close': (('close:lose',), {}), 'always': (('fragment:lose',), {}), 'always-last': (('last:lose',), {})})
    table.whole('first', 2)
    table.whole('middle', 2)
    table.whole('last', 2)
    table.whole('close', 1)
    for name in ('always', 'always-last'):
        log = table.fails(name, 'NoProgress', 'transient-error')
        true(2 <= sum(line.startswith('create') for line in log) <= 5, log)


def test_too_large(world):
    """A proxy's 413 makes fragments smaller, down to 5 KiB; a server's word on the whole file ends it."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    table.run({'once': (('fragment=1:status=413,noack',), {}), 'twice': (('fragment=1:status=413', 'fragment=2:status=413,noack'), {}),
               'floor': (('fragment:status=413,noack',), {}), 'said': (('fragment=1:status=500,error=0x80200020',), {})})
    for name, most in (('once', MIB // 2), ('twice', MIB // 4)):
        log = table.whole(name, 1)
        ranges = [line.split()[1].split('/')[0].split('-') for line in log if line.startswith('fragment') and line.endswith('200')]
        true(int(ranges[0][1]) + 1 - int(ranges[0][0]) <= most, log)
    log = table.fails('floor', 'TooLarge')
    smallest = min(int(line.split()[1].split('/')[0].split('-')[1]) + 1 for line in log if line.startswith('fragment'))
    equal(smallest, 5 * 1024)
    table.fails('said', 'TooLarge')


def test_statuses(world):
    """What may be better later, and what will not."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    rows = {f'{what}-{status}': ((f'{what}=1:status={status}{more}',), {}) for what in ('create', 'fragment')
            for status, more in ((400, ',error=0x80070057'), (401, ''), (403, ',error=0x80070005'), (404, ''), (409, ''), (500, ''), (501, ''), (503, ''),
                                 (301, ''))}
    rows |= {'no-ack': (('create:noack',), {}), 'no-session': (('create:session=none',), {}), 'no-protocol': (('create:noprotocol',), {}),
             'another': (('fragment=1:session={0}',), {})}
    table.run(rows)
    transient = {'409', '500', '503'}
    for name in rows:
        what, _, status = name.partition('-')
        if what in ('create', 'fragment'):
            job = table.jobs[name]
            equal((name, job.wait_state('transferred', 'error', 'transient-error')),
                  (name, 'transient-error' if status in transient else 'error'))
            equal((name, job.get('Error')['name']), (name, {'400': 'InvalidArgument', '403': 'AccessDenied'}.get(status, job.get('Error')['name'])))
            if status in transient:
                job.resume()
                table.whole(name)
    table.fails('no-protocol', 'ProtocolMismatch')
    for name in ('no-ack', 'no-session', 'another'):
        job = table.jobs[name]
        true(job.wait_state('transferred', 'error', 'transient-error') != 'transferred', name)
        equal((name, job.get('Error')['name']), (name, 'InvalidServerResponse'))


def test_another_host(world):
    """Packets move, with a Ping first; a session lost there begins again at the first host; so does one whose host is silent."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    there = {'host': '127.0.0.2'}
    table.run({'moves': ((), there), 'lost': (('fragment=2:lose',), there),
               'silent': (('fragment=2:cut', 'ping=2:cut'), {**there, 'fallback': 1}),
               'forever': (('fragment=2:cut', 'ping=2:cut'), there)}, MinimumRetryDelay=600)
    log = table.whole('moves', 1)
    equal(log[:2], ['create 200', 'ping 200 @127.0.0.2'])
    true(all(line.endswith('@127.0.0.2') for line in log[1:]), log)
    log = table.whole('lost', 2)
    second = log.index('create 200', 1)
    equal(log[second + 1], 'ping 200 @127.0.0.2')
    for name in ('silent', 'forever'):
        job = table.jobs[name]
        job.wait_state('transient-error')
        job.resume()
        # On a busy machine the silent one's second is over before it is resumed: it then asks the first host.
        said = ('ping - @127.0.0.2', 'ping -') if name == 'silent' else ('ping - @127.0.0.2',)
        wait_for(lambda: any(line in said for line in server.log(name)), 'the second Ping')
        job.wait_state('transient-error')
    world.restart(kill=True)
    time.sleep(2.1)  # the time that the server gave
    for name in ('silent', 'forever'):
        table.jobs[name] = world.find(table.jobs[name])
        if table.jobs[name].state == 'transient-error':
            table.jobs[name].resume()
    log = table.whole('silent')
    equal((log[-1], log[-2].split()[-1]), ('close 200', '200'), str(log))
    log = table.whole('forever', 1)
    true(log[-1].endswith('@127.0.0.2'), log)


# ---- replies ----

def upload_for_reply(world, url, **properties):
    return start(world, url, type='upload-reply', ReplyFileName=world.local('answer'), **properties)


def test_reply_urls(world):
    """Relative, with backslashes and braces, as IIS gives it; absolute; none."""
    server, content = Scripted(world), source(world)
    for name, reply in (('relative', 'Replies\\{9A0B}\\relative-300000'), ('rooted', '/bits/x/Replies/{9A}/rooted-300000'),
                        ('absolute', f'http://127.0.0.1:{server.port}/bits/Replies/1/absolute-300000')):
        job = upload_for_reply(world, server.url(name, reply=reply))
        job.wait_state('transferred')
        true(bytes(job.call('GetReplyData')) == server.reply(300000), 'another reply')
        equal(job.complete(), 'ok')
        true(world.read('answer') == server.reply(300000), 'another reply')
        os.unlink(world.local('answer'))
        log = server.log(name)
        equal(log[-2:], ['reply 0 200', 'close 200'], 'the session is closed when the reply is safe')
    for name, reply in (('missing', 'none'), ('file', 'file:///etc/passwd'), ('ftp', 'ftp://127.0.0.1/x'),
                        ('long', '/Replies/' + 'x' * 3000)):
        job = upload_for_reply(world, server.url(name, reply=reply))
        equal(job.wait_state('error', 'transient-error', 'transferred'), 'error', name)
        equal((name, job.get('Error')['name']), (name, 'InvalidServerResponse'))
        equal(job.cancel(), 'ok')
        wait_gone(world, job)
        equal((name, server.count(name, 'cancel 200'), server.open_sessions(name)), (name, 1, 0))
    equal(world.listing(), ['source'])


def test_reply_interrupted(world):
    """It goes on where it was, after the daemon was killed too; the upload is not sent again."""
    server = Scripted(world)
    source(world, 1000)
    job = upload_for_reply(world, server.url('r', reply='Replies\\{1}\\r-3000000-cut'))
    job.wait_state('transient-error')
    held = job.get('ReplyBytesTransferred')
    true(0 < held <= 1_500_000, f'{held} bytes of the reply')
    world.restart(kill=True)
    job = world.find(job)
    equal(job.get('ReplyBytesTransferred'), held)
    if job.state == 'transient-error':
        job.resume()
    job.wait_state('transferred')
    equal(job.complete(), 'ok')
    true(world.read('answer') == server.reply(3_000_000), 'another reply')
    log = server.log('r')
    equal((log[0], log[-1]), ('create 200', 'close 200'))
    equal([line for line in log if line.startswith('reply')], ['reply 0 200', f'reply {held} 206'])
    equal(sum(line.startswith('fragment') for line in log), 1, str(log))


def test_cancel_while_the_reply_downloads(world):
    server = Scripted(world)
    source(world, 1000)
    job = upload_for_reply(world, server.url('r', reply='Replies\\{1}\\r-30000000-slow'))
    wait_for(lambda: server.count('r', 'reply 0 200'), 'the reply to be asked for')
    wait_for(lambda: len(world.listing()) == 2, 'the reply to come')
    equal(job.cancel(), 'ok')
    equal(world.listing(), ['source'])
    raises('InvalidState', job.cancel)
    wait_gone(world, job)
    log = server.log('r')
    equal((log[-1], log.count('cancel 200'), server.open_sessions('r')), ('cancel 200', 1, 0))
    equal(server.file('r')[2], 1, 'what the server took stays')


# ---- Cancel ----

def midway(world, server, name, *script, **properties):
    """A job whose second fragment, of some, is answered by nothing at all."""
    job = start(world, server.url(name, 'fragment=2:hang', *script), **properties)
    job.wait_bytes(MIB)
    return job


def test_cancel_settled(world):
    """One request, whatever the server says to it that settles it."""
    server = Scripted(world)
    scripts = {'gone': ('cancel:lose',), 'unauthorized': ('cancel:status=401',), 'forbidden': ('cancel:status=403',), 'missing': ('cancel:status=404',),
               'moved': ('cancel:status=302',), 'created': ('cancel:status=201',), 'garbled': ('cancel:status=200,noack',),
               'bad': ('cancel:status=400,error=0x80070057',)}
    source(world, 5 * MIB)
    jobs = {name: midway(world, server, name, *script) for name, script in scripts.items()}
    for name, job in jobs.items():
        equal(job.cancel(), 'ok')
        raises('InvalidState', job.cancel)
    for name, job in jobs.items():
        wait_gone(world, job, 5)
        equal((name, sum(line.startswith('cancel') for line in server.log(name))), (name, 1))
        equal(server.file(name), None)
    equal(world.listing(), ['source'])


def test_cancel_is_asked_again(world):
    """A server that is not able to now is asked until it is, and accepts once."""
    server = Scripted(world)
    scripts = {'busy': ('cancel=1:status=503',), 'error': ('cancel=1:status=500',), 'cut': ('cancel=1:cut',), 'conflict': ('cancel=1:status=409',),
               'many': ('cancel=1:status=429',), 'junk': ('cancel=1:junk',), 'done': ('cancel=1:cut,lose',)}
    source(world, 5 * MIB)
    jobs = {name: midway(world, server, name, *script) for name, script in scripts.items()}
    begin = time.monotonic()
    for name, job in jobs.items():
        equal(job.cancel(), 'ok')
    for name, job in jobs.items():
        if name not in ('cut', 'done'):  # which libsoup may have repeated itself
            true(job.get('ServerCancelPending'), f'{name} is not pending')
            equal((name, job.get('WaitReason')), (name, 'server-cancel'))
    for name, job in jobs.items():
        wait_gone(world, job)
        log = server.log(name)
        equal((name, log.count('cancel 200'), server.open_sessions(name)), (name, 0 if name == 'done' else 1, 0), str(log))
    tap.diagnose(f'all settled after {time.monotonic() - begin:.1f} s')


def test_cancel_after_close(world):
    """There is no session that anybody would have to be told of."""
    server, content = Scripted(world), source(world)
    job = start(world, server.url('c'))
    job.wait_state('transferred')
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    equal((server.log('c')[-1], server.file('c')[0]), ('close 200', len(content)))


def test_cancel_unanswered(world):
    """A server that takes the request and is silent: removed at the deadline."""
    server = Scripted(world)
    source(world, 5 * MIB)
    job = midway(world, server, 'h', 'cancel:hang', NoProgressTimeout=6)
    begin = time.monotonic()
    equal(job.cancel(), 'ok')
    wait_gone(world, job)
    took = time.monotonic() - begin
    true(5.9 < took < 7.2, f'removed after {took:.2f} s')


def test_cancel_without_network(world):
    """The cable is out when the owner cancels: the server is told as soon as it is in again, however long the retry delay."""
    network = Network(world)
    server = Scripted(world, network.prefix)
    world.start(prefix=network.prefix)
    source(world, 5 * MIB)
    job = midway(world, server, 'n', MinimumRetryDelay=3600)
    network.down()
    equal(job.cancel(), 'ok')
    now = job.all()
    equal((now['State'], now['ServerCancelPending'], now['WaitReason']), ('cancelled', True, 'server-cancel'))
    equal(world.service.list(), [job.path])
    begin = time.monotonic()
    network.up()
    wait_gone(world, job, 10)
    tap.diagnose(f'gone {time.monotonic() - begin:.2f} s after the network was back')
    equal((server.count('n', 'cancel 200'), server.open_sessions('n'), server.file('n')), (1, 0, None))


# ---- a server that means harm ----

def test_hostile_answers(world):
    """Each has its error, none is taken for a success, and the worker lives on."""
    server = Scripted(world)
    source(world, 100_000)
    rows = {}
    for what in ('create', 'fragment'):
        for harm in ('huge', 'junk', 'session={0}' if what == 'fragment' else 'session=' + 'x' * 1100, 'cut'):
            rows[f'{what}-{harm[:7]}'.replace('=', '-').replace('{', '')] = ((f'{what}:{harm}',), {})
    rows['host-long'] = ((), {'host': 'h' * 1100})
    rows['host-url'] = ((), {'host': 'http://127.0.0.1/'})
    rows['host-odd'] = ((), {'host': 'a b'})
    rows['negative'] = (('fragment:received=-1',), {})
    rows['large'] = (('fragment:received=18446744073709551616',), {})
    good = Table(world, server, world.read('source'))
    good.run({'good': ((), {})})
    good.whole('good')
    workers = world.daemon.workers()
    table = Table(world, server, world.read('source'))
    table.run(rows)
    ends = {}
    for name, job in table.jobs.items():
        state = job.wait_state('transferred', 'error', 'transient-error')
        ends[name] = (state, job.get('Error').get('name'))
    equal(world.daemon.workers(), workers, 'the worker died on the way')
    tap.diagnose(ends)
    for name, (state, error) in ends.items():
        if name.startswith('host-') and state == 'transferred':
            continue  # a host nobody can go to is none
        if name in ('negative', 'large') and state == 'transferred':
            continue  # no number: the fragment's own end counts
        true(state != 'transferred', f'{name} was taken for a success')
        true(error in ('InvalidServerResponse', 'ConnectionClosed', 'TooLarge', 'NoProgress', 'HostNotFound', 'StringTooLong'), f'{name}: {error}')
    for job in table.jobs.values():
        job.cancel()


def test_answers_without_end(world):
    """A body that never comes or never ends is not waited for; a head that drips is let drip for a while."""
    server, content = Scripted(world), source(world)
    table = Table(world, server, content)
    begin = time.monotonic()
    table.run({'endless': (('create:endless', 'fragment=2:endless', 'close:endless'), {}), 'more': (('fragment=1:more',), {}),
               'drip': (('create:drip',), {}), 'late': (('last:late=1500',), {})})
    for name in table.jobs:
        table.whole(name, 1)
    tap.diagnose(f'all done after {time.monotonic() - begin:.1f} s')


def test_servers_that_hang(world):
    """A minute without a byte ends an attempt, five of them the wait for the answer to the last one: with BGC_LONG only.
    Meanwhile they can be suspended and cancelled at once."""
    server = Scripted(world)
    source(world)
    scripts = {'create': ('create:hang',), 'fragment': ('fragment=2:hang',), 'body': ('fragment=2:hang=1000',), 'ping': ('ping:hang',)}
    if os.environ.get('BGC_LONG'):
        scripts['last'] = ('last:hang',)
    jobs = {name: start(world, server.url(name, *script), UploadProtocol='auto') for name, script in scripts.items()}
    begin = time.monotonic()
    if os.environ.get('BGC_LONG'):
        for name, job in jobs.items():
            job.wait_state('transient-error', seconds=400)
            took = time.monotonic() - begin
            tap.diagnose(f'{name}: {job.get("Error")["name"]} after {took:.1f} s')
            equal((name, job.get('Error')['name']), (name, 'Timeout'))
    else:
        for name in jobs:
            what = 'fragment' if name == 'body' else name
            wait_for(lambda: any(line.startswith(what) and line.endswith('-') for line in server.log(name)), f'{name} to hang')
    for job in jobs.values():
        begin = time.monotonic()
        if job.state != 'transient-error':
            job.suspend()
        equal(job.cancel(), 'ok')
        true(time.monotonic() - begin < 3, f'took {time.monotonic() - begin:.1f} s')
    for name, job in jobs.items():
        wait_gone(world, job)
        equal((name, server.open_sessions(name)), (name, 0), str(server.log(name)))


test_servers_that_hang.limit = 600


# ---- sources and names ----

def test_sources_that_change_amid(world):
    """Shorter, longer, other bytes, another file under the name: the server is told to drop what it has."""
    def rewrite(path):
        with open(path, 'r+b') as f:
            f.write(b'other')

    def replace(path):
        with open(path + '.new', 'wb') as f:
            f.write(bytes(3 * MIB))
        os.rename(path + '.new', path)

    def grow(path):
        with open(path, 'ab') as f:
            f.write(b'more')

    server = Scripted(world)
    for name, harm in (('shorter', lambda path: os.truncate(path, MIB)), ('longer', grow), ('other', rewrite), ('replaced', replace),
                       ('empty', lambda path: os.truncate(path, 0)), ('missing', os.unlink)):
        source(world, 3 * MIB, name)
        job = start(world, server.url(name, 'fragment=1:late=700'), name)
        wait_for(lambda: any(line.startswith('fragment') for line in server.log(name)), 'the first fragment')
        harm(world.local(name))
        # An open file that lost its name alone is still the one that is sent.
        if name in ('missing', 'replaced'):
            true(job.wait_state('error', 'transferred') in ('error', 'transferred'), name)
            if job.state == 'transferred':
                equal(server.file(name)[0], 3 * MIB)
            continue
        equal((name, job.wait_state('error', 'transferred', 'transient-error')), (name, 'error'))
        equal((name, job.get('Error')['name'], job.get('Error')['context']), (name, 'LocalFileChanged', 'local-file'))
        equal((name, server.count(name, 'cancel 200'), server.open_sessions(name), server.file(name)), (name, 1, 0, None))
        equal(job.cancel(), 'ok')
        wait_gone(world, job)


def test_sources_that_are_none(world):
    """As AddFile and as Submit see it: nothing is changed by a refusal."""
    remote = 'http://127.0.0.1:9/f'
    source(world, 10)
    os.mkfifo(world.local('pipe'))
    os.mkdir(world.local('folder'))
    os.symlink('source', world.local('link'))
    source(world, 10, 'locked')
    os.chmod(world.local('locked'), 0)
    # Root reads everything, unless it cannot have that right.
    world.start(prefix=['setpriv', '--bounding-set', '-dac_override,-dac_read_search'] if os.geteuid() == 0 else [])
    job = world.service.create(type='upload')
    for path, error in (('missing', 'NotFound'), ('folder', 'InvalidPath'), ('pipe', 'InvalidPath'), ('locked', 'AccessDenied'),
                        ('no/such', 'NotFound'), ('/dev/zero', 'InvalidPath'), ('/proc/self/mem', 'InvalidPath'), ('', 'InvalidPath')):
        where = path if path.startswith('/') or not path else world.local(path)
        for call in (lambda w: job.add(remote, w), lambda w: world.service.submit([(remote, w)], type='upload')):
            try:
                call(where)
                raise AssertionError(f'{path!r} was taken')
            except BusError as wrong:
                equal((path, wrong.name), (path, error), wrong.message)
    for url in ('ftp://127.0.0.1/f', 'file:///tmp/f', '/f', '', 'http://', 'javascript:1', 'http://me:hunter2@127.0.0.1/f'):
        raises('InvalidUrl', job.add, url, world.local('source'))
    raises('Empty', job.resume)
    equal(job.every_file(), [])
    job.add(remote, world.local('source'))
    raises('TooManyFiles', job.add, remote, world.local('source'))
    raises('TooManyFiles', job.add_all, [(remote, world.local('source'))] * 2)
    raises('TooManyFiles', world.service.submit, [(remote, world.local('source'))] * 2, type='upload')
    equal(len(world.service.list()), 1)


def test_reply_files_that_cannot_be(world):
    source(world, 10)
    os.mkdir(world.local('folder'))
    remote = 'http://127.0.0.1:9/f'
    for name in (world.local('missing/answer'), world.local('folder'), 'answer', '/proc/answer', world.local('source'), world.local('source') + '/answer'):
        try:
            world.service.submit([(remote, world.local('source'))], type='upload-reply', ReplyFileName=name)
            raise AssertionError(f'{name!r} was taken')
        except BusError as error:
            true(error.name in ('InvalidPath', 'FileExists'), f'{name}: {error}')
    job = world.service.create(type='upload-reply')
    job.add(remote, world.local('source'))
    for name in (world.local('missing/answer'), world.local('folder'), 'answer'):
        raises('InvalidPath', job.set, 'ReplyFileName', name)
    equal(len(world.service.list()), 1)
    plain = world.service.create(type='upload')
    true(isinstance(raises('NotSupported', plain.set, 'ReplyFileName', world.local('answer')), BusError), 'for an upload')
    raises('InvalidArgument', world.service.create, type='upload', UploadProtocol='carrier-pigeon')
    raises('InvalidArgument', world.service.create, type='upload', UploadProtocol=GLib.Variant('u', 1))


if __name__ == '__main__':
    tap.main(globals())
