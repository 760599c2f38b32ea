# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The service as bgcopyctl sees it, played by the test: jobs that do what the test says, when it says so."""

import os
import queue
import threading

from gi.repository import Gio, GLib

NAME = 'org.example.BackgroundCopy'
ROOT = '/org/example/BackgroundCopy'
MANAGER = NAME + '.Manager'
JOB = NAME + '.Job'
UNKNOWN_SIZE = (1 << 64) - 1
LONG = 20  # seconds; far more than anything here takes
# Answered here and not by the library, which has its own idea of an object that does not exist.
PROPERTIES = """<node><interface name="org.freedesktop.DBus.Properties"><method name="GetAll">
<arg type="s" direction="in"/><arg type="a{sv}" direction="out"/></method></interface></node>"""


def interfaces():
    with open(os.path.join(os.environ['TOP_SRCDIR'], 'dbus', NAME + '.xml'), encoding='utf-8') as f:
        return Gio.DBusNodeInfo.new_for_xml(f.read())


class Failure(Exception):
    """An error of the API, by its last word, or a whole name with dots."""

    def __init__(self, name, message=''):
        super().__init__(message)
        self.name = name if '.' in name else f'{NAME}.Error.{name}'


class Job:
    def __init__(self, service, identity, **properties):
        self.service, self.id, self.path = service, identity, f'{ROOT}/Job/{identity}'
        self.files = []
        self.values = {
            'Id': ('s', identity), 'Type': ('s', 'download'), 'Owner': ('u', os.getuid()), 'State': ('s', 'queued'),
            'DisplayName': ('s', 'a file'), 'Description': ('s', ''), 'Priority': ('s', 'normal'),
            'BytesTotal': ('t', UNKNOWN_SIZE), 'BytesTransferred': ('t', 0), 'FilesTotal': ('u', 1),
            'FilesTransferred': ('u', 0), 'Rate': ('t', 0), 'CreationTime': ('x', 1700000000000000),
            'ModificationTime': ('x', 1700000000000000), 'CompletionTime': ('x', 0), 'MinimumRetryDelay': ('u', 600),
            'NoProgressTimeout': ('u', 1209600), 'MaximumDownloadTime': ('u', 7776000), 'ErrorCount': ('u', 0),
            'Error': ('a{sv}', {}), 'WaitReason': ('s', 'none'), 'NextAttempt': ('x', 0), 'RetryCount': ('u', 0),
            'NotifyFlags': ('as', ['transferred', 'error']), 'MinimumNotificationInterval': ('u', 500),
            'AutoComplete': ('b', False), 'UploadProtocol': ('s', 'auto'), 'SessionId': ('s', ''), 'ReplyFileName': ('s', ''),
            'ReplyBytesTotal': ('t', UNKNOWN_SIZE), 'ReplyBytesTransferred': ('t', 0), 'ServerCancelPending': ('b', False),
            'CancelDeadline': ('x', 0), 'BandwidthLimit': ('t', 0), 'CostPolicy': ('s', 'standard'), 'YieldsTo': ('s', 'nobody'),
            'Counters': ('a{st}', {'received': 0, 'sent': 0, 'refetched': 0, 'saved': 0})}
        self.set(**properties)

    def set(self, **properties):
        for name, value in properties.items():
            self.values[name] = (self.values[name][0], value)

    def variant(self, name):
        signature, value = self.values[name]
        return GLib.Variant(signature, value)

    def change(self, **properties):
        """Changes them and tells."""
        self.set(**properties)
        changed = {name: self.variant(name) for name in properties}
        self.service.emit(self.path, 'org.freedesktop.DBus.Properties', 'PropertiesChanged',
                          GLib.Variant('(sa{sv}as)', (JOB, changed, [])))

    def emit(self, name, parameters=None):
        self.service.emit(self.path, JOB, name, parameters)

    def finish(self):
        """As AutoComplete does."""
        for file in self.files:
            file['completed'] = GLib.Variant('b', True)
        self.change(State='acknowledged', FilesTransferred=len(self.files), Rate=0)
        self.emit('Transferred')

    def fail(self, name='HttpStatus', message='', status=0, **more):
        error = {'name': GLib.Variant('s', name), 'message': GLib.Variant('s', message)}
        if status:
            error['http-status'] = GLib.Variant('u', status)
        self.change(State='error', Error=error, **more)
        self.emit('Failed', GLib.Variant('(a{sv})', (error,)))


