#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What stands between the users, the daemon and the network, tried from both sides; and that what befalls one
worker costs its owner a try, and nobody else anything."""

import os
import signal
import time

import machine_world
import tap
from machine_world import PORT, USERS
from tap import equal, true

# Runs as bob. Looks at what the kernel shows of a process; says what it got.
PRY = '''
import ctypes, os, sys
got = []
for pid in sys.argv[1:]:
    for name in ("mem", "environ", "maps", "smaps", "auxv", "io", "stack", "syscall", "personality", "pagemap", "numa_maps",
                 "timers", "map_files", "fd", "fdinfo", "cwd", "root", "exe", "ns/net", "ns/mnt"):
        path = "/proc/%s/%s" % (pid, name)
        try:
            if name in ("cwd", "root", "exe") or name.startswith("ns/"):
                os.readlink(path)
            elif name in ("map_files", "fd", "fdinfo"):
                os.listdir(path)
            else:
                with open(path, "rb") as f:
                    f.seek(0)
                    if not f.read(1):
                        continue
            got.append(path)
        except OSError as error:
            # Of memory at address 0 even its owner is told this.
            if name == "mem" and error.errno == 5:
                got.append(path)
    if ctypes.CDLL(None, use_errno=True).ptrace(16, int(pid), 0, 0) == 0:
        got.append("trace of " + pid)
    try:
        os.kill(int(pid), 0)
        got.append("signal to " + pid)
    except PermissionError:
        pass
print(len(got), *got)
'''

# Runs in the place of the daemon, in its sandbox; says what it could do that it should not, and what it could not
# that it should.
INSIDE = '''
import ctypes, mmap, os, socket
wrong = []
def refused(what, function, *arguments):
    try:
        function(*arguments)
    except (OSError, PermissionError, ValueError):
        return
    wrong.append(what)
def connect(*address):
    s = socket.socket(socket.AF_INET)
    s.settimeout(3)
    s.connect(address)
def connect_abstract():
    s = socket.socket(socket.AF_UNIX)
    s.connect("\\0test-abstract")
def write(path):
    with open(path, "w") as f:
        f.write("x")
def call(number, *arguments):
    if ctypes.CDLL(None, use_errno=True).syscall(number, *arguments) < 0:
        raise OSError()
for family in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_BLUETOOTH"):
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW):
        refused("a socket of " + family, socket.socket, getattr(socket, family, 99), kind)
refused("a connection to the server", connect, "127.0.0.1", PORT)
refused("an abstract socket of the machine", connect_abstract)
refused("another's process", os.kill, 1, 0)
for path in ("/home/alice", "/home/bob", "/root"):
    refused("the list of " + path, lambda: os.listdir(path)[0] if os.path.isdir(path) and os.listdir(path) else os.listdir("/none"))
for path in ("/etc/x", "/usr/x", "/var/x", "/var/www/x", "/home/alice/x", "/run/x", "/sys/x", "/proc/sys/kernel/hostname"):
    refused("writing " + path, write, path)
refused("memory to write and run", mmap.mmap, -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_WRITE | mmap.PROT_EXEC)
refused("another uid", os.setuid, 0)
refused("a namespace", call, 272, 0x10000000)
refused("a trace", call, 101, 0, 0, 0, 0)
refused("a mount", call, 165, 0, 0, 0, 0, 0)
refused("a setuid file", os.chmod, "/var/lib/bgcopyd", 0o6755)
try:
    write("/var/lib/bgcopyd/probe")
    os.unlink("/var/lib/bgcopyd/probe")
    socket.socket(socket.AF_UNIX).connect("/run/dbus/system_bus_socket")
except OSError as error:
    wrong.append("what it needs: " + str(error))
with open("/var/lib/bgcopyd/said", "w") as f:
    f.write(str(["tried"] + wrong))
'''.replace('PORT', str(PORT))

# Runs as bob. Takes what appears in a directory away, or exchanges it, as far as he may.
SNATCH = '''
import os, sys, time
print("begun", flush=True)
folder, own, done = sys.argv[1], sys.argv[2], 0
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        for way in (os.rename, os.symlink, os.link, os.unlink):
            try:
                if way is os.rename:
                    os.rename(path, os.path.join(folder, "taken"))
                elif way is os.unlink:
                    os.unlink(path)
                else:
                    way(own, path)
                done += 1
            except OSError:
                pass
    time.sleep(0.001)
print(done, flush=True)
'''

# Runs as alice. Her own directory becomes, again and again, a link to one that bob owns, where everybody may write.
REDIRECT = '''
import os, sys, time
print("begun", flush=True)
folder, other, swaps = sys.argv[1], sys.argv[2], 0
end = time.monotonic() + float(sys.argv[3])
while time.monotonic() < end:
    os.rename(folder, folder + ".aside")
    os.symlink(other, folder)
    time.sleep(0.005)
    os.unlink(folder)
    os.rename(folder + ".aside", folder)
    time.sleep(0.005)
    swaps += 1
print(swaps, flush=True)
'''


def submit(world, user, content, path, rate=256, **options):
    world.put(user, content)
    return world.as_user(user).submit([(world.url(f'slow/{rate}/{user}'), path)], AutoComplete=True, **options)


def make(world, path, user, mode, content=None):
    outside = world.machine.path(path)
    if content is None:
        os.makedirs(outside)
    else:
        with open(outside, 'w', encoding='ascii') as f:
            f.write(content)
    uid = USERS.get(user, 0)
    os.chown(outside, uid, uid)
    os.chmod(outside, mode)
    return outside


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def run_python(world, script, *arguments, user=None):
    return world.machine.start('/usr/bin/python3', '-c', script, *arguments, user=user, stdout=-1, text=True)


def test_proc(world):
    """What the kernel shows of alice's worker and of the daemon is not for bob, nor for bob's worker."""
    content = world.bytes(1_000_000)
    job = submit(world, 'alice', content, '/home/alice/file')
    job.wait_state('transferring')
    victims = [str(world.worker_pid('alice')), str(world.pid)]
    process = run_python(world, PRY, *victims, user='bob')
    equal(process.communicate(timeout=30)[0].strip(), '0', 'what bob got')
    # The same tried on his own shows that it was tried.
    true(int(run_python(world, PRY.replace('sys.argv[1:]', '[str(os.getpid())]'), user='bob').communicate(timeout=30)[0]
             .split()[0]) > 10, 'nothing was tried')
    for pid in victims:
        line = world.machine.out('cat', f'/proc/{pid}/cmdline', user='bob')
        true(job.id not in line and 'alice' not in line.replace('/home/alice', 'alice') and str(PORT) not in line,
             f'the command line tells {line!r}')
    # In the sandbox of a worker there are no processes of others.
    own = world.as_user('bob').submit([(world.url('slow/16/alice'), '/home/bob/file')])
    own.wait_state('transferring')
    seen = world.machine.out('nsenter', f'--mount=/proc/{world.worker_pid("bob")}/ns/mnt', 'setpriv', '--reuid=bob',
                             '--regid=bob', '--clear-groups', 'sh', '-c', 'echo /proc/[0-9]*').split()
    true(not {'/proc/' + pid for pid in victims} & set(seen), f'it sees {seen}')
    job.wait_state('acknowledged')
    equal(world.read_home('alice', 'file'), content)


def test_the_daemon_is_locked_in(world):
    """Another program in its place, with all that its unit says: no network, no files of users, nothing to run."""
    listener = make(world, '/var/listen.py', 'root', 0o644,
                    'import socket, time\ns = socket.socket(socket.AF_UNIX)\ns.bind("\\0test-abstract")\ns.listen()\n'
                    'print("begun", flush=True)\ntime.sleep(60)\n')
    waiting = world.machine.start('/usr/bin/python3', '/var/listen.py', stdout=-1, text=True)
    equal(waiting.stdout.readline(), 'begun\n', listener)
    make(world, '/home/alice/file', 'alice', 0o644, 'x')
    make(world, '/usr/share/inside.py', 'root', 0o644, INSIDE)
    world.drop_in('bgcopyd.service', 'Type=oneshot\nBusName=\nNotifyAccess=none\nWatchdogSec=0\nRestart=no\nExecStart=\n'
                                     'ExecStart=/usr/bin/python3 /usr/share/inside.py\n')
    world.machine.run('systemctl', 'start', 'bgcopyd.service')
    equal(world.machine.out('cat', '/var/lib/bgcopyd/said'), "['tried']", 'what went wrong')
    for name, value in (('PrivateNetwork', 'yes'), ('RestrictAddressFamilies', 'AF_UNIX'), ('ProtectHome', 'yes')):
        equal(world.machine.show('bgcopyd.service', name), value, name)
    # Outside of it the same would go.
    free = run_python(world, INSIDE.replace('/var/lib/bgcopyd/said', '/tmp/said'))
    free.communicate(timeout=60)
    said = world.machine.out('cat', '/tmp/said')
    for part in ('a socket of AF_INET', 'a connection to the server', 'an abstract socket', 'the list of /home/alice',
                 'writing /etc/x', 'memory to write and run'):
        true(part in said, f'{part} cannot be tried here: {said}')
    waiting.kill()
    waiting.wait()


def test_shared_directory(world):
    """Where everybody may write, and nobody remove what is another's: bob gets at nothing."""
    folder = make(world, '/var/shared', 'root', 0o1777)
    own = make(world, '/home/bob/own', 'bob', 0o666, 'of bob')
    content = world.bytes(1_200_000)
    job = submit(world, 'alice', content, '/var/shared/file')
    thief = run_python(world, SNATCH, '/var/shared', '/home/bob/own', '8', user='bob')
    job.wait_state('acknowledged', seconds=60)
    equal(thief.communicate(timeout=30)[0].splitlines()[1:], ['0'], 'what bob could do')
    equal((read(folder + '/file'), job.get('ErrorCount'), os.listdir(folder)), (content, 0, ['file']))
    equal(os.stat(folder + '/file').st_uid, USERS['alice'])
    equal(read(own), b'of bob')


