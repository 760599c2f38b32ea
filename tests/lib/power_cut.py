# SPDX-License-Identifier: LGPL-2.1-or-later
# Copyright 2026 The bgcopyd authors
"""What a power cut leaves of a directory tree.

disk-shim.so records every change and every sync below a root. From that log and a picture of the tree
at the start (all of it durable), Disk tells what is certain and what is not yet on the platter, and
lose() makes the real tree look as after a cut: of what was not synced, parts are missing, out of order
or torn.

The model is harsher than common file systems: a new name is durable only once its directory was
synced, and syncing a file says nothing about its name. Names of one directory do not overtake each
other (every journal keeps their order), and a rename is atomic.
"""

import os
import struct

HEADER = struct.Struct("<IIIIQQqQ")
MAGIC = 0x4B534944
(CREATE, WRITE, TRUNCATE, SYNC_BEGIN, SYNC_END, SYNCFS_BEGIN, SYNCFS_END,
 RENAME, UNLINK, MKDIR, SEND) = range(1, 12)
SECTOR = 512


class Record:
    __slots__ = ("op", "thread", "inode", "directory", "offset", "name", "data", "position")

    def __init__(self, header, name, data, position):
        _, self.op, self.thread, _, self.inode, self.directory, self.offset, _ = header
        self.name = name
        self.data = data
        self.position = position


def read_log(path, start=0):
    """The records from byte @start on; a torn last one is left out."""
    with open(path, "rb") as log:
        log.seek(start)
        content = log.read()
    records = []
    at = 0
    while at + HEADER.size <= len(content):
        header = HEADER.unpack_from(content, at)
        assert header[0] == MAGIC, "the log is out of step"
        end = at + HEADER.size + header[3] + header[7]
        if end > len(content):
            break
        name_end = at + HEADER.size + header[3]
        records.append(Record(header, content[at + HEADER.size:name_end].decode("utf-8", "surrogateescape"),
                              content[name_end:end], start + end))
        at = end
    return records


def apply_to(content, change):
    """One change, ("write", offset, data) or ("truncate", length), on a bytearray."""
    if change[0] == "truncate":
        length = change[1]
        if length <= len(content):
            del content[length:]
        else:
            content.extend(bytes(length - len(content)))
        return
    _, offset, data = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset:offset + len(data)] = data


