# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""Services of the system that bgcopyd asks, as python-dbusmock plays them on the test's bus."""

import os
import subprocess
import sys

from gi.repository import Gio, GLib

import child


class Mock:
    def __init__(self, world, template, name, path, interface):
        """Starts the template and waits until it has its name; it ends with the test."""
        self.name, self.path, self.interface = name, path, interface
        self._start(world, template)
        self._wait_name()

    def _start(self, world, template):
        self.bus = world.bus.connect()
        environment = dict(os.environ, DBUS_SESSION_BUS_ADDRESS=world.bus.address,
                           DBUS_SYSTEM_BUS_ADDRESS=world.bus.address)
        with open(os.path.join(world.folder, 'mock.log'), 'ab') as log:
            self.process = child.start([sys.executable, '-m', 'dbusmock', '--template', template], env=environment,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        world._undo.append(self.stop)

    def _wait_name(self):
        loop = GLib.MainLoop.new(None, False)
        seen = []
        watch = Gio.bus_watch_name_on_connection(self.bus, self.name, Gio.BusNameWatcherFlags.NONE,
                                                 lambda *_: (seen.append(1), loop.quit()), None)
        late = GLib.timeout_add_seconds(60, lambda: loop.quit() or True)
        loop.run()
        GLib.source_remove(late)
        Gio.bus_unwatch_name(watch)
        if not seen:
            raise RuntimeError(f'{self.name} did not appear')

    def update(self, _path=None, _interface=None, **values):
        """Properties have other values, and are told."""
        signature = {bool: 'b', int: 'u', str: 's'}
        changed = {k: GLib.Variant(signature[type(v)], v) for k, v in values.items()}
        self.bus.call_sync(self.name, _path or self.path, 'org.freedesktop.DBus.Mock', 'UpdateProperties',
                           GLib.Variant('(sa{sv})', (_interface or self.interface, changed)), None,
                           Gio.DBusCallFlags.NONE, 30000, None)

    def call(self, member, signature, *arguments):
        self.bus.call_sync(self.name, self.path, 'org.freedesktop.DBus.Mock', member,
                           GLib.Variant(signature, arguments), None, Gio.DBusCallFlags.NONE, 30000, None)

    def stop(self):
        child.stop(self.process)


def network_manager(world, make=Mock):
    mock = make(world, 'networkmanager', 'org.freedesktop.NetworkManager', '/org/freedesktop/NetworkManager',
                'org.freedesktop.NetworkManager')
    # The template has no such property.
    mock.call('AddProperty', '(ssv)', mock.interface, 'Metered', GLib.Variant('u', 2))
    return mock


def power_profiles(world, make=Mock):
    return make(world, 'power_profiles_daemon', 'net.hadess.PowerProfiles', '/net/hadess/PowerProfiles',
                'net.hadess.PowerProfiles')


class Logind(Mock):
    def __init__(self, world):
        super().__init__(world, 'logind', 'org.freedesktop.login1', '/org/freedesktop/login1',
                         'org.freedesktop.login1.Manager')

    def log_in(self, uid):
        self.call('AddSession', '(ssusb)', 'c1', 'seat0', uid, 'somebody', True)
        # The template tells nobody.
        self.call('EmitSignal', '(sssav)', self.interface, 'SessionNew', 'so',
                  [GLib.Variant('s', 'c1'), GLib.Variant('o', '/org/freedesktop/login1/session/c1')])

    def set_state(self, uid, state):
        self.update(f'/org/freedesktop/login1/user/{uid}', 'org.freedesktop.login1.User', State=state)


def upower(world, make=Mock):
    return make(world, 'upower', 'org.freedesktop.UPower', '/org/freedesktop/UPower', 'org.freedesktop.UPower')
