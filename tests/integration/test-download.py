#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A job from URL to file: the ways to make one, and what the service makes of what the web does."""

import os

import tap
from job import UNKNOWN
from tap import equal, raises, true

EVERYTHING = ['transferred', 'error', 'modification', 'file-transferred']  # NotifyFlags


def test_submit_with_auto_complete(world):
    content = world.bytes(3_000_000)
    url = world.web.put('a.bin', content)
    job = world.service.submit([(url, world.local('a.bin'))], name='one', AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('a.bin') == content, True, 'content')
    equal(world.listing(), ['a.bin'])
    everything = job.all()
    for name, wanted in (('Type', 'download'), ('DisplayName', 'one'), ('BytesTotal', len(content)), ('FilesTotal', 1),
                         ('BytesTransferred', len(content)), ('FilesTransferred', 1), ('AutoComplete', True),
                         ('Owner', os.geteuid()), ('Error', {}), ('ErrorCount', 0), ('WaitReason', 'none'), ('Id', job.id)):
        equal(everything[name], wanted, name)
    true(0 < everything['CreationTime'] <= everything['CompletionTime'] <= everything['ModificationTime'], 'times in order')
    # Stays found until its owner calls Complete, so that nobody has to guess how it ended.
    equal(world.service.list(), [job.path])
    equal(job.complete(), 'ok')
    equal(world.service.list(), [])
    raises('NotFound', world.service.job, job.id)


def test_step_by_step(world):
    content = world.bytes(100_000)
    url = world.web.put('dir/b.bin', content)
    job = world.service.create('steps')
    equal(job.state, 'suspended')
    raises('Empty', job.resume)
    equal(job.add(url, world.local('b.bin'), size=len(content), checksum=world.sha256(content)), 0)
    equal(job.get('BytesTotal'), len(content))
    equal(job.state, 'suspended')
    job.resume()
    job.wait_state('transferred')
    equal('b.bin' in world.listing(), False, 'placed before Complete')
    file = job.files()[0]
    for key, wanted in (('index', 0), ('remote', url), ('local', world.local('b.bin')), ('bytes-total', len(content)),
                        ('bytes-transferred', len(content)), ('completed', False), ('validated', True),
                        ('checksum', world.sha256(content))):
        equal(file[key], wanted, key)
    equal(job.complete(), 'ok')
    equal(job.state, 'acknowledged')
    equal(world.read('b.bin') == content, True, 'content')
    equal(world.listing(), ['b.bin'])


def test_many_files(world):
    contents = {f'f{n}': world.bytes(world.random.randrange(0, 50_000)) for n in range(60)}
    files = [(world.web.put(n, c), world.local(n)) for n, c in contents.items()]
    job = world.service.submit(files, AutoComplete=True, Priority='foreground', NotifyFlags=EVERYTHING)
    job.wait_state('acknowledged')
    for name, content in contents.items():
        equal(world.read(name) == content, True, name)
    equal(world.listing(), sorted(contents))
    told = [p[0] for path, member, p in world.service.signals if member == 'FileTransferred' and path == job.path]
    equal(sorted(told), list(range(60)), 'FileTransferred')


def test_empty_file(world):
    job = world.service.submit([(world.web.put('empty', b''), world.local('empty'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('empty'), b'')


def test_signals_in_order(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))], NotifyFlags=EVERYTHING)
    job.wait_state('transferred')
    world.service.wait(lambda: any(m == 'Transferred' for p, m, _ in world.service.signals if p == job.path), 'Transferred')
    members = [m for p, m, _ in world.service.signals if p == job.path]
    true(members.index('FileTransferred') < members.index('Transferred'), 'FileTransferred first')
    states = [c['State'] for c in job.changes if 'State' in c]
    equal(states[-1], 'transferred')
    equal(len(states), len([s for i, s in enumerate(states) if i == 0 or states[i - 1] != s]), 'a state told twice')


