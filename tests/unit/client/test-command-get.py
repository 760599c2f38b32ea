# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl get: what it asks of the service, and how it ends."""

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import Failure  # noqa: E402
from scene import URL, Scene, end, expect  # noqa: E402


def test_get_waits_and_takes_note_of_the_end():
    with Scene() as scene:
        process = scene.start('get', URL)
        _, (name, kind, files, properties) = scene.service.wait('Submit')
        tap.equal((name, kind), ('file.iso', 'download'))
        tap.equal(files, [(URL, os.path.join(scene.cwd, 'file.iso'), {})])
        tap.equal(properties, {'AutoComplete': True, 'Priority': 'foreground'})
        job = next(iter(scene.service.jobs.values()))
        scene.service.wait('GetAll')
        job.change(State='transferring', BytesTotal=3 << 20, BytesTransferred=1 << 20)
        job.change(BytesTransferred=3 << 20)
        job.finish()
        expect(end(process), 0, rf'^{scene.cwd}/file\.iso: 3\.0 MiB in 0:0\d \(.* MiB/s\)\n$', '')
        scene.service.wait('Complete')


def test_get_subscribes_before_it_submits():
    with Scene() as scene:
        # Over before the path is answered: only the first reading of the job can tell.
        scene.service.on_submit = lambda job: job.finish()
        expect(scene.run('get', URL), 0, 'file.iso', '')
        calls = scene.service.called()
        tap.true(calls.index('Subscribe') < calls.index('Submit'), calls)


def test_get_passes_its_options_on():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.finish()
        digest = 'sha256:' + '0' * 64
        os.mkdir(os.path.join(scene.cwd, 'sub'))
        expect(scene.run('get', URL + '?a=b', 'sub', '--name=N', '--description', 'D', '-p', 'low', '--checksum', digest,
                         '--no-overwrite', '--retry-delay=7', '--no-progress-timeout=0', '--max-time=9', '--limit-rate=2K',
                         '--cost-policy=always', '--quiet'), 0, '', '')
        _, (name, _, files, properties) = scene.service.wait('Submit')
        tap.equal(name, 'N')
        tap.equal(files, [(URL + '?a=b', os.path.join(scene.cwd, 'sub', 'file.iso'), {'checksum': digest, 'overwrite': False})])
        tap.equal(properties, {'AutoComplete': True, 'Priority': 'low', 'Description': 'D', 'MinimumRetryDelay': 7,
                               'NoProgressTimeout': 0, 'MaximumDownloadTime': 9, 'BandwidthLimit': 2048,
                               'CostPolicy': 'always'})


def test_get_detached_prints_the_id():
    with Scene() as scene:
        expect(scene.run('get', '--detach', URL, 'x'), 0, rf'^{1:032x}\n$', '')
        _, (_, _, files, properties) = scene.service.wait('Submit')
        tap.equal(files[0][1], os.path.join(scene.cwd, 'x'))
        tap.equal(properties['Priority'], 'normal')
        result = scene.run('get', '--detach', '--json', URL)
        expect(result, 0, None, '')
        tap.equal(json.loads(result[1]), {'Id': f'{2:032x}'})


def test_get_that_fails_cancels_its_job():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.fail('HttpStatus', 'Not Found', 404)
        expect(scene.run('get', URL), 1, '', r'^bgcopyctl: .*/file\.iso: .*Not Found \(HTTP status 404\)\n$')
        scene.service.wait('Cancel')
        expect(scene.run('get', '--keep', URL), 1, '',
               rf'404.*\n.*{2:032x}.*bgcopyctl --session resume {2:032x}.*bgcopyctl --session cancel {2:032x}')
        tap.true('Cancel' not in scene.service.called(), 'a kept job is not cancelled')


def test_get_shows_why_the_job_is_not_made():
    with Scene() as scene:
        for name, status in (('InvalidUrl', 2), ('InvalidPath', 2), ('AccessDenied', 5), ('TooManyJobs', 1), ('StoreFailed', 1),
                             ('org.freedesktop.DBus.Error.AccessDenied', 5), ('org.example.Foreign', 1)):
            scene.service.answers['Submit'] = Failure(name, 'some reason')
            expect(scene.run('get', URL), status, '', '^bgcopyctl: .*some reason\n$')


def test_get_when_the_service_ends_before_it_answers():
    with Scene() as scene:
        scene.service.silent.add('Submit')
        process = scene.start('get', URL)
        scene.service.wait('Submit')
        scene.service.stop()
        expect(end(process), 4, '', 'went away.*may have been made.*bgcopyctl --session list')


def test_get_of_an_existing_file():
    with Scene() as scene:
        open(os.path.join(scene.cwd, 'file.iso'), 'w').close()
        expect(scene.run('get', '--no-overwrite', URL), 1, '', r'file\.iso: The local file exists')
        tap.equal(scene.service.called(), [], 'calls')


def test_get_when_somebody_else_ends_the_job():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.change(State='cancelled')
        expect(scene.run('get', URL), 1, '', 'was cancelled')
        scene.service.on_submit = lambda job: job.change(State='acknowledged')
        expect(scene.run('get', URL), 1, '', 'completed by somebody else')


def test_get_json():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.finish()
        result = scene.run('get', '--json', URL)
        expect(result, 0, None, '')
        job = json.loads(result[1])
        tap.equal((job['State'], job['BytesTotal'], job['AutoComplete']), ('acknowledged', None, True))
        tap.equal((job['Files'][0]['completed'], job['Files'][0]['remote']), (True, URL))


if __name__ == '__main__':
    tap.main(globals(), limit=60)
