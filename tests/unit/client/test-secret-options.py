# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Who one is to servers: given to the job before its first request, and on no command line."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import tap  # noqa: E402
from fake_service import Failure  # noqa: E402
from scene import URL, Scene, expect  # noqa: E402

PASSWORD = 'hunter2'


def file(scene, name, text):
    path = os.path.join(scene.cwd, name)
    with open(path, 'wb') as f:
        f.write(text.encode() if isinstance(text, str) else text)
    return path


def test_password_file():
    for command in (('get', URL), ('put', 'file.iso', URL)):
        with Scene() as scene:
            scene.service.on_submit = lambda job: job.finish()
            path = file(scene, 'password', PASSWORD + '\nanother line\n')
            expect(scene.run(*command, '--user=alice', '--password-file', path, '-q'), 0, '', '')
            steps = []
            while not scene.service.calls.empty():
                method, _, arguments = scene.service.calls.get()
                if method in ('CreateJob', 'AddFile', 'SetCredentials', 'SetCustomHeaders', 'Resume', 'Submit'):
                    steps.append((method, arguments))
            tap.equal([s[0] for s in steps], ['CreateJob', 'AddFile', 'SetCredentials', 'SetCredentials', 'Resume'])
            tap.equal(steps[2][1], ('server', 'basic', 'alice', PASSWORD))
            tap.equal(steps[3][1], ('server', 'digest', 'alice', PASSWORD))
            tap.equal(steps[0][1][2], {'AutoComplete': True, 'Priority': 'foreground'})


def test_proxy_token_and_headers():
    with Scene() as scene:
        password = file(scene, 'password', PASSWORD)
        token = file(scene, 'token', 'abc=\r\n')
        lines = file(scene, 'lines', 'X-B: 2\n\nX-C: 3\n')
        expect(scene.run('get', '--detach', '--proxy-user=bob', '--proxy-password-file', password, '--bearer-file', token,
                         '-H', 'X-A: 1', '--header', '@' + lines, URL), 0, rf'^{1:032x}\n$', '')
        given = []
        while not scene.service.calls.empty():
            method, _, arguments = scene.service.calls.get()
            if method.startswith('Set'):
                given.append(arguments)
        tap.equal(given, [('proxy', 'basic', 'bob', PASSWORD), ('proxy', 'digest', 'bob', PASSWORD),
                          ('server', 'bearer', '', 'abc='), (['X-A: 1', 'X-B: 2', 'X-C: 3'], True)])


def test_misused():
    with Scene() as scene:
        path = file(scene, 'password', PASSWORD)
        for wrong, why in ((['--password-file', path], '--user'), (['--proxy-password-file', path], '--proxy-user'),
                           (['-u', 'a', '--password-file=-', '--bearer-file=-'], 'standard input'),
                           (['-u', 'a', '--password-file', 'missing'], 'missing'),
                           (['--bearer-file', scene.cwd], 'directory'),
                           (['-H', '@missing'], 'missing')):
            expect(scene.run('get', *wrong, URL), 2, '', why)
        binary = file(scene, 'binary', b'\xff\xfe\n')
        expect(scene.run('get', '-u', 'a', '--password-file', binary, URL), 2, '', 'UTF-8')
        endless = file(scene, 'endless', 'x' * 600000)
        expect(scene.run('get', '-u', 'a', '--password-file', endless, URL), 2, '', 'too long')
        tap.equal(scene.service.called(), [], 'calls')


def test_refused_leaves_no_job():
    with Scene() as scene:
        path = file(scene, 'password', PASSWORD)
        scene.service.answers['SetCredentials'] = Failure('CredentialsTooLarge', 'too much')
        expect(scene.run('get', '-u', 'a', '--password-file', path, URL), 1, '', 'too long')
        scene.service.wait('Cancel')


if __name__ == '__main__':
    tap.main(globals(), limit=60)
