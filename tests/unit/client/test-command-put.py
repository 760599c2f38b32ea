# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""bgcopyctl put: what it asks of the service, and how it ends."""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import Failure  # noqa: E402
from scene import Scene, Terminal, end, expect  # noqa: E402

URL = 'https://server.example/drop/name'


def submitted(scene):
    _, (name, kind, files, properties) = scene.service.wait('Submit')
    return name, kind, files, properties


def test_put_waits_and_takes_note_of_the_end():
    with Scene() as scene:
        process = scene.start('put', 'my file', URL)
        tap.equal(submitted(scene), ('my file', 'upload', [(URL, os.path.join(scene.cwd, 'my file'), {})],
                                     {'AutoComplete': True, 'Priority': 'foreground'}))
        job = next(iter(scene.service.jobs.values()))
        scene.service.wait('GetAll')
        job.change(State='transferring', BytesTotal=3 << 20, BytesTransferred=1 << 20)
        job.change(BytesTransferred=3 << 20)
        job.finish()
        expect(end(process), 0, rf'^{URL}: 3\.0 MiB in 0:0\d \(.* MiB/s\)\n$', '')
        scene.service.wait('Complete')


def test_put_where_the_file_goes():
    with Scene() as scene:
        for source, url, wanted in (('f', 'http://h/d/', 'http://h/d/f'), ('/srv/a b&c', 'http://h/', 'http://h/a%20b%26c'),
                                    ('x/ä', 'http://h/d/?q=/', 'http://h/d/%C3%A4?q=/'), ('./f', 'http://h/d', 'http://h/d'),
                                    ('f', 'http://h', 'http://h'), ('f', 'http://h/d?q=/', 'http://h/d?q=/')):
            expect(scene.run('put', '--detach', source, url), 0, None, '')
            files = submitted(scene)[2]
            tap.equal(files, [(wanted, os.path.normpath(os.path.join(scene.cwd, source)), {})])
        # The address of a tus server is that of the service, which names each file.
        expect(scene.run('put', '--detach', '--protocol=tus', 'f', 'http://h/files/'), 0, None, '')
        _, _, files, properties = submitted(scene)
        tap.equal((files[0][0], properties['UploadProtocol']), ('http://h/files/', 'tus'))


def test_put_passes_its_options_on():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.finish()
        expect(scene.run('put', 'f', URL, '--name=N', '--description', 'D', '-p', 'low', '--protocol', 'bits', '--reply', 'answer',
                         '--retry-delay=7', '--no-progress-timeout=0', '--max-time=9', '--quiet'), 0, '', '')
        name, kind, files, properties = submitted(scene)
        tap.equal((name, kind, files), ('N', 'upload-reply', [(URL, os.path.join(scene.cwd, 'f'), {})]))
        tap.equal(properties, {'AutoComplete': True, 'Priority': 'low', 'Description': 'D', 'MinimumRetryDelay': 7,
                               'NoProgressTimeout': 0, 'MaximumDownloadTime': 9, 'UploadProtocol': 'bits',
                               'ReplyFileName': os.path.join(scene.cwd, 'answer')})


def test_put_wrong_command_lines():
    with Scene() as scene:
        for arguments, said in ((['f'], 'missing'), (['f', URL, 'x'], 'too many'), (['--protocol=ftp', 'f', URL], 'must be auto, bits'),
                                (['--protocol=put', '--reply=r', 'f', URL], 'needs the protocol bits'), (['', URL], 'path is empty'),
                                (['--reply=', 'f', URL], 'path is empty'), (['--keep', '--detach', 'f', URL], 'exclude each other'),
                                (['--checksum=x', 'f', URL], 'checksum'), (['-p', 'urgent', 'f', URL], 'priority')):
            expect(scene.run('put', *arguments), 2, '', said)
        tap.equal(scene.service.called(), [], 'calls')


def test_put_with_a_reply():
    with Scene() as scene:
        scene.service.on_submit = lambda job: (job.set(ReplyBytesTransferred=2048), job.finish())
        expect(scene.run('put', '--reply=r', 'f', URL), 0, rf'^{URL}: [^\n]*\n{scene.cwd}/r: the reply, 2\.0 KiB\n$', '')


def test_put_that_fails_cancels_its_job():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.fail('AccessDenied', 'no overwriting', 403)
        expect(scene.run('put', 'f', URL), 1, '', rf'^bgcopyctl: {URL}: .*no overwriting \(HTTP status 403\)\n$')
        scene.service.wait('Cancel')
        expect(scene.run('put', '--keep', 'f', URL), 1, '', rf'403.*\n.*{2:032x}.*resume {2:032x}.*cancel {2:032x}')
        tap.true('Cancel' not in scene.service.called(), 'a kept job is not cancelled')
        scene.service.deadline = 1900000000000000
        expect(scene.run('put', 'f', URL), 1, '', rf'403.*\n.*{3:032x}: .*told.*until 2030-03-17')


def test_put_interrupted_goes_on():
    with Scene() as scene:
        process = scene.start('put', 'f', URL)
        scene.service.wait('GetAll')
        process.send_signal(signal.SIGINT)
        expect(end(process), 130, '', rf'interrupted.*{1:032x}.*show {1:032x}.*cancel {1:032x}')
        tap.true('Cancel' not in scene.service.called(), 'the job goes on')


def test_put_detached_and_refused():
    with Scene() as scene:
        expect(scene.run('put', '--detach', 'f', URL), 0, rf'^{1:032x}\n$', '')
        tap.equal(submitted(scene)[3]['Priority'], 'normal')
        tap.equal(json.loads(scene.run('put', '--detach', '--json', 'f', URL)[1]), {'Id': f'{2:032x}'})
        for name, status in (('InvalidUrl', 2), ('InvalidPath', 2), ('AccessDenied', 5), ('NotFound', 2), ('NotSupported', 1)):
            scene.service.answers['Submit'] = Failure(name, 'some reason')
            expect(scene.run('put', 'f', URL), status, '', '^bgcopyctl: .*some reason\n$')
            tap.true('such job' not in scene.run('put', 'f', URL)[2], 'nobody asked for a job')


def test_put_json():
    with Scene() as scene:
        scene.service.on_submit = lambda job: job.finish()
        result = scene.run('put', '--json', 'f', URL)
        expect(result, 0, None, '')
        job = json.loads(result[1])
        tap.equal((job['Type'], job['State'], job['UploadProtocol'], job['Files'][0]['completed']), ('upload', 'acknowledged', 'auto', True))


def test_put_on_a_terminal():
    """The bar, then what the server is waited for."""
    with Scene() as scene:
        terminal = Terminal(100)
        process = scene.start('put', '--reply=r', 'f', URL, stderr=terminal.slave)
        scene.service.wait('GetAll')
        job = next(iter(scene.service.jobs.values()))
        job.change(State='transferring', BytesTotal=4 << 20, BytesTransferred=1 << 20, Rate=1 << 20)
        terminal.read_until(r'25%')
        job.change(BytesTransferred=4 << 20, Rate=0)
        terminal.read_until('waiting for what the server says')
        job.change(ReplyBytesTotal=4096, ReplyBytesTransferred=1024)
        terminal.read_until(r'fetching the reply, 25% of 4\.0 KiB')
        job.change(State='transferred')
        terminal.read_until('ending the upload')
        job.finish()
        expect(end(process), 0, URL)
        terminal.rest()


if __name__ == '__main__':
    tap.main(globals(), limit=60)