def test_unprotected_directory(world):
    """Where everybody may remove everything bob can take a file from alice. He cannot have her write to another."""
    folder = make(world, '/var/shared', 'root', 0o777)
    own = make(world, '/var/own', 'bob', 0o666, 'of bob')
    make(world, '/home/alice/secret', 'alice', 0o600, 'of alice')
    content = world.bytes(300_000)
    thief = run_python(world, SNATCH, '/var/shared', '/var/own', '8', user='bob')
    equal(thief.stdout.readline(), 'begun\n')
    service = world.as_user('alice')
    world.put('alice', content)
    jobs = []
    while thief.poll() is None:
        jobs.append(service.submit([(world.url('slow/1024/alice'), f'/var/shared/file{len(jobs)}')], AutoComplete=True))
        time.sleep(0.3)
    done = int(thief.stdout.read())
    ends = {}
    for job in jobs:
        state = job.wait_state('acknowledged', 'error', 'transient-error', seconds=60)
        name = job.get('Error').get('name', '')
        true(state == 'acknowledged' or name in ('LocalFileChanged', 'FileExists', 'InvalidPath', 'AccessDenied'),
             f'{state}: {name}')
        ends[state + ' ' + name] = ends.get(state + ' ' + name, 0) + 1
    tap.diagnose(f'{done} things that bob did, {len(jobs)} jobs: {ends}')
    true(done > 5, 'nothing was tried')
    equal((read(own), read(world.home('alice', 'secret'))), (b'of bob', b'of alice'))
    equal(os.stat(own).st_uid, USERS['bob'])
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if not os.path.islink(path) and os.stat(path).st_uid == USERS['alice'] and not name.startswith(('.bgcopy-', 'taken')):
            equal(read(path), content, name)


