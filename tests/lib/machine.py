# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""A machine of our own: a real systemd as PID 1 of namespaces, with the system's programs and what
`make install` adds to them. Nothing it writes reaches the disk of the machine that runs the test.

The test's process first gets a mount namespace. There a tmpfs holds the upper directories of overlays
over /etc, /home, /root, /usr and /var, which last from one boot to the next, and the /run and /tmp of
each boot. What is on disk below them is read-only inside, and so are /sys and /proc/sys. Taken down, or
killed, the namespaces end and with them everything in them."""

import ctypes
import os
import re
import shutil
import signal
import subprocess
import time

from gi.repository import Gio

import child
from skip import Skip

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNS = 0x00020000
OVERLAYS = ('etc', 'home', 'root', 'usr', 'var')
SYSTEMD = '/lib/systemd/systemd'
# What would talk to a terminal, wait for hardware, or see to file systems that are not ours.
MASKED = ('console-getty.service', 'container-getty@.service', 'getty@.service', 'getty.target', 'serial-getty@.service',
          'systemd-logind.service', 'systemd-firstboot.service', 'systemd-remount-fs.service', 'dev-hugepages.mount',
          'sys-fs-fuse-connections.mount', 'systemd-tmpfiles-clean.timer', 'postgresql.service', 'postgresql@.service')
INIT = r'''
set -e
mount --make-rprivate /
mount -t proc -o nosuid,nodev,noexec proc /proc
mount --bind /proc/sys /proc/sys
mount -o remount,bind,ro /proc/sys
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys
mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount --bind /dev/null /dev/console
mount --bind /dev/null /dev/kmsg
mount -o remount,bind,ro /
for place in etc home root usr var run tmp; do mount --rbind "$1/$place" "/$place"; done
exec env -i container=bgcopyd-test PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 \
  setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-wake_alarm \
  "$2" --show-status=0 --log-target=journal --default-standard-output=journal
'''


def cannot_run():
    """Why there can be no machine here, or None."""
    if os.geteuid() != 0:
        return 'a machine of its own takes root'
    if not os.path.exists(SYSTEMD):
        return 'there is no systemd'
    for program in ('unshare', 'nsenter', 'setpriv', 'dbus-daemon', 'nginx'):
        if not shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin:/sbin'):
            return f'there is no {program}'
    if not os.path.exists('/usr/lib/polkit-1/polkitd') and not os.path.exists('/usr/libexec/polkitd'):
        return 'there is no polkitd'
    if _cgroup_root() is None:
        return 'there is no cgroup2'
    return None


def _cgroup_root():
    """Where a cgroup2 is mounted."""
    with open('/proc/self/mounts', encoding='utf-8') as f:
        for line in f:
            words = line.split()
            if words[2] == 'cgroup2' and os.access(words[1], os.W_OK):
                return words[1]
    return None


def _mount(*arguments):
    subprocess.run(['mount', *arguments], check=True)


def _remove_cgroup(path):
    for folder, _, _ in os.walk(path, topdown=False):
        try:
            os.rmdir(folder)
        except OSError:
            pass


class Machine:
    def __init__(self, folder, network=None):
        """network: the path of a network namespace that it is to be in instead of one of its own."""
        why = cannot_run()
        if why:
            raise Skip(why)
        self.folder = os.path.join(folder, 'machine')
        self.network = network
        os.chmod(folder, 0o755)
        os.mkdir(self.folder, 0o755)
        self.process = None
        self.pid = None
        self._started = []
        self.boots = 0
        self._enter_mount_namespace()
        self._make_overlays()
        self._cgroup = os.path.join(_cgroup_root(), f'bgcopyd-test-{os.getpid()}-{id(self) & 0xffff:x}')

    # ---- outside ----

    def _enter_mount_namespace(self):
        if _libc.unshare(_CLONE_NEWNS) != 0:
            raise Skip('no mount namespace can be had: ' + os.strerror(ctypes.get_errno()))
        _mount('--make-rprivate', '/')
        _mount('-t', 'tmpfs', '-o', 'mode=755,size=4g', 'tmpfs', self.folder)

    def _make_overlays(self):
        for name in OVERLAYS:
            upper, work, merged = (os.path.join(self.folder, f'{kind}-{name}') for kind in ('upper', 'work', 'merged'))
            for path in (upper, work):
                os.mkdir(path, 0o755)
            shutil.copystat('/' + name, upper)
            merged = os.path.join(self.folder, name)
            os.mkdir(merged, 0o755)
            _mount('-t', 'overlay', '-o', f'lowerdir=/{name},upperdir={upper},workdir={work}', 'overlay', merged)
        for name in ('run', 'tmp'):
            os.mkdir(os.path.join(self.folder, name))
        # What the administrator of this machine has enabled stays out, as do its disks.
        units = self.path('/etc/systemd/system')
        shutil.rmtree(units, ignore_errors=True)
        os.makedirs(units)
        with open(self.path('/etc/fstab'), 'w', encoding='ascii'):
            pass
        for unit in MASKED:
            os.symlink('/dev/null', os.path.join(units, unit))
        # Nothing of the machine's own journal, which may be large.
        shutil.rmtree(self.path('/var/log/journal'), ignore_errors=True)
        with open(self.path('/etc/machine-id'), 'w', encoding='ascii') as f:
            f.write('0123456789abcdef0123456789abcdef\n')

    def path(self, inside):
        """The path outside of a file inside."""
        return self.folder + inside

    def add_user(self, name, uid):
        """Its home is private."""
        for file, line in (('passwd', f'{name}:x:{uid}:{uid}::/home/{name}:/bin/sh'), ('group', f'{name}:x:{uid}:'),
                           ('shadow', f'{name}:*:19000:0:99999:7:::')):
            with open(self.path('/etc/' + file), 'a', encoding='ascii') as f:
                f.write(line + '\n')
        home = self.path('/home/' + name)
        os.mkdir(home, 0o700)
        os.chown(home, uid, uid)

    def make(self, *arguments):
        """make in the build tree, with this machine as its destination."""
        environment = {k: v for k, v in os.environ.items() if k not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL')}
        done = subprocess.run(['make', '-s', '-C', os.environ['TOP_BUILDDIR'], f'DESTDIR=/proc/{self.pid}/root', *arguments],
                              capture_output=True, text=True, env=environment, check=False)
        if done.returncode != 0:
            raise RuntimeError(f'make {" ".join(arguments)}: {done.stdout}{done.stderr}')

    def install(self):
        """What an administrator does: make install, and tell those who are to look at it."""
        self.make('install')
        self.run('systemd-sysusers')
        self.run('systemctl', 'daemon-reload')
        self.run('busctl', 'call', 'org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'ReloadConfig')

    # ---- life ----

    def boot(self, seconds=60):
        for name, mode in (('run', '755'), ('tmp', '1777')):
            place = os.path.join(self.folder, name)
            if self.boots:
                subprocess.run(['umount', '-l', place], check=True)
            _mount('-t', 'tmpfs', '-o', f'mode={mode},size=1g', 'tmpfs', place)
        self.boots += 1
        os.makedirs(self._cgroup, exist_ok=True)
        procs = os.path.join(self._cgroup, 'cgroup.procs')
        # Moved there before the cgroup namespace is made, whose root it is to be.
        network = ['unshare', '--net'] if self.network is None else ['nsenter', '--net=' + self.network]
        script = ['sh', '-c', f'echo 0 > "{procs}" && exec "$@"', 'sh', *network,
                  'unshare', '--pid', '--fork', '--kill-child', '--mount', '--cgroup', '--uts', '--ipc',
                  'sh', '-c', INIT, 'sh', self.folder, SYSTEMD]
        with open(os.path.join(self.folder, 'boot.log'), 'ab') as log:
            self.process = child.start(script, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        end = time.monotonic() + seconds
        self.pid = None
        # Nothing tells from outside how far a boot has come.
        while self.pid is None:
            self._check_alive(end)
            found = child.children_of(self.process.pid)
            self.pid = found[0] if found else None
            time.sleep(0.01)
        while not os.path.exists(self.path('/run/systemd/private')):
            self._check_alive(end)
            time.sleep(0.01)
        state = self.run('systemctl', 'is-system-running', '--wait', check=False, seconds=seconds).stdout.strip()
        if state not in ('running', 'degraded'):
            raise RuntimeError(f'the machine is {state!r}')
        return state

    def _check_alive(self, end):
        if self.process.poll() is not None:
            with open(os.path.join(self.folder, 'boot.log'), encoding='utf-8', errors='replace') as f:
                raise RuntimeError('the machine did not start: ' + f.read()[-2000:])
        if time.monotonic() > end:
            raise RuntimeError('the machine does not come up')

    def power_off(self, seconds=60):
        """As systemctl poweroff: services stop in their order."""
        self.run('systemctl', '--no-block', 'poweroff')
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() > end:
                raise RuntimeError('the machine does not go off')
            # An end of the machine first stops every process; nsenter then stops too, is not in there to be
            # continued, and would leave its child unreaped.
            for process in self._started:
                process.send_signal(signal.SIGCONT)
            time.sleep(0.05)
        self._started = []
        self.pid = None

    def kill(self):
        """As if the plug were pulled, but that what was written stays."""
        if self.process and self.process.poll() is None:
            if self.pid:
                os.kill(self.pid, signal.SIGKILL)
            else:
                self.process.kill()
            self.process.wait()
        self.pid = None

    def close(self):
        self.kill()
        _remove_cgroup(self._cgroup)
        subprocess.run(['umount', '-l', self.folder], capture_output=True)

    # ---- inside ----

    def command(self, arguments, user=None):
        inside = ['nsenter', '--all', '--target', str(self.pid), '--']
        if user:
            inside += ['setpriv', f'--reuid={user}', f'--regid={user}', '--init-groups', '--']
        return inside + ['env', '-i', 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C.UTF-8',
                         f'HOME={"/home/" + user if user else "/root"}', f'USER={user or "root"}'] + list(arguments)

    def run(self, *arguments, user=None, check=True, seconds=60, stdin=None):
        """Runs a command inside to its end."""
        done = subprocess.run(self.command(arguments, user), capture_output=True, text=True, timeout=seconds, input=stdin,
                              cwd='/', check=False)
        if check and done.returncode != 0:
            raise RuntimeError(f'{" ".join(arguments)}: exit status {done.returncode}\n{done.stdout}{done.stderr}')
        return done

    def out(self, *arguments, **options):
        return self.run(*arguments, **options).stdout.strip()

    def start(self, *arguments, user=None, **options):
        self._started.append(child.start(self.command(arguments, user), **options))
        return self._started[-1]

    def show(self, unit, name):
        return self.out('systemctl', 'show', '--value', f'--property={name}', unit)

    def journal(self, *arguments):
        return self.run('journalctl', '--no-pager', '-o', 'short-precise', *arguments, check=False).stdout
