# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""The bus API as tests speak it: Python values in, Python values out, states waited for through signals."""

from gi.repository import Gio, GLib

NAME = 'org.example.BackgroundCopy'
ROOT = '/org/example/BackgroundCopy'
MANAGER = NAME + '.Manager'
JOB = NAME + '.Job'
UNKNOWN = 18446744073709551615
# Types of the keys that travel in an a{sv}.
TYPES = {
    'size': 't', 'checksum': 's', 'overwrite': 'b', 'mirrors': 'as', 'ranges': 'a(tt)',
    'all-users': 'b', 'state': 'as', 'offset': 'u', 'limit': 'u',
    'DisplayName': 's', 'Description': 's', 'Priority': 's', 'MinimumRetryDelay': 'u', 'NoProgressTimeout': 'u',
    'MaximumDownloadTime': 'u', 'MinimumNotificationInterval': 'u', 'AutoComplete': 'b', 'NotifyFlags': 'as',
    'UploadProtocol': 's', 'ReplyFileName': 's', 'CostPolicy': 's', 'BandwidthLimit': 't',
}


class BusError(Exception):
    """name: the last word of the error's bus name."""

    def __init__(self, error):
        self.whole = Gio.DBusError.get_remote_error(error) or f'{error.domain}:{error.code}'
        Gio.DBusError.strip_remote_error(error)
        self.message = error.message
        self.name = self.whole.rsplit('.', 1)[-1]
        super().__init__(f'{self.whole}: {self.message}')


def variants(values):
    """A dictionary for a{sv}; a value may be a GLib.Variant already, to try a wrong type."""
    return {k: v if isinstance(v, GLib.Variant) else GLib.Variant(TYPES[k], v) for k, v in values.items()}


def unpack(value):
    return value.unpack() if value is not None else None


def files_of(files):
    return [(f[0], f[1], variants(f[2] if len(f) > 2 else {})) for f in files]


class Service:
    """The service as one client sees it, on a connection of its own, subscribed to all its jobs."""

    def __init__(self, bus, subscribe=True):
        self.connection = bus.connect()
        self.signals = []
        self._watch = self.connection.signal_subscribe(
            NAME, None, None, None, None, Gio.DBusSignalFlags.NONE, self._heard)
        self.jobs = {}
        if subscribe:
            self.manager('Subscribe')

    def _heard(self, _connection, _sender, path, interface, member, parameters):
        self.signals.append((path, member, parameters.unpack()))
        job = self.jobs.get(path)
        if job and member == 'PropertiesChanged':
            job.changes.append(parameters.unpack()[1])

    def close(self):
        self.connection.signal_unsubscribe(self._watch)
        if not self.connection.is_closed():
            self.connection.close_sync(None)

    def call(self, path, interface, member, signature='()', arguments=(), seconds=60):
        return self.call_with(path, interface, member, GLib.Variant(signature, arguments), seconds)

    def call_with(self, path, interface, member, arguments, seconds=60):
        """As call(), with the message's body as it is."""
        try:
            reply = self.connection.call_sync(NAME, path, interface, member, arguments,
                                              None, Gio.DBusCallFlags.NO_AUTO_START, seconds * 1000, None)
        except GLib.Error as error:
            raise BusError(error) from None
        values = reply.unpack()
        return values[0] if len(values) == 1 else (values or None)

    def manager(self, member, signature='()', *arguments):
        return self.call(ROOT, MANAGER, member, signature, arguments)

    def _job(self, path):
        return self.jobs.setdefault(path, Job(self, path))

    def submit(self, files, name='test', type='download', **properties):
        """files: (remote, local) or (remote, local, {option: value}) each."""
        return self.send(self.prepare(files, name, type, **properties))

    def prepare(self, files, name='test', type='download', **properties):
        """What submit() sends."""
        return GLib.Variant('(ssa(ssa{sv})a{sv})', (name, type, files_of(files), variants(properties)))

    def send(self, prepared):
        return self._job(self.call_with(ROOT, MANAGER, 'Submit', prepared))

    def create(self, name='test', type='download', **properties):
        return self._job(self.manager('CreateJob', '(ssa{sv})', name, type, variants(properties)))

    def job(self, job_id):
        return self._job(self.manager('GetJob', '(s)', job_id))

    def list(self, **options):
        return self.manager('ListJobs', '(a{sv})', variants(options))

    def managed(self):
        return self.call(ROOT, 'org.freedesktop.DBus.ObjectManager', 'GetManagedObjects')

    def property(self, name):
        return self.call(ROOT, 'org.freedesktop.DBus.Properties', 'Get', '(ss)', (MANAGER, name))

    def wait(self, condition, what, seconds=30):
        """Until condition() is true, looked at after every message of the bus."""
        context = GLib.MainContext.default()
        expired = []
        late = GLib.timeout_add_seconds(seconds, lambda: expired.append(1) or True)
        try:
            while not condition():
                if expired:
                    raise AssertionError(f'waited {seconds} s for {what}')
                context.iteration(True)
        finally:
            GLib.source_remove(late)


class Job:
    def __init__(self, service, path):
        self.service, self.path = service, path
        self.changes = []

    @property
    def id(self):
        return self.path.rsplit('/', 1)[1]

    def call(self, member, signature='()', *arguments, seconds=60):
        return self.service.call(self.path, JOB, member, signature, arguments, seconds)

    def get(self, name):
        return self.service.call(self.path, 'org.freedesktop.DBus.Properties', 'Get', '(ss)', (JOB, name))

    def all(self):
        return self.service.call(self.path, 'org.freedesktop.DBus.Properties', 'GetAll', '(s)', (JOB,))

    def set(self, name, value):
        value = value if isinstance(value, GLib.Variant) else GLib.Variant(TYPES[name], value)
        self.service.call(self.path, 'org.freedesktop.DBus.Properties', 'Set', '(ssv)', (JOB, name, value))

    @property
    def state(self):
        return self.get('State')

    def add(self, remote, local, **options):
        return self.call('AddFile', '(ssa{sv})', remote, local, variants(options))

    def add_all(self, files):
        return self.call('AddFiles', '(a(ssa{sv}))', files_of(files))

    def files(self, first=0, limit=0):
        return self.call('ListFiles', '(uu)', first, limit)

    def every_file(self):
        found, first = [], 0
        while True:
            page = self.files(first)
            if not page:
                return found
            found += page
            first = page[-1]['index'] + 1

    def suspend(self):
        self.call('Suspend')

    def resume(self):
        self.call('Resume')

    def cancel(self):
        return self.call('Cancel')

    def complete(self):
        return self.call('Complete')

    def wait_state(self, *states, seconds=30):
        """Until the job is in one of the states; signals say when to look, the property says what is so."""
        seen = [None, 0]

        def reached():
            if seen[0] is None or len(self.changes) != seen[1]:
                seen[1] = len(self.changes)
                seen[0] = self.state
            return seen[0] in states

        try:
            self.service.wait(reached, f'{" or ".join(states)}', seconds)
        except AssertionError as error:
            now = self.all()
            raise AssertionError(f'{error}; last seen {seen[0]}, now {now["State"]} {now.get("Error")}; told: '
                                 f'{self.changes[-3:]}') from None
        return seen[0]

    def wait_bytes(self, count, seconds=30):
        """Until so many bytes are durable."""
        def reached():
            return self.get('BytesTransferred') >= count
        seen = [-1, False]

        def look():
            if seen[0] != len(self.changes):
                seen[0] = len(self.changes)
                seen[1] = reached()
            return seen[1]
        self.service.wait(look, f'{count} bytes (have {self.get("BytesTransferred")})', seconds)
