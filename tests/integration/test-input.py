#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Bad input: each has its named error, and nothing changes."""

import os

import tap
from gi.repository import GLib
from job import JOB, MANAGER, ROOT, BusError
from tap import equal, raises, true

MEBIBYTE = 'x' * (1 << 20)
OK = 'http://127.0.0.1:9/file'


def files_refused(world):
    """(what, remote, local, options, error)"""
    there = world.local('there')
    os.mkdir(there)
    link = world.local('link')
    os.symlink(world.downloads, link)
    local = world.local('f')
    return [
        ('a relative path', OK, 'f', {}, 'InvalidPath'),
        ('an empty path', OK, '', {}, 'InvalidPath'),
        ('the root', OK, '/', {}, 'InvalidPath'),
        ('a path that ends in a slash', OK, local + '/', {}, 'InvalidPath'),
        ('a path that ends in ..', OK, world.local('..'), {}, 'InvalidPath'),
        ('a missing directory', OK, world.local('missing/f'), {}, 'InvalidPath'),
        ('a directory as target', OK, there, {}, 'InvalidPath'),
        ('a file as directory', OK, '/etc/hostname/f', {}, 'InvalidPath'),
        ('a file of the kernel\'s', OK, '/proc/f', {}, 'InvalidPath'),
        ('the worker\'s directory', OK, '/proc/self/cwd/f', {}, 'InvalidPath'),
        ('a control character in the path', OK, world.local('a\nb'), {}, 'InvalidPath'),
        ('a name of 256 bytes', OK, world.local('x' * 256), {}, ('InvalidPath', 'StringTooLong')),
        ("a temporary file's name", OK, world.local('.bgcopy-' + '0' * 32), {}, 'InvalidPath'),
        ('a path of 1 MiB', OK, '/' + MEBIBYTE, {}, 'StringTooLong'),
        ('ftp', 'ftp://127.0.0.1/x', local, {}, 'InvalidUrl'),
        ('file', 'file:///etc/passwd', local, {}, 'InvalidUrl'),
        ('no scheme', '127.0.0.1/x', local, {}, 'InvalidUrl'),
        ('no host', 'http:///x', local, {}, 'InvalidUrl'),
        ('nothing', '', local, {}, 'InvalidUrl'),
        ('port 0', 'http://127.0.0.1:0/x', local, {}, 'InvalidUrl'),
        ('port 65536', 'http://127.0.0.1:65536/x', local, {}, 'InvalidUrl'),
        ('a port of letters', 'http://127.0.0.1:http/x', local, {}, 'InvalidUrl'),
        ('a space', 'http://127.0.0.1/a b', local, {}, 'InvalidUrl'),
        ('a line break', 'http://127.0.0.1/a\r\nHost: evil', local, {}, 'InvalidUrl'),
        ('half an address', 'http://[::1/x', local, {}, 'InvalidUrl'),
        ('user and password', 'http://me:hunter2@127.0.0.1/x', local, {}, 'InvalidUrl'),
        ('a user', 'http://me@127.0.0.1/x', local, {}, 'InvalidUrl'),
        ('a URL of 8193 bytes', 'http://127.0.0.1/' + 'x' * (8193 - 17), local, {}, 'StringTooLong'),
        ('a URL of 1 MiB', 'http://127.0.0.1/' + MEBIBYTE, local, {}, 'StringTooLong'),
        ('an unknown option', OK, local, {'colour': GLib.Variant('s', 'red')}, 'InvalidArgument'),
        ('an option of the wrong type', OK, local, {'size': GLib.Variant('s', '5')}, 'InvalidArgument'),
        ('a checksum of unknown kind', OK, local, {'checksum': 'md5:' + '0' * 32}, ('InvalidArgument', 'NotSupported')),
        ('a checksum too short', OK, local, {'checksum': 'sha256:00'}, 'InvalidArgument'),
        ('a checksum that is not hexadecimal', OK, local, {'checksum': 'sha256:' + 'z' * 64}, 'InvalidArgument'),
        ('a checksum of 1 MiB', OK, local, {'checksum': 'sha256:' + MEBIBYTE}, ('InvalidArgument', 'StringTooLong')),
        ('mirrors, not served yet', OK, local, {'mirrors': [OK]}, 'NotSupported'),
        ('ranges, not served yet', OK, local, {'ranges': [(0, 5)]}, 'NotSupported'),
    ]