def test_flags_silence_signals(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))], NotifyFlags=['error'])
    # Nothing tells of it, which is the point: looked at until it is so.
    while job.state != 'transferred':
        pass
    equal([m for p, m, _ in world.service.signals if p == job.path], [])


def test_late_subscriber_hears_transferred(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
    job.wait_state('transferred')
    from job import Service
    late = Service(world.bus)
    late.wait(lambda: (job.path, 'Transferred', ()) in late.signals, 'Transferred for a late subscriber')
    late.close()


def test_nobody_subscribed_hears_nothing(world):
    from job import Service
    quiet = Service(world.bus, subscribe=False)
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))], AutoComplete=True)
    job.wait_state('acknowledged')
    quiet.manager('GetErrorDescription', '(s)', 'Empty')
    equal([s for s in quiet.signals if s[0] == job.path], [])
    quiet.close()


def test_right_checksum(world):
    import hashlib
    content = world.bytes(200_000)
    url = world.web.put('c', content)
    job = world.service.submit([(url, world.local('c1'), {'checksum': world.sha256(content)}),
                                (url, world.local('c2'), {'checksum': 'sha512:' + hashlib.sha512(content).hexdigest().upper()})],
                               AutoComplete=True)
    job.wait_state('acknowledged')
    equal([world.read(n) == content for n in ('c1', 'c2')], [True, True])


def test_wrong_checksum(world):
    content = world.bytes(200_000)
    good, bad = world.web.put('good', content), world.web.put('bad', content)
    job = world.service.submit([(bad, world.local('bad'), {'checksum': world.sha256(b'other')}), (good, world.local('good'))])
    job.wait_state('error')
    error = job.get('Error')
    equal((error['name'], error['file'], error['transient']), ('ChecksumMismatch', 0, False))
    # One bad file does not stop the others.
    equal(job.get('FilesTransferred'), 1)
    world.service.wait(lambda: any(m == 'Failed' and p == job.path for p, m, _ in world.service.signals), 'Failed')
    equal(job.complete(), 'partial')
    equal(world.listing(), ['good'])


def test_wrong_size(world):
    job = world.service.submit([(world.web.put('s', b'12345'), world.local('s'), {'size': 6})])
    equal(job.wait_state('error', 'transient-error'), 'error')
    equal('s' in world.listing(), False, 'a file of the wrong size called finished')