class File:
    def __init__(self, durable=b""):
        self.durable = bytearray(durable)
        self.pending = []

    def settle(self, count):
        for change in self.pending[:count]:
            apply_to(self.durable, change)
        del self.pending[:count]

    def lose(self, rng):
        """Content after a cut."""
        content = bytearray(self.durable)
        manner = rng.choice(["all", "prefix", "subset", "kept"])
        if manner == "all":
            kept = []
        elif manner == "prefix":
            kept = self.pending[:rng.randint(0, len(self.pending))]
        elif manner == "kept":
            kept = self.pending
        else:
            kept = [change for change in self.pending if rng.random() < 0.5]
        for change in kept:
            if change[0] == "write" and rng.random() < 0.2:
                sectors = rng.randint(0, len(change[2]) // SECTOR)
                change = ("write", change[1], change[2][:sectors * SECTOR])
            apply_to(content, change)
        return content


class Move:
    """A rename from one directory to another: atomic, so both know it or neither does."""

    def __init__(self):
        self.settled = False


def move_of(change):
    return change[-1] if isinstance(change[-1], Move) else None


def change_names(names, change):
    if change[0] == "out":
        names.pop(change[1], None)
    elif change[0] == "in":
        names[change[1]] = change[2]
    elif change[0] == "add":
        names[change[1]] = change[2]
    elif change[0] == "remove":
        names.pop(change[1], None)
    else:
        inode = names.pop(change[1], change[3])
        names[change[2]] = inode


class Directory:
    def __init__(self, names=None):
        self.durable = dict(names or {})
        self.pending = []

    def settle(self, count):
        for change in self.pending[:count]:
            change_names(self.durable, change)
            if move_of(change):
                move_of(change).settled = True
        del self.pending[:count]

    def names_after(self, count):
        """With the first @count of what is not durable yet."""
        names = dict(self.durable)
        for change in self.pending[:count]:
            change_names(names, change)
        return names


class Disk:
    def __init__(self, root, graveyard):
        """A picture of the tree below @root, taken as durable."""
        self.root = root
        self.graveyard = graveyard
        self.files = {}
        self.directories = {}
        self.begun = {}
        for path, _, names in os.walk(root):
            entries = {}
            for name in os.listdir(path):
                full = os.path.join(path, name)
                entries[name] = os.lstat(full).st_ino
                if os.path.isfile(full) and not os.path.islink(full):
                    with open(full, "rb") as file:
                        self.files[entries[name]] = File(file.read())
            self.directories[os.stat(path).st_ino] = Directory(entries)

    def replay(self, records):
        for record in records:
            self.step(record)

    def step(self, record):
        op = record.op
        if op == CREATE:
            self.files[record.inode] = File()
            self.name(record, ("add", record.name, record.inode))
        elif op == MKDIR:
            self.directories[record.inode] = Directory()
            self.name(record, ("add", record.name, record.inode))
            # A new directory of ours is made at start, before any promise; taken as durable.
            self.directories[record.directory].settle(len(self.directories[record.directory].pending))
        elif op == WRITE:
            self.file(record).pending.append(("write", record.offset, record.data))
        elif op == TRUNCATE:
            self.file(record).pending.append(("truncate", record.offset))
        elif op == RENAME:
            old, new = record.name.split("/")
            if record.data:
                move = Move()
                self.name(record, ("out", old, move))
                record.directory = int.from_bytes(record.data, "little")
                self.name(record, ("in", new, record.inode, move))
            else:
                self.name(record, ("move", old, new, record.inode))
        elif op == UNLINK:
            self.name(record, ("remove", record.name))
        elif op in (SYNC_BEGIN, SYNCFS_BEGIN):
            nodes = [record.inode] if op == SYNC_BEGIN else [*self.files, *self.directories]
            self.begun[record.thread] = {inode: len(self.node(inode).pending) for inode in nodes
                                         if self.node(inode) is not None}
        elif op in (SYNC_END, SYNCFS_END):
            for inode, count in self.begun.pop(record.thread, {}).items():
                self.node(inode).settle(count)

    def node(self, inode):
        return self.files.get(inode) or self.directories.get(inode)

    def file(self, record):
        return self.files.setdefault(record.inode, File())

    def name(self, record, change):
        self.directories.setdefault(record.directory, Directory()).pending.append(change)

    def is_settled(self, inode):
        node = self.node(inode)
        return node is not None and not node.pending

    def lose(self, rng):
        """Makes the real tree what the cut left of it. Inodes stay what they were."""
        homes = self.homes()
        limbo = os.path.join(self.graveyard, "limbo")
        os.makedirs(limbo, exist_ok=True)
        kept = self.kept_names(rng)
        wanted = {inode: directory.names_after(kept[inode]) for inode, directory in self.directories.items()}
        paths = {os.stat(path).st_ino: path for path, _, _ in os.walk(self.root)}
        for inode, path in paths.items():
            for name in os.listdir(path):
                full = os.path.join(path, name)
                if not os.path.isdir(full):
                    number = os.lstat(full).st_ino
                    homes[number] = os.path.join(limbo, str(number))
                    os.rename(full, homes[number])
        for inode, names in wanted.items():
            for name, number in names.items():
                if number in self.files and inode in paths:
                    self.put(homes, number, os.path.join(paths[inode], name), rng)

    def kept_names(self, rng):
        """How many of the pending changes of each directory survive: a random number, raised until every move between
        two directories is in both or in neither."""
        kept = {inode: rng.randint(0, len(directory.pending)) for inode, directory in self.directories.items()}
        while True:
            moves = {move_of(change) for inode, directory in self.directories.items()
                     for change in directory.pending[:kept[inode]]}
            raised = False
            for inode, directory in self.directories.items():
                for at, change in enumerate(directory.pending):
                    move = move_of(change)
                    if at >= kept[inode] and move and (move.settled or move in moves):
                        kept[inode] = at + 1
                        raised = True
            if not raised:
                return kept

    def put(self, homes, inode, path, rng):
        if inode not in homes:
            raise AssertionError(f"{path}: a name for inode {inode}, which is nowhere")
        os.rename(homes.pop(inode), path)
        content = self.files[inode].lose(rng)
        with open(path, "r+b") as file:
            file.truncate(0)
            file.write(content)

    def homes(self):
        """Where the inodes that have no name any more lie."""
        return {os.lstat(os.path.join(self.graveyard, name)).st_ino: os.path.join(self.graveyard, name)
                for name in os.listdir(self.graveyard) if name.isdigit()}