def refused(names, call, *arguments, **options):
    names = (names,) if isinstance(names, str) else names
    try:
        result = call(*arguments, **options)
    except BusError as error:
        if error.name not in names:
            raise AssertionError(f'got {error.whole}: {error.message}, wanted {names}') from None
        return error
    raise AssertionError(f'accepted: {result!r}, wanted {names}')


def photograph(world, job):
    return world.service.list(), job.all(), job.every_file(), world.listing()


def test_files(world):
    job = world.service.create()
    job.add('http://127.0.0.1:9/first', world.local('first'))
    cases = files_refused(world)
    before = photograph(world, job)
    wrong = []
    for what, remote, local, options, names in cases:
        for how, call in (('AddFile', lambda r, f, o: job.add(r, f, **o)),
                          ('AddFiles', lambda r, f, o: job.add_all([(OK, world.local('good')), (r, f, o)])),
                          ('Submit', lambda r, f, o: world.service.submit([(OK, world.local('good')), (r, f, o)]))):
            try:
                error = refused(names, call, remote, local, options)
                true('hunter2' not in error.message, 'the password is in the message')
                true(len(error.message) < 2000, f'a message of {len(error.message)} characters')
            except AssertionError as problem:
                wrong.append(f'{what} by {how}: {problem}')
            if photograph(world, job) != before:
                wrong.append(f'{what} by {how}: something changed')
                before = photograph(world, job)
    equal('\n'.join(wrong), '')
    with open(world.daemon.log, encoding='utf-8', errors='replace') as f:
        true('hunter2' not in f.read(), 'the password is in the log')


def test_unwritable_directory(world):
    folder = world.local('locked')
    os.mkdir(folder)
    world.unwritable(folder)
    job = world.service.create()
    refused(('AccessDenied', 'InvalidPath'), job.add, OK, os.path.join(folder, 'f'))
    equal(job.every_file(), [])


def test_duplicate_targets(world):
    job = world.service.create()
    job.add(OK, world.local('f'))
    os.symlink(world.downloads, world.local('same'))
    before = photograph(world, job)
    for other in (world.local('f'), world.downloads + '//f', world.downloads + '/./f', world.local('same/f')):
        refused('FileExists', job.add, OK, other)
        refused('FileExists', job.add_all, [(OK, world.local('g')), (OK, other)])
    refused('FileExists', world.service.submit, [(OK, world.local('g')), (OK, world.local('g'))])
    equal(photograph(world, job), before)


def test_jobs(world):
    service = world.service
    job = service.create()
    before = photograph(world, job)
    refused('StringTooLong', service.create, 'x' * 257)
    refused('StringTooLong', service.create, 'ü' * 257)
    refused('StringTooLong', service.create, MEBIBYTE)
    refused('InvalidArgument', service.create, 'a\nb')
    refused('InvalidArgument', service.create, 'x', 'sideways')
    refused('NotSupported', service.create, 'x', UploadProtocol='bits')
    refused('InvalidArgument', service.create, 'x', Colour=GLib.Variant('s', 'red'))
    refused('InvalidArgument', service.create, 'x', Priority='urgent')
    refused('InvalidArgument', service.create, 'x', Priority=GLib.Variant('u', 1))
    refused('StringTooLong', service.create, 'x', Description='x' * 1025)
    refused('ReadOnly', service.create, 'x', State=GLib.Variant('s', 'transferred'))
    refused('ReadOnly', service.create, 'x', Owner=GLib.Variant('u', 0))
    refused('Empty', service.submit, [])
    refused('Empty', job.add_all, [])
    refused('Empty', job.resume)
    equal(photograph(world, job), before)
    service.create('ü' * 256, Description='x' * 1024)


def test_properties(world):
    job = world.service.create()
    before = photograph(world, job)
    for name, value, names in (
            ('DisplayName', 'x' * 257, 'StringTooLong'), ('DisplayName', MEBIBYTE, 'StringTooLong'),
            ('Description', 'x' * 1025, 'StringTooLong'), ('Priority', 'urgent', 'InvalidArgument'),
            ('MinimumRetryDelay', GLib.Variant('s', '5'), ('InvalidArgs', 'InvalidArgument')),
            ('MinimumNotificationInterval', 3600001, 'InvalidArgument'),
            ('NotifyFlags', GLib.Variant('as', ['unknown']), 'InvalidArgument')):
        refused(names, job.set, name, value)
    for name in ('State', 'Owner', 'BytesTotal', 'Error', 'Id'):
        refused(('PropertyReadOnly', 'InvalidArgs', 'ReadOnly'), job.set, name, GLib.Variant('s', 'x'))
    refused(('UnknownProperty', 'InvalidArgs'), job.set, 'Colour', GLib.Variant('s', 'red'))
    refused(('UnknownProperty', 'InvalidArgs'), job.get, 'Colour')
    equal(photograph(world, job), before)