def test_existing_file_is_replaced(world):
    with open(world.local('old'), 'w', encoding='ascii') as f:
        f.write('old')
    os.chmod(world.local('old'), 0o640)
    job = world.service.submit([(world.web.put('new', b'new content'), world.local('old'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('old'), b'new content')
    equal(os.stat(world.local('old')).st_mode & 0o777, 0o640, 'mode kept')


def test_new_file_mode_and_time(world):
    job = world.service.submit([(world.web.put('m', b'm'), world.local('m'))], AutoComplete=True)
    job.wait_state('acknowledged')
    status = os.stat(world.local('m'))
    equal(status.st_mode & 0o777, 0o644)
    equal(int(status.st_mtime), int(os.stat(os.path.join(world.web.root, 'm')).st_mtime), 'Last-Modified')


def test_overwrite_false(world):
    with open(world.local('here'), 'w', encoding='ascii') as f:
        f.write('old')
    job = world.service.submit([(world.web.put('h', b'new'), world.local('here'), {'overwrite': False})])
    job.wait_state('transferred')
    raises('FileExists', job.complete)
    equal(world.read('here'), b'old')
    equal(job.state, 'transferred')
    os.unlink(world.local('here'))
    equal(job.complete(), 'ok')
    equal(world.read('here'), b'new')


def test_target_became_a_link(world):
    job = world.service.submit([(world.web.put('l', b'new'), world.local('link'))])
    job.wait_state('transferred')
    os.symlink('elsewhere', world.local('link'))
    raises('InvalidPath', job.complete)
    equal(world.listing().count('elsewhere'), 0)
    os.unlink(world.local('link'))
    equal(job.complete(), 'ok')


def test_https(world):
    world.start(trust=True)
    content = world.bytes(2_000_000)
    world.web.put('s.bin', content)
    job = world.service.submit([(world.web.url('s.bin', secure=True), world.local('s.bin'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('s.bin') == content, True)
    equal(job.files()[0]['attempts'], 1)


def test_https_not_trusted(world):
    world.web.put('s.bin', b'secret')
    job = world.service.submit([(world.web.url('s.bin', secure=True), world.local('s.bin'))])
    job.wait_state('error')
    error = job.get('Error')
    equal((error['name'], error['context'], error['transient']), ('Tls', 'server-certificate', False))
    equal([r for r in world.web.requests() if r.startswith(str(world.web.https))], [], 'requests sent')


def test_https_name_mismatch(world):
    world.start(trust=True)
    world.web.put('s.bin', b'secret')
    url = world.web.url('s.bin', secure=True).replace('127.0.0.1', '127.0.0.2')
    # nginx listens on one address only: asked for by another name of it.
    url = url.replace('127.0.0.2', 'ip6-localhost.invalid')
    job = world.service.submit([(url, world.local('s.bin'))])
    job.wait_state('transient-error')
    equal(job.get('Error')['name'], 'NameResolution')


def test_http_proxy(world):
    web = world.web
    content = world.bytes(300_000)
    url = web.put('p.bin', content)
    world.start(environment={'http_proxy': f'http://127.0.0.1:{web.proxy}'})
    job = world.service.submit([(url, world.local('p.bin'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('p.bin') == content, True)
    equal(len([r for r in web.requests('proxy.log') if '/p.bin' in r]), 1, 'requests seen by the proxy')


def test_no_proxy(world):
    web = world.web
    url = web.put('p.bin', b'direct')
    world.start(environment={'http_proxy': f'http://127.0.0.1:{web.proxy}', 'no_proxy': '127.0.0.1'})
    job = world.service.submit([(url, world.local('p.bin'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(web.requests('proxy.log'), [])


def test_redirects(world):
    content = world.bytes(10_000)
    world.web.put('r', content)
    job = world.service.submit([(world.web.url('to/r'), world.local('r1')),
                                (world.web.url('to-permanently/to/r'), world.local('r2'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal([world.read(n) == content for n in ('r1', 'r2')], [True, True])


def test_redirect_from_http_to_https(world):
    world.start(trust=True)
    world.web.put('r', b'secure')
    job = world.service.submit([(world.web.url('to-https/r'), world.local('r'))], AutoComplete=True)
    job.wait_state('acknowledged')
    equal(world.read('r'), b'secure')


def test_redirect_from_https_to_http_is_refused(world):
    world.start(trust=True)
    world.web.put('r', b'not secure')
    job = world.service.submit([(world.web.url('to-http/r', secure=True), world.local('r'))])
    equal(job.wait_state('error', 'transferred'), 'error')
    equal('r' in world.listing(), False)


def test_redirect_loop(world):
    job = world.service.submit([(world.web.url('loop'), world.local('r'))])
    equal(job.wait_state('error', 'transient-error', 'transferred') in ('error', 'transient-error'), True)
    true(len(world.web.requests()) <= 60, f'{len(world.web.requests())} requests')


def test_http_statuses(world):
    for status, name, transient in ((401, 'AuthenticationRequired', False), (403, 'AccessDenied', False),
                                    (404, 'NotFound', False), (410, 'NotFound', False), (500, 'HttpStatus', True),
                                    (503, 'HttpStatus', True)):
        job = world.service.submit([(world.web.url(f'status/{status}'), world.local('x'))])
        state = job.wait_state('error', 'transient-error')
        error = job.get('Error')
        equal((status, state, error['http-status'], error['transient'], error['bits-code']),
              (status, 'transient-error' if transient else 'error', status, transient, 0x80190000 + status))
        true(error['name'] in (name, 'HttpStatus'), f'{status}: {error["name"]}')
        equal(job.get('ErrorCount'), 1)
        true((job.get('NextAttempt') > 0) == transient, f'{status}: NextAttempt {job.get("NextAttempt")}')
        job.cancel()
    equal(world.listing(), [])


def test_nobody_listens(world):
    from web import free_port
    job = world.service.submit([(f'http://127.0.0.1:{free_port()}/x', world.local('x'))])
    job.wait_state('transient-error')
    error = job.get('Error')
    equal((error['name'], error['context'], error['transient']), ('ConnectFailed', 'transport', True))
    equal(job.get('WaitReason'), 'retry')


def test_retry_goes_on_where_it_stood(world):
    content = world.bytes(4_000_000)
    world.web.put('r.bin', content)
    job = world.service.submit([(world.web.url('slow/1024/r.bin'), world.local('r.bin'))], AutoComplete=True,
                               MinimumNotificationInterval=100)
    job.wait_state('transferring')
    job.suspend()
    equal(job.state, 'suspended')
    world.web.stop()
    job.resume()
    job.wait_state('transient-error')
    # The first retry comes by itself, 5 s later (10 % of jitter).
    world.web.again()
    job.wait_state('acknowledged', seconds=40)
    equal(world.read('r.bin') == content, True)
    equal(job.get('ErrorCount'), 1)


def test_resume_cuts_the_wait_short(world):
    world.web.put('r.bin', b'content')
    world.web.stop()
    job = world.service.submit([(world.web.url('r.bin'), world.local('r.bin'))], AutoComplete=True, MinimumRetryDelay=3600)
    job.wait_state('transient-error')
    world.web.again()
    job.resume()
    job.wait_state('acknowledged')


def test_suspend_and_resume(world):
    content = world.bytes(6_000_000)
    world.web.put('s.bin', content)
    job = world.service.submit([(world.web.url('slow/4096/s.bin'), world.local('s.bin'))], MinimumNotificationInterval=50)
    for _ in range(3):
        if job.wait_state('transferring', 'transferred') == 'transferred':
            break
        job.suspend()
        equal(job.state, 'suspended')
        held = job.get('BytesTransferred')
        job.resume()
        true(job.get('BytesTransferred') >= held, 'bytes lost by Resume')
    job.wait_state('transferred')
    ranges = [r for r in world.web.requests() if 'range="bytes=' in r]
    equal(job.complete(), 'ok')
    equal(world.read('s.bin') == content, True)
    tap.diagnose(f'{len(ranges)} requests with a range')


def test_suspend_a_transferred_job(world):
    job = world.service.submit([(world.web.put('x', b'x'), world.local('x'))])
    job.wait_state('transferred')
    job.suspend()
    equal(job.state, 'suspended')
    job.resume()
    job.wait_state('transferred')
    equal(len(world.web.requests()), 1, 'requests')


def test_small_file_from_a_slow_server(world):
    """That it moves shows while it does."""
    content = world.bytes(300_000)
    world.web.put('small', content)
    job = world.service.submit([(world.web.url('slow/64/small'), world.local('small'))], MinimumNotificationInterval=50)
    job.wait_state('transferring', seconds=3)
    # nginx begins with a burst.
    world.service.wait(lambda: any(30_000 < c.get('Rate', 0) < 300_000 for c in job.changes), 'a rate', 4)
    equal(job.state, 'transferring')
    job.wait_state('transferred')
    equal(job.complete(), 'ok')
    equal(world.read('small') == content, True)


def test_file_added_while_it_runs(world):
    world.web.put('one', world.bytes(2_000_000))
    two = world.web.put('two', b'two')
    job = world.service.submit([(world.web.url('slow/1024/one'), world.local('one'))])
    job.wait_state('transferring')
    equal(job.add(two, world.local('two')), 1)
    job.wait_state('transferred')
    equal(job.complete(), 'ok')
    equal(world.listing(), ['one', 'two'])


def test_remove_file(world):
    slow = world.web.put('one', world.bytes(2_000_000))
    job = world.service.create()
    job.add(slow.replace('/one', '/slow/64/one'), world.local('one'))
    job.add(world.web.put('two', b'two'), world.local('two'))
    job.resume()
    job.wait_state('transferring')
    job.call('RemoveFile', '(u)', 0)
    raises('NotFound', job.call, 'RemoveFile', '(u)', 0)
    job.wait_state('transferred')
    equal([f['index'] for f in job.files()], [1])
    equal(job.complete(), 'ok')
    equal(world.listing(), ['two'])


def test_set_remote_name(world):
    content = world.bytes(50_000)
    good = world.web.put('good', content)
    job = world.service.submit([(world.web.url('missing'), world.local('x'))])
    job.wait_state('error')
    job.call('SetRemoteName', '(us)', 0, good)
    job.resume()
    job.wait_state('transferred')
    equal(job.complete(), 'ok')
    equal(world.read('x') == content, True)


def test_complete_in_the_middle_is_partial(world):
    done = world.web.put('done', b'done')
    world.web.put('slow', world.bytes(2_000_000))
    job = world.service.submit([(done, world.local('done')), (world.web.url('slow/64/slow'), world.local('slow'))],
                               NotifyFlags=EVERYTHING)
    world.service.wait(lambda: any(m == 'FileTransferred' for _, m, _ in world.service.signals), 'FileTransferred')
    equal(job.complete(), 'partial')
    equal(world.listing(), ['done'])
    raises('InvalidState', job.complete)


def test_complete_without_files(world):
    job = world.service.create()
    equal(job.complete(), 'ok')


def test_paging(world):
    jobs = [world.service.create(f'job {n}') for n in range(25)]
    paths = [j.path for j in jobs]
    equal(world.service.list(), paths, 'oldest first')
    got = []
    for offset in range(0, 30, 7):
        got += world.service.list(offset=offset, limit=7)
    equal(got, paths, 'pages')
    equal(world.service.list(state=['transferring']), [])
    equal(world.service.list(state=['suspended', 'error'], limit=3), paths[:3])
    equal(sorted(world.service.managed()), sorted(paths), 'GetManagedObjects')
    job = jobs[0]
    for start in range(0, 30, 10):
        equal(job.add_all([('http://127.0.0.1/x', world.local(f'p{start + n}')) for n in range(10)]), start)
    equal([f['index'] for f in job.files(5, 10)], list(range(5, 15)))
    equal(job.files(30, 10), [])
    equal(len(job.every_file()), 30)
    equal(job.get('BytesTotal'), UNKNOWN)
    dashed = '-'.join((job.id[:8], job.id[8:12], job.id[12:16], job.id[16:20], job.id[20:]))
    equal(world.service.job(dashed).path, job.path, 'GetJob with a dashed UUID')


def test_properties_are_written(world):
    job = world.service.create('first')
    for name, value in (('DisplayName', 'Größe 中'), ('Description', 'two\nlines'), ('Priority', 'low'),
                        ('MinimumRetryDelay', 90), ('NoProgressTimeout', 0), ('MaximumDownloadTime', 1000),
                        ('AutoComplete', True), ('MinimumNotificationInterval', 0)):
        job.set(name, value)
        equal(job.get(name), value, name)
    job.set('MinimumRetryDelay', 1)
    equal(job.get('MinimumRetryDelay'), 5, 'raised to the floor')
    world.restart()
    job = world.find(job)
    equal((job.get('DisplayName'), job.get('Priority'), job.get('AutoComplete')), ('Größe 中', 'low', True))


def test_configuration(world):
    world.start(config={'MaxFilesPerJob': 3, 'BackgroundTransfers': 1})
    limits = world.service.property('Limits')
    equal((limits['MaxFilesPerJob'], limits['BackgroundTransfers']), (3, 1))
    world.web.put('slow', world.bytes(1_500_000))
    first = world.service.submit([(world.web.url('slow/256/slow'), world.local('1'))])
    second = world.service.submit([(world.web.url('slow/256/slow'), world.local('2'))])
    first.wait_state('transferring')
    equal((second.state, second.get('WaitReason')), ('queued', 'scheduler'))
    first.suspend()
    second.wait_state('transferring')


tap.main(globals())
