# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A world (see world.py) that is a machine with bgcopyd installed, users, and a web server."""

import ctypes
import fcntl
import os
import re
import socket
import subprocess
import threading
import time

from gi.repository import Gio

from daemon import BROKEN
from job import Service
import tap
from machine import Machine
from skip import Skip
from web import BUNDLES
from world import World

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000
ROOT = '/org/example/BackgroundCopy'
NAME = 'org.example.BackgroundCopy'
USERS = {'alice': 2001, 'bob': 2002}
PORT, SECURE_PORT = 8080, 8443
NGINX = '''
user root; worker_processes 1; daemon off; pid /run/test-nginx.pid; error_log /var/web/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log /var/web/access.log; default_type application/octet-stream; sendfile on;
  client_body_temp_path /var/web/t1; proxy_temp_path /var/web/t2; fastcgi_temp_path /var/web/t3; uwsgi_temp_path /var/web/t4;
  scgi_temp_path /var/web/t5;
  ssl_certificate /var/web/server.pem; ssl_certificate_key /var/web/server.key;
  server {{
    listen 127.0.0.1:{port}; listen 127.0.0.1:{secure} ssl; root /var/web/files;
    {slow}
    location /status/503 {{ return 503; }}
  }}
}}
'''


def main(module):
    """tap.main() for tests of machines: one file at a time, as they measure time and install from one tree."""
    with open(os.path.join(os.environ['TOP_BUILDDIR'], 'machine.lock'), 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tap.main(module, make=MachineWorld)


class UserBus:
    """The machine's system bus, connected to as one user."""

    def __init__(self, machine, uid):
        self.machine, self.uid = machine, uid

    def connect(self):
        os.seteuid(self.uid)
        try:
            connection = Gio.DBusConnection.new_for_address_sync(
                'unix:path=' + self.machine.path('/run/dbus/system_bus_socket'),
                Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        finally:
            os.seteuid(0)
        connection.set_exit_on_close(False)
        return connection


class MachineWorld(World):
    def __init__(self, random=None):
        super().__init__(random)
        makefile = os.path.join(os.environ['TOP_BUILDDIR'], 'Makefile')
        with open(makefile, encoding='utf-8') as f:
            self.variables = dict(re.findall(r'(?m)^(\w+) = (.*)$', f.read()))
        if '-fsanitize' in self.variables.get('SAN_CFLAGS', ''):
            raise self._give_up("a sanitizer's runtime does not live in such a sandbox")
        if self.variables['prefix'] not in ('/usr', '/usr/local'):
            raise self._give_up('the build is for a prefix where systemd does not look')
        self._services, self._web_process = [], None
        try:
            self.machine = Machine(self.folder)
        except Skip:
            os.rmdir(self.downloads)
            os.rmdir(self.folder)
            raise
        try:
            # Those that an earlier test added are not of this machine.
            for name in ('alice', 'bob'):
                self.machine.add_user(name, USERS[name])
            self._configure_web()
            self.machine.boot()
            self.machine.install()
            self._start_web()
        except BaseException:
            self.close()
            raise

    def _give_up(self, why):
        os.rmdir(self.downloads)
        os.rmdir(self.folder)
        return Skip(why)

    # ---- web ----

    def _configure_web(self):
        os.makedirs(self.machine.path('/var/web/files'))
        slow = '\n'.join(f'location /slow/{n}/ {{ alias /var/web/files/; limit_rate {n}k; }}' for n in (16, 64, 256, 1024))
        with open(self.machine.path('/var/web/nginx.conf'), 'w', encoding='utf-8') as f:
            f.write(NGINX.format(port=PORT, secure=SECURE_PORT, slow=slow))

        # Trusted inside, for a name and an address.
        key, certificate = (self.machine.path('/var/web/server.' + kind) for kind in ('key', 'pem'))
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
                        '-keyout', key, '-out', certificate, '-days', '2', '-subj', '/CN=localhost', '-addext',
                        'subjectAltName=IP:127.0.0.1,DNS:localhost'], check=True, capture_output=True)
        bundle = next((b for b in BUNDLES if os.path.exists(b)), None)
        if bundle:
            with open(certificate, encoding='ascii') as f, open(self.machine.path(bundle), 'a', encoding='ascii') as out:
                out.write(f.read())

    def _start_web(self):
        self._web_process = self.machine.start('nginx', '-p', '/var/web', '-c', '/var/web/nginx.conf', '-e', '/var/web/error.log')
        self.until(lambda: os.path.exists(self.machine.path('/run/test-nginx.pid')), 'nginx')

    def put(self, name, content):
        path = self.machine.path('/var/web/files/' + name)
        with open(path, 'wb') as f:
            f.write(content)
        os.utime(path, (time.time() - 86400, time.time() - 86400))
        return self.url(name)

    @staticmethod
    def url(name):
        return f'http://127.0.0.1:{PORT}/{name}'

    def listen(self):
        """A listening socket on the machine's loopback."""
        made = []

        def enter():
            with open(f'/proc/{self.machine.pid}/ns/net', 'rb') as namespace:
                # Of this thread alone.
                if _libc.setns(namespace.fileno(), _CLONE_NEWNET) == 0:
                    made.append(socket.create_server(('127.0.0.1', 0)))
        thread = threading.Thread(target=enter)
        thread.start()
        thread.join()
        return made[0]

    # ---- service ----

    def configure(self, section, **values):
        """What an administrator adds to the configuration; read at the start of the daemon, or by reload()."""
        path = self.machine.path(self.variables['sysconfdir'].replace('${prefix}', self.variables['prefix'])
                                 + '/bgcopyd/bgcopyd.conf.d/50-test.conf')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='ascii') as f:
            f.write(f'[{section}]\n' + ''.join(f'{name}={value}\n' for name, value in values.items()))
        os.chmod(path, 0o644)

    def reload(self):
        self.machine.run('systemctl', 'reload', 'bgcopyd.service')

    def as_user(self, name):
        """The service as this user sees it; started if it does not run."""
        if self.machine.show('bgcopyd.service', 'ActiveState') != 'active':
            self.machine.run('systemctl', 'start', 'bgcopyd.service')
        service = Service(UserBus(self.machine, USERS.get(name, 0)))
        self._services.append(service)
        return service

    def gdbus(self, member, *arguments, user=None, path=ROOT, check=True):
        return self.machine.run('gdbus', 'call', '--system', '-d', NAME, '-o', path, '-m', f'{NAME}.{member}', *arguments,
                                user=user, check=check)

    @property
    def pid(self):
        """Of the daemon, inside."""
        return int(self.machine.show('bgcopyd.service', 'MainPID'))

    def worker_pid(self, user):
        return int(self.machine.show(f'bgcopy-worker@{USERS.get(user, 0)}.service', 'MainPID'))

    def workers(self):
        """Units of workers that are not inactive."""
        said = self.machine.out('systemctl', 'list-units', '--plain', '--no-legend', '--no-pager', 'bgcopy-worker@*.service')
        return sorted(line.split()[0] for line in said.splitlines() if line.split()[2] != 'inactive')

    def home(self, user, name=''):
        """The path outside of a file in the home of a user."""
        return self.machine.path((f'/home/{user}' if user in USERS else '/root') + '/' + name)

    def read_home(self, user, name):
        with open(self.home(user, name), 'rb') as f:
            return f.read()

    def drop_in(self, unit, text):
        folder = self.machine.path(f'/etc/systemd/system/{unit}.d')
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, 'test.conf'), 'w', encoding='utf-8') as f:
            f.write('[Service]\n' + text)
        self.machine.run('systemctl', 'daemon-reload')

    def forget_connections(self):
        """After the daemon or the bus has gone."""
        for service in self._services:
            service.close()
        self._services = []

    def reboot(self, hard=False):
        self.forget_connections()
        if hard:
            self.machine.kill()
        else:
            self.machine.power_off()
        self.machine.boot()
        self._start_web()

    @staticmethod
    def until(condition, what, seconds=30):
        """For what no signal tells of."""
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise AssertionError(f'waited {seconds} s for {what}')
            time.sleep(0.02)

    # ---- the end ----

    def finish(self):
        self.forget_connections()
        journal = self.machine.journal('-t', 'bgcopyd', '-t', 'bgcopy-worker')
        complaints = [line for line in journal.splitlines() if BROKEN.search(line)]
        if complaints:
            raise AssertionError('in the journal: ' + '\n'.join(complaints[:20]))

    def close(self):
        self.forget_connections()
        if self.machine.pid:
            World._words = self.machine.journal('-n', '100', '-u', 'bgcopyd.service', '-u', 'bgcopy-worker@*')
        self.machine.close()
        super_words = World._words
        super().close()
        World._words = super_words