def test_names_that_do_not_exist(world):
    service = world.service
    job = service.create()
    nobody = '0' * 31 + '1'
    refused('NotFound', service.job, nobody)
    for word in ('', 'x', nobody[1:], nobody + '0', 'g' * 32, '../' + nobody, MEBIBYTE):
        refused('InvalidArgument', service.job, word)
    for member in ('Suspend', 'Resume', 'Cancel', 'Complete'):
        refused('UnknownObject', service.call, f'{ROOT}/Job/{nobody}', JOB, member)
    refused(('UnknownObject', 'UnknownMethod'), service.call, f'{ROOT}/Job/x', JOB, 'Cancel')
    refused('NotFound', job.call, 'RemoveFile', '(u)', 7)
    refused('NotFound', job.call, 'SetRemoteName', '(us)', 7, OK)
    refused('NotFound', service.manager, 'GetErrorDescription', '(s)', 'NoSuchError')
    true(len(service.manager('GetErrorDescription', '(s)', 'Empty')) > 5, 'a description')
    equal(service.manager('GetErrorDescription', '(s)', 'org.example.BackgroundCopy.Error.Empty'),
          service.manager('GetErrorDescription', '(s)', 'Empty'))
    for options in ({'state': ['sideways']}, {'unknown': GLib.Variant('b', True)},
                    {'offset': GLib.Variant('s', '1')}):
        refused('InvalidArgument', service.list, **options)
    for limit in (0, 1001, 1 << 31):
        raises('InvalidArgument', service.list, limit=limit)


def test_wrong_signatures(world):
    service = world.service
    job = service.create()
    refused('InvalidArgs', service.call, ROOT, MANAGER, 'CreateJob', '(s)', ('x',))
    refused('InvalidArgs', service.call, ROOT, MANAGER, 'Submit', '()', ())
    refused('InvalidArgs', job.call, 'Cancel', '(s)', 'please')
    refused('UnknownMethod', job.call, 'Explode')
    refused(('UnknownMethod', 'UnknownInterface'), service.call, ROOT, 'org.example.Nothing', 'CreateJob')
    equal(service.list(), [job.path])


def test_not_yet_served(world):
    """Nothing is accepted that is then ignored."""
    job = world.service.create()
    for member, signature, arguments in (
            ('ReplaceRemotePrefix', '(ss)', ('a', 'b')),
            ('SetCredentials', '(ssss)', ('server', 'negotiate', '', 'hunter2')),
            ('SetCredentials', '(ssss)', ('proxy', 'bearer', '', 'hunter2')), ('SetClientCertificate', '(ss)', ('/a', '/b')),
            ('RemoveClientCertificate', '()', ()), ('GetReplyData', '()', ()), ('SetValidationState', '(ub)', (0, True)),
            ('RequestFileRanges', '(ua(tt))', (0, [(0, 1)])), ('GetFilledRanges', '(u)', (0,)),
            ('UpdateDownloadPosition', '(ut)', (0, 1))):
        refused('NotSupported', job.call, member, signature, *arguments)
    with open(world.daemon.log, encoding='utf-8', errors='replace') as f:
        true('hunter2' not in f.read(), 'the password is in the log')


def test_limits(world):
    world.start(config={'MaxFilesPerJob': 3, 'MaxStoredBytesPerUser': 65536, 'MaxFilesPerUser': 1000})
    job = world.service.create()
    job.add_all([(OK, world.local(f'{n}')) for n in range(3)])
    before = photograph(world, job)
    if os.geteuid() != 0:
        raises('TooManyFiles', job.add, OK, world.local('3'))
        equal(photograph(world, job), before)
    # This one binds root too.
    long = 'http://127.0.0.1/' + 'x' * 8000
    other = world.service.create()
    refused('LimitsExceeded', lambda: [other.add(f'{long}{n}', world.local(f'long{n}')) for n in range(20)])
    true(len(other.every_file()) < 20, 'all were taken')


tap.main(globals())