def test_own_directory_becomes_a_link(world):
    """While alice's transfer runs her directory leads to bob's, and back, and again: what is bob's stays as it is."""
    make(world, '/home/alice/folder', 'alice', 0o755)
    bobs = make(world, '/var/bobs', 'bob', 0o777)
    file = make(world, '/var/bobs/file', 'bob', 0o666, 'of bob')
    os.link(file, bobs + '/same')
    content = world.bytes(1_000_000)
    job = submit(world, 'alice', content, '/home/alice/folder/file')
    job.wait_state('transferring')
    swapper = run_python(world, REDIRECT, '/home/alice/folder', '/var/bobs', '6', user='alice')
    state = job.wait_state('acknowledged', 'error', 'transient-error', seconds=60)
    swaps = int(swapper.communicate(timeout=30)[0].split()[1])
    tap.diagnose(f'{swaps} swaps: {state} {job.get("Error")}')
    true(swaps > 20, 'nothing was tried')
    if state == 'transient-error':
        job.resume()
        state = job.wait_state('acknowledged', 'error', seconds=60)
    if state == 'acknowledged':
        equal(read(world.home('alice', 'folder/file')), content)
    else:
        true(job.get('Error')['name'] in ('LocalFileChanged', 'InvalidPath', 'AccessDenied', 'FileExists'), job.get('Error'))
    # Under both of its names.
    equal((read(file), read(bobs + '/same')), (b'of bob', b'of bob'))
    equal(sorted(os.listdir(bobs)), ['file', 'same'], "in bob's directory")