class FakeService:
    def __init__(self, bus):
        self.bus = bus
        self.jobs = {}          # by path, oldest first
        self.answers = {}       # method → Failure to answer with
        self.silent = set()     # methods that get no answer
        self.counters = {'received': 0, 'sent': 0, 'refetched': 0, 'saved': 0}
        self.outcomes = {}      # Cancel, Complete → outcome
        self.calls = queue.Queue()
        self.subscribers = set()
        self.next_id = 1
        self.deadline = 0       # of a cancelled upload whose server does not answer; 0: it does, at once
        self.on_submit = None   # called with the new job before its path is answered
        self.connection = None
        self.nodes = interfaces()
        self.properties = Gio.DBusNodeInfo.new_for_xml(PROPERTIES)
        self.ghosts = [f'{ROOT}/Job/{"f" * 32}']  # paths that answer that there is nothing
        self.context = GLib.MainContext.new()
        self.loop = GLib.MainLoop.new(self.context, False)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        self.context.push_thread_default()
        self.loop.run()

    def _in_loop(self, function, *arguments):
        """What registers must run where the callbacks shall."""
        done = queue.Queue()

        def call():
            try:
                done.put((function(*arguments), None))
            except Exception as error:  # handed to the caller
                done.put((None, error))
            return False

        self.context.invoke_full(GLib.PRIORITY_DEFAULT, call)
        result, error = done.get(timeout=LONG)
        if error:
            raise error
        return result

    # ---- life ----

    def start(self):
        self._in_loop(self._start)
        return self

    def _start(self):
        self.connection = self.bus.connect()
        self.connection.register_object(ROOT, self.nodes.lookup_interface(MANAGER), self._called, self._manager_property, None)
        for path in [*self.jobs, *self.ghosts]:
            self._register(path)
        self.connection.call_sync('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'RequestName',
                                  GLib.Variant('(su)', (NAME, 4)), None, Gio.DBusCallFlags.NONE, -1, None)

    def stop(self):
        """As a crash: subscriptions are forgotten, jobs are not."""
        if self.connection and not self.connection.is_closed():
            # What was answered is answered.
            self.connection.flush_sync(None)
            self.connection.close_sync(None)
        self.connection = None
        self.subscribers = set()

    def close(self):
        self.stop()
        self.loop.quit()
        self.thread.join(LONG)

    # ---- jobs ----

    def _register(self, path):
        self.connection.register_object(path, self.nodes.lookup_interface(JOB), self._called, None, None)
        self.connection.register_object(path, self.properties.interfaces[0], self._called, None, None)

    def add(self, identity=None, **properties):
        if identity is None:
            identity = f'{self.next_id:032x}'
            self.next_id += 1
        job = Job(self, identity, **properties)
        self.jobs[job.path] = job
        if self.connection:
            self._in_loop(self._register, job.path)
        return job

    def forget(self, job):
        del self.jobs[job.path]
        self.ghosts.append(job.path)

    # ---- talking ----

    def emit(self, path, interface, member, parameters):
        for subscriber in list(self.subscribers):
            self.connection.emit_signal(subscriber, path, interface, member, parameters)

    def wait(self, method):
        """The next call of @method, as (path, arguments)."""
        while True:
            name, path, arguments = self.calls.get(timeout=LONG)
            if name == method:
                return path, arguments

    def called(self):
        """What was called so far and not waited for."""
        names = []
        while not self.calls.empty():
            names.append(self.calls.get()[0])
        return names

    def _manager_property(self, _connection, _sender, _path, _interface, name):
        return {'Version': GLib.Variant('s', '0'), 'Capabilities': GLib.Variant('as', []),
                'Limits': GLib.Variant('a{sv}', {}), 'Bandwidth': GLib.Variant('a{sv}', {}),
                'Counters': GLib.Variant('a{st}', self.counters)}[name]

    def _called(self, _connection, sender, path, _interface, method, parameters, invocation):
        try:
            self.subscribers.add(sender)
            if path != ROOT and path not in self.jobs:
                raise Failure('org.freedesktop.DBus.Error.UnknownObject', 'there is no such object')
            if method in self.silent:
                self.calls.put((method, path, parameters.unpack()))
                return
            if method in self.answers:
                raise self.answers[method]
            reply = getattr(self, 'do_' + method)(path, *parameters)
            invocation.return_value(reply)
        except Failure as failure:
            invocation.return_dbus_error(failure.name, str(failure))
        except Exception as error:  # a fault of the test must not look like silence
            invocation.return_dbus_error('org.freedesktop.DBus.Error.Failed', repr(error))
        self.calls.put((method, path, parameters.unpack()))

    def do_GetAll(self, path, _interface):
        job = self.jobs[path]
        return GLib.Variant('(a{sv})', ({name: job.variant(name) for name in job.values},))

    def do_Subscribe(self, _path):
        return None

    def do_Submit(self, _path, name, kind, files, properties):
        # Registering here is right: we are in the loop.
        properties = {'State': 'connecting', **properties}
        job = Job(self, f'{self.next_id:032x}', DisplayName=name, Type=kind, FilesTotal=len(files), **properties)
        self.next_id += 1
        for index, (remote, local, _options) in enumerate(files):
            job.files.append({'index': GLib.Variant('u', index), 'remote': GLib.Variant('s', remote),
                              'local': GLib.Variant('s', local), 'completed': GLib.Variant('b', False),
                              'bytes-transferred': GLib.Variant('t', 0)})
        self.jobs[job.path] = job
        self._register(job.path)
        if self.on_submit:
            self.on_submit(job)
        return GLib.Variant('(o)', (job.path,))

    def do_CreateJob(self, _path, name, kind, properties):
        on_submit, self.on_submit = self.on_submit, None
        try:
            return self.do_Submit(_path, name, kind, [], {**properties, 'State': 'suspended'})
        finally:
            self.on_submit = on_submit

    def do_AddFile(self, path, remote, local, _options):
        job = self.jobs[path]
        index = len(job.files)
        job.files.append({'index': GLib.Variant('u', index), 'remote': GLib.Variant('s', remote),
                          'local': GLib.Variant('s', local), 'completed': GLib.Variant('b', False),
                          'bytes-transferred': GLib.Variant('t', 0)})
        job.set(FilesTotal=index + 1)
        return GLib.Variant('(u)', (index,))

    def do_SetCredentials(self, _path, _target, _scheme, _user, _password):
        return None

    def do_SetCustomHeaders(self, _path, _headers, _write_only):
        return None

    def do_ListJobs(self, _path, options):
        found = [p for p, job in self.jobs.items() if 'state' not in options or job.values['State'][1] in options['state']]
        offset = options.get('offset', 0)
        return GLib.Variant('(ao)', (found[offset:offset + options.get('limit', 1000)],))

    def do_ListFiles(self, path, first, limit):
        files = [f for f in self.jobs[path].files if f['index'].get_uint32() >= first]
        return GLib.Variant('(aa{sv})', (files[:min(limit, 1000)],))

    def do_Suspend(self, path):
        self.jobs[path].change(State='suspended')

    def do_Resume(self, path):
        job = self.jobs[path]
        # Made step by step, this is what Submit ends with.
        submitted = job.values['State'][1] == 'suspended' and job.values['FilesTransferred'][1] == 0
        job.change(State='queued')
        if submitted and self.on_submit:
            self.on_submit(job)

    def do_Cancel(self, path):
        job = self.jobs[path]
        if job.values['State'][1] in ('acknowledged', 'cancelled'):
            raise Failure('InvalidState', 'the job is ' + job.values['State'][1])
        job.change(State='cancelled', ServerCancelPending=self.deadline != 0, CancelDeadline=self.deadline)
        return GLib.Variant('(s)', (self.outcomes.get('Cancel', 'ok'),))

    def do_Complete(self, path):
        outcome = self.outcomes.get('Complete', 'ok')
        if outcome == 'ok':
            for file in self.jobs[path].files:
                file['completed'] = GLib.Variant('b', True)
        self.jobs[path].change(State='acknowledged')
        return GLib.Variant('(s)', (outcome,))