def worker_ends(world, *signals):
    content, other_content = world.bytes(1_500_000), world.bytes(1_500_000)
    other = submit(world, 'bob', other_content, '/home/bob/file')
    job = submit(world, 'alice', content, '/home/alice/file', MinimumRetryDelay=5)
    for number in signals:
        job.wait_state('transferring')
        worker, others, daemon = world.worker_pid('alice'), world.worker_pid('bob'), world.pid
        world.machine.run('kill', f'-{number.value}', str(worker))
        job.wait_state('transient-error')
        equal((job.get('Error')['name'], job.get('WaitReason')), ('WorkerLost', 'worker-lost'))
        equal((world.worker_pid('bob') in (others, 0), world.pid), (True, daemon))
        job.resume()
    job.wait_state('acknowledged', seconds=60)
    equal(world.read_home('alice', 'file'), content)
    other.wait_state('acknowledged', seconds=60)
    equal((world.read_home('bob', 'file'), other.get('ErrorCount')), (other_content, 0))


def test_worker_crashes(world):
    worker_ends(world, signal.SIGSEGV, signal.SIGABRT)


def test_worker_out_of_memory(world):
    """A worker that gets none: it cannot start or aborts. With some it ends right."""
    content, other_content = world.bytes(100_000), world.bytes(1_500_000)
    other = submit(world, 'alice', other_content, '/home/alice/file')
    other.wait_state('transferring')
    daemon = world.pid
    service = world.as_user('bob')
    job = service.create(MinimumRetryDelay=5)
    job.add(world.put('small', content), '/home/bob/file')
    world.until(lambda: 'bgcopy-worker@2002.service' not in world.workers(), "bob's worker to end")
    world.drop_in('bgcopy-worker@2002.service', 'LimitAS=20M\n')
    job.resume()
    job.wait_state('transient-error', seconds=60)
    equal(job.get('Error')['name'], 'WorkerLost')
    os.unlink(world.machine.path('/etc/systemd/system/bgcopy-worker@2002.service.d/test.conf'))
    world.machine.run('systemctl', 'daemon-reload')
    job.resume()
    job.wait_state('transferred', seconds=60)
    equal(job.complete(), 'ok')
    equal(world.read_home('bob', 'file'), content)
    other.wait_state('acknowledged', seconds=60)
    equal((world.read_home('alice', 'file'), other.get('ErrorCount'), world.pid), (other_content, 0, daemon))


def test_full_file_system(world):
    """No space is a wait, not an end: with room again the job goes on. Others do not notice."""
    world.machine.run('mount', '-t', 'tmpfs', '-o', f'size=1m,mode=700,uid={USERS["alice"]},gid={USERS["alice"]}', 'tmpfs',
                      '/home/alice')
    content, other_content = world.bytes(1_500_000), world.bytes(1_000_000)
    other = submit(world, 'bob', other_content, '/home/bob/file')
    job = submit(world, 'alice', content, '/home/alice/file', rate=1024, MinimumRetryDelay=5)
    job.wait_state('transient-error')
    equal((job.get('Error')['name'], job.get('WaitReason')), ('NoSpace', 'disk-full'))
    world.machine.run('mount', '-o', 'remount,size=8m', '/home/alice')
    # By itself.
    job.wait_state('acknowledged', seconds=60)
    equal(world.machine.out('sha256sum', '/home/alice/file').split()[0], world.sha256(content).split(':')[1])
    other.wait_state('acknowledged', seconds=60)
    equal((world.read_home('bob', 'file'), other.get('ErrorCount')), (other_content, 0))


if __name__ == '__main__':
    machine_world.main(globals())
